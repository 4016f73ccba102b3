"""Neighbouring marks rewritten together, by the phrases of a lexicon: guests from abroad, delegations, short titles."""

from __future__ import annotations

import re
from itertools import pairwise
from random import Random

from phoihop.data.document import Document, Entity
from phoihop.training.augment.edits import Edit, merge
from phoihop.training.augment.lexicon import Lexicon, Phrase

_START = re.compile(r"(?:^|[.!?…]\s|\n)\s*$")
CAPITALS = 6
"""Mentions in capitals of more characters than this are of headlines, which keep their case."""


def rewrite_phrases(document: Document, lexicon: Lexicon, share: float, random: Random) -> list[Edit]:
    """Edits that rewrite about ``share`` of the places where a phrase of the lexicon fits.

    A phrase fits marks of its labels that only blanks part, whose relations tie them to each other alone
    (an office is not taken from its body); the last one may be tied to whatever.  A name that is
    exchanged is exchanged wherever it stands, and its last word by the other's last word.
    """
    edits: list[Edit] = []
    renamed: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for number in range(len(document.entities)):
        fitting = [p for p in lexicon.phrases if _fits(document, number, p)]
        if not fitting or random.random() >= share:
            continue
        # Longest first: a body between title and name is part of what is rewritten.
        longest = max(len(p.labels) for p in fitting)
        phrase = random.choice([p for p in fitting if len(p.labels) == longest])
        marks = document.entities[number : number + longest]
        if taken.intersection(e.id for e in marks):
            continue
        taken.update(e.id for e in marks)
        made, names = _rewritten(document, marks, phrase, lexicon, random)
        edits += made
        renamed |= names
    return merge(edits, _elsewhere(document, renamed, taken))


def _fits(document: Document, number: int, phrase: Phrase) -> bool:
    marks = document.entities[number : number + len(phrase.labels)]
    if tuple(e.label for e in marks) != phrase.labels:
        return False
    if any(document.text[a.end : b.start].strip(" ") for a, b in pairwise(marks)):
        return False
    if phrase.at_start:
        before = document.text[max(0, marks[0].start - 4) : marks[0].start]
        if not _START.search(before) or " " not in document.surface(marks[0]):
            return False
    surfaces = [document.surface(e) for e in marks]
    if any(s.split()[0].casefold() in phrase.not_before or _shouted(s) for s in surfaces):
        return False
    inside = {e.id for e in marks}
    bound = {e.id for e in marks[:-1]}
    return all({r.head, r.tail} <= inside for r in document.relations if {r.head, r.tail} & bound)


def _shouted(surface: str) -> bool:
    return surface.isupper() and len(surface) > CAPITALS


def _rewritten(
    document: Document, marks: tuple[Entity, ...], phrase: Phrase, lexicon: Lexicon, random: Random
) -> tuple[list[Edit], dict[tuple[str, str], str]]:
    """Edits of one place, and the names exchanged there by label and old surface."""
    parts = [lexicon.fill(part, random) for part in random.choice(phrase.ways)]
    edits, names = [], {}
    for place, mark in enumerate(marks):
        before, inside = parts[2 * place], parts[2 * place + 1]
        if before:
            start = marks[place - 1].end if place else mark.start
            edits.append(Edit(start, mark.start, f" {before} " if place else f"{before} "))
        old = document.surface(mark)
        if inside != "=":
            edits.append(Edit(mark.start, mark.end, inside))
            if lexicon.composed(mark.label):
                names[mark.label, old] = inside
    return edits, names


def _elsewhere(document: Document, renamed: dict[tuple[str, str], str], taken: set[str]) -> list[Edit]:
    short = {(label, old.split()[-1]): new.split()[-1] for (label, old), new in renamed.items()}
    found = []
    for e in document.entities:
        key = (e.label, document.surface(e))
        new = renamed.get(key) or short.get(key)
        if new and e.id not in taken:
            found.append(Edit(e.start, e.end, new))
    return found
