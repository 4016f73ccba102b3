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


class Convolutions(nn.Module):
    """Residual convolutions over three tokens each, layer ``i`` with gaps of ``2**i``: a few layers see far
    (iterated dilated convolutions, Strubell et al. 2017, section 3)."""

    def __init__(self, input_size: int, size: int, layers: int) -> None:
        super().__init__()
        self.project = nn.Linear(input_size, size)
        self.norms = nn.ModuleList(nn.LayerNorm(size) for _ in range(layers))
        self.layers = nn.ModuleList(
            nn.Conv1d(size, size, 3, padding=2**i, dilation=2**i) for i in range(layers)
        )

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """(rows, length, input_size) and (rows, length) to (rows, length, size); padding is read as zeros."""
        hidden: Tensor = self.project(values)
        real = mask.unsqueeze(-1).to(hidden.dtype)
        for norm, layer in zip(self.norms, self.layers, strict=True):
            seen = layer((norm(hidden) * real).transpose(1, 2)).transpose(1, 2)
            hidden = hidden + nn.functional.gelu(seen)
        return hidden


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
