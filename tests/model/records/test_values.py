"""Periods to years, days to numbers, the order of ranks."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.model.records.values import day_of, rank_order, years_of


@pytest.mark.parametrize(
    ("written", "years"),
    [
        ("giai đoạn 2023 – 2026", (2023, 2026)),
        ("nhiệm kỳ 2020-2025", (2020, 2025)),
        ("2018—2022", (2018, 2022)),
        ("2021-25", (2021, 2025)),
        ("năm học 2024-2025", (2024, 2025)),
        ("năm 2021", (2021, 2021)),
        ("6 tháng đầu năm 2022", (2022, 2022)),
        ("quý I/2026", (2026, 2026)),
        ("từ tháng 6-2016 đến 6-2018", (2016, 2018)),
        ("từ tháng 6 đến tháng 12-2022", (2022, 2022)),
        ("4/2021 - nay", (2021, None)),
        ("từ năm 2011 đến nay", (2011, None)),
        ("Từ ngày 5-3-2019 đến nay", (2019, None)),
        ("từ năm 2024", (2024, None)),
        ("từ năm 2024 trở đi", (2024, None)),
        ("sau năm 2030", (2030, None)),
        ("đến năm 2030", (None, 2030)),
        ("đến hết năm 2025", (None, 2025)),
        ("từ nay đến năm 2030", (None, 2030)),
        ("trước năm 2020", (None, 2020)),
        ("giai đoạn từ năm 2019 - 2022", (2019, 2022)),
        ("đến năm 2030, tầm nhìn 2045", (2030, 2045)),
        ("5 năm", None),
        ("12/14", None),
        ("", None),
    ],
)
def test_years(written: str, years: tuple[int | None, int | None] | None) -> None:
    assert years_of(written) == years
    assert years_of(unicodedata.normalize("NFD", written.upper())) == years


@given(
    st.integers(1950, 2099),
    st.integers(0, 40),
    st.sampled_from([" - ", "-", " – ", "–", " đến ", " đến năm "]),
)
def test_any_two_years_are_first_and_last(first: int, length: int, dash: str) -> None:
    assert years_of(f"giai đoạn {first}{dash}{first + length}") == (first, first + length)


@given(st.text(max_size=40))
def test_years_and_days_of_any_text(text: str) -> None:
    years = years_of(text)
    assert years is None or any(years)
    if years and all(years):
        assert years == tuple(sorted(years))  # type: ignore[type-var]
    assert len(day_of(text)) == 3


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Ngày 14/3", (14, 3, None)),
        ("30/8/2023", (30, 8, 2023)),
        ("07-3", (7, 3, None)),
        ("16.4.2024", (16, 4, 2024)),
        ("ngày 2 tháng 9 năm 2020", (2, 9, 2020)),
        ("tháng 9/2022", (None, 9, 2022)),
        ("tháng 5", (None, 5, None)),
        ("2023-08-30", (30, 8, 2023)),
        ("ngày 24", (None, None, None)),
        ("tháng một", (None, None, None)),
    ],
)
def test_days(written: str, day: tuple[int | None, int | None, int | None]) -> None:
    assert day_of(written) == day


def test_ranks_are_ordered() -> None:
    ascending = [
        "tướng",
        "Sĩ quan",
        "binh nhất",
        "Hạ sĩ",
        "thượng sĩ",
        "Thiếu uý",
        "Đại úy QNCN",
        "thiếu tá",
        "Trung tá QNCN",
        "Đại tá",
        "Chuẩn tướng",
        "THIẾU TƯỚNG",
        "Phó Đô đốc Hải quân",
        "thượng tướng",
        "Đại tướng",
    ]
    orders = [rank_order(rank) for rank in ascending]
    assert orders == sorted(orders) and len(set(orders)) == len(orders)
    assert rank_order("Chuẩn Đô đốc") == rank_order("thiếu tướng")
    assert rank_order("Đô đốc") == rank_order("Thượng tướng")
