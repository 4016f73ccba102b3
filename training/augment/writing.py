"""The same words, written as other outlets, page copies and careless hands would write them.

Tone placement (``uỷ``, ``ủy``) needs nothing here: the model reads both as one (see ``model.normalise``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from random import Random

from phoihop.data.document import Document
from phoihop.training.augment.edits import Edit

_DASH = re.compile(r"(?<=\w)(?: [-–—] ?|[-–—] )(?=\w)|(?<=\d{4})[-–—](?=\d{4})")
_DASHES = (" - ", " – ", "-", "–", " -", "- ", " — ")
_AFTER = re.compile(r"(?<=[,;:.])[ ](?=\w)")
_BETWEEN = re.compile(r"(?<=\w)[ ](?=\w)")
_GLUE = re.compile(r"(?<=[a-zà-ỹ])[ \n]+(?=[A-ZÀ-Ỹ])")


def other_case(document: Document, random: Random) -> list[Edit]:
    """All mentions of one label with a small first letter (``đại tá``) or capitals throughout (``Đại Tá``)."""
    labels = sorted({e.label for e in document.entities})
    if not labels:
        return []
    label, small = random.choice(labels), random.random() < 0.5
    edits = []
    for e in document.entities:
        if e.label != label:
            continue
        old = document.surface(e)
        if small:
            new = old[:1].lower() + old[1:] if not old[:2].isupper() else old
        else:
            new = " ".join(w[:1].upper() + w[1:] for w in old.split(" "))
        if new != old:
            edits.append(Edit(e.start, e.end, new))
    return edits


def capital_headline(document: Document, random: Random) -> list[Edit]:
    """The first line in capitals."""
    return _headline(document, str.upper)


def bare_headline(document: Document, random: Random) -> list[Edit]:
    """The first line without its diacritics, as addresses and old systems write it."""
    return _headline(document, _bare)


def other_dashes(document: Document, random: Random) -> list[Edit]:
    """One way of writing dashes throughout: long or short, blanks on both sides, one or neither.

    Between words a blank always stays on one side, lest the mark before and the one behind run together.
    """
    dash = random.choice(_DASHES)
    wide = dash if " " in dash else f" {dash} "
    edits = []
    for m in _DASH.finditer(document.text):
        years = document.text[m.start() - 1].isdigit() and document.text[m.end()].isdigit()
        edits.append(Edit(*m.span(), dash if years else wide))
    return _within(document, [e for e in edits if document.text[e.start : e.end] != e.new])


def other_blanks(document: Document, random: Random) -> list[Edit]:
    """Some blanks after commas and stops lost, some between words doubled."""
    lost = [Edit(*m.span(), "") for m in _AFTER.finditer(document.text) if random.random() < 0.15]
    doubled = [Edit(*m.span(), "  ") for m in _BETWEEN.finditer(document.text) if random.random() < 0.02]
    return _within(document, [*lost, *doubled])


def run_together(document: Document, random: Random) -> list[Edit]:
    """A few places where a blank or line end before a capital is lost (``thị xãBan``)."""
    found = list(_GLUE.finditer(document.text))
    chosen = random.sample(found, min(len(found), random.randint(1, 4)))
    return _within(document, [Edit(*m.span(), "") for m in chosen])


def wrapped_lines(document: Document, random: Random) -> list[Edit]:
    """Lines broken at a width, between words and inside mentions alike, as mail and old pages break them."""
    width = random.randint(50, 110)
    edits, start = [], 0
    for m in re.finditer(r"[ \n]", document.text):
        if m[0] == "\n":
            start = m.end()
        elif m.end() - start > width:
            edits.append(Edit(*m.span(), "\n"))
            start = m.end()
    return edits


def page_noise(document: Document, lines: Sequence[str], random: Random) -> list[Edit]:
    """Lines of page furniture at the top, at the end and now and then between paragraphs."""
    if not lines:
        return []
    breaks = [i for i, c in enumerate(document.text) if c == "\n"]
    places = [0] * random.randint(0, 3) + [len(document.text)] * random.randint(0, 4)
    if breaks and random.random() < 0.5:
        places.append(random.choice(breaks))
    edits = []
    for place in sorted(set(places)):
        some = "\n".join(random.sample(lines, min(len(lines), max(1, places.count(place)))))
        edits.append(Edit(place, place, f"{some}\n" if place == 0 else f"\n{some}"))
    return _outside(document, edits)


def _bare(text: str) -> str:
    plain = text.replace("đ", "d").replace("Đ", "D")
    return "".join(c for c in unicodedata.normalize("NFD", plain) if not unicodedata.combining(c))


def _headline(document: Document, change: Callable[[str], str]) -> list[Edit]:
    """Edits, word for word, that change the first line."""
    end = document.text.find("\n")
    line = document.text[: end if end >= 0 else 0]
    return _within(document, [Edit(*m.span(), change(m[0])) for m in re.finditer(r"\w+", line)])


def _within(document: Document, edits: Sequence[Edit]) -> list[Edit]:
    """The edits that run over no border of a mark."""
    borders = {b for e in document.entities for b in (e.start, e.end)}
    return [e for e in edits if not any(b in borders for b in range(e.start + 1, e.end))]


def _outside(document: Document, edits: Sequence[Edit]) -> list[Edit]:
    """The edits that lie inside no mark."""
    return [e for e in edits if not any(m.start < e.end and e.start < m.end for m in document.entities)]
