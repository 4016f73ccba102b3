"""``phoihop data label``: silver articles from raw news."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from phoihop.app.commands.common import (
    BackendOption,
    DeviceOption,
    ModelOption,
    SegmenterOption,
    ThreadsOption,
    load_extractor,
    needs_extra,
)
from phoihop.data.errors import PhoihopError


def label(
    text_paths: Annotated[
        list[Path],
        typer.Option(
            "--text",
            metavar="PATH",
            help="Raw text: .txt, .jsonl or .jsonl.zst files, or folders of them; may be repeated.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", help="The JSON Lines to write.", show_default=False),
    ],
    model: ModelOption = ["default"],  # noqa: B006 - typer copies it
    articles: Annotated[
        int, typer.Option(min=1, metavar="N", help="Articles to choose from the raw text.")
    ] = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of the choice.")] = 1,
    backend: BackendOption = "auto",
    threads: ThreadsOption = None,
    segmenter: SegmenterOption = None,
    device: DeviceOption = None,
) -> None:
    """Mark raw news with models, to train another model on (self-training).

    Chooses articles of the genre at random, those with more genre words and
    with agreements more readily, and writes what the models find in them;
    articles in which they find little, or little they are sure of, are left
    out. Needs the extra [bold]train[/bold].

    \b
    [bold]Example[/bold]
      phoihop data label --text corpus/ --model runs/a/model --model runs/b/model -o silver.jsonl
      phoihop train --train my/train --silver silver.jsonl --dev my/dev -o runs/student
    """
    with needs_extra("train"):
        from phoihop.training.silver import choose_texts, label_texts
    from rich.console import Console
    from rich.progress import track

    from phoihop.data.readers import write_jsonl

    if not output.absolute().parent.is_dir():
        raise PhoihopError(f"{output}: its folder does not exist; make it first")
    extractor = load_extractor(model, backend, threads, segmenter, device)
    texts = choose_texts(text_paths, articles, seed)
    shown = track(texts, "marking", console=Console(stderr=True))
    found = list(label_texts(extractor, shown))
    write_jsonl(found, output)
    entities, relations = (sum(len(getattr(d, k)) for d in found) for k in ("entities", "relations"))
    typer.echo(f"{len(found)} of {len(texts)} articles, {entities} entities, {relations} relations: {output}")
