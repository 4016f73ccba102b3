"""Comparing strings, taking records apart, pairing agreements."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.data.records import Agreement, Official, Post
from phoihop.eval.facts import (
    _greedy_pairing,
    agreement_counts,
    agreement_facts,
    best_pairing,
    day,
    official_facts,
    plain,
)


def test_plain_ignores_case_spacing_and_tone_placement() -> None:
    assert plain("Chính  uỷ\u00a0Quân\nkhu") == plain("CHÍNH ỦY quân khu") == "chính ủy quân khu"
    assert plain("Hoà") == plain("Hòa") == plain(unicodedata.normalize("NFD", "hoà")) == "hòa"
    assert plain("Khoẻ") == "khỏe"
    assert plain(None) == plain(" \n") == ""


def test_plain_keeps_what_differs() -> None:
    assert plain("Hòa") != plain("Hoa")
    assert plain("Lê Văn Huy") != plain("Lê Văn Huỳ")


@given(st.text(max_size=30))
def test_plain_has_nothing_left_to_do_the_second_time_on_spacing(text: str) -> None:
    once = plain(text)
    assert once == " ".join(once.split())
    assert plain(unicodedata.normalize("NFD", text)) == once


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ngày 14/3", (14, 3)),
        ("Ngày 2 tháng 9 năm 2020", (2, 9)),
        ("30.8.2023", (30, 8)),
        ("07-3", (7, 3)),
        ("2023-08-30", (30, 8)),
        ("hôm qua", "hôm qua"),
        (None, ""),
    ],
)
def test_day(written: str | None, expected: tuple[int, int] | str) -> None:
    assert day(written) == expected


def test_official_facts() -> None:
    officials = [
        Official("Vũ Đình Hoà", "Đại tá", (Post("Chính ủy", "Quân khu 5"), Post("Thành ủy viên"))),
        Official("vũ đình hòa", None, (Post("Chính uỷ", "Quân khu 5"),)),
    ]
    assert official_facts(officials) == {
        ("vũ đình hòa", "rank", "đại tá"),
        ("vũ đình hòa", "post", "chính ủy", "quân khu 5"),
        ("vũ đình hòa", "post", "thành ủy viên", ""),
    }


def test_agreement_facts_count_parties_and_leave_out_what_is_open() -> None:
    facts = agreement_facts(Agreement("Quy chế phối hợp", ("Quận ủy", "quận uỷ"), (2021, None), "ngày 5/4"))
    assert facts == {
        ("kind", "quy chế phối hợp"): 1,
        ("party", "quận ủy"): 2,
        ("first year", 2021): 1,
        ("signed", (5, 4)): 1,
    }


def test_agreement_counts_by_field() -> None:
    gold = [
        Agreement("quy chế phối hợp", ("A", "B"), (2020, 2025)),
        Agreement("chương trình phối hợp", ("A", "C"), None, "14/3"),
    ]
    pred = [Agreement("Chương trình phối hợp", ("A", "B"), (2020, None), "ngày 14 tháng 3")]
    shared, predicted, annotated = agreement_counts(gold, pred)
    # With the first: parties A, B and 2020; with the second: kind, A and the day. A tie goes to the first.
    assert shared.total() == 3
    assert predicted == {"kind": 1, "party": 2, "first year": 1, "signed": 1}
    assert annotated == {"kind": 2, "party": 4, "first year": 1, "last year": 1, "signed": 1}


def test_agreement_counts_with_one_side_empty() -> None:
    one = [Agreement("quy chế", ("A",))]
    assert [c.total() for c in agreement_counts([], one)] == [0, 2, 0]
    assert [c.total() for c in agreement_counts(one, [])] == [0, 0, 2]


@st.composite
def gains(draw: st.DrawFn, rows: int = 6, columns: int = 6) -> list[list[int]]:
    n, m = draw(st.integers(0, rows)), draw(st.integers(1, columns))
    return [[draw(st.integers(0, 5)) for _ in range(m)] for _ in range(n)]


def brute_force(gain: list[list[int]]) -> int:
    """The greatest sum over all pairings, partial ones included."""
    rows, columns = len(gain), len(gain[0]) if gain else 0
    best = 0
    for size in range(min(rows, columns) + 1):
        for some in itertools.combinations(range(rows), size):
            for perm in itertools.permutations(range(columns), size):
                best = max(best, sum(gain[i][j] for i, j in zip(some, perm, strict=True)))
    return best


@given(gains(5, 5))
def test_pairing_is_as_good_as_brute_force(gain: list[list[int]]) -> None:
    pairs = best_pairing(gain)
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert sum(gain[i][j] for i, j in pairs) == brute_force(gain)


@given(gains(12, 12))
def test_greedy_pairing_is_a_pairing(gain: list[list[int]]) -> None:
    if not gain:
        return
    pairs = _greedy_pairing(gain)
    assert len(pairs) == min(len(gain), len(gain[0]))
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
