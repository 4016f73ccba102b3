"""Officials and agreements from an article's entities and relations.

    entities, relations ──> people.py      which mentions are one person
                            bodies.py      which body a short name stands for
                            posts.py       which titles are one post
                            agreements.py  which mentions are one agreement
                        ──> Records

This file alone knows what the labels are called; a document with other labels gives empty records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from phoihop.data.document import Document
from phoihop.data.records import Official, Records
from phoihop.model.records.agreements import Signing, agreements_of
from phoihop.model.records.bodies import Bodies
from phoihop.model.records.mentions import Mention, fullest, ids_of
from phoihop.model.records.names import plain
from phoihop.model.records.people import Person, people_of
from phoihop.model.records.posts import Claim, posts_of
from phoihop.model.records.values import rank_order

_Tied = Mapping[str, Sequence[Mention]]


def build_records(document: Document) -> Records:
    """Put the officials and agreements of an article together.

    Works on annotated and on predicted documents alike: of what contradicts itself (two ranks, a title in
    two bodies, two days) the result keeps what can be kept, and nothing is required to be there.  Strings are
    those of the article, and each is the surface of one of the ids beside it.
    """
    mentions = _mentions(document)
    bodies = Bodies(document.text, mentions["UNIT"], _unmarked(document))
    ranks = _tied(document, "PERSON", "HAS_RANK", "RANK")
    titles = _tied(document, "PERSON", "HOLDS", "TITLE")
    units = _tied(document, "TITLE", "OF_UNIT", "UNIT")
    officials = [
        _official(person, ranks, titles, units, bodies)
        for person in people_of(document.text, mentions["PERSON"])
    ]
    parties = _tied(document, "UNIT", "PARTY_TO", "AGREEMENT", by_tail=True)
    periods = _tied(document, "AGREEMENT", "VALID_FOR", "PERIOD")
    days = _tied(document, "AGREEMENT", "SIGNED_ON", "DATE")
    signings = [
        Signing(m, tuple(parties[m.id]), tuple(periods[m.id]), tuple(days[m.id]))
        for m in mentions["AGREEMENT"]
    ]
    return Records(
        tuple(o for o in officials if o.rank or o.posts), agreements_of(document.text, signings, bodies)
    )


def _mentions(document: Document) -> Mapping[str, list[Mention]]:
    """Mentions by label, in reading order."""
    found: dict[str, list[Mention]] = defaultdict(list)
    for e in document.entities:
        found[e.label].append(Mention(e.id, e.start, e.end, document.surface(e)))
    return found


def _unmarked(document: Document) -> str:
    """The text with a newline for each character of an entity."""
    pieces, done = [], 0
    for e in document.entities:
        pieces += [document.text[done : e.start], "\n" * (e.end - e.start)]
        done = e.end
    return "".join((*pieces, document.text[done:]))


def _tied(document: Document, head: str, relation: str, tail: str, *, by_tail: bool = False) -> _Tied:
    """For the id of each head (or tail) of the relation the mentions at its other end, in reading order."""
    ends: dict[str, list[Mention]] = defaultdict(list)
    for r in document.relations:
        if r.label != relation:
            continue
        first, second = document.by_id[r.head], document.by_id[r.tail]
        if (first.label, second.label) == (head, tail):
            near, far = (second, first) if by_tail else (first, second)
            ends[near.id].append(Mention(far.id, far.start, far.end, document.surface(far)))
    for found in ends.values():
        found.sort(key=lambda m: m.start)
    return ends


def _official(person: Person, ranks: _Tied, titles: _Tied, units: _Tied, bodies: Bodies) -> Official:
    claims: list[Claim] = []
    for mention in person.mentions:
        together = tuple(unit for title in titles[mention.id] for unit in units[title.id])
        for title in titles[mention.id]:
            held_in: Sequence[Mention | None] = units[title.id] or (None,)
            claims += [Claim(title, unit, together) for unit in held_in]
    rank, rank_ids = _rank([rank for mention in person.mentions for rank in ranks[mention.id]])
    return Official(
        person.name, rank, posts_of(dict.fromkeys(claims), bodies), ids_of(person.mentions), rank_ids
    )


def _rank(ranks: Sequence[Mention]) -> tuple[str | None, tuple[str, ...]]:
    """The highest rank and the mentions of it: who was promoted in the article bears the new one."""
    if not ranks:
        return None, ()
    highest = max(rank_order(m.surface) for m in ranks)
    of_it = [m for m in ranks if rank_order(m.surface) == highest]
    first = plain(min(of_it, key=lambda m: m.start).surface)  # `Thiếu tướng` and `Chuẩn Đô đốc` are equal
    same = [m for m in of_it if plain(m.surface).startswith(first) or first.startswith(plain(m.surface))]
    return fullest(same).surface, ids_of(same)
