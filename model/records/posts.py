"""Posts of one person: mentions of one post put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from phoihop.data.records import Post
from phoihop.model.records.bodies import Bodies, Body, stands_for
from phoihop.model.records.mentions import Mention, fullest, ids_of
from phoihop.model.records.names import Words, same_words, words_of

# What a title has before it when its holder has left: no other post.
_FORMER = frozenset({"nguyên", "cựu", "cố"})
_STANDING = ("thường", "trực")


@dataclass(frozen=True)
class Claim:
    """The text says once that a person holds a title, in a body or without one.

    ``beside`` are the bodies of the posts named together with this one.
    """

    title: Mention
    unit: Mention | None = None
    beside: tuple[Mention, ...] = ()


@dataclass
class _Group:
    claims: list[Claim] = field(default_factory=list)
    body: Body | None = None
    cores: set[Words] = field(default_factory=set)  # of the claims' titles, each once

    def add(self, claim: Claim) -> None:
        self.claims.append(claim)
        self.cores.add(_core(claim.title.surface))

    @property
    def start(self) -> int:
        return min(c.title.start for c in self.claims)


def posts_of(claims: Iterable[Claim], bodies: Bodies) -> tuple[Post, ...]:
    """One post for all claims of the same title in the same body, in the order of the first mention.

    Titles are the same but for case, initials (``PGĐ``), ``nguyên``, ``Thường trực`` and a word said by the
    body as well (``Trưởng ban`` of ``Ban …``).  A title without body is the post of that title with one,
    and a shorter one (``Bộ trưởng``) that which it begins, if the person has such a post;
    ``Bộ trưởng Quốc phòng`` is ``Bộ trưởng`` of ``Bộ Quốc phòng``.  A body's short name is the longer one of
    the person's same title.
    """
    ordered = sorted(claims, key=lambda c: (c.title.start, -1 if c.unit is None else c.unit.start))
    groups: list[_Group] = []
    held_in = [(claim, claim.unit) for claim in ordered if claim.unit is not None]
    held_in.sort(key=lambda pair: -len(bodies.of(pair[1]).words))  # fullest names first
    for claim, unit in held_in:
        _place_with_unit(claim, unit, bodies, groups)
    for claim in sorted((c for c in ordered if c.unit is None), key=lambda c: -len(_core(c.title.surface))):
        found = next((g for g in groups if any(_covers(c, claim) for c in g.claims)), None)
        if found is None:
            groups.append(found := _Group())
        found.add(claim)
    return tuple(_post(group) for group in sorted(groups, key=lambda g: g.start))


def _place_with_unit(claim: Claim, unit: Mention, bodies: Bodies, groups: list[_Group]) -> None:
    """Add the claim to the post it repeats, or make a new one.

    Posts of one list are different where their bodies' names are.
    """
    own, meant = bodies.of(unit), bodies.meant(unit, claim.beside)
    core = _core(claim.title.surface)
    best: tuple[int, int, _Group] | None = None
    for group in groups:
        if not any(_same_title(core, other, own) for other in group.cores):
            continue
        named = {bodies.of(c.unit) for c in group.claims if c.unit and c.beside != claim.beside}
        likeness = (
            2
            if group.body is meant or any(c.unit and bodies.of(c.unit) is own for c in group.claims)
            else 1 * any(stands_for(own, body) for body in named)
        )
        distance = min(abs(c.title.start - claim.title.start) for c in group.claims)
        if likeness and (best is None or (-likeness, distance) < best[:2]):
            best = (-likeness, distance, group)
    group = _Group(body=meant) if best is None else best[2]
    if best is None:
        groups.append(group)
    group.add(claim)


@lru_cache(maxsize=4096)
def _core(title: str) -> Words:
    """The title's words without ``nguyên`` and ``Thường trực``."""
    words = words_of(title)
    while len(words) > 1 and words[0].lower() in _FORMER:
        words = words[1:]
    if len(words) > 2 and tuple(w.lower() for w in words[-2:]) == _STANDING:
        words = words[:-2]
    return words


def _same_title(a: Words, b: Words, body: Body) -> bool:
    """Whether the titles are the same, or differ by the word that the body begins with."""
    if same_words(a, b):
        return True
    short, long = sorted((a, b), key=len)
    return _says_twice(short, long, body)


def _says_twice(short: Words, long: Words, body: Body) -> bool:
    """Whether the longer title adds to the shorter one only words that the body's name holds."""
    added = long[len(short) :]
    if not short or not added or not same_words(short, long[: len(short)]):
        return False
    return any(same_words(added, form[at : at + len(added)]) for form in body.forms for at in (0, 1))


def _covers(claim: Claim, other: Claim) -> bool:
    """Whether ``other``, a title without body, may be a way to say the post of ``claim``."""
    title, short = _core(claim.title.surface), _core(other.title.surface)
    if any(same_words(short, title[:size]) for size in range(1, len(title) + 1)):
        return True
    return claim.unit is not None and _says_twice(title, short, Body([claim.unit]))


def _post(group: _Group) -> Post:
    """The fullest title among those tied to a body (all, if none is), the body's fullest name."""
    named = [c for c in group.claims if c.unit] or group.claims
    title = fullest(c.title for c in named)
    units = [c.unit for c in group.claims if c.unit]
    best = _full_name(group.body, units)
    return Post(
        title.surface,
        None if best is None else best.surface,
        ids_of(c.title for c in group.claims),
        () if best is None else ids_of([*units, best]),
    )


def _full_name(body: Body | None, units: Sequence[Mention]) -> Mention | None:
    """The mention that writes the body's fullest name; one of ``units`` if one of them writes it so."""
    if body is None:
        return None
    return next((m for m in units if m.surface == body.best.surface), body.best)
