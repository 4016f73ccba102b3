"""Words: the units that carry a label.

For Vietnamese written text a word here is a syllable, a number or a punctuation mark.
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from phoihop.model.normalise import MARKS

# Every character keeps the marks that follow it, so that no word ends inside what a reader sees as one.
_WORD = re.compile(rf"(?:[^\W\d_]+[{MARKS}]*)+|\d+[{MARKS}]*|\S[{MARKS}]*")


def split_words(text: str) -> NDArray[np.int32]:
    """Spans of the words of a normalised text, shape (words, 2).

    A word is a run of letters, a run of digits or a single other character.  Page copies glue words,
    so a run of letters also breaks before a capital that follows a small letter (``ủy|Ban``) and
    before the last capital of several that a small letter follows (``THƯỞNG|Sáng``).
    """
    spans: list[tuple[int, int]] = []
    for match in _WORD.finditer(text):
        start, end = match.span()
        word = match.group()
        if end - start > 1 and not (word.islower() or word.isupper() or word[1:].islower()):
            spans.extend(pairwise([start, *(start + c for c in _cuts(word)), end]))
        else:
            spans.append((start, end))
    return np.array(spans, dtype=np.int32).reshape(-1, 2)


def _cuts(word: str) -> list[int]:
    cuts = []
    for i in range(1, len(word)):
        before, here, after = word[i - 1], word[i], word[i + 1 : i + 2]
        if not here.isupper():
            continue
        if before.islower() or (before.isupper() and after.islower() and word[:i].isupper() and i > 1):
            cuts.append(i)
    return cuts
