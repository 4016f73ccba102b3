"""Annotated entities and relations laid on a prepared article, and what of them is out of reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from phoihop.data.document import Document, Entity
from phoihop.data.schema import Schema
from phoihop.model.candidates import candidate_pairs, mentions_of
from phoihop.model.prepare import Prepared


@dataclass(frozen=True)
class Lost:
    """A gold entity or relation that these settings can never predict.

    ``cause`` is ``"schema"`` (a label or triple the model does not know), ``"tokens"`` (a border inside a
    word), ``"windows"`` (the span runs over the border of two windows) or ``"candidates"`` (the pair is
    too far apart); a relation with a lost end is lost for that end's cause.
    """

    what: str
    key: tuple[Any, ...]
    cause: str
    detail: str


@dataclass(frozen=True)
class Aligned:
    """The reachable part of an article's annotation.

    ``spans`` are (first word, last word, label) in reading order, ``relations`` (head span, relation, tail
    span) by number, ``lost`` the rest.
    """

    spans: tuple[tuple[int, int, str], ...]
    relations: tuple[tuple[int, str, int], ...]
    lost: tuple[Lost, ...]


def align(
    document: Document, prepared: Prepared, schema: Schema, reach: Mapping[str, int] | None = None
) -> Aligned:
    """Find the words of each gold span; ``reach`` given, also whether each relation is a candidate."""
    begins, ends = prepared.word_borders()
    owner = [0] * len(prepared.words)
    for number, w in enumerate(prepared.windows):
        owner[w.own_start : w.own_end] = [number] * (w.own_end - w.own_start)
    spans: list[tuple[int, int, str]] = []
    place: dict[str, int] = {}
    lost: list[Lost] = []
    cause_of: dict[str, str] = {}
    for e in document.entities:
        first, last = begins.get(e.start), ends.get(e.end)
        cause = ""
        if e.label not in schema.labels:
            cause = "schema"
        elif first is None or last is None or last < first:
            cause = "tokens"
        elif owner[first] != owner[last]:
            cause = "windows"
        if cause:
            cause_of[e.id] = cause
            lost.append(Lost("entity", e.key, cause, _quote(document, e)))
        else:
            place[e.id] = len(spans)
            spans.append((first, last, e.label))  # type: ignore[arg-type]
    relations, more = _relations(document, schema, place, cause_of, spans, prepared, reach)
    return Aligned(tuple(spans), tuple(relations), (*lost, *more))


def _relations(
    document: Document,
    schema: Schema,
    place: Mapping[str, int],
    cause_of: Mapping[str, str],
    spans: list[tuple[int, int, str]],
    prepared: Prepared,
    reach: Mapping[str, int] | None,
) -> tuple[list[tuple[int, str, int]], list[Lost]]:
    near: set[tuple[int, int]] | None = None
    if reach is not None:
        mentions = mentions_of(spans, schema, prepared.sentence)
        near = {(h, t) for h, t in candidate_pairs(mentions, schema, reach).tolist()}
    kept: list[tuple[int, str, int]] = []
    lost: list[Lost] = []
    for r in document.relations:
        head, tail = document.by_id[r.head], document.by_id[r.tail]
        cause = cause_of.get(r.head) or cause_of.get(r.tail) or ""
        if not cause and (head.label, r.label, tail.label) not in schema.triples:
            cause = "schema"
        if not cause and near is not None and (place[r.head], place[r.tail]) not in near:
            cause = "candidates"
        if cause:
            detail = f"{_quote(document, head)} {r.label} {_quote(document, tail)}"
            lost.append(Lost("relation", (head.key, r.label, tail.key), cause, detail))
        else:
            kept.append((place[r.head], r.label, place[r.tail]))
    return kept, lost


def _quote(document: Document, entity: Entity) -> str:
    return f"{document.surface(entity)!r} ({entity.label}, {entity.start}:{entity.end})"
