"""A marked place in the article, without its label: what the record builder's parts work on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from phoihop.model.records.names import words_of


@dataclass(frozen=True, slots=True)
class Mention:
    """Characters ``start`` to ``end`` of the article, which are ``surface``; ``id`` is the entity's."""

    id: str
    start: int
    end: int
    surface: str


def fullest(mentions: Iterable[Mention]) -> Mention:
    """The mention with the most words; of several the first that is not all in capitals, else the first."""
    return max(mentions, key=lambda m: (len(words_of(m.surface)), not m.surface.isupper(), -m.start))


def ids_of(mentions: Iterable[Mention]) -> tuple[str, ...]:
    """Ids in reading order, each once."""
    return tuple(dict.fromkeys(m.id for m in sorted(mentions, key=lambda m: m.start)))
