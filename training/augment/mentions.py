"""Other people, bodies, places, numbers and years in the same sentences."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from random import Random

from phoihop.data.document import Document
from phoihop.training.augment.edits import Edit, merge
from phoihop.training.augment.lexicon import Lexicon

LONG = 3
"""Mentions of fewer words than this (``Quân khu``, ``Đảng ủy``) are short forms, which keep their words."""

_YEAR = re.compile(r"(?<!\d)(?:19[5-9]|20[0-3])\d(?!\d)")
_DAY = re.compile(r"(?<!\d)(\d{1,2})(\s?[/.-]\s?)(\d{1,2})(?!\d)")


class Mentions:
    """Exchanges mentions within an article, each surface by the same other one wherever it stands.

    Args:
        lexicon: what may stand in.
        documents: the training articles, whose mentions may stand in, too.
    """

    def __init__(self, lexicon: Lexicon, documents: Iterable[Document]) -> None:
        self.lexicon = lexicon
        seen: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        for d in documents:
            for e in d.entities:
                surface = d.surface(e)
                if _swappable(surface) and not surface.isupper() and e.label in lexicon.mentions:
                    seen[e.label, _head(surface)].add(surface)
        self.known = {key: sorted(found) for key, found in seen.items()}

    def swap(self, document: Document, share: float, random: Random) -> list[Edit]:
        """Edits that exchange about ``share`` of the distinct mentions."""
        new: dict[tuple[str, str], str] = {}
        for e in document.entities:
            key = (e.label, document.surface(e))
            if key not in new and e.label in self.lexicon.mentions and _swappable(key[1]):
                other = self._other(*key, random) if random.random() < share else key[1]
                new[key] = _cased(other, key[1])
        ends = _endings(new)
        edits = []
        for e in document.entities:
            surface = document.surface(e)
            other = new.get((e.label, surface)) or ends.get((e.label, surface)) or surface
            if other != surface:
                edits.append(Edit(e.start, e.end, other))
        return edits

    def _other(self, label: str, surface: str, random: Random) -> str:
        """A name of as many words, or a mention that begins with the same word; else the mention itself."""
        if self.lexicon.composed(label):
            words = len(surface.split())
            alike = [t for t in self.lexicon.mentions[label] if len(t.split()) == words]
            return self.lexicon.fill(random.choice(alike), random) if alike else surface
        known = self.known.get((label, _head(surface)), [surface])
        templates = self.lexicon.templates(label, _head(surface))
        if templates and random.random() < 0.5:
            return self.lexicon.fill(random.choice(templates), random)
        return random.choice(known)


def swap_parts(document: Document, lexicon: Lexicon, share: float, random: Random) -> list[Edit]:
    """Edits that exchange about ``share`` of the places (and other ``parts``) named in the text, the same
    one everywhere, inside and outside of marks; a name of a person keeps its words."""
    edits: list[Edit] = []
    for part in lexicon.parts:
        words = lexicon.slots[part]
        found = [w for w in words if w in document.text]
        other = {w: random.choice(words) for w in found if random.random() < share}
        if not other:
            continue
        longest_first = sorted(other, key=lambda w: (-len(w), w))
        pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)")
        made = [Edit(*m.span(), other[m[0]]) for m in pattern.finditer(document.text)]
        edits = merge(edits, [e for e in made if _allowed(document, e, lexicon)])
    return edits


def shift_years(document: Document, random: Random) -> list[Edit]:
    """All years of the article moved by the same number, so that periods keep their lengths."""
    move = random.choice([d for d in range(-6, 7) if d])
    return [
        Edit(*m.span(), str(int(m[0]) + move))
        for m in _YEAR.finditer(document.text)
        if _allowed(document, Edit(*m.span(), ""))
    ]


def change_days(document: Document, random: Random) -> list[Edit]:
    """Each day and month written in numbers inside a mark becomes another, the same one everywhere."""
    new: dict[str, str] = {}
    edits = []
    for e in document.entities:
        for m in _DAY.finditer(document.surface(e)):
            if not (1 <= int(m[1]) <= 31 and 1 <= int(m[3]) <= 12):
                continue
            day, month = random.randint(1, 28), random.randint(1, 12)
            padded = m[1].startswith("0") or m[3].startswith("0")
            made = f"{day:02d}{m[2]}{month:02d}" if padded else f"{day}{m[2]}{month}"
            edits.append(Edit(e.start + m.start(), e.start + m.end(), new.setdefault(m[0], made)))
    return edits


def _swappable(surface: str) -> bool:
    return len(surface.split()) >= LONG and "\n" not in surface


def _head(surface: str) -> str:
    return surface.split()[0].casefold()


def _cased(new: str, old: str) -> str:
    """The new mention in capitals or with a small first letter where the old one is so."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    if old[:1].islower():
        return new[:1].lower() + new[1:]
    return new[:1].upper() + new[1:]


def _endings(new: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """A person's short name is the end of the long one: the last word of each exchanged mention to that of
    its stand-in."""
    found = {}
    for (label, old), other in new.items():
        if other != old and old.split()[-1][:1].isupper() and len(old.split()) == len(other.split()):
            found[label, old.split()[-1]] = other.split()[-1]
    return found


def _allowed(document: Document, edit: Edit, lexicon: Lexicon | None = None) -> bool:
    """Whether an edit runs over no border of a mark and, given a lexicon, touches no composed name."""
    for e in document.entities:
        if e.start < edit.end and edit.start < e.end:
            composed = lexicon is not None and lexicon.composed(e.label)
            return e.start <= edit.start and edit.end <= e.end and not composed
    return True
