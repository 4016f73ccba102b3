"""Feature weights that are learnt: they know their articles, and the pair of experts is what is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from phoihop.data.document import Document
from phoihop.data.schema import Schema
from phoihop.model.decode import decode, valid_transitions
from phoihop.model.extractor import Extractor
from phoihop.model.prepare import Reading
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.config import TrainConfig
from phoihop.training.examples import make_examples
from phoihop.training.export import export_onnx
from phoihop.training.feature_crf import PLACES, ROWS, _batches, learn_features
from phoihop.training.finetune import train
from phoihop.training.thresholds import choose_feature_weight


def test_articles_are_learnt_by_heart(
    articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    examples, _ = make_examples(articles, tokenizer, Reading(), schema)
    found = learn_features(examples, schema, 12, seed=1)
    again = learn_features(examples, schema, 12, seed=1)
    assert np.array_equal(found.keys, again.keys) and np.array_equal(found.weights, again.weights)
    transitions = valid_transitions(schema.tags, found.transitions)
    right = predicted = gold = 0
    for x in examples:
        starts = np.flatnonzero(np.diff(x.prepared.sentence, prepend=-1))
        scores = found(x.prepared.surfaces(0, len(x.prepared.words)), starts)
        spans = set()
        for a, b in zip(starts, np.append(starts[1:], len(scores)), strict=True):
            spans |= {
                (s.first + a, s.last + a, s.label) for s in decode(scores[a:b], schema.tags, transitions)
            }
        right, predicted = right + len(spans & set(x.gold.spans)), predicted + len(spans)
        gold += len(x.gold.spans)
    assert 2 * right / (predicted + gold) > 0.97


def test_features_stand_beside_the_network_in_every_form(
    small_encoder: Path, articles: list[Document], settings: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    figures = {}
    for passes in (0, 6):
        config = settings(encoder=small_encoder, epochs=2, features=passes)
        figures[passes] = train(config, articles[:14], articles[14:], tmp_path / f"run-{passes}")
    # Two passes leave the network helpless; the features are not.
    assert figures[6]["entity_f1"] > figures[0]["entity_f1"] + 0.2
    assert not (tmp_path / "run-0" / "model" / "features.npz").exists()
    extractor = Extractor.load(tmp_path / "run-6" / "model")
    assert extractor.card.feature_weight > 0 and extractor.card.about["features"] > 100
    assert choose_feature_weight(extractor, articles[14:]) == extractor.card.feature_weight
    export_onnx(tmp_path / "run-6" / "model", tmp_path / "onnx", int8=False)
    texts = [d.text for d in articles[14:]]
    exact, light = (list(e.predict_many(texts)) for e in (extractor, Extractor.load(tmp_path / "onnx")))
    assert [d.entity_keys() for d in exact] == [d.entity_keys() for d in light]
    alone = extractor.with_card(replace(extractor.card, feature_weight=0.0))
    assert [d.entity_keys() for d in alone.predict_many(texts)] != [d.entity_keys() for d in exact]


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=120))
def test_every_sentence_is_in_one_step_and_no_step_is_too_large(lengths: list[int]) -> None:
    bounds = [0, *accumulate(lengths)]
    steps = _batches(bounds)
    spans = sorted(span for step in steps for span in step)
    assert spans == [(a, b) for a, b in pairwise(bounds) if b > a]
    for step in steps:
        longest = max(b - a for a, b in step)
        assert len(step) <= ROWS and (len(step) == 1 or len(step) * longest <= PLACES)
