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
from itertools import chain

import numpy as np
from numpy.typing import NDArray

# Characters that take no room: zero-width blanks and joiners, direction marks, soft hyphen, BOM.
_INVISIBLE = "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
_LINE_ENDS = "\r\x0b\x0c\x85\u2028\u2029"
_BLANKS = "\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"
_SURROGATES = "\ud800-\udfff"  # halves of a pair are no characters; they become U+FFFD


def _marks() -> str:
    """Ranges of the characters that may combine with the one before them, for a character class.

    Read from the table that NFC itself goes by, so that text cut before any other character and
    normalised piece by piece is the text normalised as a whole.
    """
    found = [[0x1160, 0x11FF], [0x16D67, 0x16D67]]  # vowels and finals of Hangul; one of Kirat Rai
    for code in chain(range(0x300, 0x1F000), range(0xE0100, 0xE01F0)):
        if unicodedata.category(chr(code))[0] == "M":
            if found[-1][1] == code - 1:
                found[-1][1] = code
            else:
                found.append([code, code])
    return "".join(f"{chr(low)}-{chr(high)}" for low, high in found)


MARKS = _marks()

_ODD = re.compile(rf"[{_INVISIBLE}{_LINE_ENDS}{_BLANKS}{_SURROGATES}]")
_INVISIBLE_RUN = re.compile(f"[{_INVISIBLE}]+")
_LINE_END = re.compile(f"\r\n|[{_LINE_ENDS}]")
_BLANK = re.compile(f"[{_BLANKS}]")
_SURROGATE = re.compile(f"[{_SURROGATES}]")
# What is normalised as one: a stretch without anything to change, a line end, a blank, or a character
# with the marks that follow it.
_CLUSTER = re.compile(
    rf"(?P<plain>[^{MARKS}{_INVISIBLE}{_LINE_ENDS}{_BLANKS}{_SURROGATES}]+(?![{MARKS}{_INVISIBLE}]))"
    rf"|\r[{_INVISIBLE}]*\n|\s|.[{MARKS}{_INVISIBLE}]*",
    re.DOTALL,
)

_TONED = {  # the older spelling of a final diphthong -> the modern one; both are two characters long
    **{f"o{old}": f"{new}a" for old, new in zip("àáảãạ", "òóỏõọ", strict=True)},
    **{f"o{old}": f"{new}e" for old, new in zip("èéẻẽẹ", "òóỏõọ", strict=True)},
    **{f"u{old}": f"{new}y" for old, new in zip("ỳýỷỹỵ", "ùúủũụ", strict=True)},
}
_TONED |= {old.title(): new.title() for old, new in _TONED.items()} | {
    old.upper(): new.upper() for old, new in _TONED.items()
}
_OLD_TONE = re.compile("|".join(_TONED))
_LETTER_OR_MARK = re.compile(rf"[^\W\d_]|[{MARKS}]")


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
        start, end = match.span()
        if match["plain"] and unicodedata.is_normalized("NFC", match["plain"]):
            pieces.append(match["plain"])
            starts.extend(range(start, end))
            ends.extend(range(start + 1, end + 1))
            continue
        # A plain stretch is not NFC by single characters only, such as the sign for ångström.
        parts = [(i, text[i]) for i in range(start, end)] if match["plain"] else [(start, match.group())]
        for at, raw in parts:
            clean = _plain(raw)
            if not clean:
                continue
            visible = [i for i, c in enumerate(raw, at) if not _INVISIBLE_RUN.match(c)]
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
    return _modern_tones(_plain(text) if _ODD.search(text) else unicodedata.normalize("NFC", text))


def _plain(raw: str) -> str:
    clean = _BLANK.sub(" ", _LINE_END.sub("\n", _INVISIBLE_RUN.sub("", raw)))
    return unicodedata.normalize("NFC", _SURROGATE.sub("\ufffd", clean))


def _modern_tones(text: str) -> str:
    return _OLD_TONE.sub(_modern_tone, text)


def _modern_tone(match: re.Match[str]) -> str:
    """The modern spelling, but only at the end of a syllable (`hoàn` is modern already) and not after
    q (`quý`: the u is no vowel)."""
    old, text, end = match.group(), match.string, match.end()
    if text[max(0, match.start() - 1) : match.start()] in ("q", "Q"):
        return old
    if not _LETTER_OR_MARK.match(text, end):
        return _TONED[old]
    # A capital may begin the next of two glued words (`uỷBan`, `UỶBan`); `words` cuts there too.
    glued = text[end].isupper() and (old[1].islower() or text[end + 1 : end + 2].islower())
    return _TONED[old] if glued else old
