"""Windows against what their contract says, word by word."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.model.windows import Window, make_windows


@st.composite
def articles(draw: st.DrawFn) -> tuple[list[int], list[int], int, int]:
    """Sub-words of each word, piece starts, limit, overlap, as ``make_windows`` wants them."""
    limit = draw(st.integers(3, 30))
    overlap = draw(st.integers(0, (limit - 1) // 2))
    tokens = draw(st.lists(st.integers(1, min(limit, 7)), min_size=1, max_size=60))
    wanted = draw(st.sets(st.integers(0, len(tokens) - 1)))
    pieces, filled = [0], tokens[0]
    for i in range(1, len(tokens)):
        if i in wanted or filled + tokens[i] > limit - 2 * overlap:
            pieces.append(i)
            filled = 0
        filled += tokens[i]
    return tokens, pieces, limit, overlap


@settings(max_examples=1000, deadline=None)
@given(articles())
def test_windows_tile_the_article_and_keep_the_limit(article: tuple[list[int], list[int], int, int]) -> None:
    tokens, pieces, limit, overlap = article
    windows = make_windows(tokens, pieces, limit, overlap)
    owned = [i for w in windows for i in range(w.own_start, w.own_end)]
    assert owned == list(range(len(tokens)))
    borders = {*pieces, len(tokens)}
    for w in windows:
        assert 0 <= w.start <= w.own_start < w.own_end <= w.end <= len(tokens)
        assert sum(tokens[w.start : w.end]) <= limit
        assert {w.own_start, w.own_end} <= borders


@settings(max_examples=1000, deadline=None)
@given(articles())
def test_windows_are_full_and_context_is_wide(article: tuple[list[int], list[int], int, int]) -> None:
    tokens, pieces, limit, overlap = article
    windows = make_windows(tokens, pieces, limit, overlap)
    if sum(tokens) <= limit:
        assert windows == [Window(0, len(tokens), 0, len(tokens))]
        return
    assert len(windows) > 1 or len(pieces) == 1
    ends = dict(pairwise([*pieces, len(tokens)]))
    for w in windows:
        own = sum(tokens[w.own_start : w.own_end])
        if w.own_end < len(tokens):
            following = sum(tokens[w.own_end : ends[w.own_end]])
            assert own + following > limit - 2 * overlap, "the next piece would have fitted"
        side = min(overlap, (limit - own) // 2)
        left, right = sum(tokens[w.start : w.own_start]), sum(tokens[w.own_end : w.end])
        assert left <= side and right <= side
        assert w.start == 0 or left + tokens[w.start - 1] > side, "one more word before would have fitted"
        assert w.end == len(tokens) or right + tokens[w.end] > side, "one more word after would have fitted"


@pytest.mark.parametrize(
    ("tokens", "pieces", "limit", "overlap", "expected"),
    [
        ([], [], 10, 2, []),
        ([5], [0], 10, 2, [(0, 1, 0, 1)]),
        ([1] * 10, [0, 5], 10, 4, [(0, 10, 0, 10)]),
        ([1] * 12, [0, 4, 8], 10, 2, [(0, 6, 0, 4), (2, 10, 4, 8), (6, 12, 8, 12)]),
        ([1] * 12, [0, 3, 6, 9], 12, 3, [(0, 12, 0, 12)]),
        ([1] * 13, [0, 3, 6, 9], 12, 3, [(0, 9, 0, 6), (3, 12, 6, 9), (6, 13, 9, 13)]),
        ([9, 1, 1], [0, 1], 10, 4, [(0, 1, 0, 1), (1, 3, 1, 3)]),
    ],
)
def test_examples(
    tokens: list[int],
    pieces: list[int],
    limit: int,
    overlap: int,
    expected: list[tuple[int, int, int, int]],
) -> None:
    assert make_windows(tokens, pieces, limit, overlap) == [Window(*w) for w in expected]
