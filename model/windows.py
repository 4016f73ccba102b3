"""Windows: pieces of a long article that fit the encoder, every token owned by exactly one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open ranges of units: read from ``start`` to ``end``, answer for ``own_start`` to ``own_end``."""

    start: int
    end: int
    own_start: int
    own_end: int


def make_windows(word_tokens: Sequence[int], pieces: Sequence[int], limit: int, overlap: int) -> list[Window]:
    """Pack consecutive pieces into windows of words.

    Owned ranges tile the article and end where a piece ends, so no window owns half a piece.  Each
    window also reads up to ``overlap`` tokens on either side, in whole words.

    Args:
        word_tokens: sub-words of each word.
        pieces: index of the first word of each piece (a sentence or a part of one), the first 0;
            no piece may be longer than ``limit - 2 * overlap`` tokens unless it is a single word,
            and no word longer than ``limit``.
        limit: tokens a window may read, context included.
        overlap: tokens of context wanted on either side; a long word leaves room for less.
    """
    n = len(word_tokens)
    if not n:
        return []
    total = [0]
    for tokens in word_tokens:
        total.append(total[-1] + tokens)
    if total[n] <= limit:
        return [Window(0, n, 0, n)]
    room = limit - 2 * overlap
    edges = [*pieces[1:], n]
    owned: list[tuple[int, int]] = []
    start, previous = 0, 0
    for edge in edges:
        if total[edge] - total[start] > room and previous > start:
            owned.append((start, previous))
            start = previous
        previous = edge
    owned.append((start, n))
    return [_with_context(total, a, b, min(overlap, (limit - total[b] + total[a]) // 2)) for a, b in owned]


def _with_context(total: list[int], own_start: int, own_end: int, overlap: int) -> Window:
    start, end = own_start, own_end
    while start > 0 and total[own_start] - total[start - 1] <= overlap:
        start -= 1
    while end < len(total) - 1 and total[end + 1] - total[own_end] <= overlap:
        end += 1
    return Window(start, end, own_start, own_end)
