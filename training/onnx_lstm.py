"""An LSTM that torch's exporter writes as one ONNX ``LSTM`` node with rows of any length.

Left to itself the exporter fixes the length of the rows to that of its example.  So, for the export only,
each ``nn.LSTM`` is replaced by a module that calls an operator of our own, whose shape rule keeps the
length open and whose translation is the ONNX operator.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


@torch.library.custom_op("phoihop::lstm", mutates_args=())
def lstm(values: Tensor, weight: Tensor, recurrence: Tensor, bias: Tensor) -> Tensor:
    """A one-way LSTM from zero states, in ONNX's layout.

    Args:
        values: (length, rows, input).
        weight, recurrence: (1, 4 * size, input) and (1, 4 * size, size), gates in the order i, o, f, c.
        bias: (1, 8 * size), of the input and of the recurrence.

    Returns:
        (length, rows, size).
    """
    size = recurrence.shape[2]
    order = _torch_order(size)
    b = bias[0].reshape(2, 4 * size)[:, order]
    weights = [weight[0][order], recurrence[0][order], b[0], b[1]]
    zeros = values.new_zeros(1, values.shape[1], size)
    out, _, _ = torch.lstm(values, (zeros, zeros), weights, True, 1, 0.0, False, False, False)
    return out


@lstm.register_fake
def _(values: Tensor, weight: Tensor, recurrence: Tensor, bias: Tensor) -> Tensor:
    return values.new_empty(values.shape[0], values.shape[1], recurrence.shape[2])


def _onnx_order(size: int) -> Tensor:
    """Rows of torch's gates (i, f, g, o) in ONNX's order (i, o, f, c)."""
    return torch.arange(4 * size).reshape(4, size)[[0, 3, 1, 2]].flatten()


def _torch_order(size: int) -> Tensor:
    return torch.arange(4 * size).reshape(4, size)[[0, 2, 3, 1]].flatten()


class _ExportLSTM(nn.Module):
    """Stands in for a one-layer, one-way, batch-first ``nn.LSTM``."""

    def __init__(self, source: nn.LSTM) -> None:
        super().__init__()
        if source.num_layers != 1 or source.bidirectional or not source.batch_first:
            raise ValueError("only one-layer, one-way, batch-first LSTMs are exported")
        order = _onnx_order(source.hidden_size)
        given = {name: weight.detach()[order] for name, weight in source.named_parameters()}
        self.weight = nn.Parameter(given["weight_ih_l0"].unsqueeze(0))
        self.recurrence = nn.Parameter(given["weight_hh_l0"].unsqueeze(0))
        bias = torch.cat([given["bias_ih_l0"], given["bias_hh_l0"]])
        self.bias = nn.Parameter(bias.unsqueeze(0))

    def forward(self, values: Tensor) -> tuple[Tensor, None]:
        out = lstm(values.transpose(0, 1), self.weight, self.recurrence, self.bias)
        return out.transpose(0, 1), None


def replace_lstms(module: nn.Module) -> nn.Module:
    """Replace every ``nn.LSTM`` below ``module``, in place."""
    for name, child in module.named_children():
        if isinstance(child, nn.LSTM):
            setattr(module, name, _ExportLSTM(child))
        else:
            replace_lstms(child)
    return module


def translations() -> dict[Any, Any]:
    """The exporter's table entry for our operator."""
    from onnxscript import opset20 as op

    def onnx_lstm(values, weight, recurrence, bias):  # type: ignore[no-untyped-def]
        hidden = weight.shape[1] // 4
        states, _, _ = op.LSTM(values, weight, recurrence, bias, hidden_size=hidden)
        return op.Squeeze(states, op.Constant(value_ints=[1]))  # type: ignore[arg-type]

    return {torch.ops.phoihop.lstm.default: onnx_lstm}
