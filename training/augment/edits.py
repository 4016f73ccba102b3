"""Changing an annotated text while its marks stay on the same words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from phoihop.data.document import Document


@dataclass(frozen=True, order=True, slots=True)
class Edit:
    """Characters ``start`` to ``end`` become ``new``; an empty stretch is an insertion."""

    start: int
    end: int
    new: str


def apply_edits(document: Document, edits: Iterable[Edit]) -> Document:
    """The article with its text changed and its marks moved along.

    Args:
        document: an annotated article.
        edits: stretches that do not overlap.  Each lies inside one mark or outside all of them; what is
            inserted where a mark begins or ends stays outside it.

    Returns:
        a new article with the same marks and relations; records, if any, are left behind.

    Raises:
        ValueError: an edit outside the text, over another one or over the border of a mark, or one that
            would leave a mark empty.
    """
    ordered = sorted(edits)
    if not ordered:
        return document
    _check(document, ordered)
    pieces, at = [], 0
    for e in ordered:
        pieces += [document.text[at : e.start], e.new]
        at = e.end
    pieces.append(document.text[at:])
    starts, ends = [e.start for e in ordered], [e.end for e in ordered]
    gains = [0, *accumulate(len(e.new) - (e.end - e.start) for e in ordered)]
    # All edits that end at or before a mark's start come before it.  Those that begin before its end
    # come before that; an insertion at the very end does not.
    entities = tuple(
        type(e)(
            e.id,
            e.start + gains[bisect_right(ends, e.start)],
            e.end + gains[bisect_left(starts, e.end)],
            e.label,
        )
        for e in document.entities
    )
    return Document("".join(pieces), entities, document.relations, document.id)


def _check(document: Document, ordered: list[Edit]) -> None:
    for a, b in pairwise(ordered):
        if b.start < a.end or (b.start == a.start and b.end == a.end):
            raise ValueError(f"edits {a} and {b} overlap")
    if ordered[0].start < 0 or max(e.end for e in ordered) > len(document.text):
        raise ValueError("an edit lies outside the text")
    begins = [m.start for m in document.entities]
    for e in ordered:
        i = bisect_right(begins, e.start) - 1
        for mark in document.entities[max(0, i) : i + 2]:
            inside = mark.start <= e.start and e.end <= mark.end
            if not inside and e.start < mark.end and e.end > mark.start:
                raise ValueError(f"{e} runs over the border of {document.surface(mark)!r}")
            if inside and not e.new and (e.start, e.end) == (mark.start, mark.end):
                raise ValueError(f"{e} would leave {mark.label} {document.surface(mark)!r} empty")


def merge(first: Iterable[Edit], second: Iterable[Edit]) -> list[Edit]:
    """All of ``first``, and of ``second`` what neither overlaps nor touches them."""
    kept = sorted(first)
    starts = [e.start for e in kept]
    extra = []
    for e in second:
        i = bisect_right(starts, e.end)
        if i == 0 or kept[i - 1].end < e.start:
            extra.append(e)
    return sorted([*kept, *extra])
