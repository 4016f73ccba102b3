"""Layers between encoder and heads: what padding may not touch, and how far they see."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from phoihop.model.layers import BiLSTM, Convolutions


@pytest.mark.parametrize("layer", [BiLSTM(5, 4), Convolutions(5, 8, 3)], ids=["lstm", "convolutions"])
def test_padding_changes_nothing(layer: nn.Module) -> None:
    torch.manual_seed(1)
    layer.eval()
    lengths = (1, 4, 9)
    values = torch.randn(3, 9, 5)
    mask = torch.tensor([[1] * n + [0] * (9 - n) for n in lengths])
    together = layer(values, mask)
    for row, length in enumerate(lengths):
        alone = layer(values[row : row + 1, :length], mask[row : row + 1, :length])
        assert torch.allclose(together[row, :length], alone[0], atol=1e-5)


@pytest.mark.parametrize("layers, sees", [(1, 1), (2, 3), (3, 7)])
def test_convolutions_see_as_far_as_their_gaps_add_up_to(layers: int, sees: int) -> None:
    torch.manual_seed(2)
    layer = Convolutions(3, 6, layers)
    values = torch.randn(1, 21, 3, requires_grad=True)
    layer(values, torch.ones(1, 21, dtype=torch.long))[0, 10].sum().backward()
    assert values.grad is not None
    touched = torch.nonzero(values.grad[0].abs().sum(-1) > 0).flatten().tolist()
    assert touched == list(range(10 - sees, 10 + sees + 1))
