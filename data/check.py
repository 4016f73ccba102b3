"""A look through annotated articles before anything is trained on them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from phoihop.data import borders, overlap, surfaces
from phoihop.data.article import Article
from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.report import Counts, Finding, Report
from phoihop.data.schema import Schema, default_schema
from phoihop.data.splits import load_splits

FEW = 20
"""A label or relation with fewer examples than this in all splits together is hard to learn or measure."""

_READ, _SCHEMA, _EMPTY, _NFC, _FEW = "reading", "schema", "empty articles", "NFC", "enough examples"
CHECKS = (_READ, _SCHEMA, _EMPTY, _NFC, _FEW, *borders.CHECKS, *surfaces.CHECKS, *overlap.CHECKS)


def check_paths(paths: Sequence[str | Path], schema: Schema | None = None) -> Report:
    """Check files and folders; each is a split, a folder with train, dev or test in it is several.

    What cannot be read becomes an error in the report, the rest is still checked.

    Args:
        paths: what :func:`phoihop.data.readers.read_documents` takes.
        schema: labels and relations that may occur; the default schema if ``None``.
    """
    schema = schema or default_schema()
    splits: dict[str, list[Article]] = {}
    unread: list[Finding] = []
    for path in map(Path, paths):
        try:
            for name, loaded in load_splits(path, schema):
                name = name if name not in splits else str(path)
                articles = splits.setdefault(name, [])
                count = len(unread)
                for item in loaded:
                    if isinstance(item, PhoihopError):
                        unread.append(_unread(item))
                    else:
                        articles.append(item)
                if not articles and count == len(unread):
                    unread.append(Finding("error", _READ, str(path), "no article in it"))
        except PhoihopError as error:
            unread.append(_unread(error))
    return _check(splits, schema, unread)


def check(documents_by_split: Mapping[str, Sequence[Document]], schema: Schema | None = None) -> Report:
    """Check documents that are read already; places are ``split/id:line of the text``."""
    articles = {
        split: [
            Article(d, Path(split, d.id or f"(article {n})"), lines=True) for n, d in enumerate(documents, 1)
        ]
        for split, documents in documents_by_split.items()
    }
    return _check(articles, schema or default_schema(), [])


def _unread(error: PhoihopError) -> Finding:
    place, colon, message = str(error).partition(": ")
    return Finding("error", _READ, place if colon else "", message or place)


def _check(splits: Mapping[str, Sequence[Article]], schema: Schema, unread: list[Finding]) -> Report:
    located = [(split, a) for split, articles in splits.items() for a in articles]
    every = [a for _, a in located]
    counts = {split: Counts.of(a.document for a in articles) for split, articles in splits.items()}
    findings = chain(
        unread,
        chain.from_iterable(_check_article(a, schema) for a in every),
        overlap.check_ids(located),
        overlap.check_overlap(located),
        _check_counts(counts, schema) if every else (),
        surfaces.check_labels(every),
        surfaces.check_unmarked(every),
    )
    ordered = tuple(sorted(findings, key=lambda f: f.severity != "error"))
    return Report(counts, ordered, CHECKS, schema.labels, schema.relations)


def _check_article(article: Article, schema: Schema) -> Iterator[Finding]:
    d = article.document
    for fault in schema.faults(d):
        yield Finding("error", _SCHEMA, article.place(), fault)
    if not d.text.strip():
        yield Finding("warning", _EMPTY, article.place(0), "the article has no text")
    elif not d.entities:
        yield Finding("warning", _EMPTY, article.place(0), "nothing is marked in the article")
    if not unicodedata.is_normalized("NFC", d.text):
        at = _first_difference(d.text, unicodedata.normalize("NFC", d.text))
        snippet = unicodedata.normalize("NFC", d.text[max(0, at - 10) : at + 10])
        yield Finding(
            "warning", _NFC, article.place(at), f"the text is not NFC from {snippet!r} on; convert it"
        )
    yield from borders.check_borders(article)


def _first_difference(text: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), len(other))


def _check_counts(counts: Mapping[str, Counts], schema: Schema) -> Iterator[Finding]:
    """Labels and relations with few examples, or none in a split while others have some."""
    for names, part in ((schema.labels, "entities"), (schema.relations, "relations")):
        tables: dict[str, Mapping[str, int]] = {split: getattr(c, part) for split, c in counts.items()}
        for name in names:
            total = sum(t.get(name, 0) for t in tables.values())
            if total < FEW:
                yield Finding(
                    "warning", _FEW, "", f"{name} has {total} examples; fewer than {FEW} teach little"
                )
            for split, table in tables.items():
                if total and not table.get(name, 0):
                    yield Finding("warning", _FEW, split, f"no {name}, of which other splits have {total}")
