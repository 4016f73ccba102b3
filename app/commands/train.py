"""``phoihop train``: a model from annotated articles."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from phoihop.app.commands.common import JoinedOption, needs_extra, read_annotated, read_settings
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema


def train(
    train_paths: Annotated[
        list[Path],
        typer.Option(
            "--train",
            metavar="PATH",
            help="Annotated articles to learn from; may be repeated.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="RUN", help="The run folder: log, figures, model.", show_default=False
        ),
    ],
    dev_paths: Annotated[
        list[Path] | None,
        typer.Option(
            "--dev",
            metavar="PATH",
            help="Annotated articles that choose the best pass and the thresholds; may be repeated. "
            "Without it a share of --train is set aside.",
        ),
    ] = None,
    silver_paths: Annotated[
        list[Path] | None,
        typer.Option(
            "--silver",
            metavar="PATH",
            help="Articles that models marked (see phoihop data label), read beside --train; may be repeated.",
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", "-c", metavar="FILE", help="A recipe (TOML); without it the default one."),
    ] = None,
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|NAME",
            help="Encoder to start from: a folder (from pretrain, save_pretrained or the hub), a hub model "
            "owner/name, 'default' or 'random'.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting of the recipe; may be repeated."),
    ] = None,
    schema_file: Annotated[
        str | None,
        typer.Option(
            "--schema",
            metavar="FILE|data",
            help="Labels and relations: a TOML file, or 'data' for those that the articles hold.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Train N runs, RUN/seed-1 and on; tell mean and deviation of their figures.",
        ),
    ] = None,
    joined_words: JoinedOption = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
) -> None:
    """Train a model on annotated articles (needs the extra [bold]train[/bold]).

    \b
    [bold]Examples[/bold]
      phoihop train --train my/train --dev my/dev --output runs/mine
      phoihop train --train my/train --dev my/dev -o runs/b --set epochs=20
      phoihop train --train my/train --dev my/dev -o runs/mine --resume
      phoihop train --train my/train -o runs/p --encoder vinai/phobert-base-v2
      phoihop train --train their/train.conll -o runs/n --schema data --joined-words
      phoihop train --train my/train --dev my/dev -o runs/s --seeds 3
      torchrun --nproc-per-node 4 -m phoihop train --train my/train -o runs/q
    """
    overrides = read_settings(settings)
    for name, given in (("encoder", encoder), ("schema", schema_file)):
        if given is not None:
            if overrides.get(name, given) != given:
                raise PhoihopError(f"--{name} and --set {name}=… differ; give one of them")
            overrides[name] = given
    with needs_extra("train"):
        from phoihop.training.config import TrainConfig
        from phoihop.training.finetune import train as run
        from phoihop.training.processes import leave_processes
        from phoihop.training.seeds import train_seeds

        recipe = TrainConfig.load(config, overrides)
        # "data" takes whatever the articles hold; only a schema file says more than the package's own.
        schema = None if recipe.schema in ("default", "data") else Schema.load(recipe.schema)
        train_documents = read_annotated(train_paths, schema, joined_words)
        dev_documents = read_annotated(dev_paths or [], schema, joined_words)
        silver = read_annotated(silver_paths or [], schema, joined_words)
        if seeds is None:
            figures = run(recipe, train_documents, dev_documents, output, resume, silver)
        else:
            figures = train_seeds(
                recipe,
                seeds,
                output,
                lambda c, o, again: run(c, train_documents, dev_documents, o, again, silver),
            )
        leave_processes()
    if not figures:  # another process than the main one
        return
    for line in _figures(figures):
        typer.echo(line)
    typer.echo(f"done: {output}")
    if seeds is not None:
        return
    typer.echo(
        f"the model: {output / 'model'}, for example: phoihop predict article.txt --model {output / 'model'}"
    )


def _figures(figures: dict[str, Any]) -> list[str]:
    """The plain numbers of the run, a line each; of several runs mean and deviation."""
    several = [
        f"  {name}: {v['mean']:.4f} ± {v['deviation']:.4f}"
        for name, v in figures.items()
        if isinstance(v, dict)
    ]
    return several or [
        f"  {name}: {value:.4f}" if isinstance(value, float) else f"  {name}: {value}"
        for name, value in figures.items()
        if isinstance(value, int | float | str)
    ]
