"""Counters, tables, intervals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.eval.metrics import PRF, Table

SETS = st.frozensets(st.tuples(st.integers(0, 4), st.sampled_from("ab")), max_size=8)


def table_of(articles: list[tuple[frozenset[tuple[int, str]], frozenset[tuple[int, str]]]]) -> Table:
    table = Table("things", "the same")
    for gold, pred in articles:
        table.add(gold, pred, lambda x: x[1])
    return table


def test_known_answer() -> None:
    counts = PRF()
    counts.add({1, 2, 3}, {2, 3, 4, 5, 6})
    assert (counts.tp, counts.pred, counts.gold) == (2, 5, 3)
    assert counts.precision == pytest.approx(0.4)
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.f1 == pytest.approx(0.5)


def test_nothing_is_zero_not_an_error() -> None:
    assert (PRF().precision, PRF().recall, PRF().f1) == (0.0, 0.0, 0.0)
    assert Table("t", "d").macro == (0.0, 0.0, 0.0)
    assert Table("t", "d").interval() is None


@given(SETS, SETS)
def test_f1_is_the_harmonic_mean(gold: frozenset[object], pred: frozenset[object]) -> None:
    counts = PRF()
    counts.add(gold, pred)
    p, r = counts.precision, counts.recall
    assert counts.f1 == pytest.approx(2 * p * r / (p + r) if p + r else 0.0)


@given(st.lists(st.tuples(SETS, SETS), max_size=5))
def test_micro_is_one_big_set_and_labels_add_up(articles: list) -> None:  # type: ignore[type-arg]
    table = table_of(articles)
    whole = PRF()
    whole.add(
        {(i, x) for i, (gold, _) in enumerate(articles) for x in gold},
        {(i, x) for i, (_, pred) in enumerate(articles) for x in pred},
    )
    assert table.micro == whole == sum(table.articles, PRF())
    for label, row in table.labels.items():
        alone = PRF()
        for gold, pred in articles:
            alone.add({x for x in gold if x[1] == label}, {x for x in pred if x[1] == label})
        assert row == alone


def test_macro_is_the_mean_of_the_labels() -> None:
    table = table_of([(frozenset({(1, "a"), (2, "a"), (3, "b")}), frozenset({(1, "a"), (2, "a"), (4, "c")}))])
    assert table.macro == (pytest.approx(1 / 3), pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_interval_is_seeded_and_holds_the_figure() -> None:
    articles = [
        (frozenset((k, "a") for k in range(10)), frozenset((k, "a") for k in range(i % 7, 10)))
        for i in range(40)
    ]
    table = table_of(articles)
    interval = table.interval()
    assert interval == table.interval()
    assert interval is not None
    low, high = interval
    assert low < table.micro.f1 < high
    narrow = table.interval(share=0.5)
    assert narrow is not None
    assert low < narrow[0] < narrow[1] < high


def test_interval_matches_drawing_articles_one_by_one() -> None:
    import random

    articles = [
        (frozenset((k, "a") for k in range(5)), frozenset((k, "a") for k in range(i % 4, 6)))
        for i in range(25)
    ]
    table = table_of(articles)
    rng = random.Random(3)
    drawn = sorted(sum((rng.choice(table.articles) for _ in table.articles), PRF()).f1 for _ in range(4000))
    interval = table.interval(samples=4000)
    assert interval is not None
    assert interval[0] == pytest.approx(drawn[100], abs=0.01)
    assert interval[1] == pytest.approx(drawn[-101], abs=0.01)


def test_interval_of_equal_articles_is_a_point() -> None:
    table = table_of([(frozenset({(1, "a"), (2, "a")}), frozenset({(1, "a")}))] * 9)
    assert table.interval() == (pytest.approx(2 / 3), pytest.approx(2 / 3))


def test_empty_articles_give_an_interval_of_zeros() -> None:
    assert table_of([(frozenset(), frozenset())] * 3).interval() == (0.0, 0.0)


def test_to_dict() -> None:
    data = table_of([(frozenset({(1, "a")}), frozenset({(1, "a"), (2, "b")}))] * 2).to_dict()
    assert data["definition"] == "the same"
    assert list(data["labels"]) == ["a", "b"]
    assert data["micro"]["correct"] == 2
    assert data["micro"]["f1_interval_95"] == [pytest.approx(2 / 3), pytest.approx(2 / 3)]
    assert data["macro"]["f1"] == 0.5
