"""Segmenters only say which syllables belong together: the text and its offsets stay."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.errors import PhoihopError
from phoihop.model.normalise import normalise
from phoihop.model.segment import join_syllables, load_segmenter
from phoihop.model.words import split_words

SENTENCE = "Đại tá Nguyễn Văn Khải, Chính ủy Bộ Tư lệnh Thủ đô, ký quy chế phối hợp ngày 12/5."


class Scripted:
    """Answers what it was told to, line by line."""

    name = "scripted"

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, line: str) -> Sequence[str]:
        self.asked.append(line)
        return self.answers[len(self.asked) - 1].split(" ")


def words(text: str, *answers: str) -> list[str]:
    syllables = split_words(text)
    joined = join_syllables(text, syllables, Scripted(*answers))
    out: list[str] = []
    for (a, b), with_last in zip(syllables.tolist(), joined.tolist(), strict=True):
        out = [*out[:-1], f"{out[-1]}_{text[a:b]}"] if with_last else [*out, text[a:b]]
    return out


def test_syllables_are_joined_as_the_segmenter_says() -> None:
    found = words("Đại tá Hòa, chính ủy.", "Đại_tá Hòa , chính_ủy .")
    assert found == ["Đại_tá", "Hòa", ",", "chính_ủy", "."]


def test_moved_tone_marks_other_blanks_and_forms_do_not_matter() -> None:
    assert words("Thủy  Hoà Uỷ ban", "Thuỷ_Hòa Ủy_ban") == ["Thủy_Hoà", "Uỷ_ban"]


def test_what_no_blank_parts_is_never_joined() -> None:
    assert words("TP.HCM 12/5", "TP.HCM 12/5") == ["TP", ".", "HCM", "12", "/", "5"]


def test_lines_are_asked_one_by_one_and_never_joined() -> None:
    text = "Quân khu\nhai bên\n\nký"
    syllables, scripted = split_words(text), Scripted("Quân_khu", "hai bên", "ký")
    assert join_syllables(text, syllables, scripted).tolist() == [False, True, False, False, False]
    assert [line.strip() for line in scripted.asked] == ["Quân khu", "hai bên", "ký"]


@pytest.mark.parametrize(
    "answer, found",
    [
        ("Quân_khu ký kết", ["Quân_khu", "7", "ký", "kết"]),  # dropped a number
        ("Quân_khu 7 ký_kết nhé", ["Quân_khu", "7", "ký_kết"]),  # added a word
        ("xyz", ["Quân", "khu", "7", "ký", "kết"]),  # nothing of it comes back
    ],
)
def test_an_answer_that_loses_or_adds_characters_costs_only_what_it_touches(
    answer: str, found: list[str]
) -> None:
    assert words("Quân khu 7 ký kết", answer) == found


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=60) | st.text("ăBộ đội_.\n\u0301\u200b 12", max_size=60), st.data())
def test_any_answer_to_any_text_leaves_the_syllables_in_place(text: str, data: st.DataObject) -> None:
    clean = normalise(text).text
    syllables = split_words(clean)
    lines = [data.draw(st.text(max_size=30)) for _ in range(clean.count("\n") + 1)]
    joined = join_syllables(clean, syllables, Scripted(*lines))
    assert joined.shape == (len(syllables),)
    for i in np.flatnonzero(joined).tolist():
        between = clean[syllables[i - 1, 1] : syllables[i, 0]]
        assert i > 0 and between and not between.strip("_ ")


@pytest.mark.parametrize("name", ["pyvi", "underthesea"])
def test_a_library_joins_titles_and_bodies_of_real_sentences(name: str) -> None:
    pytest.importorskip(name, reason=f"{name} is not installed")
    # Old tone marks, which underthesea rewrites, and a line end.
    text = SENTENCE.replace("Thủ đô", "Thủ đô Hoà Bình") + "\nDự lễ có lãnh đạo Uỷ ban nhân dân tỉnh."
    segmenter = load_segmenter(name)
    assert segmenter is not None and segmenter.name == name
    syllables = split_words(text)
    joined = join_syllables(text, syllables, segmenter)
    pairs = {
        (text[syllables[i - 1, 0] : syllables[i - 1, 1]], text[slice(*syllables[i].tolist())])
        for i in np.flatnonzero(joined).tolist()
    }
    assert {("Đại", "tá"), ("quy", "chế"), ("phối", "hợp"), ("Hoà", "Bình"), ("Uỷ", "ban")} <= pairs


def test_an_unknown_or_missing_segmenter_is_named() -> None:
    assert load_segmenter("none") is None
    with pytest.raises(PhoihopError, match="choose none, pyvi, underthesea, vncorenlp, given"):
        load_segmenter("pivy")
    try:
        import underthesea  # noqa: F401
    except ImportError:
        with pytest.raises(PhoihopError, match="pip install underthesea"):
            load_segmenter("underthesea")
