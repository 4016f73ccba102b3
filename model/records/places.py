"""Which province, city or district an article is speaking of, as far as bodies' names need it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from phoihop.model.normalise import normalise
from phoihop.model.records.names import Words, plain, same_words, words_of

Place = tuple[str, Words]

_LEVELS = {
    "tỉnh": "province",
    "thành phố": "city",
    "thành": "city",
    "tp": "city",
    "quận": "district",
    "huyện": "district",
    "thị xã": "town",
    "phường": "ward",
    "xã": "commune",
}
LEVEL_WORDS = frozenset(_LEVELS)
# The longer words first (`thị xã`, `xã`); `thành` alone is rather part of a name.
_LEVEL = "|".join(sorted(_LEVELS.keys() - {"thành"}, key=lambda word: (-len(word), word)))
_NAMED = re.compile(rf"\b({_LEVEL})(?:\.\s*|\s+)((?:[^\W\d_]\w*[ -]?){{1,4}})", re.IGNORECASE)
_GLUED = re.compile(r"TP(?=[A-ZĐ]{2})")


def places_in(words: Words) -> list[Place]:
    """Level and proper name of the place that ends a body's name: none, or one.

    ``Tỉnh ủy Lào Cai`` is in (province, Lào Cai), ``UBND TP. HCM`` in (city, HCM).
    """
    words = words_of(_GLUED.sub("TP ", " ".join(words)))
    small = [plain(w) for w in words]
    for at in range(len(words)):
        size = next((n for n in (2, 1) if " ".join(small[at : at + n]) in _LEVELS), 0)
        if not size or (small[at] == "thành" and size == 1 and small[at + 1 : at + 2] != ["ủy"]):
            continue
        level = _LEVELS[" ".join(small[at : at + size])]
        rest = at + size + (small[at + size : at + size + 1] == ["ủy"])
        while more := next((n for n in (2, 1) if " ".join(small[rest : rest + n]) in _LEVELS), 0):
            rest += more
        if rest < len(words) and words[rest][0].isupper():
            return [(level, words[rest:])]
    return []


class Places:
    """Places of an article, and where it names them.

    Args:
        text: the article.
        bodies: the names of its bodies.
        unmarked: the article with a newline for each character of an entity, so that no name of a person
            behind ``thành phố`` is taken for one of a place.
    """

    def __init__(self, text: str, bodies: Iterable[Words], unmarked: str) -> None:
        clean = normalise(text)
        known = {place for words in bodies for place in places_in(words)}
        for match in _NAMED.finditer(normalise(unmarked).text):
            name = _capitalised(match[2])
            if name:
                known.add((_LEVELS[match[1].lower()], name))
        named: dict[str, set[tuple[int, Words]]] = {}
        for level, name in sorted(known):
            pattern = re.compile(r"(?<!\w)" + r"[\s-]+".join(map(re.escape, name)) + r"(?!\w)", re.IGNORECASE)
            found = named.setdefault(level, set())
            found.update((int(clean.starts[m.start()]), name) for m in pattern.finditer(clean.text))
        self._named = {level: sorted(found) for level, found in named.items()}
        # An article names few places many times: what depends on the names alone is asked of each once.
        self._names = {
            level: list(dict.fromkeys(n for _, n in found)) for level, found in self._named.items()
        }
        self._single = {
            level for level, names in self._names.items() if all(is_place(names[0], n) for n in names)
        }
        self._level: dict[Words, str | None] = {}

    def level_of(self, name: Words) -> str | None:
        """The level of a place that the article names, ``None`` if this is no such place."""
        if name not in self._level:
            levels = (level for level, names in self._names.items() if any(is_place(name, n) for n in names))
            self._level[name] = next(levels, None)
        return self._level[name]

    def spoken_of(self, level: str, position: int) -> Words | None:
        """The place of the level last named before the position, else first behind it.

        ``None`` where the article has one such place only (or none): nothing to tell apart.
        """
        found = self._named.get(level, [])
        if not found or level in self._single:
            return None
        before = bisect_left(found, (position, ()))
        return found[max(0, before - 1)][1]


def is_place(name: Words, other: Words) -> bool:
    """Whether two names of places of one level are the same place."""
    return same_words(name, other)


def _capitalised(text: str) -> Words:
    """The words at the beginning that have a capital."""
    name: list[str] = []
    for word in words_of(text):
        if not word[0].isupper() or plain(word) in _LEVELS:
            break
        name.append(word)
    return tuple(name)
