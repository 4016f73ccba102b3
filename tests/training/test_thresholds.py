"""Thresholds against trying all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.schema import Schema
from phoihop.model.card import ModelCard
from phoihop.training.thresholds import GRID, MIN_GOLD, choose_thresholds

SCHEMA = Schema(("A", "B"), (("A", "OFTEN", "B"), ("B", "RARELY", "A"), ("A", "NEVER", "A")))
SIZE = 12  # entities of an article, A and B in turn


class Scored:
    """An extractor whose pairs have fixed scores; it hands out those that reach its card's thresholds."""

    def __init__(self, scores: list[dict[tuple[str, str, str], float]], card: ModelCard) -> None:
        self.scores, self.card, self.schema = scores, card, card.schema
        self.asked: list[dict[str, float]] = []

    def with_card(self, card: ModelCard) -> Scored:
        self.asked.append(dict(card.thresholds))
        return Scored(self.scores, card)

    def predict_many(self, texts: Iterable[str]) -> Iterator[Document]:
        for text, scores in zip(texts, self.scores, strict=True):
            least = self.card.thresholds
            yield Document(
                text,
                entities(),
                tuple(Relation(h, r, t, s) for (h, r, t), s in scores.items() if s >= least.get(r, 0.5)),
            )


def entities() -> tuple[Entity, ...]:
    return tuple(Entity(f"x{i}", i, i + 1, "AB"[i % 2]) for i in range(SIZE))


def made_up(seed: int, articles: int, offset: float) -> tuple[list[Document], Scored]:
    """Random truth, and scores that lean to it around ``0.5 + offset``."""
    generator = np.random.default_rng(seed)
    gold, scores = [], []
    for _ in range(articles):
        true, row = [], {}
        for h in range(SIZE):
            for t in range(SIZE):
                relation = {(0, 1): "OFTEN", (1, 0): "RARELY", (0, 0): "NEVER"}.get((h % 2, t % 2))
                if h == t or relation is None:
                    continue
                often = {"OFTEN": 0.4, "RARELY": 0.02, "NEVER": 0.0}[relation]
                holds = generator.random() < often
                if holds:
                    true.append(Relation(f"x{h}", relation, f"x{t}"))
                middle = 0.5 + offset + (0.15 if holds else -0.15)
                row[f"x{h}", relation, f"x{t}"] = float(np.clip(generator.normal(middle, 0.15), 0.01, 0.99))
        gold.append(Document("z" * SIZE, entities(), tuple(true)))
        scores.append(row)
    return gold, Scored(scores, ModelCard(SCHEMA, thresholds={"OFTEN": 0.7}))


def f1_at(threshold: float, relation: str, gold: list[Document], extractor: Scored) -> float:
    card = replace(extractor.card, thresholds={relation: threshold})
    found = Scored(extractor.scores, card).predict_many([d.text for d in gold])
    right = total = 0
    for g, p in zip(gold, found, strict=True):
        a, b = ({k for k in d.relation_keys() if k[1] == relation} for d in (g, p))
        right, total = right + len(a & b), total + len(a) + len(b)
    return 2 * right / total


@pytest.mark.parametrize("seed, offset", [(0, 0.0), (1, 0.2), (2, -0.2), (3, 0.1), (4, -0.1)])
def test_the_best_threshold_of_the_grid_is_chosen(seed: int, offset: float) -> None:
    gold, extractor = made_up(seed, 8, offset)
    cases = sum(r.label == "OFTEN" for d in gold for r in d.relations)
    rare = sum(r.label == "RARELY" for d in gold for r in d.relations)
    assert cases >= MIN_GOLD > rare > 0
    chosen = choose_thresholds(extractor, gold)  # type: ignore[arg-type]
    figures = {float(t): f1_at(float(t), "OFTEN", gold, extractor) for t in GRID}
    assert figures[chosen["OFTEN"]] == pytest.approx(max(figures.values()), abs=1e-6)
    if offset:
        assert (chosen["OFTEN"] - 0.5) * offset > 0
    assert chosen["RARELY"] == chosen["NEVER"] == 0.5
    assert extractor.asked == [dict.fromkeys(SCHEMA.relations, 0.2)]


def test_of_equally_good_thresholds_the_nearest_to_one_half_is_chosen() -> None:
    gold, extractor = made_up(0, 8, 0.0)
    truth = [{(r.head, r.label, r.tail) for r in d.relations} for d in gold]
    for row, true in zip(extractor.scores, truth, strict=True):
        row |= {key: 0.92 if key in true else 0.08 for key in row}
    assert choose_thresholds(extractor, gold)["OFTEN"] == 0.5  # type: ignore[arg-type]
    for row, true in zip(extractor.scores, truth, strict=True):
        row |= {key: 0.92 if key in true else 0.57 for key in row}
    assert choose_thresholds(extractor, gold)["OFTEN"] == 0.6  # type: ignore[arg-type]


def test_a_model_that_finds_nothing_keeps_the_default() -> None:
    gold, extractor = made_up(0, 8, 0.0)
    for row in extractor.scores:
        row.clear()
    assert set(choose_thresholds(extractor, gold).values()) == {0.5}  # type: ignore[arg-type]


def test_a_schema_without_relations_has_no_thresholds() -> None:
    extractor: Any = Scored([], ModelCard(Schema(("A",))))
    assert choose_thresholds(extractor, []) == {}
