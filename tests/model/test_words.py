"""Words: nothing but blanks is left out, nothing overlaps, glued words come apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.model.normalise import MARKS, normalise_text
from phoihop.model.words import split_words

texts = st.lists(
    st.one_of(
        st.sampled_from([*"aáỷđBẢĐ09_.,“-\n ", "\u0301", "\u1161", "ǅ", "²", "Ⅳ", "漢"]), st.characters()
    ),
    max_size=30,
).map("".join)


def words_of(text: str) -> list[str]:
    return [text[a:b] for a, b in split_words(text).tolist()]


@settings(max_examples=1000, deadline=None)
@given(texts)
def test_words_cover_all_but_blanks_and_do_not_overlap(text: str) -> None:
    spans = split_words(text)
    assert spans.shape == (len(spans), 2)
    end = 0
    for a, b in spans.tolist():
        assert end <= a < b
        assert not text[end:a].strip()
        end = b
    assert not text[end:].strip()
    assert not any(c.isspace() for word in words_of(text) for c in word)


@settings(max_examples=500, deadline=None)
@given(texts.map(normalise_text))
def test_no_word_begins_with_a_mark_that_has_a_letter(text: str) -> None:
    for a, _ in split_words(text).tolist():
        if re.match(f"[{MARKS}]", text[a]):
            assert a == 0 or text[a - 1].isspace()


@settings(max_examples=500, deadline=None)
@given(texts)
def test_a_word_is_of_one_kind(text: str) -> None:
    for word in words_of(text):
        bare = re.sub(f"[{MARKS}]", "", word[1:])
        if re.match(r"[^\W\d_]", word):
            assert re.fullmatch(r"[^\W\d_]*", bare)
        elif re.match(r"\d", word):
            assert re.fullmatch(r"\d*", bare)
        else:
            assert bare == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        (" \n\t", ""),
        ("Ủy ban xã", "Ủy|ban|xã"),
        ("ủyBan", "ủy|Ban"),
        ("ỦyBan", "Ủy|Ban"),
        ("THƯỞNGSáng", "THƯỞNG|Sáng"),
        ("KẾTMưa lớn", "KẾT|Mưa|lớn"),
        ("xãCẩmLý", "xã|Cẩm|Lý"),
        ("UBND", "UBND"),
        ("ThS", "Th|S"),
        ("Ông", "Ông"),
        ("ÔNg", "ÔNg"),  # a slip of the shift key, not two words
        ("Lữ đoàn71", "Lữ|đoàn|71"),
        ("12/3/2021", "12|/|3|/|2021"),
        ("3.500", "3|.|500"),
        ("QĐ-BQP", "QĐ|-|BQP"),
        ("a_b", "a|_|b"),
        ("...", ".|.|."),
        ("“Tốt!”", "“|Tốt|!|”"),
        ("x\u0323\u0301y", "x\u0323\u0301y"),
        ("\u2764\ufe0f!", "\u2764\ufe0f|!"),
        ("1\ufe0f\u20e32", "1\ufe0f\u20e3|2"),
    ],
)
def test_examples(text: str, words: str) -> None:
    assert words_of(text) == (words.split("|") if words else [])
