"""Predictions in the four formats a person or a program may want, written to one stream."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Protocol, TextIO

from rich.console import Console

from phoihop.app.page import Page
from phoihop.app.tables import article_tables
from phoihop.data.document import Document


class Format(StrEnum):
    """How predictions are written."""

    table = "table"
    json = "json"
    jsonl = "jsonl"
    html = "html"


class Writer(Protocol):
    """Takes articles one by one; :meth:`close` writes what must come last."""

    def write(self, document: Document) -> None:
        """One article."""
        ...

    def close(self) -> None:
        """All articles are written."""
        ...


def make_writer(format: Format, stream: TextIO, labels: Sequence[str], with_text: bool = False) -> Writer:
    """The writer of a format; ``labels`` are the schema's, in order (they choose the page's colours)."""
    if format is Format.table:
        return _Tables(stream)
    if format is Format.html:
        return _HtmlPage(stream, labels)
    return (_JsonList if format is Format.json else _JsonLines)(stream, with_text)


def article_dict(document: Document, with_text: bool = False) -> dict[str, Any]:
    """The article as one JSON object: id, entities, relations, officials, agreements (and text)."""
    out = document.to_dict()
    if not with_text:
        del out["text"]
    return out


class _JsonLines:
    def __init__(self, stream: TextIO, with_text: bool) -> None:
        self.stream, self.with_text = stream, with_text

    def write(self, document: Document) -> None:
        self.stream.write(json.dumps(article_dict(document, self.with_text), ensure_ascii=False) + "\n")
        self.stream.flush()  # whoever reads along gets each article as soon as it is done

    def close(self) -> None:
        pass


class _JsonList:
    def __init__(self, stream: TextIO, with_text: bool) -> None:
        self.stream, self.with_text, self.before = stream, with_text, "[\n"

    def write(self, document: Document) -> None:
        text = json.dumps(article_dict(document, self.with_text), ensure_ascii=False)
        self.stream.write(self.before + text)
        self.before = ",\n"

    def close(self) -> None:
        self.stream.write("[]\n" if self.before == "[\n" else "\n]\n")


class _Tables:
    def __init__(self, stream: TextIO) -> None:
        self.console = Console(file=stream, highlight=False)

    def write(self, document: Document) -> None:
        self.console.print(article_tables(document))

    def close(self) -> None:
        pass


class _HtmlPage:
    def __init__(self, stream: TextIO, labels: Sequence[str]) -> None:
        self.stream, self.page = stream, Page(labels)

    def write(self, document: Document) -> None:
        self.page.add(document)

    def close(self) -> None:
        self.stream.write(self.page.html())
