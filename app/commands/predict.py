"""``phoihop predict``: articles in, tables, JSON or a page out."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from itertools import tee
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from phoihop.app.commands.common import (
    BackendOption,
    DeviceOption,
    ModelOption,
    SegmenterOption,
    ThreadsOption,
    load_extractor,
    own_schema,
)
from phoihop.app.inputs import Source, find_sources, read_articles
from phoihop.app.messages import complain, note, unwritable
from phoihop.app.writers import Format, make_writer
from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError

if TYPE_CHECKING:
    from phoihop.model.predict import Extractor

_MANY = 5  # from so many files on, progress is worth a bar


def predict(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="FILE|FOLDER|-", help="Plain text in UTF-8; - is standard input.", show_default=False
        ),
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option(
            "--format", "-f", help="By default table on a terminal, jsonl elsewhere.", show_default=False
        ),
    ] = None,
    model: ModelOption = ["default"],  # noqa: B006 - typer copies it
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="FILE", help="Write there; .json, .jsonl and .html choose the format."
        ),
    ] = None,
    backend: BackendOption = "auto",
    threads: ThreadsOption = None,
    segmenter: SegmenterOption = None,
    device: DeviceOption = None,
    min_score: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Leave out entities and relations the model is less sure of.",
            show_default=False,
        ),
    ] = 0.0,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Put each article's text into the JSON.")
    ] = False,
) -> None:
    """Find officials and agreements in articles.

    A folder stands for its *.txt and *.md files, sub-folders included;
    from *.ann.md files the marks are removed first. A file that cannot be
    used is named on the error stream, the others are still done, and the
    exit code is 2. Offsets count the characters of the text with its line
    ends as they are, start included, end not.

    \b
    [bold]Examples[/bold]
      phoihop predict article.txt
      phoihop predict news/ --output news.jsonl
      phoihop predict news/ --format html --output news.html
      cat article.txt | phoihop predict - --format json
    """
    problems: list[str] = []

    def report(problem: str) -> None:
        problems.append(problem)
        complain(problem)

    sources = find_sources(_or_stdin(paths), report)
    if sources:
        _refuse_overwriting(output, sources)
        extractor = load_extractor(model, backend, threads, segmenter, device)
        note(f"model {extractor.name}: {extractor.backend} on {extractor.device}")
        marked = sum(source.marked for source in sources)
        if marked:
            note(f"{marked} of the files are *.ann.md; their marks are removed before predicting")
        first, second = tee(read_articles(sources, report, own_schema(extractor)))
        documents = extractor.predict_many((a.text for a in first), (a.id for a in second))
        if min_score > 0:
            documents = (_surer(document, min_score) for document in documents)
        _write(_with_progress(documents, len(sources), output), format, output, extractor, with_text)
    if problems:
        raise typer.Exit(2)


def _or_stdin(paths: list[Path] | None) -> list[Path]:
    if paths:
        return paths
    if sys.stdin.isatty():
        raise PhoihopError("no articles given; name files or folders, or - for standard input")
    return [Path("-")]


def _refuse_overwriting(output: Path | None, sources: list[Source]) -> None:
    if output is not None and any(output.absolute() == source.path.absolute() for source in sources):
        raise PhoihopError(f"{output}: this is one of the articles to read; give another --output")


def _surer(document: Document, least: float) -> Document:
    """The document without what is below the score, its records built anew."""
    from phoihop.model.records import build_records

    entities = tuple(e for e in document.entities if e.score is None or e.score >= least)
    kept = {e.id for e in entities}
    relations = tuple(
        r
        for r in document.relations
        if r.head in kept and r.tail in kept and (r.score is None or r.score >= least)
    )
    surer = document.replace(entities=entities, relations=relations, records=None)
    return surer.replace(records=build_records(surer))


def _with_progress(documents: Iterable[Document], total: int, output: Path | None) -> Iterable[Document]:
    """A bar on the error stream, unless the results themselves run over the same terminal."""
    if total < _MANY or not sys.stderr.isatty() or (output is None and sys.stdout.isatty()):
        return documents
    from rich.console import Console
    from rich.progress import track

    return track(documents, "predicting", total=total, console=Console(stderr=True))


def _write(
    documents: Iterable[Document],
    format: Format | None,
    output: Path | None,
    extractor: Extractor,
    with_text: bool,
) -> None:
    with _open(output) as stream:
        writer = make_writer(format or _usual_format(output), stream, extractor.schema.labels, with_text)
        for document in documents:
            writer.write(document)
        writer.close()


def _usual_format(output: Path | None) -> Format:
    if output is None:
        return Format.table if sys.stdout.isatty() else Format.jsonl
    return {".json": Format.json, ".html": Format.html}.get(output.suffix, Format.jsonl)


@contextlib.contextmanager
def _open(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    try:
        with output.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            yield stream
    except OSError as error:
        raise unwritable(output, error) from None
