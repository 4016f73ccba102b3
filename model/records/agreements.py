"""Agreements: mentions of one document put together, several periods taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from phoihop.data.records import Agreement
from phoihop.model.normalise import normalise_text
from phoihop.model.records.bodies import Bodies, Body
from phoihop.model.records.mentions import Mention, fullest, ids_of
from phoihop.model.records.names import is_within, plain, words_of
from phoihop.model.records.values import Years, day_of, years_of

_PARTNER = re.compile(r"\b(?:với|giữa)\b([^,;:.\n]*(?:\bTP\.[^,;:.\n]*)*)")
_NAME = re.compile(r"\b[^\W\d_a-zđ]\w*")
_ITEM = re.compile(r"\s*(?:[-–—+•*]|\d{1,2}[.)])\s*")
_SENTENCE = 600  # characters, more than a sentence has
_SENTENCE_END = re.compile(r"[!?;\n]|\.(?=\s)(?<!TP\.)")


@dataclass(frozen=True)
class Signing:
    """One mention of an agreement with what the text ties to it there."""

    kind: Mention
    parties: tuple[Mention, ...] = ()
    periods: tuple[Mention, ...] = ()
    days: tuple[Mention, ...] = ()


@dataclass
class _Draft:
    """One agreement in the making: a single period, parties as bodies."""

    kinds: list[Mention]
    parties: dict[Body, list[Mention]] = field(default_factory=dict)
    years: Years | None = None
    periods: list[Mention] = field(default_factory=list)
    days: list[Mention] = field(default_factory=list)
    partners: frozenset[str] = frozenset()
    items: set[int] = field(default_factory=set)

    @property
    def is_bare(self) -> bool:
        return not (self.parties or self.years or self.days)

    @property
    def last(self) -> int:
        return max(m.start for m in self.kinds)


def agreements_of(text: str, signings: Iterable[Signing], bodies: Bodies) -> tuple[Agreement, ...]:
    """One agreement for all mentions of it, in the order of the first mention.

    Two mentions are one agreement where nothing speaks against it (other years, another day, parties of
    which neither list holds the other, another partner named in the text) and their kinds fit: the later
    is the same or shorter (``Quy chế``); or it is longer, and one of the two says nothing else or they share
    parties, years or day; or only the subject in the kind differs and the parties are the same.  Mentions
    that begin items of a list (``- Bản ghi nhớ …``) are different agreements.
    """
    drafts: list[_Draft] = []
    ordered = sorted(signings, key=lambda s: s.kind.start)
    for n, signing in enumerate(ordered):
        until = ordered[n + 1].kind.start if n + 1 < len(ordered) else len(text)
        for new in _drafts(text, signing, bodies, until):
            fitting = [(_fit(old, new), old.last, i) for i, old in enumerate(drafts) if _fit(old, new)]
            if fitting:
                _merge(drafts[max(fitting)[2]], new)
            else:
                drafts.append(new)
    return tuple(_agreement(d) for d in drafts)


def _drafts(text: str, signing: Signing, bodies: Bodies, until: int) -> list[_Draft]:
    """One draft for each period of the mention.

    Where one mention is reviewed for one period and signed for the next, the day is that of the latest.
    """
    parties: dict[Body, list[Mention]] = {}
    for mention in signing.parties:
        parties.setdefault(bodies.meant(mention), []).append(mention)
    periods: dict[Years | None, list[Mention]] = {}
    for mention in signing.periods:
        if years := years_of(mention.surface):
            periods.setdefault(years, []).append(mention)
    latest = max(periods, key=_lateness, default=None)
    return [
        _Draft(
            [signing.kind],
            {body: list(mentions) for body, mentions in parties.items()},
            years,
            list(periods.get(years, ())),
            list(signing.days) if years == latest else [],
            _partners(text, signing.kind, until),
            _item(text, signing.kind),
        )
        for years in sorted(periods, key=_lateness) or [None]
    ]


def _lateness(years: Years | None) -> tuple[int, int]:
    first, last = years or (None, None)
    return (last or first or 0, first or 0)


def _partners(text: str, kind: Mention, until: int) -> frozenset[str]:
    """Proper names behind ``với`` or ``giữa`` in what is left of the mention's sentence."""
    rest = normalise_text(text[kind.end : min(until, kind.end + _SENTENCE)])
    end = _SENTENCE_END.search(rest)
    named = _PARTNER.search(rest, 0, end.start() if end else len(rest))
    return frozenset(plain(name) for name in _NAME.findall(named[1])) if named else frozenset()


def _item(text: str, kind: Mention) -> set[int]:
    """Where the line begins whose first words, behind a dash or number, are the mention; else nothing."""
    line = text.rfind("\n", 0, kind.start) + 1
    return {line} if _ITEM.fullmatch(text, line, kind.start) else set()


def _fit(old: _Draft, new: _Draft) -> int:
    """0 if the two are different agreements, else how much speaks for one: 3 a shared fact, 2 the same kind."""
    if _speaks_against(old, new):
        return 0
    shared = (
        bool(set(old.parties) & set(new.parties))
        or (old.years is not None and old.years == new.years)
        or any(_same_day(a, b) for a in old.days for b in new.days)
    )
    kind = _kind_words(new.kinds[0])
    kinds = [_kind_words(m) for m in old.kinds]
    longer = any(is_within(k, kind) for k in kinds)
    if any(is_within(kind, k) for k in kinds) or (longer and (shared or old.is_bare or new.is_bare)):
        return 3 if shared else 2 if kind in kinds else 1
    same_head = any(k[:2] == kind[:2] for k in kinds)
    return 3 if same_head and old.parties and set(old.parties) == set(new.parties) else 0


def _speaks_against(old: _Draft, new: _Draft) -> bool:
    if old.years and new.years and not _years_agree(old.years, new.years):
        return True
    if old.days and new.days and not any(_same_day(a, b) for a in old.days for b in new.days):
        return True
    here, there = set(old.parties), set(new.parties)
    if (here and there and not (here <= there or there <= here)) or (old.items and new.items):
        return True
    return bool(old.partners and new.partners and not old.partners & new.partners)


def _years_agree(a: Years, b: Years) -> bool:
    return all(x is None or y is None or x == y for x, y in zip(a, b, strict=True))


def _same_day(a: Mention, b: Mention) -> bool:
    if plain(a.surface) == plain(b.surface):
        return True
    pairs = list(zip(day_of(a.surface), day_of(b.surface), strict=True))
    return all(x is None or y is None or x == y for x, y in pairs) and any(x and x == y for x, y in pairs)


def _kind_words(kind: Mention) -> tuple[str, ...]:
    return tuple(plain(w) for w in words_of(kind.surface))


def _merge(old: _Draft, new: _Draft) -> None:
    old.kinds += new.kinds
    for body, mentions in new.parties.items():
        old.parties.setdefault(body, []).extend(mentions)
    if old.years and new.years:
        old.years = (old.years[0] or new.years[0], old.years[1] or new.years[1])
    old.years = old.years or new.years
    old.periods += new.periods
    old.days += new.days
    old.partners |= new.partners
    old.items |= new.items


def _agreement(draft: _Draft) -> Agreement:
    day = _fullest_day(draft.days)
    parties = sorted(draft.parties.items(), key=lambda item: min(m.start for m in item[1]))
    return Agreement(
        kind=fullest(draft.kinds).surface,
        parties=tuple(body.best.surface for body, _ in parties),
        period=draft.years,
        signed_on=None if day is None else day.surface,
        kind_ids=ids_of(draft.kinds),
        party_ids=tuple(ids_of([*mentions, body.best]) for body, mentions in parties),
        period_ids=ids_of(draft.periods),
        signed_on_ids=ids_of(draft.days if day is None else [m for m in draft.days if _same_day(m, day)]),
    )


def _fullest_day(days: Sequence[Mention]) -> Mention | None:
    """The first day, in the mention of it that says most."""
    if not days:
        return None
    first = min(days, key=lambda m: m.start)
    same = [m for m in days if _same_day(m, first)]
    return max(same, key=lambda m: (sum(part is not None for part in day_of(m.surface)), -m.start))
