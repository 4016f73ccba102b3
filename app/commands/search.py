"""``phoihop search``: settings of a recipe, tried out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phoihop.app.commands.common import JoinedOption, needs_extra, read_annotated, read_settings


def search(
    space: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            help="What to try (TOML): a list of values for a setting, or {low = 1e-4, high = 1e-2, log = true}.",
            show_default=False,
        ),
    ],
    train_paths: Annotated[
        list[Path],
        typer.Option("--train", metavar="PATH", help="Annotated articles to learn from.", show_default=False),
    ],
    dev_paths: Annotated[
        list[Path],
        typer.Option("--dev", metavar="PATH", help="Annotated articles that judge.", show_default=False),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="DIR", help="Folder of all runs.", show_default=False)
    ],
    trials: Annotated[int, typer.Option(min=1, metavar="N", help="Runs in all.")] = 20,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", metavar="FILE", help="The recipe that is varied; by default the usual one."
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A setting that stays the same; may be repeated."),
    ] = None,
    joined_words: JoinedOption = False,
) -> None:
    """Search settings with Optuna (needs the extras [bold]train[/bold] and [bold]search[/bold]).

    Each trial is a run of phoihop train in DIR/trial-N, judged by its dev
    score. The same call again goes on until N runs are there, first with
    those that were interrupted.

    \b
    [bold]Examples[/bold]
      phoihop search --space space.toml --train my/train --dev my/dev -o runs/search --trials 30
    """
    with needs_extra("search"):
        import optuna  # noqa: F401
    with needs_extra("train"):
        from phoihop.data.schema import Schema
        from phoihop.training.config import TrainConfig
        from phoihop.training.finetune import train as run
        from phoihop.training.search import read_space
        from phoihop.training.search import search as find

        tried, fixed = read_space(space), read_settings(settings)
        recipe = TrainConfig.load(config, fixed)
        schema = None if recipe.schema in ("default", "data") else Schema.load(recipe.schema)
        articles, judges = (read_annotated(p, schema, joined_words) for p in (train_paths, dev_paths))
        best = find(
            tried, fixed, config, trials, output, lambda c, o, again: run(c, articles, judges, o, again)
        )
    typer.echo(f"best: {output / best['run']}, score {best['figures']['score']:.4f}")
    for name, value in best["settings"].items():
        typer.echo(f"  --set {name}={value}")
    typer.echo(f"done: {output}")
