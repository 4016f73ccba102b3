"""Learning the feature weights that stand beside the network: a conditional random field of its own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from phoihop.data.schema import Schema
from phoihop.model.crf import CRF
from phoihop.model.decode import Transitions, valid_transitions
from phoihop.model.features import FeatureScorer, feature_hashes
from phoihop.training.examples import Example

LEAST_COUNT = 2  # articles that a feature must stand in
ROWS, PLACES = 32, 8192  # sentences of a step, and words with their padding, at most
RATE, L2, DROP = 0.15, 2e-6, 0.2
KEPT = 0.2  # nats; weights below this everywhere are left out
LEVELS = 127


class _Sentences:
    """Every sentence of the articles as feature numbers (words, kinds) and tags (words,)."""

    def __init__(self, examples: Sequence[Example], schema: Schema) -> None:
        number = {tag: i for i, tag in enumerate(schema.tags)}
        hashes, self.tags, self.bounds = [], [], [0]
        for x in examples:
            count = len(x.prepared.words)
            starts = np.flatnonzero(np.diff(x.prepared.sentence, prepend=-1))
            hashes.append(feature_hashes(x.prepared.surfaces(0, count), starts))
            tags = np.zeros(count, dtype=np.int64)
            for first, last, label in x.gold.spans:
                tags[first], tags[first + 1 : last + 1] = number[f"B-{label}"], number[f"I-{label}"]
            self.tags.append(tags)
            self.bounds += (self.bounds[-1] + np.append(starts[1:], count)).tolist() if count else []
        self.kinds = int(hashes[0].shape[1])
        # In how many articles a feature stands: what one alone has, it has by heart.
        keys, counts = np.unique(np.concatenate([np.unique(h) for h in hashes]), return_counts=True)
        self.keys = keys[counts >= LEAST_COUNT]
        self.features = np.concatenate([self._numbers(hashes, i) for i in range(len(hashes))])
        self.all_tags = np.concatenate(self.tags)

    def _numbers(self, hashes: list[NDArray[np.uint64]], article: int) -> NDArray[np.int32]:
        """The numbers (words, kinds) of an article's features, from 1; 0 for rare ones.  Its hashes, the bulk of what
        is held, are let go."""
        given, hashes[article] = hashes[article], hashes[article][:0]
        if not len(self.keys):
            return np.zeros(given.shape, dtype=np.int32)
        places = np.minimum(np.searchsorted(self.keys, given), len(self.keys) - 1)
        return np.where(self.keys[places] == given, places + 1, 0).astype(np.int32)


def learn_features(examples: Sequence[Example], schema: Schema, epochs: int, seed: int) -> FeatureScorer:
    """Maximum likelihood with a little decay and dropout of features, by AdaGrad (Duchi et al. 2011).

    Args:
        examples: articles with their gold.
        schema: whose tags are learnt.
        epochs: passes over the articles.
        seed: of order and dropout.
    """
    data = _Sentences(examples, schema)
    generator = torch.Generator().manual_seed(seed)
    table = nn.Embedding(len(data.keys) + 1, len(schema.tags), sparse=True)
    nn.init.zeros_(table.weight)
    allowed = valid_transitions(schema.tags)
    crf = CRF(len(schema.tags), torch.tensor(allowed.start), torch.tensor(allowed.step))
    optimisers = [
        torch.optim.Adagrad(table.parameters(), lr=RATE),
        torch.optim.Adagrad(crf.parameters(), lr=RATE),
    ]
    batches = _batches(data.bounds)
    for _ in range(epochs):
        for step in torch.randperm(len(batches), generator=generator).tolist():
            rows = batches[step]
            features, tags, mask = _batch(data, rows)
            for optimiser in optimisers:
                optimiser.zero_grad()
            keep = torch.rand(features.shape, generator=generator) >= DROP
            vectors = table(features)  # looked up once: the gradient stays sparse
            weight = (keep & (features > 0)) / (1 - DROP)
            scores = (vectors * weight.unsqueeze(-1)).sum(2)
            loss = crf(scores, tags, mask) + L2 * len(rows) * (vectors**2).sum()
            loss.backward()
            with warnings.catch_warnings():
                warnings.filterwarnings(
                    "ignore", "Sparse invariant checks"
                )  # torch's own, of no use to anyone here
                for optimiser in optimisers:
                    optimiser.step()
    return _scorer(table, crf, data.keys)


def _batches(bounds: Sequence[int]) -> list[list[tuple[int, int]]]:
    """First word and end of the sentences of each step, sentences of like length together."""
    spans = [(a, b) for a, b in pairwise(bounds) if b > a]
    batches: list[list[tuple[int, int]]] = [[]]
    for a, b in sorted(spans, key=lambda s: s[1] - s[0]):
        if len(batches[-1]) == ROWS or (b - a) * (len(batches[-1]) + 1) > max(PLACES, b - a):
            batches.append([])
        batches[-1].append((a, b))
    return [batch for batch in batches if batch]


def _batch(data: _Sentences, rows: Sequence[tuple[int, int]]) -> tuple[Tensor, Tensor, Tensor]:
    longest = max(b - a for a, b in rows)
    features = np.zeros((len(rows), longest, data.kinds), dtype=np.int32)
    tags = np.zeros((len(rows), longest), dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=bool)
    for i, (a, b) in enumerate(rows):
        features[i, : b - a], tags[i, : b - a], mask[i, : b - a] = (
            data.features[a:b],
            data.all_tags[a:b],
            True,
        )
    return torch.from_numpy(features), torch.from_numpy(tags), torch.from_numpy(mask)


def _scorer(table: nn.Embedding, crf: CRF, keys: NDArray[np.uint64]) -> FeatureScorer:
    weights = table.weight.detach().numpy()[1:]
    kept = np.abs(weights).max(axis=1) >= KEPT
    weights = weights[kept]
    scale = float(np.abs(weights).max()) / LEVELS if len(weights) else 1.0
    parts = (w.detach().numpy().astype(np.float32) for w in (crf.start, crf.step, crf.end))
    return FeatureScorer(keys[kept], np.round(weights / scale).astype(np.int8), scale, Transitions(*parts))
