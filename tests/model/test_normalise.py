"""The clean copy and its map back, on text that is as odd as text can be."""

from __future__ import annotations

import re
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.model.normalise import MARKS, Normalised, normalise, normalise_text
from phoihop.model.words import split_words

ODD = (
    "\r\n", "\r", "\n", "\x0b", "\x85", "\u2028", " ", "\t", "\u00a0", "\u3000", "\u200b", "\u200d", "\u00ad",
    "\ufeff", "\u2066", "\u061c", "\x00", "\x1c", "\ud83d", "\udc00", "\U0001f469\u200d\U0001f467", "\u2764\ufe0f",
    "1\ufe0f\u20e3", "\U0001f1fb\U0001f1f3", "\u1112\u1161\u11ab", "\uac00\u11a8", "\u0301", "\u0323", "\u0302\u0301",
    "\u0345", "\u0628\u064e\u0651", "\u0928\u093c", "\u0958", "\u0f43", "\u0bc6\u0bbe", "\u304b\u3099", "=\u0338",
    "\u212b", "\u1e9b\u0323", "\U0001d15e", "\u01c5", "\ufb01", "\u2163", "\u00aa", "\u0130",
    "uỷ", "UỶ", "hoà", "HOÀN", "quý", "Ban", "ban", "NGUYỄN", "Đ", "ễ", "a", "q", "2024", "3", ".", "_",
)  # fmt: skip
naughty = st.lists(
    st.one_of(
        st.sampled_from(ODD),
        st.sampled_from(ODD).map(lambda s: unicodedata.normalize("NFD", s)),
        st.characters(),
    ),
    max_size=12,
).map("".join)


@settings(max_examples=1500, deadline=None)
@given(naughty)
def test_copy_equals_the_text_normalised_as_a_whole(text: str) -> None:
    assert normalise(text).text == normalise_text(text)


@settings(max_examples=1000, deadline=None)
@given(naughty)
def test_copy_is_clean_and_clean_text_stays(text: str) -> None:
    copy = normalise(text).text
    assert unicodedata.is_normalized("NFC", copy)
    assert not re.search("[\r\t\u00a0\u200b\u200d\u00ad\ufeff\u2028\ud800-\udfff]", copy)
    again = normalise(copy)
    assert again.text == copy
    assert again.starts.tolist() == list(range(len(copy)))
    assert again.ends.tolist() == list(range(1, len(copy) + 1))


@settings(max_examples=1000, deadline=None)
@given(naughty)
def test_map_is_monotonic_and_covers_all_that_shows(text: str) -> None:
    copy = normalise(text)
    assert len(copy.starts) == len(copy.ends) == len(copy.text)
    assert (copy.starts < copy.ends).all()
    assert (np.diff(copy.starts) >= 0).all() and (np.diff(copy.ends) >= 0).all()
    seen = {i for a, b in zip(copy.starts.tolist(), copy.ends.tolist(), strict=True) for i in range(a, b)}
    assert seen <= set(range(len(text)))
    assert all(normalise_text(text[i]) == "" for i in set(range(len(text))) - seen)


@settings(max_examples=1500, deadline=None)
@given(naughty)
def test_a_word_is_the_normalised_slice_of_the_original(text: str) -> None:
    copy = normalise(text)
    end = 0
    for a, b in split_words(copy.text).tolist():
        start, stop = copy.span(a, b)
        assert start >= end, "two words share a character of the original"
        end = stop
        if copy.text[a - 1 : a] not in ("q", "Q"):  # alone, the slice would not know the q glued before it
            assert normalise_text(text[start:stop]) == copy.text[a:b]
        assert normalise_text(text[start]) and normalise_text(text[stop - 1]), "blank edge"


def test_every_character_that_combines_is_a_mark() -> None:
    """Else text cut before it would normalise to something else than the whole."""
    mark = re.compile(f"[{MARKS}]")
    for code in range(sys.maxunicode + 1):
        c = chr(code)
        if unicodedata.combining(c):
            assert mark.match(c), hex(code)
        if not unicodedata.is_normalized("NFD", c):
            for later in unicodedata.normalize("NFD", c)[1:]:
                assert mark.match(later), (hex(code), hex(ord(later)))
    assert not re.search(f"[{MARKS}]", "".join(map(chr, range(0x300))))


@pytest.mark.parametrize(
    ("given_text", "clean", "starts", "ends"),
    [
        ("", "", [], []),
        ("\ufeff\u200b", "", [], []),
        ("a\r\nb", "a\nb", [0, 1, 3], [1, 3, 4]),
        ("a\rb\r\r\n", "a\nb\n\n", [0, 1, 2, 3, 4], [1, 2, 3, 4, 6]),
        ("a\r\u200b\nb", "a\nb", [0, 1, 4], [1, 4, 5]),
        ("a\u00a0\tb", "a  b", [0, 1, 2, 3], [1, 2, 3, 4]),
        ("e\u0302\u0301m", "ếm", [0, 3], [3, 4]),
        ("e\u0323\u0302m", "ệm", [0, 3], [3, 4]),
        ("e\u0302\u0323m", "ệm", [0, 3], [3, 4]),  # marks in the other order
        ("ê\u0323m", "ệm", [0, 2], [2, 3]),
        ("\u200bN\u00ada\u200b m", "Na m", [1, 3, 5, 6], [2, 4, 6, 7]),
        ("u\u200b\u0309y", "ủy", [0, 3], [3, 4]),
        ("uy\u0309", "ủy", [0, 1], [1, 3]),
        ("\u0301a", "\u0301a", [0, 1], [1, 2]),
        ("\r\n\u0323\u0301", "\n\u0323\u0301", [0, 2, 3], [2, 3, 4]),
        ("\u0958", "\u0915\u093c", [0, 0], [1, 1]),
        ("x\udc00y", "x\ufffdy", [0, 1, 2], [1, 2, 3]),
    ],
)
def test_examples(given_text: str, clean: str, starts: list[int], ends: list[int]) -> None:
    copy = normalise(given_text)
    assert (copy.text, copy.starts.tolist(), copy.ends.tolist()) == (clean, starts, ends)


def test_spans_lead_back_to_the_callers_characters() -> None:
    plain = "Đại úy Lý Thị Huyền, Ủy viên"
    for text in (
        unicodedata.normalize("NFD", plain),
        plain.replace(" ", "\u00a0"),
        plain.replace("y", "y\u200b"),
        plain.replace("úy", "uý"),
    ):
        copy = normalise(text)
        assert copy.text == plain
        start, end = copy.span(plain.index("Lý"), plain.index(","))
        assert normalise_text(text[start:end]) == "Lý Thị Huyền"
        assert text[start] == "L" and unicodedata.normalize("NFC", text[end - 1]) == "n"
        assert text[end] == ","


@pytest.mark.parametrize(
    ("old", "modern"),
    [line.split() for line in """
    uỷ ủy | Uỷ Ủy | UỶ ỦY | thuý thúy | quý quý | quỳ quỳ | Quý Quý | QUÝ QUÝ | huỳnh huỳnh | HUỲNH HUỲNH
    khuỷu khuỷu | luỹ lũy | tuỵ tụy | suỳ sùy | hoà hòa | Hoà Hòa | HOÀ HÒA | hoàn hoàn | HOÀN HOÀN | toán toán
    doạ dọa | xoá xóa | toả tỏa | loã lõa | hoè hòe | khoẻ khỏe | loé lóe | toẹt toẹt | nhoẽ nhõe | thuở thuở
    huế huế | của của | quà quà | quả quả | ủy ủy | hòa hòa | uỷ-ban ủy-ban | uỷ1 ủy1
    uỷBan ủyBan | UỶBan ỦYBan | UỷBan ỦyBan | hoàBình hòaBình | HOÀN HOÀN
    """.replace("\n", "|").split("|") if line.strip()],
)  # fmt: skip
def test_tone_marks_stand_where_modern_spelling_puts_them(old: str, modern: str) -> None:
    assert normalise_text(old) == modern
    assert normalise(unicodedata.normalize("NFD", old)).text == modern
    assert normalise_text(f"({old})") == f"({modern})"


def test_a_second_mark_keeps_the_old_spelling() -> None:
    # `ò` + `a` + dot below would be another letter; the copy stays NFC.
    assert normalise_text("hoà\u0323") == unicodedata.normalize("NFC", "hoà\u0323")


def test_a_long_clean_text_is_its_own_copy() -> None:
    text = "Mưa lớn, đường lầy. " * 20000
    copy = normalise(text)
    assert isinstance(copy, Normalised) and copy.text == text
    odd = normalise(text + "\u00a0")
    assert odd.text == text + " " and (odd.starts[:-1] == copy.starts).all()
