"""Several processes of one run, as ``accelerate launch`` or ``torchrun`` starts them, or a single one."""

from __future__ import annotations

from datetime import timedelta

import torch
from accelerate import PartialState


def process_state() -> PartialState:
    """This process among those that were started, or alone."""
    # The others wait while the main one reads texts or chooses on dev: longer than the usual half hour at times.
    return PartialState(cpu=not torch.cuda.is_available(), timeout=timedelta(hours=12))


def say(line: str) -> None:
    """Print, in the main process."""
    if process_state().is_main_process:
        print(line, flush=True)


def any_process(flag: bool) -> bool:
    """Whether the flag is up in any process: what they do next they must all do."""
    state = process_state()
    if state.num_processes == 1:
        return flag
    found = torch.tensor([float(flag)], device=state.device)
    torch.distributed.all_reduce(found)
    return bool(found.item())


def leave_processes() -> None:
    """At the end of a program: wait for the others and part from them; their threads abort an exit without it."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
