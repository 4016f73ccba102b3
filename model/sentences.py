"""Sentence borders in Vietnamese news, page copies included."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# After these a full stop ends no sentence: places, degrees, honorifics, ranks as paperwork writes them.
_ABBREVIATIONS = frozenset(
    """
    tp tx tt q p h t x kp gs pgs ts ths th bs bscki bsckii ks cn cv nxb tr st mr ms mrs dr đt đc đ ô tnhh v vv
    """.split()
)
_TERMINATORS = frozenset(".!?…")
_CLOSERS = frozenset("\"'”’)]»")
_OPENERS = frozenset("\"'“‘([«-–—+•*")


def sentence_starts(text: str, words: NDArray[np.int32]) -> NDArray[np.int64]:
    """Indices of the words that begin a sentence, shape (sentences,); the first is 0 if there is any word.

    A newline always ends a sentence: headlines, captions and list items carry no full stop.  ``. ! ? …``
    end one before a capital, a digit or an opening mark, but not after an abbreviation (``TP.``, ``Th.S``),
    a lone capital (``Nguyễn A.``) or the number of a list item (``1.``).  A semicolon ends none: lists of
    people hang together over it.

    Args:
        text: a normalised text.
        words: its words' spans, shape (words, 2).
    """
    if not len(words):
        return np.zeros(0, dtype=np.int64)
    spans = words.tolist()
    starts = [0]
    for i in range(1, len(spans)):
        gap = text[spans[i - 1][1] : spans[i][0]]
        if "\n" in gap or _ends_before(text, spans, i, starts[-1], gap):
            starts.append(i)
    return np.array(starts, dtype=np.int64)


def _ends_before(text: str, spans: list[list[int]], i: int, start: int, gap: str) -> bool:
    """Whether word ``i`` begins a sentence on the same line, after closing marks and a terminator."""
    last = i - 1
    while last > start and text[spans[last][0]] in _CLOSERS:
        last -= 1
    if text[spans[last][0]] not in _TERMINATORS or spans[last][1] - spans[last][0] != 1:
        return False
    following = text[spans[i][0]]
    if following in _TERMINATORS or following in _CLOSERS:
        return False
    if last == start:
        return bool(gap)
    before = text[spans[last - 1][0] : spans[last - 1][1]]
    if not gap:  # glued: `năm.Ông` is an end, `GS.TS`, `3.500` and `TP.Hà Nội` are none
        return following.isupper() and before.islower() and len(before) > 1 and not _abbreviates(before)
    if not (following.isupper() or following.isdigit() or following in _OPENERS):
        return False
    if text[spans[last][0]] != ".":
        return True
    if spans[last - 1][1] != spans[last][0]:
        return True
    lone = len(before) == 1 and before.isupper()
    item = before.isdigit() and last - 1 == start
    return not (lone or item or _abbreviates(before))


def _abbreviates(word: str) -> bool:
    # `t.` and `th.` abbreviate in any case; a small word that ends a sentence may look like others.
    return word.lower() in _ABBREVIATIONS and (not word.islower() or word in {"tp", "tx", "q", "th", "ths"})


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
