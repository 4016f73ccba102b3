"""Names of bodies: when two are one body, and when a short one stands for a longer one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.model.records.bodies import Bodies
from phoihop.model.records.mentions import Mention
from phoihop.model.records.names import is_vietnamese, reach, same_words, words_of
from phoihop.model.records.places import places_in


def fullest(text: str) -> list[str]:
    """For each ``[marked]`` body of the text the fullest name it stands for."""
    mentions: list[Mention] = []
    plain = ""
    for piece in re.split(r"(\[[^\]]*\])", text):
        surface = piece[1:-1] if piece.startswith("[") else piece
        if piece.startswith("["):
            mentions.append(Mention(f"u{len(mentions)}", len(plain), len(plain) + len(surface), surface))
        plain += surface
    unmarked = re.sub(r"\[[^\]]*\]", lambda m: "\n" * (len(m[0]) - 2), text)
    assert len(unmarked) == len(plain)
    bodies = Bodies(plain, mentions, unmarked)
    return [bodies.meant(m).best.surface for m in mentions]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("TTXLS", "Thông tấn xã Lam Sơn", True),
        ("Bộ TT&TT", "bộ Thông tin và Truyền thông", True),
        ("Bộ TTTT", "Bộ Thông tin và Truyền thông", True),
        ("Sở LĐTB&XH tỉnh", "Sở Lao động - Thương binh và Xã hội tỉnh", True),
        ("Thành uỷ TP HCM", "Thành ủy thành phố Hồ Chí Minh", True),
        ("UBND TPHCM", "Ủy ban nhân dân TP. HCM", True),
        ("Văn phòng TW Đảng", "Văn phòng Trung ương Đảng", True),
        ("Quốc hội Cu Ba", "Quốc hội Cuba", True),
        ("Sở GD & ĐT", "Sở Giáo dục", False),
        ("Quân khu 5", "Quân khu 7", False),
        ("HĐND tỉnh", "UBND tỉnh", False),
        ("bộ quốc phòng", "Bộ Công an", False),
    ],
)
def test_same_names(a: str, b: str, same: bool) -> None:
    assert same_words(words_of(a), words_of(b)) is same
    assert same_words(words_of(b), words_of(a)) is same


_WORDS = st.lists(
    st.sampled_from("Ban Tuyên giáo Tổ chức và Dân vận Quận ủy tỉnh".split()), min_size=1, max_size=6
)


@given(_WORDS, _WORDS)
def test_words_reach_as_far_as_they_are_equal(short: list[str], more: list[str]) -> None:
    """Without initials a name fits exactly the words that it has."""
    assert reach(tuple(short), (*short, *more)) == {len(short)}
    assert same_words(tuple(short), tuple(w.upper() if w.islower() else w for w in short))
    assert not reach((*short, *more), tuple(short))


@given(_WORDS)
def test_initials_fit_the_words_they_are_made_of(words: list[str]) -> None:
    spelt = [w for w in words if w != "và"]
    if len(spelt) > 1:
        initials = "".join(w[0] for w in spelt).upper()
        assert same_words((initials,), tuple(spelt))
        assert len(spelt) in reach((initials, "Hải"), (*spelt, "Hải", "Đông")) or len(spelt) + 1 in reach(
            (initials, "Hải"), (*spelt, "Hải", "Đông")
        )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[Quân khu 5] họp. Lực lượng [Quân khu] dự.", ["Quân khu 5", "Quân khu 5"]),
        ("[Quân khu 5] và [Quân khu 7] họp. [Quân khu] dự.", ["Quân khu 5", "Quân khu 7", "Quân khu"]),
        # of several, the one named before in the sentence
        (
            "[Quân khu 7] họp.\nVề phía [Quân khu 5] có lãnh đạo [Quân khu].",
            ["Quân khu 7", "Quân khu 5", "Quân khu 5"],
        ),
        ("[Ban Tuyên giáo] và [Ban Tuyên giáo và Dân vận].", ["Ban Tuyên giáo", "Ban Tuyên giáo và Dân vận"]),
        # organs that every body has
        ("[Đảng ủy Sư đoàn 48] họp. [Chi bộ], [Đảng ủy] xã dự.", ["Đảng ủy Sư đoàn 48", "Chi bộ", "Đảng ủy"]),
        # brackets, brands, words of kind
        (
            "[Tập đoàn Hàng hải Lam Sơn (LASCO)] ký. [LASCO], [Tập đoàn LASCO] nói.",
            ["Tập đoàn Hàng hải Lam Sơn (LASCO)"] * 3,
        ),
        ("[Hội Nông dân (HND) tỉnh Hải Đông], [HND tỉnh Hải Đông]", ["Hội Nông dân (HND) tỉnh Hải Đông"] * 2),
        ("[Công ty cổ phần Sao Khuê SKC] ký với [SKC]", ["Công ty cổ phần Sao Khuê SKC"] * 2),
        (
            "[Hội Nông dân Việt Nam], [Trung ương Hội Nông dân Việt Nam]",
            ["Trung ương Hội Nông dân Việt Nam"] * 2,
        ),
        ("[Trung đoàn 18] và [Sư đoàn 6], [18]", ["Trung đoàn 18", "Sư đoàn 6", "18"]),
        ("[Công an TP HCM] và [Công ty Điện lực TP HCM]", ["Công an TP HCM", "Công ty Điện lực TP HCM"]),
        # words of place and country left out
        ("[Hội Nông dân Hải Đông], [Hội Nông dân tỉnh Hải Đông]", ["Hội Nông dân tỉnh Hải Đông"] * 2),
        ("[Chính phủ Lào], [Chính phủ nước CHDCND Lào]", ["Chính phủ nước CHDCND Lào"] * 2),
        # one such body in each country
        ("[Bộ Quốc phòng] tiếp đoàn [Bộ Quốc phòng Lào].", ["Bộ Quốc phòng", "Bộ Quốc phòng Lào"]),
        (
            "[Bộ Quốc phòng] tiếp đoàn [Bộ Quốc phòng Lào]. [Bộ Quốc phòng Việt Nam] cảm ơn.",
            ["Bộ Quốc phòng Việt Nam", "Bộ Quốc phòng Lào", "Bộ Quốc phòng Việt Nam"],
        ),
        ("[Thượng viện Pháp] mời. Lãnh đạo [Thượng viện] nói.", ["Thượng viện Pháp"] * 2),
        # the centre's body is no province's
        ("[Ủy ban Trung ương MTTQ Việt Nam] và [Ủy ban MTTQ Việt Nam tỉnh Hải Đông]", None),
        # capitals of a headline
        ("[QUÂN KHU 5] RA QUÂN\nLãnh đạo [Quân khu 5] dự.", ["Quân khu 5"] * 2),
        ("[Thành uỷ TPHCM] họp, [Thành uỷ TP. HCM] nêu", ["Thành uỷ TPHCM"] * 2),
        ("[Bộ TT&TT] và [Bộ Thông tin và Truyền thông]", ["Bộ Thông tin và Truyền thông"] * 2),
    ],
)
def test_fullest_names(text: str, names: list[str] | None) -> None:
    assert fullest(text) == (names or re.findall(r"\[([^\]]*)\]", text))


def test_the_place_spoken_of_decides_between_provinces() -> None:
    text = (
        "[Tỉnh ủy Hải Đông] họp sáng nay; lãnh đạo [Tỉnh ủy] dự.\n"
        "Ở tỉnh Long Giang, [Tỉnh ủy] chưa họp.\n[Tỉnh ủy Sơn Bình] cũng họp. [UBND tỉnh] báo cáo với [Tỉnh ủy]."
    )
    assert fullest(text) == [
        "Tỉnh ủy Hải Đông",
        "Tỉnh ủy Hải Đông",
        "Tỉnh ủy",
        "Tỉnh ủy Sơn Bình",
        "UBND tỉnh",
        "Tỉnh ủy Sơn Bình",
    ]


def test_a_person_behind_the_word_for_a_city_is_no_place() -> None:
    text = "[UBND TP Hải Đông] họp. Ở thành phố [Nguyễn Hà], [UBND thành phố] dự."
    assert fullest(text)[2] == "UBND TP Hải Đông"


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("Tỉnh ủy Lào Cai", [("province", "Lào Cai")]),
        ("UBND TP. HCM", [("city", "HCM")]),
        ("Thành uỷ TPHCM", [("city", "HCM")]),
        ("Huyện ủy Đức Lập", [("district", "Đức Lập")]),
        ("Tỉnh ủy", []),
        ("Sở Lao động - Thương binh và Xã hội tỉnh Hải Đông", [("province", "Hải Đông")]),
        ("Trường THPT Bến Thành Đông", []),
    ],
)
def test_places_in_names(name: str, places: list[tuple[str, str]]) -> None:
    assert [(level, " ".join(words)) for level, words in places_in(words_of(name))] == places


def test_vietnamese_syllables() -> None:
    assert all(map(is_vietnamese, "Nguyễn Thị Quỳnh Hoa Phương Nghiêm gìn ý uyển".split()))
    assert not any(map(is_vietnamese, "Hernández Lukashenko Fidel Jr Washington Vietnam".split()))
