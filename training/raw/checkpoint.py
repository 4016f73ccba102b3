"""Everything a run needs to go on: weights, the optimiser's memory, and where it stood.

run/resume/checkpoints/checkpoint-N/
  state.safetensors    weights in full precision and the optimiser's moments
  state.json           steps done and planned, time spent
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from phoihop.data.errors import PhoihopError

TENSORS, NUMBERS = "state.safetensors", "state.json"


def save_checkpoint(
    folder: Path, step: int, model: nn.Module, optimiser: torch.optim.Optimizer, state: Mapping[str, Any]
) -> None:
    """Write ``checkpoint-<step>`` in ``folder`` and then delete earlier ones."""
    tensors = {f"weights.{name}": weight.detach() for name, weight in model.named_parameters()}
    for number, moments in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{number}.{name}": torch.as_tensor(v) for name, v in moments.items()}
    # Under another name until it is whole: a run killed here still has the one before.
    fresh = folder / "unfinished"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    save_file({k: v.cpu().contiguous() for k, v in tensors.items()}, fresh / TENSORS)
    (fresh / NUMBERS).write_text(json.dumps(dict(state)), encoding="utf-8")
    target = folder / f"checkpoint-{step}"
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    for other in folder.glob("checkpoint-*"):
        if other != target:
            shutil.rmtree(other)


def load_checkpoint(
    folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer
) -> tuple[int, dict[str, Any]]:
    """Fill model and optimiser from the latest checkpoint in ``folder``.

    Returns:
        the step it was written after, and the state given to :func:`save_checkpoint`.

    Raises:
        PhoihopError: there is none, or it is damaged or of another model.
    """
    found = sorted(folder.glob("checkpoint-*"), key=lambda p: int(p.name.rpartition("-")[2]))
    if not found:
        raise PhoihopError(f"{folder}: no checkpoint to resume from; start the run without --resume")
    latest = found[-1]
    try:
        tensors = load_file(latest / TENSORS)
        state: dict[str, Any] = json.loads((latest / NUMBERS).read_text(encoding="utf-8"))
        _fill(model, optimiser, tensors)
    except Exception as error:  # safetensors raises an exception type of its own
        raise PhoihopError(
            f"{latest}: damaged or of another model ({error}); start the run again in a new folder"
        ) from None
    return int(latest.name.rpartition("-")[2]), state


def _fill(model: nn.Module, optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        kind, _, rest = name.partition(".")
        if kind == "optimiser":
            number, _, field = rest.partition(".")
            moments.setdefault(int(number), {})[field] = value
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(tensors[f"weights.{name}"])
    optimiser.load_state_dict({"state": moments, "param_groups": optimiser.state_dict()["param_groups"]})
