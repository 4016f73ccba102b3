"""How a long run shows itself: a bar in a terminal, now and then a line elsewhere."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINES = 50  # of a run that no terminal shows
PAUSE = 5.0  # seconds between two of them at least


class Meter:
    """Steps done, tokens and tokens per second, loss, time left.

    Args:
        total: steps of the run.
        done: steps behind it already.
        shown: false for all processes but one.
    """

    def __init__(self, total: int, done: int, shown: bool) -> None:
        self.total, self.shown = total, shown
        self.first, self.began = done, time.monotonic()
        self.first_tokens: int | None = None
        self.last = self.began
        self.console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("step"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self.console,
            disable=not (shown and self.console.is_terminal),
        )
        self.task = self.bar.add_task("", total=total, completed=done, figures="")

    def __enter__(self) -> Meter:
        self.bar.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.bar.stop()

    def show(self, step: int, tokens: int, loss: float) -> None:
        """After a step: how many are done, tokens read by them, the running mean of the loss."""
        if self.first_tokens is None:
            self.first_tokens = tokens * self.first // step
        spent = max(1e-9, time.monotonic() - self.began)
        speed = (tokens - self.first_tokens) / spent
        figures = f"{tokens / 1e6:.2f} M tokens, {speed:,.0f} tokens/s, loss {loss:.3f}"
        self.bar.update(self.task, completed=step, figures=figures)
        if self.shown and not self.console.is_terminal and self._due(step):
            left = spent / (step - self.first) * (self.total - step) / 60
            self.console.print(
                f"step {step} of {self.total}: {figures}, {left:.1f} min left", highlight=False
            )

    def _due(self, step: int) -> bool:
        now = time.monotonic()
        due = step % max(1, self.total // LINES) == 0 and now - self.last >= PAUSE
        if due or step == self.total:
            self.last = now
            return True
        return False
