"""Features of words against a naive way, and the scorer against a dictionary."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.errors import PhoihopError
from phoihop.model.decode import Transitions
from phoihop.model.ensemble import joint_features
from phoihop.model.extractor import Extractor
from phoihop.model.features import _KINDS, FEATURES_FILE, FeatureScorer, _hash, feature_hashes, shape, traits

WORDS = "Đại tá Hoàng Văn Lãm , Chính ủy Lữ đoàn 917 , ký ngày 12 / 5 / 2023 .".split()
NO_STEPS = Transitions(np.zeros(3, np.float32), np.zeros((3, 3), np.float32), np.zeros(3, np.float32))
texts = st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=20)


def test_hashes_are_the_same_in_every_process_and_version() -> None:
    assert _hash("") == 0xCBF29CE484222325
    assert _hash("a") == 0xAF63DC4C8601EC8C  # the published values of FNV-1a
    assert int(feature_hashes(["Đại", "tá"], np.array([0]))[1, 0]) == 17893325423070351158


@settings(max_examples=60, deadline=None)
@given(texts, st.data())
def test_a_feature_is_shared_exactly_where_its_strings_are(words: list[str], data: st.DataObject) -> None:
    borders = data.draw(st.sets(st.integers(1, max(1, len(words) - 1)), max_size=3))
    starts = np.array(sorted({0} | {b for b in borders if b < len(words)}))
    hashes = feature_hashes(words, starts)
    assert hashes.shape == (len(words), len(_KINDS))
    named: dict[int, tuple[object, ...]] = {}
    for i in range(len(words)):
        begin = int(starts[starts <= i].max())
        end = next((int(s) for s in starts if s > i), len(words))
        for kind, parts in enumerate(_KINDS):
            seen = tuple(columns(words[i + d])[c] if begin <= i + d < end else "outside" for c, d in parts)
            assert named.setdefault(int(hashes[i, kind]), (kind, *seen)) == (kind, *seen)
    assert len(set(named.values())) == len(named)


@pytest.mark.parametrize("distance", [-3, -2, -1, 1, 2, 3])
def test_a_neighbour_is_looked_for_on_its_own_side(distance: int) -> None:
    kind, at = _KINDS.index(((0, distance),)), 5
    before = feature_hashes(WORDS, np.array([0]))[at, kind]
    for place in range(len(WORDS)):
        changed = [*WORDS[:place], "khác", *WORDS[place + 1 :]]
        same = feature_hashes(changed, np.array([0]))[at, kind] == before
        assert same == (place != at + distance)


def columns(word: str) -> list[str]:
    low = word.lower()
    return [low, word, shape(word), low[:1], low[:2], low[:3], low[-1:], low[-2:], low[-3:], traits(word)]


def test_shapes_and_traits() -> None:
    assert [shape(w) for w in ("UBND", "ủy", "2023", "A1-b", "Đại")] == ["AA", "aa", "00", "A0-a", "Aaa"]
    assert traits("2023") == "digits year 4" and traits("31") == "digits small 2" and traits(",") == "mark 1"
    assert traits("TP") == "title upper 2" and traits("²") == "digits 1"


def scorer(seed: int, share: float) -> FeatureScorer:
    chance = np.random.default_rng(seed)
    keys = np.unique(feature_hashes(WORDS, np.array([0, 6])))
    keys = keys[chance.random(len(keys)) < share]
    weights = chance.integers(-127, 128, (len(keys), 3)).astype(np.int8)
    return FeatureScorer(keys, weights, 0.03, NO_STEPS)


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_sums_over_known_features(seed: int) -> None:
    found = scorer(seed, 0.4)
    table = {int(k): w for k, w in zip(found.keys, found.weights, strict=True)}
    words, starts = [*WORDS, "lạ", "Hoàng"], np.array([0, 6])
    expected = [
        sum((0.03 * table[int(h)].astype(float) for h in row if int(h) in table), np.zeros(3))
        for row in feature_hashes(words, starts)
    ]
    assert np.allclose(found(words, starts), expected, atol=1e-4)


def test_a_scorer_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = scorer(1, 0.5)
    found.save(tmp_path)
    again = FeatureScorer.load(tmp_path, 3)
    assert again is not None
    assert np.array_equal(again(WORDS, np.array([0])), found(WORDS, np.array([0])))
    assert FeatureScorer.load(tmp_path / "none", 3) is None
    with pytest.raises(PhoihopError, match="not of this model's 5 tags"):
        FeatureScorer.load(tmp_path, 5)
    (tmp_path / FEATURES_FILE).write_bytes(b"PK")
    with pytest.raises(PhoihopError, match="damaged"):
        FeatureScorer.load(tmp_path, 3)


def test_a_weight_of_nothing_leaves_the_network_alone() -> None:
    extractor, text = (
        Extractor.load(),
        "Sáng 3/4, Đại tá Hoàng Văn Lãm, Chính ủy Lữ đoàn 917, gặp Huyện ủy Thác Lài.",
    )
    tags = len(extractor.schema.tags)
    silent = extractor.with_card(replace(extractor.card, feature_weight=0.0))
    zeros = Transitions(*(np.zeros(s, np.float32) for s in (tags, (tags, tags), tags)))
    keys = np.unique(feature_hashes(text.split(), np.array([0])))
    empty = FeatureScorer(keys, np.zeros((len(keys), tags), np.int8), 1.0, zeros)
    beside = Extractor(
        extractor._scorer, extractor._tokenizer, replace(extractor.card, feature_weight=1.0), "x", empty
    )
    assert silent.predict(text) == beside.predict(text)
    assert len(silent.predict(text).entities) > 3


def test_a_long_article_is_scored_in_parts_that_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = scorer(2, 0.6)
    words = WORDS * 30
    starts = np.array([s + len(WORDS) * i for i in range(30) for s in (0, 6)])
    whole = found(words, starts)
    monkeypatch.setattr("phoihop.model.features._BLOCK", 50)
    assert np.array_equal(found(words, starts), whole)


def test_models_that_read_together_weigh_their_features_whatever_their_order() -> None:
    parts = [(scorer(1, 0.5), 1.0), (scorer(2, 0.7), 0.5), (None, 0.0)]
    one, other = joint_features(parts), joint_features(parts[::-1])
    assert one is not None and other is not None and joint_features([(None, 0.0)]) is None
    starts = np.array([0, 6])
    expected = (scorer(1, 0.5)(WORDS, starts) + 0.5 * scorer(2, 0.7)(WORDS, starts)) / 3
    assert np.allclose(one(WORDS, starts), expected, atol=1e-5)
    assert np.allclose(other(WORDS, starts), expected, atol=1e-5)


def test_a_model_folder_without_its_features_is_refused(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "model" / "weights" / "default"
    for path in source.iterdir():
        if path.name != FEATURES_FILE:
            shutil.copyfile(path, tmp_path / path.name)
    with pytest.raises(PhoihopError, match=r"lacks features\.npz"):
        Extractor.load(tmp_path)
