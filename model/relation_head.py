"""The relation head: scores typed pairs of entities from the words' states.

An entity is its first and last word's states and its label.  All entities of an article then go, in
reading order and with what stands between neighbours, through a small recurrent layer: whether a title
belongs to the person before or after it depends on how the whole list is written.  A pair is its two
entities, their distance, and what lies between them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from phoihop.model.layers import BiLSTM, bucket

_GAP_EDGES = (1, 2, 3, 4, 5, 7, 10, 15, 23, 40, 80, 160)  # words
_SENTENCE_EDGES = (1, 2, 3, 5)  # sentences
_COUNT_EDGES = (1, 2, 3, 5, 8)  # entities


class RelationHead(nn.Module):
    """Pairs to one logit a relation.

    Args:
        state_size: numbers per word state.
        labels: number of entity labels.
        relations: number of relations.
        size: units of the hidden layers.
        dropout: share of hidden numbers that training drops.
    """

    def __init__(self, state_size: int, labels: int, relations: int, size: int, dropout: float) -> None:
        super().__init__()
        self.labels = labels
        between = size // 4
        self.entity = nn.Sequential(nn.Linear(2 * state_size + labels, size), nn.GELU(), nn.Dropout(dropout))
        self.detector = nn.Sequential(nn.Linear(state_size, between), nn.Softplus())
        self.context = BiLSTM(size + 2 * between, size // 2)
        self.head = nn.Linear(2 * size, size)
        self.tail = nn.Linear(2 * size, size)
        self.between = nn.Linear(between, size)
        self.gap = nn.Embedding(2 * len(_GAP_EDGES) + 1, size)
        self.sentences = nn.Embedding(2 * len(_SENTENCE_EDGES) + 1, size)
        self.passed = nn.Linear(labels * len(_COUNT_EDGES), size)
        self.out = nn.Sequential(
            nn.GELU(), nn.Dropout(dropout), nn.Linear(size, size), nn.GELU(), nn.Dropout(dropout)
        )
        self.score = nn.Linear(size, relations)

    def forward(
        self,
        states: Tensor,
        first: Tensor,
        last: Tensor,
        gap_start: Tensor,
        gap_end: Tensor,
        label: Tensor,
        sentence: Tensor,
        rows: Tensor,
        row_mask: Tensor,
        place: Tensor,
        pairs: Tensor,
    ) -> Tensor:
        """Logits (pairs, relations).

        Args:
            states: (words, state_size), the articles of the batch one after the other.
            first, last: (entities,) rows of ``states``, in reading order within an article.
            gap_start, gap_end: (entities,) the words from ``gap_start`` up to ``first`` lead to the entity,
                those after ``last`` up to ``gap_end`` (excluded) follow it.
            label, sentence: (entities,).
            rows, row_mask: (articles, entities) entity numbers, each article's in its own row, padded.
            place: (entities,) where each entity stands in ``rows`` laid flat.
            pairs: (pairs, 2) entity numbers of head and tail, of one article each.
        """
        kinds = nn.functional.one_hot(label, self.labels).to(states.dtype)
        entity = self.entity(torch.cat([states[first], states[last], kinds], dim=-1))
        # Running sums of how strongly each word shows each of a few learnt traits; a difference of two
        # says how much of it lies between two places, however far apart they are.
        seen = nn.functional.pad(torch.cumsum(self.detector(states).float(), 0), (0, 0, 1, 0))
        before = _amount(seen, gap_start, first).to(entity.dtype)
        after = _amount(seen, last + 1, gap_end).to(entity.dtype)
        values = torch.cat([entity, before, after], dim=-1)
        context = self.context(values[rows], row_mask).flatten(0, 1)[place]
        entity = torch.cat([entity, context], dim=-1)

        head, tail = pairs[:, 0], pairs[:, 1]
        forward = first[tail] > first[head]
        gap = torch.where(forward, first[tail] - last[head], last[tail] - first[head])
        begin = torch.where(forward, last[head], last[tail]) + 1
        end = torch.where(forward, first[tail], first[head])
        hidden = (
            self.head(entity)[head]
            + self.tail(entity)[tail]
            + self.between(_amount(seen, begin, end).to(entity.dtype))
            + self.gap(bucket(gap, _GAP_EDGES))
            + self.sentences(bucket(sentence[tail] - sentence[head], _SENTENCE_EDGES))
            + self.passed(self._passed(kinds, head, tail))
        )
        logits: Tensor = self.score(self.out(hidden))
        return logits

    def _passed(self, kinds: Tensor, head: Tensor, tail: Tensor) -> Tensor:
        """How many entities of each label lie between: thermometer code (pairs, labels * edges)."""
        # In float32 whatever the states are: bfloat16 cannot count beyond 256.
        count = nn.functional.pad(torch.cumsum(kinds.float(), 0), (0, 0, 1, 0))
        low, high = torch.minimum(head, tail), torch.maximum(head, tail)
        between = count[high] - count[low + 1]
        edges = torch.tensor(_COUNT_EDGES, device=kinds.device)
        return (between.unsqueeze(-1) >= edges).to(kinds.dtype).flatten(1)


def _amount(seen: Tensor, begin: Tensor, end: Tensor) -> Tensor:
    """Log of what running sums gain from ``begin`` to ``end`` (excluded), 0 where nothing lies there."""
    return torch.log1p((seen[torch.maximum(begin, end)] - seen[begin]).clamp_min(0))
