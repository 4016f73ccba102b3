"""What computes: its name, and whether it takes bfloat16."""

from __future__ import annotations

import torch


def device_name() -> str:
    """As it stands in reports and model cards."""
    if torch.cuda.is_available():
        return f"{torch.cuda.get_device_name()}"
    return f"CPU, {torch.get_num_threads()} threads"


def use_bf16(setting: str) -> bool:
    """``yes``, ``no``, or ``auto``: where the device computes in bfloat16 rather than imitate it."""
    if setting != "auto":
        return setting == "yes"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())
