"""Sentence borders in Vietnamese news, page copies included."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

# After these a full stop ends no sentence: places, degrees, honorifics, ranks as paperwork writes them.
# None is a syllable, so small letters abbreviate too, except behind a number (`9 h.`, `50.000 đ.`).
_ABBREVIATIONS = frozenset(
    """
    tp tx tt q p h t x kp gs pgs ts ths th bs cki ckii bscki bsckii ks cn cv nxb tr st mr ms mrs dr ph ng
    đ c đt đc tnhh
    """.split()
)
# A lone capital is an initial (`Nguyễn A.`) or a place (`P.`), but behind these it numbers something.
_NUMBERED = frozenset("thứ quý khóa kỳ khu vùng cấp loại hạng nhóm lớp bảng".split())
_TERMINATORS = frozenset(".!?…")
_CLOSERS = frozenset("\"'”’)]»")
_OPENERS = frozenset("“‘([«-–—+•*")
_STRAIGHT = frozenset("\"'")  # close or open
_ITEM = re.compile(r"(?:\d+\.)+|[IVXLC]+\.|[A-Za-zĐđ]\.")
_DATE = re.compile(r"(?<!\d)\d{1,2}\. ?\d{1,2}\. ?\d{4}(?!\d)")


def sentence_starts(text: str, words: NDArray[np.int32]) -> NDArray[np.int64]:
    """Indices of the words that begin a sentence, shape (sentences,); the first is 0 if there is any word.

    A newline always ends a sentence: headlines, captions and list items carry no full stop.  ``. ! ? …``
    end one before a capital or a digit, opening marks aside, but not after an abbreviation (``TP.``,
    ``Th.S``), an initial (``Nguyễn A.``), the number of a list item (``1.``) or within a date
    (``5. 9. 2031``).  A semicolon ends none: lists of people hang together over it.

    Args:
        text: a normalised text.
        words: its words' spans, shape (words, 2).
    """
    if not len(words):
        return np.zeros(0, dtype=np.int64)
    line = _Line(text, words.tolist())
    starts = [0]
    for i in range(1, len(words)):
        if "\n" in line.gap(i) or line.ends_before(i, starts[-1]):
            starts.append(i)
    return np.array(starts, dtype=np.int64)


class _Line:
    """A text's words with what decides whether a sentence ends between two of them."""

    def __init__(self, text: str, spans: list[list[int]]) -> None:
        self.text, self.spans = text, spans
        self.words = [text[a:b] for a, b in spans]
        self.dates = {
            m.start() + k for m in _DATE.finditer(text) for k, c in enumerate(m.group()) if c == "."
        }

    def gap(self, i: int) -> str:
        """What stands between word ``i`` and the one before."""
        return self.text[self.spans[i - 1][1] : self.spans[i][0]]

    def ends_before(self, i: int, start: int) -> bool:
        """Whether the sentence from word ``start`` ends before word ``i`` on the same line."""
        last = i - 1
        while last > start and self.words[last] in _CLOSERS:
            if self._opens(last):
                return False
            last -= 1
        stem = last
        while stem >= start and self.words[stem] in _TERMINATORS:
            stem -= 1
        if stem == last or stem < start:
            return False
        if not self.gap(i):
            return self._ends_glued(i, stem, last, start)
        if not self._begins(i):
            return False
        if last - stem > 1 or self.words[last] != "." or self.gap(last):
            return True
        if self.spans[last][0] in self.dates or self._item(start, last):
            return False
        return not self._abbreviates(stem, start)

    def _ends_glued(self, i: int, stem: int, last: int, start: int) -> bool:
        """``năm.Ông`` is an end; ``GS.TS``, ``3.500``, ``12.QĐ`` and ``TP.Hà Nội`` are none."""
        word, before = self.words[i], self.words[stem]
        if not word[0].isupper() or self._item(start, last):
            return False
        if before.isdigit():
            return word[1:].islower()
        if before in _CLOSERS:
            return True
        return len(before) > 1 and before[-1].islower() and not self._abbreviates(stem, start)

    def _opens(self, i: int) -> bool:
        """Whether word ``i`` is an opening mark; a straight quote is one if blank before and glued after."""
        if self.words[i] in _OPENERS:
            return True
        straight = self.words[i] in _STRAIGHT and i + 1 < len(self.words)
        return straight and (i == 0 or self.gap(i) != "") and not self.gap(i + 1)

    def _begins(self, i: int) -> bool:
        """Whether a capital or a digit stands at word ``i``, or behind opening marks there."""
        while i + 1 < len(self.words) and self._opens(i):
            i += 1
        return self.words[i][0].isupper() or self.words[i][0].isdigit()

    def _item(self, start: int, last: int) -> bool:
        return _ITEM.fullmatch(self.text, self.spans[start][0], self.spans[last][1]) is not None

    def _abbreviates(self, stem: int, start: int) -> bool:
        word = self.words[stem]
        before = self.words[stem - 1] if stem > start else ""
        if len(word) == 1 and word.isupper():
            return not (before.lower() in _NUMBERED or (before.isdigit() and not self.gap(stem)))
        return word.lower() in _ABBREVIATIONS and not (before.isdigit() and word.islower())


def cut_points(text: str, words: NDArray[np.int32], start: int, end: int, limit: int) -> list[int]:
    """Where to cut words ``start`` to ``end``, too long for a window, into parts of at most ``limit`` words.

    The last semicolon of a part is the best place, else its last comma, else its last word.
    """
    cuts = []
    while end - start > limit:
        best = start + limit
        for mark in ";,":
            places = [i for i in range(start + limit // 2, start + limit) if text[words[i, 0]] == mark]
            if places:
                best = places[-1] + 1
                break
        cuts.append(best)
        start = best
    return cuts
