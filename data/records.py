"""Officials and agreements: what a reader wants to know of an article, put together from its marks.

Every string is one that stands in the article; beside it stand the ids of the mentions it rests on,
so that a reader can look it up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Post:
    """A title and the body it is held in (``None`` where the article names none)."""

    title: str
    unit: str | None = None
    title_ids: tuple[str, ...] = ()
    unit_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Official:
    """A named person with a rank, posts or both."""

    name: str
    rank: str | None = None
    posts: tuple[Post, ...] = ()
    name_ids: tuple[str, ...] = ()
    rank_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Agreement:
    """A document by which bodies agree to work together.

    ``period`` is (first year, last year), either end ``None`` where the article leaves it open;
    ``signed_on`` is the day as the article writes it.  ``party_ids`` runs parallel to ``parties``.
    """

    kind: str
    parties: tuple[str, ...] = ()
    period: tuple[int | None, int | None] | None = None
    signed_on: str | None = None
    kind_ids: tuple[str, ...] = ()
    party_ids: tuple[tuple[str, ...], ...] = ()
    period_ids: tuple[str, ...] = ()
    signed_on_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """All officials and agreements of one article, in the order of their first mention."""

    officials: tuple[Official, ...] = ()
    agreements: tuple[Agreement, ...] = ()

    def to_dict(self, ids: bool = True) -> dict[str, Any]:
        """Plain lists and dictionaries, ready for JSON; ``ids`` says whether the mentions' ids are in it."""
        out = {
            "officials": [_official_dict(o) for o in self.officials],
            "agreements": [_agreement_dict(a) for a in self.agreements],
        }
        return out if ids else _without_ids(out)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Records:
        """The inverse of :meth:`to_dict`; the lists of ids may be missing.

        Raises:
            KeyError, TypeError, ValueError: a field is missing or of the wrong type.
        """
        return cls(
            tuple(_official(o) for o in data["officials"]),
            tuple(_agreement(a) for a in data["agreements"]),
        )


def _without_ids(data: Any) -> Any:
    if isinstance(data, list):
        return [_without_ids(item) for item in data]
    if isinstance(data, dict):
        return {key: _without_ids(value) for key, value in data.items() if not key.endswith("_ids")}
    return data


def _official_dict(o: Official) -> dict[str, Any]:
    posts = [
        {"title": p.title, "unit": p.unit, "title_ids": list(p.title_ids), "unit_ids": list(p.unit_ids)}
        for p in o.posts
    ]
    return {
        "name": o.name,
        "rank": o.rank,
        "posts": posts,
        "name_ids": list(o.name_ids),
        "rank_ids": list(o.rank_ids),
    }


def _agreement_dict(a: Agreement) -> dict[str, Any]:
    return {
        "kind": a.kind,
        "parties": list(a.parties),
        "period": None if a.period is None else list(a.period),
        "signed_on": a.signed_on,
        "kind_ids": list(a.kind_ids),
        "party_ids": [list(ids) for ids in a.party_ids],
        "period_ids": list(a.period_ids),
        "signed_on_ids": list(a.signed_on_ids),
    }


def _official(o: Mapping[str, Any]) -> Official:
    posts = tuple(
        Post(p["title"], p.get("unit"), tuple(p.get("title_ids", ())), tuple(p.get("unit_ids", ())))
        for p in o.get("posts", ())
    )
    return Official(
        o["name"], o.get("rank"), posts, tuple(o.get("name_ids", ())), tuple(o.get("rank_ids", ()))
    )


def _agreement(a: Mapping[str, Any]) -> Agreement:
    period = a.get("period")
    if period is not None:
        first, last = period
        period = (None if first is None else int(first), None if last is None else int(last))
    return Agreement(
        a["kind"],
        tuple(a.get("parties", ())),
        period,
        a.get("signed_on"),
        tuple(a.get("kind_ids", ())),
        tuple(tuple(ids) for ids in a.get("party_ids", ())),
        tuple(a.get("period_ids", ())),
        tuple(a.get("signed_on_ids", ())),
    )
