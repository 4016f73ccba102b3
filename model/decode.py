"""From tag scores to spans, in numpy: the best valid tag sequence and how probable each span is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
IMPOSSIBLE = -1e4  # low enough to forbid, finite so that sums stay numbers


@dataclass(frozen=True)
class Transitions:
    """Scores of a tag's place in a sequence: ``start`` (tags,), ``step`` (tags, tags) from row to
    column, ``end`` (tags,)."""

    start: Floats
    step: Floats
    end: Floats


def valid_transitions(tags: Sequence[str], learned: Transitions | None = None) -> Transitions:
    """Forbid ``I-X`` anywhere but after ``B-X`` or ``I-X``; add ``learned`` scores (a CRF head's) if given."""
    n = len(tags)
    base = learned or Transitions(
        np.zeros(n, np.float32), np.zeros((n, n), np.float32), np.zeros(n, np.float32)
    )
    start, step = base.start.copy(), base.step.copy()
    for j, tag in enumerate(tags):
        if not tag.startswith("I-"):
            continue
        start[j] = IMPOSSIBLE
        for i, before in enumerate(tags):
            if before not in (f"B-{tag[2:]}", tag):
                step[i, j] = IMPOSSIBLE
    return Transitions(start, step, base.end)


@dataclass(frozen=True)
class Span:
    """Words ``first`` to ``last``, both included, with a label and its probability."""

    first: int
    last: int
    label: str
    score: float


def viterbi(emissions: Floats, transitions: Transitions) -> NDArray[np.int64]:
    """The best sequence of tags (words,) for ``emissions`` (words, tags) (Viterbi 1967)."""
    n = len(emissions)
    if not n:
        return np.zeros(0, dtype=np.int64)
    best = transitions.start + emissions[0]
    back = np.zeros((n, emissions.shape[1]), dtype=np.int64)
    for t in range(1, n):
        scores = best[:, None] + transitions.step
        back[t] = scores.argmax(axis=0)
        best = scores.max(axis=0) + emissions[t]
    path = np.zeros(n, dtype=np.int64)
    path[-1] = int((best + transitions.end).argmax())
    for t in range(n - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path


def spans_of(path: Sequence[int], tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """(first, last, label) of a valid IOB2 sequence of tag numbers."""
    found: list[tuple[int, int, str]] = []
    for t, number in enumerate(path):
        tag = tags[number]
        if tag.startswith("B-"):
            found.append((t, t, tag[2:]))
        elif tag.startswith("I-"):
            first, _, label = found[-1]
            found[-1] = (first, t, label)
    return found


def decode(
    emissions: Floats, tags: Sequence[str], transitions: Transitions, temperature: float = 1.0
) -> list[Span]:
    """Best spans of one stretch of words.

    The score of a span is the probability, over all valid sequences weighted by the model, that
    exactly these words bear exactly this label (forward-backward, Lafferty et al. 2001, section 3).
    All scores are divided by ``temperature`` first (Guo et al. 2017, section 4.2): the spans stay the same,
    their probabilities grow humbler above 1 and bolder below.
    """
    path = viterbi(emissions, transitions)
    found = spans_of(path.tolist(), tags)
    if not found:
        return []
    if temperature != 1.0:
        emissions = emissions / np.float32(temperature)
        transitions = Transitions(
            *(x / np.float32(temperature) for x in (transitions.start, transitions.step, transitions.end))
        )
    alpha, beta, log_z = _forward_backward(emissions, transitions)
    index = {tag: i for i, tag in enumerate(tags)}
    out = []
    for first, last, label in found:
        begin, inside = index[f"B-{label}"], index[f"I-{label}"]
        score = alpha[first, begin]
        previous = begin
        for t in range(first + 1, last + 1):
            score = score + transitions.step[previous, inside] + emissions[t, inside]
            previous = inside
        if last + 1 < len(emissions):
            after = transitions.step[previous] + emissions[last + 1] + beta[last + 1]
            after = np.delete(after, inside)  # a span that went on would be another span
            score = score + _log_sum(after, 0)
        else:
            score = score + transitions.end[previous]
        out.append(Span(first, last, label, float(min(1.0, np.exp(score - log_z)))))
    return out


def balance_brackets(spans: Sequence[Span], words: Sequence[str]) -> list[Span]:
    """Spans with every bracket closed: the closing one right behind a span that lacks it joins it, and a
    bracket at the end of a span without its partner there leaves it.

    Args:
        spans: in order, without overlap.
        words: the words they count.
    """
    out: list[Span] = []
    for number, span in enumerate(spans):
        first, last = span.first, span.last
        inside = words[first : last + 1]
        open_ones = inside.count("(") - inside.count(")")
        room_end = spans[number + 1].first if number + 1 < len(spans) else len(words)
        if open_ones == 1 and last + 1 < room_end and words[last + 1] == ")":
            last += 1
        elif last > first and (open_ones, words[last]) in ((1, "("), (-1, ")")):
            last -= 1
        elif last > first and (open_ones, words[first]) == (1, "("):
            first += 1
        out.append(
            span if (first, last) == (span.first, span.last) else replace(span, first=first, last=last)
        )
    return out


def _forward_backward(
    emissions: Floats, transitions: Transitions
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    n, k = emissions.shape
    alpha, beta = np.zeros((n, k)), np.zeros((n, k))
    alpha[0] = transitions.start + emissions[0]
    for t in range(1, n):
        alpha[t] = _log_sum(alpha[t - 1][:, None] + transitions.step, 0) + emissions[t]
    beta[-1] = transitions.end
    for t in range(n - 2, -1, -1):
        beta[t] = _log_sum(transitions.step + emissions[t + 1] + beta[t + 1], 1)
    return alpha, beta, float(_log_sum(alpha[-1] + transitions.end, 0))


def _log_sum(values: NDArray[np.floating], axis: int) -> NDArray[np.floating]:
    top = values.max(axis=axis)
    total: NDArray[np.floating] = np.log(np.exp(values - np.expand_dims(top, axis)).sum(axis=axis)) + top
    return total
