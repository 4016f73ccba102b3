"""Candidate pairs for relations: which entities the schema and their distance allow to be tied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phoihop.data.schema import Schema

# The longest gap in words at which a pair is scored, for a pair of labels without a limit of its own.
DEFAULT_REACH = 200
# Words on either side of an entity that count as leading to it or following it.
GAP = 40


@dataclass(frozen=True)
class Mentions:
    """Entities of one article as arrays, in reading order.

    ``first`` and ``last`` (entities,) are word indices, both included; ``label`` (entities,) indexes the
    schema's labels; ``sentence`` (entities,) is the sentence of the first word.  ``gap_start`` and
    ``gap_end`` bound the words around each entity that no other entity covers, ``GAP`` at the most.
    """

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    label: NDArray[np.int64]
    sentence: NDArray[np.int64]
    gap_start: NDArray[np.int64]
    gap_end: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.first)


def mentions_of(
    spans: Sequence[tuple[int, int, str]], schema: Schema, sentence: NDArray[np.int64]
) -> Mentions:
    """Arrays of spans (first word, last word, label) in reading order; ``sentence`` (words,) of each word."""
    first = np.array([s[0] for s in spans], dtype=np.int64)
    last = np.array([s[1] for s in spans], dtype=np.int64)
    label = np.array([schema.labels.index(s[2]) for s in spans], dtype=np.int64)
    before = np.concatenate([[0], last[:-1] + 1]) if len(first) else first
    after = np.concatenate([first[1:], [len(sentence)]]) if len(first) else first
    return Mentions(
        first,
        last,
        label,
        sentence[first],
        np.maximum(before, first - GAP),
        np.minimum(after, last + 1 + GAP),
    )


def gaps(mentions: Mentions, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Words from one end of each pair (pairs, 2) to the other, 1 if they touch: positive if the tail
    follows, negative if it precedes."""
    head, tail = pairs[:, 0], pairs[:, 1]
    after = mentions.first[tail] - mentions.last[head]
    before = mentions.last[tail] - mentions.first[head]
    return np.where(after > 0, after, before)


def candidate_pairs(mentions: Mentions, schema: Schema, reach: Mapping[str, int]) -> NDArray[np.int64]:
    """Pairs (pairs, 2) of (head, tail) whose labels some triple allows and which are near enough.

    ``reach`` gives, for ``"HEAD TAIL"`` label names, the longest of the ``gaps`` allowed.
    """
    found: list[NDArray[np.int64]] = []
    for head, tail in schema.by_pair:
        heads = np.flatnonzero(mentions.label == schema.labels.index(head))
        tails = np.flatnonzero(mentions.label == schema.labels.index(tail))
        if not len(heads) or not len(tails):
            continue
        limit = reach.get(f"{head} {tail}", DEFAULT_REACH)
        found.append(_near(mentions, heads, tails, limit))
    if not found:
        return np.zeros((0, 2), dtype=np.int64)
    pairs = np.concatenate(found)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]


def _near(
    mentions: Mentions, heads: NDArray[np.int64], tails: NDArray[np.int64], limit: int
) -> NDArray[np.int64]:
    # Entities stand in reading order, so the tails near a head are a run; long articles stay linear.
    low = np.searchsorted(mentions.last[tails], mentions.first[heads] - limit)
    high = np.searchsorted(mentions.first[tails], mentions.last[heads] + limit, side="right")
    counts = np.maximum(high - low, 0)
    where = np.repeat(low - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
    pairs = np.stack([np.repeat(heads, counts), tails[where]], axis=1)
    kept: NDArray[np.int64] = pairs[pairs[:, 0] != pairs[:, 1]]
    return kept


def allowed_relations(mentions: Mentions, pairs: NDArray[np.int64], schema: Schema) -> NDArray[np.bool_]:
    """(pairs, relations): which of the schema's relations each pair's labels allow."""
    table = np.zeros((len(schema.labels), len(schema.labels), len(schema.relations)), dtype=bool)
    for head, relation, tail in schema.triples:
        table[schema.labels.index(head), schema.labels.index(tail), schema.relations.index(relation)] = True
    return table[mentions.label[pairs[:, 0]], mentions.label[pairs[:, 1]]]
