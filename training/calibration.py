"""Making probabilities mean what they say: one temperature for entities, one for relations, from dev articles.

A temperature divides all scores before they become probabilities (Guo et al. 2017, section 4.2).  It is
chosen so that the dev articles are most likely; which spans are found, and how pairs rank, stays the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from phoihop.data.document import Document
from phoihop.model.extractor import Extractor

TEMPERATURES = tuple(np.round(3.0 ** (np.arange(-10, 21) / 10), 3).tolist())  # a third to nine, 1 among them
BINS = 10
LEAST_RELATION = 0.05  # pairs below it are no news either way; scoring all would drown the doubtful ones

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """A temperature, and how far probabilities were off on the articles it was chosen on, before and after."""

    temperature: float
    error_before: float
    error_after: float

    def to_dict(self) -> dict[str, float]:
        """Rounded, for reports."""
        return {
            "temperature": self.temperature,
            "expected_calibration_error_before": round(self.error_before, 4),
            "expected_calibration_error": round(self.error_after, 4),
        }


def calibrate(extractor: Extractor, dev: Sequence[Document]) -> dict[str, Calibration]:
    """Temperatures of ``"entities"`` and, if the schema has any, ``"relations"``.

    What the dev articles give no scores for is left out.
    """
    plain = extractor.with_card(replace(extractor.card, temperature={}))
    found = {"entities": _entities(plain, dev)}
    if extractor.schema.relations:
        found["relations"] = _relations(plain, dev)
    return {what: best for what, best in found.items() if best is not None}


def _entities(extractor: Extractor, dev: Sequence[Document]) -> Calibration | None:
    rows, truth = [], []
    for document in dev:
        gold = document.entity_keys()
        for key, scores in extractor.span_scores(document.text, TEMPERATURES).items():
            rows.append(scores)
            truth.append(key in gold)
    return _choose(np.array(rows).T, np.array(truth)) if rows else None


def _relations(extractor: Extractor, dev: Sequence[Document]) -> Calibration | None:
    low = dict.fromkeys(extractor.schema.relations, LEAST_RELATION)
    loose = extractor.with_card(replace(extractor.card, thresholds=low))
    scores, truth = [], []
    for gold, found in zip(dev, loose.predict_many([d.text for d in dev]), strict=True):
        keys = gold.relation_keys()
        for r in found.relations:
            scores.append(r.score or 0.0)
            truth.append((found.by_id[r.head].key, r.label, found.by_id[r.tail].key) in keys)
    if not scores:
        return None
    sure = np.clip(np.array(scores), 1e-6, 1 - 1e-6)
    logits = np.log(sure) - np.log1p(-sure)
    rows = 1 / (1 + np.exp(-logits / np.array(TEMPERATURES)[:, None]))
    return _choose(rows, np.array(truth))


def _choose(rows: Floats, truth: NDArray[np.bool_]) -> Calibration:
    """The temperature under which the truth is most likely; ``rows`` (temperatures, cases)."""
    sure = np.clip(rows, 1e-6, 1 - 1e-6)
    likelihood = np.where(truth, np.log(sure), np.log1p(-sure)).mean(axis=1)
    best = int(likelihood.argmax())
    before = calibration_error(rows[TEMPERATURES.index(1.0)], truth)
    return Calibration(float(TEMPERATURES[best]), before, calibration_error(rows[best], truth))


def calibration_error(scores: Floats, truth: NDArray[np.bool_]) -> float:
    """Expected calibration error: |share right - mean probability| over ten equal bins, weighted by their
    cases (Guo et al. 2017, section 2)."""
    places = np.minimum((scores * BINS).astype(int), BINS - 1)
    error = 0.0
    for place in np.unique(places):
        inside = places == place
        error += inside.mean() * abs(float(truth[inside].mean()) - float(scores[inside].mean()))
    return float(error)
