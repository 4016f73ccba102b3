"""Choosing on dev articles: the weight of the features, the least probability that makes a pair a relation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from phoihop.data.document import Document
from phoihop.model.extractor import DEFAULT_THRESHOLD, Extractor

GRID = np.round(np.arange(0.2, 0.81, 0.05), 2)
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)
MIN_GOLD = 30  # relations with fewer gold cases keep the default: a threshold fitted to them would be chance


def choose_feature_weight(extractor: Extractor, dev: Sequence[Document]) -> float:
    """The weight of the features beside the network with the best dev F1 of entities; of equal ones the least."""
    texts = [d.text for d in dev]
    found: dict[float, float] = {}
    for weight in WEIGHTS:
        predicted = extractor.with_card(replace(extractor.card, feature_weight=weight)).predict_many(texts)
        pairs = [(g.entity_keys(), p.entity_keys()) for g, p in zip(dev, predicted, strict=True)]
        sizes = sum(len(g) + len(p) for g, p in pairs)
        found[weight] = 2 * sum(len(g & p) for g, p in pairs) / sizes if sizes else 0.0
    return max(WEIGHTS, key=lambda w: (round(found[w], 6), -w))


def choose_thresholds(extractor: Extractor, dev: Sequence[Document]) -> dict[str, float]:
    """For each relation the threshold of the best dev F1; of equal ones the nearest to the default.

    Predicts once with the lowest threshold of the grid and counts for all others.
    """
    schema = extractor.schema
    if not schema.relations:
        return {}
    low = {r: float(GRID[0]) for r in schema.relations}
    loose = extractor.with_card(replace(extractor.card, thresholds=low))
    predicted = list(loose.predict_many([d.text for d in dev]))
    chosen = {}
    for relation in schema.relations:
        hits, scores, gold = _outcomes(relation, dev, predicted)
        chosen[relation] = _best(hits, scores, gold) if gold >= MIN_GOLD else DEFAULT_THRESHOLD
    return chosen


def _outcomes(
    relation: str, gold: Sequence[Document], predicted: Sequence[Document]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Whether each predicted relation is right, its score, and how many gold ones there are."""
    hits: list[bool] = []
    scores: list[float] = []
    total = 0
    for g, p in zip(gold, predicted, strict=True):
        truth = {key for key in g.relation_keys() if key[1] == relation}
        total += len(truth)
        for r in p.relations:
            if r.label == relation:
                hits.append((p.by_id[r.head].key, r.label, p.by_id[r.tail].key) in truth)
                scores.append(r.score or 0.0)
    return np.array(hits, dtype=bool), np.array(scores), total


def _best(hits: np.ndarray, scores: np.ndarray, gold: int) -> float:
    def quality(threshold: float) -> tuple[float, float]:
        kept = scores >= threshold
        f1 = 2 * float(hits[kept].sum()) / (int(kept.sum()) + gold)
        return (round(f1, 6), -abs(threshold - DEFAULT_THRESHOLD))

    return max((float(t) for t in GRID), key=quality)
