"""Precision, recall and F1 over sets of whole tuples; gold is always the denominator of recall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T", bound=Hashable)


@dataclass(slots=True)
class PRF:
    """Three counters: what is right, what was predicted, what gold has."""

    tp: int = 0
    pred: int = 0
    gold: int = 0

    def add(self, gold: Set[Hashable], pred: Set[Hashable]) -> None:
        """Count one article's (or any other part's) sets."""
        self.tp += len(gold & pred)
        self.pred += len(pred)
        self.gold += len(gold)

    def __add__(self, other: PRF) -> PRF:
        return PRF(self.tp + other.tp, self.pred + other.pred, self.gold + other.gold)

    @property
    def precision(self) -> float:
        """Share of the predicted that is right; 0 where nothing is predicted."""
        return self.tp / self.pred if self.pred else 0.0

    @property
    def recall(self) -> float:
        """Share of gold that is found; 0 where gold is empty."""
        return self.tp / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of the two; 0 where both are 0."""
        return 2 * self.tp / (self.pred + self.gold) if self.pred + self.gold else 0.0

    def to_dict(self) -> dict[str, float]:
        """The three shares (0 to 1) and the three counters."""
        return {
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "correct": self.tp,
            "predicted": self.pred,
            "gold": self.gold,
        }


@dataclass
class Table:
    """One metric: what it calls correct, a PRF for each label, and each article's counters.

    The counters of the articles are kept apart so that the interval can draw articles anew.  Rows stand
    in ``order``, those it does not name after them by the alphabet.
    """

    title: str
    definition: str
    labels: dict[str, PRF] = field(default_factory=dict)
    articles: list[PRF] = field(default_factory=list)
    order: tuple[str, ...] = ()

    @property
    def rows(self) -> list[tuple[str, PRF]]:
        """Labels and their counters in printing order."""
        place = {name: i for i, name in enumerate(self.order)}
        names = sorted(self.labels, key=lambda name: (place.get(name, len(place)), name))
        return [(name, self.labels[name]) for name in names]

    def add(self, gold: Set[T], pred: Set[T], label: Callable[[T], str]) -> None:
        """Count one article: sets of whole tuples, and which label (row) a tuple belongs to."""
        self.count(*(Counter(label(x) for x in part) for part in (gold & pred, pred, gold)))

    def count(self, tp: Mapping[str, int], pred: Mapping[str, int], gold: Mapping[str, int]) -> None:
        """Count one article whose right, predicted and gold tuples by label are known."""
        article = PRF()
        for name in {*pred, *gold}:
            row = PRF(tp.get(name, 0), pred.get(name, 0), gold.get(name, 0))
            self.labels[name] = self.labels.get(name, PRF()) + row
            article += row
        self.articles.append(article)

    @property
    def micro(self) -> PRF:
        """All labels counted together."""
        return sum(self.labels.values(), PRF())

    @property
    def macro(self) -> tuple[float, float, float]:
        """Plain means of the labels' precision, recall and F1; a label counts once predicted or in gold."""
        n = len(self.labels) or 1
        rows = self.labels.values()
        return (
            sum(r.precision for r in rows) / n,
            sum(r.recall for r in rows) / n,
            sum(r.f1 for r in rows) / n,
        )

    def interval(self, share: float = 0.95, samples: int = 2000, seed: int = 0) -> tuple[float, float] | None:
        """Percentile bootstrap of the micro F1 over articles; ``None`` with fewer than two articles.

        Each sample draws as many articles as there are, with replacement (Efron, 1979).
        """
        counts = np.array([(a.tp, a.pred, a.gold) for a in self.articles], dtype=np.float64)
        n = len(counts)
        if n < 2:
            return None
        # How often each article is drawn in each sample: (samples, n), rows summing to n.
        draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=samples)
        tp, pred, gold = (draws @ counts).T
        f1 = np.divide(2 * tp, pred + gold, out=np.zeros(samples), where=pred + gold > 0)
        low, high = np.quantile(f1, [(1 - share) / 2, (1 + share) / 2])
        return float(low), float(high)

    def to_dict(self) -> dict[str, Any]:
        """Definition, rows, micro with its interval and macro, ready for JSON."""
        interval = self.interval()
        precision, recall, f1 = self.macro
        return {
            "title": self.title,
            "definition": self.definition,
            "labels": {name: row.to_dict() for name, row in self.rows},
            "micro": self.micro.to_dict() | {"f1_interval_95": None if interval is None else list(interval)},
            "macro": {"precision": precision, "recall": recall, "f1": f1},
        }
