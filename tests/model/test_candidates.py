"""Candidate pairs against looking at every pair."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.schema import Schema
from phoihop.model.candidates import (
    DEFAULT_REACH,
    GAP,
    Mentions,
    allowed_relations,
    candidate_pairs,
    gaps,
    mentions_of,
)

LABELS = ("A", "B", "C")
schemas = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(("R", "S", "T")), st.sampled_from(LABELS)),
    unique=True,
    max_size=6,
).map(lambda triples: Schema(LABELS, tuple(triples)))


@st.composite
def articles(draw: st.DrawFn, widest: int = 30) -> tuple[list[tuple[int, int, str]], np.ndarray]:
    """Spans in reading order and the sentence of each word."""
    spans, word = [], 0
    for before, length, label in draw(
        st.lists(st.tuples(st.integers(0, widest), st.integers(1, 4), st.sampled_from(LABELS)), max_size=14)
    ):
        spans.append((word + before, word + before + length - 1, label))
        word += before + length
    words = word + draw(st.integers(0, widest))
    steps = draw(st.lists(st.sampled_from([0, 0, 0, 1]), min_size=words, max_size=words))
    return spans, np.cumsum(np.array(steps, dtype=np.int64))


def distance(one: tuple[int, int, str], other: tuple[int, int, str]) -> int:
    """Steps from the last word of the earlier to the first of the later."""
    earlier, later = sorted([one, other])
    return later[0] - earlier[1]


@settings(max_examples=500, deadline=None)
@given(
    articles(),
    schemas,
    st.dictionaries(st.sampled_from([f"{a} {b}" for a in LABELS for b in LABELS]), st.integers(0, 60)),
)
def test_candidates_equal_brute_force(
    article: tuple[list[tuple[int, int, str]], np.ndarray], schema: Schema, reach: dict[str, int]
) -> None:
    spans, sentence = article
    mentions = mentions_of(spans, schema, sentence)
    expected = [
        [h, t]
        for h, head in enumerate(spans)
        for t, tail in enumerate(spans)
        if h != t
        and any((head[2], r, tail[2]) in schema.triples for r in schema.relations)
        and distance(head, tail) <= reach.get(f"{head[2]} {tail[2]}", DEFAULT_REACH)
    ]
    pairs = candidate_pairs(mentions, schema, reach)
    assert pairs.dtype == np.int64 and pairs.shape == (len(expected), 2)
    assert pairs.tolist() == expected

    allowed = allowed_relations(mentions, pairs, schema)
    assert allowed.shape == (len(pairs), len(schema.relations))
    for (h, t), row in zip(pairs.tolist(), allowed.tolist(), strict=True):
        assert row == [(spans[h][2], r, spans[t][2]) in schema.triples for r in schema.relations]
    for (h, t), gap in zip(pairs.tolist(), gaps(mentions, pairs).tolist(), strict=True):
        assert gap == (distance(spans[h], spans[t]) if t > h else -distance(spans[h], spans[t]))


@settings(max_examples=300, deadline=None)
@given(articles(widest=60))
def test_mentions_know_the_free_words_around_them(
    article: tuple[list[tuple[int, int, str]], np.ndarray],
) -> None:
    spans, sentence = article
    mentions = mentions_of(spans, Schema(LABELS), sentence)
    assert len(mentions) == len(spans)
    taken = {w for first, last, _ in spans for w in range(first, last + 1)}
    for i, (first, last, label) in enumerate(spans):
        assert (mentions.first[i], mentions.last[i], LABELS[mentions.label[i]]) == (first, last, label)
        assert mentions.sentence[i] == sentence[first]
        low, high = first, last + 1
        while low > 0 and low - 1 not in taken and first - low < GAP:
            low -= 1
        while high < len(sentence) and high not in taken and high - last - 1 < GAP:
            high += 1
        assert (mentions.gap_start[i], mentions.gap_end[i]) == (low, high)


def test_a_schema_without_relations_has_no_candidates() -> None:
    mentions = mentions_of([(0, 0, "A"), (2, 2, "B")], Schema(LABELS), np.zeros(3, np.int64))
    pairs = candidate_pairs(mentions, Schema(LABELS), {})
    assert pairs.shape == (0, 2) and allowed_relations(mentions, pairs, Schema(LABELS)).shape == (0, 0)
    assert gaps(mentions, pairs).shape == (0,)


def test_no_entities() -> None:
    schema = Schema(LABELS, (("A", "R", "B"),))
    mentions = mentions_of([], schema, np.zeros(5, np.int64))
    assert len(mentions) == 0 and candidate_pairs(mentions, schema, {}).shape == (0, 2)


@pytest.mark.parametrize(
    ("limit", "near"),
    [(0, []), (1, [(0, 1)]), (3, [(0, 1)]), (4, [(0, 1), (1, 2)]), (5, [(0, 1), (1, 2), (2, 3)])],
)
def test_reach_is_counted_from_word_to_word(limit: int, near: list[tuple[int, int]]) -> None:
    spans = [(0, 0, "B"), (1, 1, "A"), (5, 5, "B"), (10, 10, "A")]
    schema = Schema(LABELS, (("A", "R", "B"), ("B", "S", "A")))
    mentions = mentions_of(spans, schema, np.zeros(11, np.int64))
    pairs = candidate_pairs(mentions, schema, {"A B": limit, "B A": limit}).tolist()
    assert sorted(map(tuple, pairs)) == sorted([*near, *((t, h) for h, t in near)])


def test_a_long_article_stays_linear() -> None:
    n = 50_000
    first = np.arange(n, dtype=np.int64) * 10
    zeros = np.zeros(n, np.int64)
    mentions = Mentions(first, first, zeros, zeros, first, first + 1)
    pairs = candidate_pairs(mentions, Schema(("A",), (("A", "R", "A"),)), {"A A": 20})
    assert len(pairs) == 4 * n - 6
