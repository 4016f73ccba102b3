"""Models that read together: the mean of their scores, and only where a mean makes sense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema, default_schema
from phoihop.model.candidates import candidate_pairs, mentions_of
from phoihop.model.card import TOKENIZER_FILE, ModelCard
from phoihop.model.decode import Transitions
from phoihop.model.ensemble import EnsembleBackend, joint_card
from phoihop.model.extractor import Extractor
from phoihop.model.prepare import Reading
from phoihop.model.tokenise import SubwordTokenizer

TEXT = "Đại tá Hà Kim Tuế, Chính ủy Lữ đoàn 917, ký quy chế phối hợp với Huyện ủy Thác Lài."


@pytest.fixture
def schema() -> Schema:
    return default_schema()


@pytest.fixture
def default_folder(root: Path) -> Path:
    return root / "model" / "weights" / "default"


class Fixed:
    """A back end whose scores hang on its seed and, for relations, on the states it gave itself."""

    name, device = "fixed", "cpu"

    def __init__(self, seed: int, size: int, tags: int, relations: int) -> None:
        generator = np.random.default_rng(seed)
        self.seed, self.size, self.tags = seed, size, tags
        self.table = generator.normal(size=(1000, tags)).astype(np.float32)
        self.weights = generator.normal(size=(size, relations)).astype(np.float32)

    def encode(self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]):  # type: ignore[no-untyped-def]
        states = np.repeat((input_ids[..., None] % 7 + self.seed).astype(np.float32), self.size, axis=-1)
        return states, self.table[input_ids % 1000]

    def relate(self, states, mentions, pairs):  # type: ignore[no-untyped-def]
        assert states.shape[1] == self.size
        return states[mentions.first[pairs[:, 0]]] @ self.weights


def test_scores_are_the_mean_and_each_member_relates_its_own_states(schema: Schema) -> None:
    tags, relations = len(schema.tags), len(schema.relations)
    members = [Fixed(1, 3, tags, relations), Fixed(2, 5, tags, relations)]
    together = EnsembleBackend(members)
    ids = np.arange(24, dtype=np.int64).reshape(2, 12) * 31
    mask = np.ones_like(ids)
    states, scores = together.encode(ids, mask)
    assert states.shape == (2, 12, 8)
    apart = [m.encode(ids, mask) for m in members]
    np.testing.assert_allclose(scores, (apart[0][1] + apart[1][1]) / 2, rtol=1e-6)
    spans = [(0, 1, "RANK"), (2, 3, "PERSON"), (5, 6, "TITLE"), (7, 9, "UNIT")]
    mentions = mentions_of(spans, schema, np.zeros(12, dtype=np.int64))
    pairs = candidate_pairs(mentions, schema, {})
    assert len(pairs) == 3
    expected = [m.relate(s[0], mentions, pairs) for m, (s, _) in zip(members, apart, strict=True)]
    np.testing.assert_allclose(
        together.relate(states[0], mentions, pairs), (expected[0] + expected[1]) / 2, rtol=1e-5
    )


def transitions(schema: Schema, value: float) -> Transitions:
    n = len(schema.tags)
    return Transitions(*(np.full(s, value, np.float32) for s in ((n,), (n, n), (n,))))


def test_one_card_for_all(schema: Schema) -> None:
    cards = [
        ModelCard(schema, reach={"PERSON RANK": 10, "TITLE UNIT": 50}, thresholds={"HOLDS": 0.4},
                  crf=transitions(schema, 1.0)),
        ModelCard(schema, reach={"PERSON RANK": 20}, thresholds={"HOLDS": 0.6}, crf=transitions(schema, 4.0)),
    ]  # fmt: skip
    card = joint_card(cards, ["a", "b"])
    assert card.reach == {"PERSON RANK": 20, "TITLE UNIT": 50}
    assert card.thresholds == {"HOLDS": 0.5}
    assert card.crf is not None and (card.crf.step == 2.5).all() and (card.crf.end == 2.5).all()
    assert card.about == {"models": ["a", "b"]}
    plain = [replace(c, crf=None) for c in cards]
    assert joint_card(plain, ["a", "b"]).crf is None
    with pytest.raises(PhoihopError, match="models a and b differ in their windows"):
        joint_card([cards[0], replace(cards[1], reading=Reading(256))], ["a", "b"])
    with pytest.raises(PhoihopError, match="token head"):
        joint_card([cards[0], plain[1]], ["a", "b"])


def test_a_model_read_twice_is_itself(default_folder: Path) -> None:
    alone = Extractor.load("default", threads=1).predict(TEXT)
    twice = Extractor.load(["default", str(default_folder)], threads=1)
    assert twice.name == f"default + {default_folder}" and twice.backend == "ensemble"
    both = twice.predict(TEXT)
    assert alone.entities and both.entity_keys() == alone.entity_keys()
    assert both.relation_keys() == alone.relation_keys()
    for a, b in zip(alone.entities, both.entities, strict=True):
        assert a.score == pytest.approx(b.score, abs=1e-5)


def test_models_of_other_vocabularies_or_none_are_refused(
    default_folder: Path, subwords: SubwordTokenizer, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in default_folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    subwords.backend.save(str(copy / TOKENIZER_FILE))
    with pytest.raises(PhoihopError, match="differ in their vocabulary"):
        Extractor.load(["default", copy])
    with pytest.raises(PhoihopError, match="no model given"):
        Extractor.load([])
    with pytest.raises(PhoihopError, match="no such model folder"):
        Extractor.load(["default", tmp_path / "none"])
