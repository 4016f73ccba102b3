"""Several processes of one run, as ``accelerate launch`` or ``torchrun`` starts them, or a single one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

import torch
from accelerate import PartialState

T = TypeVar("T")


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


def by_turns(items: Sequence[T]) -> list[T]:
    """What falls to this process of work that is dealt out in turns."""
    state = process_state()
    return list(items[state.process_index :: state.num_processes])


def together(mine: Sequence[T]) -> list[T]:
    """What came of work dealt out by :func:`by_turns`, of all processes, in the order of the work; every process
    gets the same."""
    count = process_state().num_processes
    if count == 1:
        return list(mine)
    parts: list[list[T]] = [[] for _ in range(count)]
    torch.distributed.all_gather_object(parts, list(mine))
    return [part[turn] for turn in range(len(parts[0])) for part in parts if turn < len(part)]


def leave_processes() -> None:
    """At the end of a program: wait for the others and part from them; their threads abort an exit without it."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()
