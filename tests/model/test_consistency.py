"""Repeated names: what lends its label to what, and what it changes in decoding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from phoihop.data.schema import Schema, default_schema
from phoihop.model import extractor as room
from phoihop.model.card import ModelCard
from phoihop.model.consistency import BONUS, SURE, Names
from phoihop.model.decode import Span
from phoihop.model.extractor import Extractor
from phoihop.model.prepare import Reading
from phoihop.model.tokenise import SubwordTokenizer

TAGS = default_schema().tags
WORDS = "Sư đoàn 9 gặp Hà Kim Tuế , Sư đoàn 9 và Hà Kim Tuế vui".split()


def bonus_of(names: Names, words: list[str], spans: list[Span]) -> list[tuple[int, str]]:
    extra = names.bonus(words, spans, TAGS)
    if extra is None:
        return []
    assert set(np.unique(extra)) <= {0.0, np.float32(BONUS)}
    return [(int(w), TAGS[t]) for w, t in np.argwhere(extra > 0)]


def test_a_sure_name_lends_its_label_to_its_repetition() -> None:
    names = Names(["UNIT", "PERSON"])
    found = [Span(0, 2, "UNIT", 0.9), Span(4, 6, "PERSON", SURE - 0.01)]
    names.learn(WORDS, found)
    # The doubtful one teaches nothing.
    assert bonus_of(names, WORDS, found) == [(8, "B-UNIT"), (9, "I-UNIT"), (10, "I-UNIT")]
    # Found already, there is nothing to add.
    assert bonus_of(names, WORDS, [*found, Span(8, 10, "UNIT", 0.5)]) == []
    # In another stretch of the article, and over a doubtful mention that is drawn otherwise.
    assert bonus_of(names, WORDS[8:], [Span(0, 1, "UNIT", 0.6)]) == [
        (0, "B-UNIT"),
        (1, "I-UNIT"),
        (2, "I-UNIT"),
    ]
    # A sure mention over it is not questioned.
    assert bonus_of(names, WORDS[8:], [Span(0, 3, "AGREEMENT", 0.95)]) == []


def test_other_labels_single_words_and_ambiguous_names_are_left_alone() -> None:
    names = Names(["UNIT"])
    names.learn(WORDS, [Span(4, 6, "PERSON", 0.99), Span(3, 3, "UNIT", 0.99)])
    assert bonus_of(names, WORDS * 2, []) == []
    names = Names(["UNIT", "PERSON"])
    names.learn(WORDS, [Span(4, 6, "PERSON", 0.99)])
    names.learn(WORDS, [Span(12, 14, "UNIT", 0.99)])
    assert bonus_of(names, WORDS * 2, []) == []


def test_the_longest_name_wins() -> None:
    names = Names(["UNIT"])
    names.learn(WORDS, [Span(0, 1, "UNIT", 0.9)])
    names.learn(WORDS, [Span(0, 2, "UNIT", 0.9)])
    assert bonus_of(names, "ở Sư đoàn 9 và Sư đoàn 8".split(), []) == [
        (1, "B-UNIT"), (2, "I-UNIT"), (3, "I-UNIT"), (5, "B-UNIT"), (6, "I-UNIT"),
    ]  # fmt: skip


class Wavering:
    """A back end that is sure of a body's words but where another word stands before them."""

    name, device = "wavering", "cpu"

    def __init__(self, subwords: SubwordTokenizer, schema: Schema, doubt: float) -> None:
        encoding = subwords.encode(["Đồn", "Biên"])
        self.ids, self.second = encoding.ids, int(encoding.first[1])
        self.before = int(subwords.encode(["đến"]).ids[-1])
        self.schema, self.doubt = schema, doubt

    def encode(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        scores = np.zeros((*input_ids.shape, len(self.schema.tags)), np.float32)
        scores[..., 0] = 6.0
        size = len(self.ids)
        for row, ids in enumerate(input_ids):
            for place in range(1, len(ids) - size):
                if (ids[place : place + size] == self.ids).all():
                    strength = 6.0 - self.doubt if ids[place - 1] == self.before else 12.0
                    scores[row, place, self.schema.tags.index("B-UNIT")] = strength
                    scores[row, place + self.second, self.schema.tags.index("I-UNIT")] = strength
        return np.zeros((*input_ids.shape, 2), np.float32), scores

    def relate(self, states, mentions, pairs):  # type: ignore[no-untyped-def]
        return np.full((len(pairs), len(self.schema.relations)), -9, np.float32)


@pytest.mark.parametrize("doubt, found", [(BONUS - 0.2, 2), (BONUS + 0.2, 1)])
@pytest.mark.parametrize("block", [10, 4096])
def test_a_window_is_decoded_again_where_a_sure_name_is_repeated(
    doubt: float, found: int, block: int, subwords: SubwordTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "BLOCK_WORDS", block)
    text = (
        "Đồn Biên nhận quà. "
        + "Mưa lớn kéo dài, đường lầy, đoàn xe phải quay lại. " * 3
        + "Bà con đến Đồn Biên."
    )
    card = ModelCard(default_schema(), Reading(40, 4), repeats=("UNIT",))
    back = Wavering(subwords, card.schema, doubt)
    extractor = Extractor(back, subwords, card, "wavering")  # type: ignore[arg-type]
    document = extractor.predict(text)
    assert [document.surface(e) for e in document.entities] == ["Đồn Biên"] * found
    alone = extractor.with_card(replace(card, repeats=())).predict(text)
    assert len(alone.entities) == 1
