"""Reversible normalisation: a clean copy of the text with a map back to the caller's characters.

The copy is NFC, has one newline for every kind of line end, a plain blank for every kind of blank,
no zero-width characters, and tone marks where modern spelling puts them (``uỷ`` becomes ``ủy``).
Nothing here changes the caller's string: every character of the copy knows which characters of the
original it came from, so a span found in the copy is a span of the original.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Characters that take no room: zero-width blanks and joiners, direction marks, soft hyphen, BOM.
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff"
_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"
_BLANKS = "\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
# Marks that combine with the letter before them, and the vowels and finals of decomposed Hangul.
MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u1160-\u11ff\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f"
)

_ODD = re.compile(rf"[{_INVISIBLE}{_LINE_ENDS}{_BLANKS}]")
_INVISIBLE_RUN = re.compile(f"[{_INVISIBLE}]+")
_LINE_END = re.compile(f"\r\n|[{_LINE_ENDS}]")
_BLANK = re.compile(f"[{_BLANKS}]")
# What is normalised as one: a line end, or a character with the marks that follow it.
_CLUSTER = re.compile(
    rf"\r[{_INVISIBLE}]*\n|[^{MARKS}{_INVISIBLE}][{_INVISIBLE}]*(?:[{MARKS}]+[{_INVISIBLE}]*)*|.", re.DOTALL
)

_TONED = {  # the older spelling of a final diphthong -> the modern one; both are two characters long
    **{f"o{old}": f"{new}a" for old, new in zip("àáảãạ", "òóỏõọ", strict=True)},
    **{f"o{old}": f"{new}e" for old, new in zip("èéẻẽẹ", "òóỏõọ", strict=True)},
    **{f"u{old}": f"{new}y" for old, new in zip("ỳýỷỹỵ", "ùúủũụ", strict=True)},
}
_TONED |= {old.title(): new.title() for old, new in _TONED.items()} | {
    old.upper(): new.upper() for old, new in _TONED.items()
}
# Only at the end of a syllable (`hoàn` is modern already), and not after q (`quý`: the u is no vowel).
_OLD_TONE = re.compile(rf"(?<![qQ])(?:{'|'.join(_TONED)})(?![^\W\d_])")


@dataclass(frozen=True)
class Normalised:
    """A clean copy of a text.

    ``starts`` and ``ends`` have one entry for each character of ``text``: the half-open range of
    the original's characters it stands for.
    """

    text: str
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's span for a non-empty span of the copy."""
        return int(self.starts[start]), int(self.ends[end - 1])


def normalise(text: str) -> Normalised:
    """Make the clean copy of ``text`` and the map back."""
    n = len(text)
    if not _ODD.search(text) and unicodedata.is_normalized("NFC", text):
        places = np.arange(n + 1, dtype=np.int32)
        return Normalised(_modern_tones(text), places[:-1], places[1:])
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _CLUSTER.finditer(text):
        raw = match.group()
        clean = _plain(raw)
        if not clean:
            continue
        visible = [i for i, c in enumerate(raw, match.start()) if not _INVISIBLE_RUN.match(c)]
        pieces.append(clean)
        if len(clean) == len(visible):
            starts.extend(visible)
            ends.extend(i + 1 for i in visible)
        else:
            starts.extend([visible[0]] * len(clean))
            ends.extend([visible[-1] + 1] * len(clean))
    return Normalised(
        _modern_tones("".join(pieces)), np.array(starts, dtype=np.int32), np.array(ends, dtype=np.int32)
    )


def normalise_text(text: str) -> str:
    """The clean copy alone: what learning from raw text uses."""
    if _ODD.search(text):
        text = _BLANK.sub(" ", _LINE_END.sub("\n", _INVISIBLE_RUN.sub("", text)))
    return _modern_tones(unicodedata.normalize("NFC", text))


def _plain(raw: str) -> str:
    clean = _BLANK.sub(" ", _LINE_END.sub("\n", _INVISIBLE_RUN.sub("", raw)))
    return unicodedata.normalize("NFC", clean)


def _modern_tones(text: str) -> str:
    return _OLD_TONE.sub(lambda match: _TONED[match.group()], text)
