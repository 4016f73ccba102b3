"""Comparing names and titles: words without case and tone placement, initials that stand for words.

News shortens a body's name in four ways: by initials (``TTXVN``, ``Bộ TT&TT``), by a short form that it
introduced in brackets, by leaving out the end (``Quân khu`` for ``Quân khu 5``), and by leaving out what
kind of place or country stands before a proper name.  The first two leave the name the same
(:func:`same_words`), the others make a shorter name that stands for a longer one (model/bodies.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from phoihop.model.normalise import normalise_text

Words = tuple[str, ...]

JOINERS = frozenset({"và", "&"})
_WORD = re.compile(r"[^\W_]+|&")


def plain(text: str) -> str:
    """The text in small letters, with single blanks and the tone marks in their modern place."""
    return " ".join(normalise_text(text).lower().split())


@lru_cache(maxsize=4096)
def words_of(text: str) -> Words:
    """The words of a name, case kept; ``&`` is one, other punctuation falls away."""
    return tuple(_WORD.findall(normalise_text(text)))


def bare(text: str) -> str:
    """The text in small letters without any diacritics; ``w``, which stands for ``ư`` in initials, is ``u``."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(c for c in letters if not unicodedata.combining(c))


def is_initials(word: str) -> bool:
    """Whether the word looks like initials: capitals only, two at least."""
    return len(word) > 1 and word.isalpha() and word.isupper()


def same_words(a: Words, b: Words) -> bool:
    """Whether two names have the same words, initials spelt out or not, blanks or not (``Cu Ba``, ``Cuba``)."""
    return len(b) in reach(a, b) or _run_together(a) == _run_together(b)


@lru_cache(maxsize=4096)
def _run_together(words: Words) -> str:
    return "".join(words).lower()


@lru_cache(maxsize=4096)
def first_letter(words: Words) -> str:
    """The first letter, small and without diacritics: names without a common one fit each other in no way."""
    return bare(words[0])[:1] if words else ""


@lru_cache(maxsize=65536)
def reach(short: Words, long: Words) -> frozenset[int]:
    """How many words of ``long`` all words of ``short`` may stand for; empty if they fit no beginning of it.

    A word fits itself in any case, initials fit the words they begin (``và`` and ``&`` may be skipped) on
    either side, ``và`` fits ``&``.
    """
    if not short or first_letter(short) != first_letter(long):
        return frozenset()
    if short[0].lower() != long[0].lower() and not (is_initials(short[0]) or is_initials(long[0])):
        return frozenset()
    ends: set[int] = set()
    seen = {(0, 0)}
    waiting = [(0, 0)]
    while waiting:
        i, j = waiting.pop()
        if i == len(short):
            ends.add(j)
        steps: list[tuple[int, int]] = []
        if i < len(short) and j < len(long):
            if short[i].lower() == long[j].lower() or {short[i].lower(), long[j].lower()} <= JOINERS:
                steps.append((i + 1, j + 1))
            if is_initials(short[i]):
                steps += [(i + 1, end) for end in _spelt_out(short[i], long, j)]
            if is_initials(long[j]):
                steps += [(end, j + 1) for end in _spelt_out(long[j], short, i)]
        for step in steps:
            if step not in seen:
                seen.add(step)
                waiting.append(step)
    return frozenset(ends)


def _spelt_out(initials: str, words: Words, start: int) -> list[int]:
    """Ends of the runs of two words or more, from ``start``, whose initials these are."""
    letters = bare(initials).replace("w", "u")
    ends = []
    states = {(0, start)}
    while states:
        following: set[tuple[int, int]] = set()
        for used, at in states:
            if used == len(letters):
                if at - start > 1:
                    ends.append(at)
                continue
            if at == len(words):
                continue
            word = bare(words[at])
            if words[at].lower() in JOINERS and at > start:
                following.add((used, at + 1))
            if word[:1] == letters[used]:
                following.add((used + 1, at + 1))
            if is_initials(words[at]) and letters.startswith(word, used):
                following.add((used + len(word), at + 1))
        states = following
    return ends


def is_within(short: Sequence[str], long: Sequence[str]) -> bool:
    """Whether the words of ``short`` stand in ``long`` in this order, others between them or not."""
    rest = iter(long)
    return all(word in rest for word in short)


_ONSET = r"(?:ngh?|gh|gi|kh|ph|th|tr|nh|ch|qu|[bcdđghklmnpqrstvx])?"
_SYLLABLE = re.compile(rf"{_ONSET}[aeiouy]{{1,3}}(?:ng|nh|ch|[cmnpt])?")


def is_vietnamese(word: str) -> bool:
    """Whether the word could be a Vietnamese syllable."""
    letters = word.lower()
    return _SYLLABLE.fullmatch(bare(letters)) is not None
