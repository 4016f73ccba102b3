"""Temperatures: those that made the scores are found again, and the error is what its definition says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.schema import Schema
from phoihop.model.card import ModelCard
from phoihop.training.calibration import TEMPERATURES, calibrate, calibration_error

PAIRS = 40


class TooSure:
    """Finds one entity a character; its probabilities are true ones with all log odds multiplied."""

    def __init__(self, factor: float, articles: int, relations: bool = True) -> None:
        generator = np.random.default_rng(3)
        self.schema = Schema(("A", "B"), (("A", "HOLDS", "B"),) if relations else ())
        self.card = ModelCard(self.schema, temperature={"entities": 99.0, "relations": 99.0})
        self.odds = factor * generator.normal(size=(articles, 2, PAIRS))
        self.truth = generator.random(self.odds.shape) < 1 / (1 + np.exp(-self.odds / factor))
        self.texts = ["ab" * PAIRS + str(n) for n in range(articles)]

    def with_card(self, card: ModelCard) -> TooSure:
        self.card = card
        return self

    def span_scores(self, text: str, temperatures: Sequence[float]) -> dict[Any, list[float]]:
        odds = self.odds[self.texts.index(text), 0]
        return {
            (2 * i, 2 * i + 1, "A"): [float(1 / (1 + np.exp(-odds[i] / t))) for t in temperatures]
            for i in range(PAIRS)
        }

    def document(self, n: int, scores: Any, kept: Any) -> Document:
        entities = tuple(Entity(f"{c}{i}", 2 * i + k, 2 * i + k + 1, "AB"[k])
                         for i in range(PAIRS) for k, c in enumerate("ab"))  # fmt: skip
        relations = (Relation(f"a{i}", "HOLDS", f"b{i}", scores[i]) for i in range(PAIRS) if kept[i])
        return Document(self.texts[n], entities, tuple(relations))

    def predict_many(self, texts: Iterable[str]) -> Iterator[Document]:
        assert not self.card.temperature
        for n, _ in enumerate(texts):
            scores = (1 / (1 + np.exp(-self.odds[n, 1]))).tolist()
            yield self.document(n, scores, [s >= self.card.thresholds["HOLDS"] for s in scores])

    def gold(self) -> list[Document]:
        documents = []
        for n in range(len(self.texts)):
            d = self.document(n, [1.0] * PAIRS, self.truth[n, 1])
            true = self.truth[n, 0]
            wrong = {f"a{i}": "B" for i in range(PAIRS) if not true[i]}
            entities = tuple(Entity(e.id, e.start, e.end, wrong.get(e.id, e.label)) for e in d.entities)
            relations = d.relations if self.schema.relations else ()
            documents.append(Document(d.text, entities, relations))
        return documents


@pytest.mark.parametrize("factor", [0.6, 1.0, 2.0])
def test_the_temperature_that_undoes_the_factor_is_chosen(factor: float) -> None:
    extractor: Any = TooSure(factor, 150)
    # Entities decide by their label alone; relations of a wrongly labelled head are wrong whatever their score.
    found = calibrate(extractor, extractor.gold())["entities"]
    assert found.temperature == pytest.approx(factor, rel=0.13)
    assert found.error_after < 0.03
    if factor != 1.0:
        assert found.error_before > found.error_after + 0.02
    assert found.to_dict()["temperature"] == found.temperature


def test_relations_have_a_temperature_of_their_own() -> None:
    extractor: Any = TooSure(2.0, 150)
    extractor.truth[:, 0] = True  # all heads have the right label
    found = calibrate(extractor, extractor.gold())
    assert found["relations"].temperature == pytest.approx(2.0, rel=0.13)
    assert found["entities"].temperature != found["relations"].temperature
    plain: Any = TooSure(1.0, 5, relations=False)
    assert set(calibrate(plain, plain.gold())) == {"entities"}


def test_nothing_found_gives_no_temperature() -> None:
    class Blind(TooSure):
        def span_scores(self, text: str, temperatures: Sequence[float]) -> dict[Any, list[float]]:
            return {}

    blind: Any = Blind(1.0, 3, relations=False)
    assert calibrate(blind, blind.gold()) == {}


def test_the_error_is_the_weighted_distance_between_promise_and_truth() -> None:
    scores = np.array([0.95, 0.91, 1.0, 0.15, 0.12, 0.55])
    truth = np.array([True, False, True, False, False, True])
    expected = 3 / 6 * abs(2 / 3 - (0.95 + 0.91 + 1.0) / 3) + 2 / 6 * 0.135 + 1 / 6 * 0.45
    assert calibration_error(scores, truth) == pytest.approx(expected)
    assert 1.0 in TEMPERATURES
