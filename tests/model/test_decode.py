"""Decoding against all valid tag sequences, weighed one by one."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest

from phoihop.model.decode import (
    Span,
    Transitions,
    balance_brackets,
    decode,
    spans_of,
    valid_transitions,
    viterbi,
)

LABELS = (("A",), ("A", "B"))


def tags_of(labels: tuple[str, ...]) -> list[str]:
    return ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]


def valid(path: tuple[int, ...], tags: list[str]) -> bool:
    before = "O"
    for tag in (tags[i] for i in path):
        if tag.startswith("I-") and before[2:] != tag[2:]:
            return False
        before = tag
    return True


def weighed(
    emissions: np.ndarray, tags: list[str], learned: Transitions | None
) -> dict[tuple[int, ...], float]:
    """Every valid sequence with its score."""
    scores = {}
    for path in product(range(len(tags)), repeat=len(emissions)):
        if valid(path, tags):
            score = sum(float(emissions[t, i]) for t, i in enumerate(path))
            if learned is not None:
                score += float(learned.start[path[0]]) + float(learned.end[path[-1]])
                score += sum(float(learned.step[i, j]) for i, j in pairwise(path))
            scores[path] = score
    return scores


def random_case(seed: int) -> tuple[np.ndarray, list[str], Transitions | None]:
    generator = np.random.default_rng(seed)
    tags = tags_of(LABELS[seed % 2])
    words = int(generator.integers(1, 6))
    scale = generator.choice([0.5, 2.0, 10.0])
    emissions = (scale * generator.normal(size=(words, len(tags)))).astype(np.float32)
    learned = None
    if seed % 3:
        k = len(tags)
        parts = [generator.normal(size=shape).astype(np.float32) for shape in ((k,), (k, k), (k,))]
        learned = Transitions(*parts)
    return emissions, tags, learned


@pytest.mark.parametrize("temperature", [0.6, 2.5])
def test_a_temperature_changes_probabilities_as_dividing_every_score_does(temperature: float) -> None:
    for seed in range(60):
        emissions, tags, learned = random_case(seed)
        transitions = valid_transitions(tags, learned)
        spans = decode(emissions, tags, transitions, temperature)
        plain = decode(emissions, tags, transitions)
        assert [(s.first, s.last, s.label) for s in spans] == [(s.first, s.last, s.label) for s in plain]
        weights = {
            path: np.exp(score / temperature) for path, score in weighed(emissions, tags, learned).items()
        }
        for span in spans:
            own = sum(
                w
                for path, w in weights.items()
                if (span.first, span.last, span.label) in spans_of(path, tags)
            )
            assert span.score == pytest.approx(own / sum(weights.values()), abs=1e-4)


@pytest.mark.parametrize("block", range(8))
def test_best_sequence_and_span_scores_equal_brute_force(block: int) -> None:
    found = 0
    for seed in range(block * 50, block * 50 + 50):
        emissions, tags, learned = random_case(seed)
        transitions = valid_transitions(tags, learned)
        scores = weighed(emissions, tags, learned)
        path = tuple(viterbi(emissions, transitions).tolist())
        assert path in scores, "a sequence that cannot be"
        assert scores[path] == pytest.approx(max(scores.values()), abs=1e-4)

        top = max(scores.values())
        weights = {p: float(np.exp(s - top)) for p, s in scores.items()}
        total = sum(weights.values())
        spans = decode(emissions, tags, transitions)
        assert [(s.first, s.last, s.label) for s in spans] == spans_of(path, tags)
        for s in spans:
            span = (s.first, s.last, s.label)
            share = sum(w for p, w in weights.items() if span in spans_of(p, tags)) / total
            assert s.score == pytest.approx(share, abs=1e-5)
            found += 1
    assert found > 30


@pytest.mark.parametrize("learned", [False, True])
def test_no_inside_without_a_beginning_on_long_stretches(learned: bool) -> None:
    generator = np.random.default_rng(7)
    tags = tags_of(("A", "B", "C"))
    k = len(tags)
    for words in (1, 2, 50, 400):
        crf = None
        if learned:
            crf = Transitions(*(generator.normal(size=s).astype(np.float32) for s in ((k,), (k, k), (k,))))
        # The model badly wants insides, also where none may stand.
        emissions = generator.normal(size=(words, k)).astype(np.float32)
        emissions[:, 2::2] += 30
        path = viterbi(emissions, valid_transitions(tags, crf))
        assert valid(tuple(path.tolist()), tags)
        spans = decode(emissions, tags, valid_transitions(tags, crf))
        assert spans and all(0.0 <= s.score <= 1.0 for s in spans)
        assert all(a.last < b.first for a, b in pairwise(spans))


def test_invalid_steps_stay_forbidden_whatever_was_learnt() -> None:
    tags = tags_of(("A", "B"))
    wanted = Transitions(*(np.full(s, 100, np.float32) for s in ((5,), (5, 5), (5,))))
    transitions = valid_transitions(tags, wanted)
    for i, before in enumerate(tags):
        for j, tag in enumerate(tags):
            allowed = not tag.startswith("I-") or before in (f"B-{tag[2:]}", tag)
            assert (transitions.step[i, j] == 100) == allowed
            assert allowed or transitions.step[i, j] < -1000
    assert [s > 0 for s in transitions.start] == [True, True, False, True, False]
    assert (wanted.step == 100).all(), "the learnt scores are not changed"


def test_spans_of() -> None:
    tags = tags_of(("A", "B"))
    names = {tag: i for i, tag in enumerate(tags)}
    path = [names[t] for t in "O B-A I-A B-A B-B I-B I-B O B-B".split()]
    assert spans_of(path, tags) == [(1, 2, "A"), (3, 3, "A"), (4, 6, "B"), (8, 8, "B")]
    assert spans_of([], tags) == []


def test_nothing_to_decode() -> None:
    tags = tags_of(("A",))
    transitions = valid_transitions(tags)
    empty = np.zeros((0, 3), np.float32)
    assert viterbi(empty, transitions).shape == (0,) and decode(empty, tags, transitions) == []
    nothing = np.array([[9, 0, 0]] * 3, np.float32)
    assert decode(nothing, tags, transitions) == []


@pytest.mark.parametrize(
    "text, before, after",
    [
        ("Bộ Y tế ( BYT ) họp", [(0, 4)], [(0, 5)]),
        ("Bộ Y tế ( BYT ) họp", [(0, 5)], [(0, 5)]),
        ("Bộ Y tế ( BYT ) họp", [(0, 3)], [(0, 2)]),
        ("Bộ Y tế ( BYT ) họp", [(0, 2), (3, 4)], [(0, 2), (3, 5)]),
        ("Bộ Y tế ( BYT họp", [(3, 4)], [(4, 4)]),
        ("Bộ Y tế ( BYT ) họp", [(4, 5)], [(4, 4)]),
        ("Bộ Y tế ( BYT ) họp", [(0, 4), (5, 5)], [(0, 4), (5, 5)]),
        ("Bộ ( Y ) tế ( BYT )", [(0, 6)], [(0, 7)]),
        ("Bộ Y tế ( BYT", [(0, 4)], [(0, 4)]),
    ],
)
def test_brackets_are_closed(text: str, before: list[tuple[int, int]], after: list[tuple[int, int]]) -> None:
    spans = [Span(a, b, "UNIT", 0.5) for a, b in before]
    found = balance_brackets(spans, text.split())
    assert [(s.first, s.last) for s in found] == after
    assert all((s.label, s.score) == ("UNIT", 0.5) for s in found)
