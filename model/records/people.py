"""Which mentions of persons name the same one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from phoihop.model.normalise import normalise_text
from phoihop.model.records.mentions import Mention
from phoihop.model.records.names import bare, is_initials, is_vietnamese, plain

_FEMALE, _MALE = frozenset({"bà", "chị", "cô"}), frozenset({"ông", "anh", "chú"})
_LAST_WORD = re.compile(r"([^\W\d_]+)\s*$")
_CUT_OFF = re.compile(r"\s*(?:\.{2,}|…)")
_IN_BRACKETS = re.compile(r"\s*\((?:\s*tên (?:thật|khai sinh|gọi khác)\s*(?:là\s*)?)?\s*")


@dataclass
class Person:
    """One person of the article: the mentions in reading order."""

    mentions: list[Mention] = field(default_factory=list)
    other_names: set[tuple[str, ...]] = field(default_factory=set)

    @property
    def name(self) -> str:
        """The fullest name; of equally long ones that which is not all capitals and has more diacritics.

        A real name given in brackets once is not what the article calls the person.
        """
        usual = [m for m in self.mentions if _key(m.surface) not in self.other_names]
        return max(usual, key=lambda m: (*_fullness(m.surface), -m.start)).surface


def _fullness(name: str) -> tuple[int, bool, int]:
    marks = sum(c != d for c, d in zip(plain(name), bare(plain(name)), strict=False))
    return len(name.split()), not name.isupper(), marks


def people_of(text: str, mentions: Sequence[Mention]) -> list[Person]:
    """Gather the mentions of each person, persons in the order of their first mention.

    A mention names the person of the same name; else, by the end of a name (``ông Giang``), the nearest
    person before it whose name ends so, or the nearest after it.  Where no name ends so, the beginning
    of exactly one name will do for a single word (``ông Tập``) and for a name that the page cuts off
    with dots; and a name in brackets right after one of the same first and last word is that person's.

    Args:
        text: the article.
        mentions: of persons, in reading order.
    """
    full: dict[tuple[str, ...], Person] = {}
    keys = [_key(m.surface) for m in mentions]
    parts = {part for key in set(keys) for n in range(1, len(key)) for part in (key[:n], key[n:])}
    short = [key in parts for key in keys]
    owner: list[Person | None] = [None] * len(mentions)
    for i, key in enumerate(keys):
        if not short[i]:
            known = owner[i - 1] if i else None
            if known and key not in full and _renames(text, mentions[i - 1], mentions[i], keys[i - 1], key):
                full[key] = known
                known.other_names.add(key)
            owner[i] = full.setdefault(key, Person())
    sexes = _sexes(text, mentions, owner)
    for i in sorted((i for i in range(len(mentions)) if short[i]), key=lambda i: -len(keys[i])):
        person = _meant(text, mentions, keys, owner, sexes, i)
        owner[i] = person or full.setdefault(keys[i], Person())
    people: dict[int, Person] = {}
    for mention, person in zip(mentions, owner, strict=True):
        assert person is not None
        people.setdefault(id(person), person).mentions.append(mention)
    return list(people.values())


def _key(name: str) -> tuple[str, ...]:
    """Words to compare: without case, and without diacritics in words that are not Vietnamese."""
    return tuple(w if is_vietnamese(w) else bare(w) for w in plain(name).split())


def _renames(
    text: str, first: Mention, second: Mention, key: tuple[str, ...], other: tuple[str, ...]
) -> bool:
    """Whether the second mention is another name of the first person, in brackets behind it."""
    gap = text[first.end : second.start]
    bracket = _IN_BRACKETS.fullmatch(gap)
    return bracket is not None and ("tên" in gap or (key[0], key[-1]) == (other[0], other[-1]))


def _sex(text: str, mention: Mention) -> str | None:
    before = _LAST_WORD.search(normalise_text(text[max(0, mention.start - 12) : mention.start]))
    word = before[1].lower() if before else ""
    return "f" if word in _FEMALE else "m" if word in _MALE else None


def _sexes(text: str, mentions: Sequence[Mention], owner: Sequence[Person | None]) -> dict[int, str]:
    """What the words before the full mentions, or ``Thị`` in the name, say of each person (by ``id``)."""
    sexes: dict[int, str] = {}
    for mention, person in zip(mentions, owner, strict=True):
        sex = _sex(text, mention) or ("f" if "thị" in plain(mention.surface).split()[1:-1] else None)
        if person is not None and sex:
            sexes.setdefault(id(person), sex)
    return sexes


def _meant(
    text: str,
    mentions: Sequence[Mention],
    keys: Sequence[tuple[str, ...]],
    owner: Sequence[Person | None],
    sexes: dict[int, str],
    i: int,
) -> Person | None:
    """The person that the short mention ``i`` names."""
    key, sex = keys[i], _sex(text, mentions[i])

    def fits(j: int, part: tuple[str, ...]) -> bool:
        person = owner[j]
        return (
            person is not None
            and len(keys[j]) > len(key)
            and part == key
            and (sex is None or sexes.get(id(person), sex) == sex)
        )

    order: list[int] = [*range(i - 1, -1, -1), *range(i + 1, len(mentions))]
    for j in order:
        if fits(j, keys[j][-len(key) :]):
            return owner[j]
    if len(key) == 1 or _CUT_OFF.match(text, mentions[i].end):
        found = [owner[j] for j in order if fits(j, keys[j][: len(key)])]
        if found and all(person is found[0] for person in found) and not is_initials(mentions[i].surface):
            return found[0]
    return None
