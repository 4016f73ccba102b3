"""Which mentions of agreements are one, and what is told of it."""

from __future__ import annotations

import pytest

from phoihop.data.inline import parse
from phoihop.data.records import Agreement
from phoihop.model.records import build_records

A = "[Sở Y tế Hải Đông](UNIT PARTY_TO=a{0})"
B = "[Bộ CHQS tỉnh](UNIT PARTY_TO=a{0})"
C = "[Hội Nông dân tỉnh](UNIT PARTY_TO=a{0})"


def agreements(marked: str) -> list[Agreement]:
    return list(build_records(parse(marked)).agreements)


def kinds(marked: str) -> list[list[str]]:
    document = parse(marked)
    return [[document.surface(i) for i in a.kind_ids] for a in build_records(document).agreements]


def test_an_agreement_told_in_pieces() -> None:
    marked = (
        f"{A.format(1)} và {B.format(1)} ký [quy chế](AGREEMENT#a1)\n"
        f"Chiều [9/5](DATE#d1), {A.format(2)} cùng {B.format(2)}, {C.format(2)} ký kết "
        "[Quy chế phối hợp](AGREEMENT#a2 VALID_FOR=y1 SIGNED_ON=d1) [giai đoạn 2023 – 2026](PERIOD#y1). "
        "[Quy chế](AGREEMENT#a3 SIGNED_ON=d2) ký [ngày 9/5/2023](DATE#d2) gồm 3 chương; lãnh đạo [Sở Y tế](UNIT) dự."
    )
    (agreement,) = agreements(marked)
    assert agreement.kind == "Quy chế phối hợp" and agreement.kind_ids == ("a1", "a2", "a3")
    assert agreement.parties == ("Sở Y tế Hải Đông", "Bộ CHQS tỉnh", "Hội Nông dân tỉnh")
    document = parse(marked)
    assert [[document.surface(i) for i in ids] for ids in agreement.party_ids] == [
        ["Sở Y tế Hải Đông"] * 2,
        ["Bộ CHQS tỉnh"] * 2,
        ["Hội Nông dân tỉnh"],
    ]
    assert agreement.period == (2023, 2026) and agreement.period_ids == ("y1",)
    assert agreement.signed_on == "ngày 9/5/2023" and agreement.signed_on_ids == ("d1", "d2")


def test_a_party_bears_the_fullest_name() -> None:
    marked = (
        "[Tập đoàn Hàng hải Lam Sơn (LASCO)](UNIT) cho biết: [LASCO](UNIT#u PARTY_TO=a) và [Tập đoàn Lam Sơn](UNIT) "
        "ký [thỏa thuận hợp tác](AGREEMENT#a)."
    )
    (agreement,) = agreements(marked)
    assert agreement.parties == ("Tập đoàn Hàng hải Lam Sơn (LASCO)",)
    assert agreement.party_ids[0][1] == "u" and len(agreement.party_ids[0]) == 2


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        # a bare mention is the one of that kind, whichever comes first
        ("Ký [thỏa thuận hợp tác](AGREEMENT)\n" + A.format(1) + " ký [thỏa thuận hợp tác](AGREEMENT#a1).", 1),
        (A.format(1) + " ký [chương trình](AGREEMENT#a1). [Chương trình phối hợp](AGREEMENT) có 3 phần.", 1),
        # another document
        (f"{A.format(1)} ký [quy chế](AGREEMENT#a1). {A.format(2)} ký [giao ước thi đua](AGREEMENT#a2).", 2),
        # only the subject differs, the parties are the same
        (
            f"{A.format(1)}, {B.format(1)}: [chương trình phối hợp tuyên truyền](AGREEMENT#a1). "
            f"{A.format(2)}, {B.format(2)}: [chương trình phối hợp hoạt động](AGREEMENT#a2).",
            1,
        ),
        # other parties
        (
            f"{A.format(1)}, {B.format(1)}: [quy chế](AGREEMENT#a1). "
            f"{A.format(2)}, {C.format(2)}: [quy chế](AGREEMENT#a2).",
            2,
        ),
        # some of the parties
        (
            f"{A.format(1)}, {B.format(1)}: [quy chế](AGREEMENT#a1). {A.format(2)}: [quy chế](AGREEMENT#a2).",
            1,
        ),
        # other years, other days
        (
            "[Kế hoạch phối hợp](AGREEMENT VALID_FOR=y1) [năm 2023](PERIOD#y1) và "
            "[kế hoạch phối hợp](AGREEMENT VALID_FOR=y2) [năm 2024](PERIOD#y2).",
            2,
        ),
        (
            "[Bản ghi nhớ](AGREEMENT SIGNED_ON=d1) ký [ngày 5/6](DATE#d1), "
            "[bản ghi nhớ](AGREEMENT SIGNED_ON=d2) ký [7/6](DATE#d2).",
            2,
        ),
        # a longer kind with facts of its own
        (
            f"{A.format(1)} ký [thỏa thuận hợp tác](AGREEMENT#a1). Ông đã ký [thỏa thuận hợp tác song phương]"
            "(AGREEMENT SIGNED_ON=d1) [ngày 5/6](DATE#d1).",
            2,
        ),
        # other partners that are no bodies
        (
            "Tổng kết [chương trình hợp tác](AGREEMENT) với tỉnh Long Giang. "
            "Trước đó là [chương trình hợp tác](AGREEMENT) với tỉnh Sơn Bình, cũng 5 năm.",
            2,
        ),
        (
            "[Chương trình hợp tác](AGREEMENT) giữa Long Giang và Hải Đông. "
            "[Chương trình hợp tác](AGREEMENT) với Hải Đông.",
            1,
        ),
        # items of a list
        (
            "Các văn kiện gồm:\n- [Bản ghi nhớ](AGREEMENT) về nông nghiệp;\n- [Bản ghi nhớ](AGREEMENT) về y tế.",
            2,
        ),
    ],
)
def test_how_many(marked: str, expected: int) -> None:
    assert len(agreements(marked)) == expected, kinds(marked)


def test_a_bare_mention_goes_to_the_last_one_that_fits() -> None:
    marked = (
        "[Quy chế](AGREEMENT#a1 VALID_FOR=y1) [2018 – 2022](PERIOD#y1), [quy chế](AGREEMENT#a2 VALID_FOR=y2) "
        "[2023 – 2027](PERIOD#y2). [Quy chế](AGREEMENT#a3) gồm 3 chương."
    )
    assert [a.kind_ids for a in agreements(marked)] == [("a1",), ("a2", "a3")]


def test_several_periods_make_several_agreements() -> None:
    marked = (
        f"Chiều [9/5](DATE#d1), {A.format(1)} và {B.format(1)} tổng kết, ký "
        "[quy chế](AGREEMENT#a1 VALID_FOR=y1,y2 SIGNED_ON=d1) [giai đoạn 2018 – 2022](PERIOD#y1), "
        "[2023 – 2027](PERIOD#y2)."
    )
    first, second = agreements(marked)
    assert (first.period, first.signed_on, first.period_ids) == ((2018, 2022), None, ("y1",))
    assert (second.period, second.signed_on, second.period_ids) == ((2023, 2027), "9/5", ("y2",))
    assert first.parties == second.parties == ("Sở Y tế Hải Đông", "Bộ CHQS tỉnh")


def test_an_open_period_agrees_with_a_closed_one() -> None:
    marked = (
        "[Quy chế](AGREEMENT VALID_FOR=y1) [đến năm 2030](PERIOD#y1). "
        "[Quy chế](AGREEMENT VALID_FOR=y2) [giai đoạn 2025-2030](PERIOD#y2)."
    )
    (agreement,) = agreements(marked)
    assert agreement.period == (2025, 2030) and agreement.period_ids == ("y1", "y2")


def test_a_period_without_year_is_none() -> None:
    (agreement,) = agreements("[Quy chế](AGREEMENT VALID_FOR=y1) [5 năm tới](PERIOD#y1)")
    assert agreement.period is None and agreement.period_ids == () and agreement.parties == ()
