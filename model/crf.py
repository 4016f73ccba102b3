"""A linear-chain conditional random field over tag scores (Lafferty et al. 2001), for training.

Prediction uses the same transitions in ``decode``.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CRF(nn.Module):
    """Learned transition scores; ``forward`` gives the negative log-likelihood of gold tags.

    ``allowed_start`` (tags,) and ``allowed_step`` (tags, tags) are 0 where a transition is valid and very
    low where it is not, as ``decode.valid_transitions`` makes them.
    """

    allowed_start: Tensor
    allowed_step: Tensor

    def __init__(self, tags: int, allowed_start: Tensor, allowed_step: Tensor) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.zeros(tags))
        self.step = nn.Parameter(torch.zeros(tags, tags))
        self.end = nn.Parameter(torch.zeros(tags))
        self.register_buffer("allowed_start", allowed_start, persistent=False)
        self.register_buffer("allowed_step", allowed_step, persistent=False)

    def forward(self, emissions: Tensor, gold: Tensor, mask: Tensor) -> Tensor:
        """Sum over rows of ``log Z - score(gold)``, in nats.

        Args:
            emissions: (rows, length, tags).
            gold: (rows, length), any tag at padded places.
            mask: (rows, length), true for words; every row has at least one, padding at the right.
        """
        emissions = emissions.float()
        start, step = self.start + self.allowed_start, self.step + self.allowed_step
        rows = torch.arange(len(gold), device=gold.device)
        alpha = start + emissions[:, 0]
        score = start[gold[:, 0]] + emissions[rows, 0, gold[:, 0]]
        for t in range(1, gold.shape[1]):
            here = mask[:, t]
            moved = torch.logsumexp(alpha.unsqueeze(2) + step, dim=1) + emissions[:, t]
            alpha = torch.where(here.unsqueeze(1), moved, alpha)
            gain = step[gold[:, t - 1], gold[:, t]] + emissions[rows, t, gold[:, t]]
            score = score + torch.where(here, gain, torch.zeros_like(gain))
        last = gold[rows, mask.sum(1) - 1]
        return (torch.logsumexp(alpha + self.end, dim=1) - score - self.end[last]).sum()
