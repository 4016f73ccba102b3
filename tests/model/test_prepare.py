"""Prepared articles against encoding word by word: where alignments go wrong, they go wrong here."""

from __future__ import annotations

import itertools
import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.model.normalise import normalise, normalise_text
from phoihop.model.prepare import MAX_WORD_TOKENS, Prepared, Reading, batch_windows, prepare
from phoihop.model.sentences import sentence_starts
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.model.words import split_words

PIECES = (
    "Ủy ban nhân dân xã. ", "Sáng 12/3/2021, ", "ký quy chế; ", "Đại tá ", "THƯỞNGSáng ", "năm.Ông ", "\n", "\r\n", " ",
    "\u00a0", "\u200b", "\ufeff", "漢字", "3.500 ", ", ", "\u0301", "\u0958", "hoà", "x" * 40,
    "\U0001f469\u200d\U0001f467", "phối hợp ", "Mưa! ", "\ud800", "1\ufe0f\u20e3",
)  # fmt: skip
texts = st.lists(
    st.one_of(
        st.sampled_from(PIECES),
        st.sampled_from(PIECES).map(lambda s: unicodedata.normalize("NFD", s)),
        st.text(max_size=6),
    ),
    max_size=60,
).map("".join)
readings = st.sampled_from(
    [
        Reading(), Reading(40, 8), Reading(24, 0), Reading(16, 6), Reading(5, 1), Reading(3, 0),
        Reading(line_breaks=True), Reading(24, 4, True), Reading(6, 1, True), Reading(4, 0, True),
    ]
)  # fmt: skip


def check(text: str, tokenizer: SubwordTokenizer, reading: Reading) -> Prepared:
    """Prepare ``text`` and compare everything with a naive way."""
    prepared = prepare(text, tokenizer, reading)
    copy = normalise(text)
    spans = split_words(copy.text)
    assert prepared.words.tolist() == spans.tolist()
    most = min(MAX_WORD_TOKENS, reading.length - 2 - reading.line_breaks)
    pieces = [tokenizer.encode([copy.text[a:b]]).ids.tolist()[:most] for a, b in spans.tolist()]
    for k in range(len(pieces) - 1):
        if reading.line_breaks and "\n" in copy.text[spans[k, 1] : spans[k + 1, 0]]:
            pieces[k] = [*pieces[k], tokenizer.end_id]
    assert prepared.ids.tolist() == [i for piece in pieces for i in piece]
    assert prepared.offsets.tolist() == [sum(map(len, pieces[:k])) for k in range(len(pieces) + 1)]
    starts = set(sentence_starts(copy.text, spans).tolist())
    assert prepared.sentence.tolist() == [sum(s <= k for s in starts) - 1 for k in range(len(pieces))], (
        "sentences are numbered from 0"
    )
    check_windows(prepared, pieces, starts, reading)
    check_batch(prepared, pieces, tokenizer)
    return prepared


def check_windows(prepared: Prepared, pieces: list[list[int]], starts: set[int], reading: Reading) -> None:
    owned = [k for w in prepared.windows for k in range(w.own_start, w.own_end)]
    assert owned == list(range(len(pieces)))
    room = reading.length - 2 - 2 * reading.overlap
    bounds = [*sorted(starts), len(pieces)]
    long = [(a, b) for a, b in itertools.pairwise(bounds) if sum(map(len, pieces[a:b])) > room]
    for w in prepared.windows:
        assert w.start <= w.own_start < w.own_end <= w.end
        assert sum(map(len, pieces[w.start : w.end])) <= reading.length - 2
        if w.own_start not in starts:
            assert any(a < w.own_start < b for a, b in long), "only a sentence too long is cut"


def check_batch(prepared: Prepared, pieces: list[list[int]], tokenizer: SubwordTokenizer) -> None:
    if not prepared.windows:
        return
    batch = batch_windows([(prepared, w) for w in prepared.windows], tokenizer)
    assert batch.word_counts.tolist() == [w.own_end - w.own_start for w in prepared.windows]
    assert batch.word_places.shape == (len(prepared.windows), max(batch.word_counts))
    for row, w in enumerate(prepared.windows):
        expected = [tokenizer.start_id]
        places = []
        for k in range(w.start, w.end):
            if w.own_start <= k < w.own_end:
                places.append(len(expected))
            expected += pieces[k]
        expected.append(tokenizer.end_id)
        pads = batch.input_ids.shape[1] - len(expected)
        assert batch.input_ids[row].tolist() == expected + [tokenizer.pad_id] * pads
        assert batch.attention_mask[row].tolist() == [1] * len(expected) + [0] * pads
        assert batch.word_places[row, : batch.word_counts[row]].tolist() == places


@settings(max_examples=400, deadline=None)
@given(texts, readings)
def test_any_text_is_read_as_word_by_word(subwords: SubwordTokenizer, text: str, reading: Reading) -> None:
    check(text, subwords, reading)


@settings(max_examples=400, deadline=None)
@given(texts)
def test_words_lead_back_to_the_callers_characters(subwords: SubwordTokenizer, text: str) -> None:
    prepared = prepare(text, subwords, Reading(40, 8))
    begins, ends = prepared.word_borders()
    assert len(begins) == len(ends) == len(prepared.words), "no border belongs to two words"
    previous = 0
    for k, (a, b) in enumerate(prepared.words.tolist()):
        start, end = prepared.span(k, k)
        assert previous <= start < end <= len(text)
        previous = end
        assert (begins[start], ends[end]) == (k, k)
        if prepared.normalised.text[a - 1 : a] not in ("q", "Q"):
            assert normalise_text(text[start:end]) == prepared.normalised.text[a:b]
    if len(prepared.words):
        start, end = prepared.span(0, len(prepared.words) - 1)
        assert normalise_text(text[start:end]) == prepared.normalised.text.strip()


@pytest.mark.parametrize("text", ["", " \n\u00a0", "\u200b\ufeff"])
def test_blank_text(subwords: SubwordTokenizer, text: str) -> None:
    prepared = check(text, subwords, Reading())
    assert (len(prepared.words), len(prepared.ids), prepared.windows) == (0, 0, ())
    assert prepared.offsets.tolist() == [0] and prepared.word_borders() == ({}, {})


def test_a_word_of_a_hundred_thousand_letters(subwords: SubwordTokenizer) -> None:
    prepared = prepare("Xã " + "aăâ漢" * 25_000 + " họp.", subwords, Reading(64, 8))
    assert len(prepared.words) == 4 and len(prepared.windows) == 1
    assert prepared.offsets[2] - prepared.offsets[1] == MAX_WORD_TOKENS
    assert prepared.span(1, 1) == (3, 100_003)
    check("Xã " + "aăâ漢" * 100 + " họp.", subwords, Reading(64, 8))


def test_a_sentence_of_ten_thousand_words(subwords: SubwordTokenizer) -> None:
    text = ", ".join(["đồng chí Lù A Páo; bà Hồ Thị Mến"] * 1250)
    prepared = prepare(text, subwords, Reading())
    assert len(prepared.words) > 10_000 and set(prepared.sentence.tolist()) == {0}
    owned = [k for w in prepared.windows for k in range(w.own_start, w.own_end)]
    assert owned == list(range(len(prepared.words)))
    assert len(prepared.windows) > 10
    last_words = {text[prepared.span(w.own_end - 1, w.own_end - 1)[0]] for w in prepared.windows[:-1]}
    assert last_words == {";"}, "the people of a list stay whole"
    for w in prepared.windows:
        assert prepared.offsets[w.end] - prepared.offsets[w.start] <= 510


def test_windows_of_several_articles_share_a_batch(subwords: SubwordTokenizer) -> None:
    reading = Reading(24, 4)
    articles = [prepare(t, subwords, reading) for t in ("Mưa.", "Ủy ban xã họp. " * 9, "3.500 suất quà")]
    items = [(p, w) for p in articles for w in p.windows]
    together = batch_windows(items, subwords)
    assert len(items) > 4
    for row, item in enumerate(items):
        alone = batch_windows([item], subwords)
        tokens, words = alone.input_ids.shape[1], alone.word_counts[0]
        assert together.input_ids[row, :tokens].tolist() == alone.input_ids[0].tolist()
        assert set(together.input_ids[row, tokens:].tolist()) <= {subwords.pad_id}
        assert together.attention_mask[row].sum() == tokens
        assert together.word_places[row, :words].tolist() == alone.word_places[0].tolist()
        first = item[0].offsets[item[1].own_start]
        assert together.input_ids[row, together.word_places[row, 0]] == item[0].ids[first]
    assert together.word_counts.dtype == np.int64


@pytest.mark.parametrize(("length", "overlap"), [(2, 0), (10, 4), (64, -1), ("64", 8), (64, 8.0), (True, 0)])
def test_windows_that_cannot_be_are_refused(length: int, overlap: int) -> None:
    with pytest.raises(ValueError, match=r"length|room"):
        Reading(length, overlap)
