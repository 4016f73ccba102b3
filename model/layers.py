"""Torch building blocks that the heads share."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from phoihop.model.encoder import init_lstm, reversal, take


class BiLSTM(nn.Module):
    """One LSTM each way over padded rows; padding at the right end never reaches a real place.

    Two plain LSTMs instead of a bidirectional one with packing, so that the module exports to ONNX
    with rows of any length.
    """

    def __init__(self, input_size: int, size: int) -> None:
        super().__init__()
        self.forwards = nn.LSTM(input_size, size, batch_first=True)
        self.backwards = nn.LSTM(input_size, size, batch_first=True)
        init_lstm(self.forwards)
        init_lstm(self.backwards)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """(rows, length, input_size) and (rows, length) to (rows, length, 2 * size)."""
        back = reversal(mask)
        left, _ = self.forwards(values)
        right, _ = self.backwards(take(values, back))
        return torch.cat([left, take(right, back)], dim=-1)


class SharedDropout(nn.Module):
    """Dropout that drops the same numbers at every place of a row (Gal and Ghahramani 2016, section 4)."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, values: Tensor) -> Tensor:
        """(rows, length, width), same shape out."""
        if not self.training or self.share == 0:
            return values
        keep = values.new_empty(values.shape[0], 1, values.shape[2]).bernoulli_(1 - self.share)
        return values * keep / (1 - self.share)


def bucket(values: Tensor, edges: tuple[int, ...]) -> Tensor:
    """Signed bucket number of each value: 0 for 0, then one for each edge passed, both ways."""
    size = values.abs().unsqueeze(-1) >= torch.tensor(edges, device=values.device)
    return torch.sign(values) * size.sum(-1) + len(edges)
