"""``phoihop evaluate``: a model against annotated articles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from phoihop.app.commands.common import (
    BackendOption,
    DeviceOption,
    JoinedOption,
    ModelOption,
    SegmenterOption,
    ThreadsOption,
    load_extractor,
    own_schema,
    read_annotated,
)
from phoihop.data.schema import Schema
from phoihop.data.text import write_text


def evaluate(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Annotated articles: files or folders.", show_default=False),
    ],
    model: ModelOption = ["default"],  # noqa: B006 - typer copies it
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json", metavar="FILE|-", help="Write the figures as JSON; - prints them instead of the tables."
        ),
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the predictions, one JSON object a line.")
    ] = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH", help="Articles the model was trained on, for a table on unseen entities."
        ),
    ] = None,
    errors: Annotated[
        int,
        typer.Option(
            min=0, metavar="N", help="List the first N errors of entities, relations and far relations."
        ),
    ] = 0,
    schema: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Labels and relations of the articles, where not the model's own."),
    ] = None,
    backend: BackendOption = "auto",
    threads: ThreadsOption = None,
    segmenter: SegmenterOption = None,
    device: DeviceOption = None,
    joined_words: JoinedOption = False,
) -> None:
    """Compare a model's predictions with annotated articles.

    Prints a table for each metric under its definition of "correct", then
    the gold that this model can never find, by cause. Records (officials
    and agreements) count where ID.records.json lies beside the article ID.

    \b
    [bold]Examples[/bold]
      phoihop evaluate data/articles/dev
      phoihop evaluate my/dev --model runs/mine/model --errors 20
      phoihop evaluate my/dev --train my/train --json figures.json
      phoihop evaluate my/dev --predictions predictions.jsonl
    """
    extractor = load_extractor(model, backend, threads, segmenter, device)
    wanted = own_schema(extractor) if schema is None else Schema.load(schema)
    documents = read_annotated(paths, wanted, joined_words)
    seen = read_annotated(train, wanted, joined_words) if train else None
    records = {str(d.id): d.records for d in documents if d.records is not None}

    from phoihop.data.readers import write_jsonl
    from phoihop.eval.evaluate import evaluate as compare
    from phoihop.eval.report import report

    result = compare(extractor, documents, records, seen)
    if predictions is not None:
        write_jsonl(result.predicted, predictions)
    figures = json.dumps({"model": extractor.name} | result.to_dict(), ensure_ascii=False, indent=2) + "\n"
    if json_file == Path("-"):
        typer.echo(figures, nl=False)
        return
    if json_file is not None:
        write_text(json_file, figures)
    typer.echo(f"{extractor.name} ({extractor.backend} on {extractor.device}) on {len(documents)} articles\n")
    typer.echo(report(result, errors), nl=False)
