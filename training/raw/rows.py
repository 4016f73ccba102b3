"""Rows of a long row of token ids, in batches, and the forms drawn as wrong answers.

All chance here hangs on the seed and the number of the pass or the step alone, so that a run can go on
anywhere, on any number of processes, as if it had never stopped.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Ids = NDArray[np.uint16]


def row_starts(count: int, length: int) -> NDArray[np.int64]:
    """Where rows of ``length`` tokens begin in ``count``: they overlap by two, so that what is guessed from
    both sides is guessed once."""
    return np.arange(0, count - length + 1, length - 2)


class Rows:
    """Batches of the rows of a text, in another random order each pass.

    Args:
        ids: the text.
        length: tokens of a row.
        batch: rows of a step; the fewer that are left at the end of a pass are skipped.
        seed: of the orders.

    Raises:
        ValueError: less text than one batch.
    """

    def __init__(self, ids: Ids, length: int, batch: int, seed: int) -> None:
        self.ids, self.length, self.batch, self.seed = ids, length, batch, seed
        self.starts = row_starts(len(ids), length)
        self.steps = len(self.starts) // batch
        if not self.steps:
            raise ValueError(f"{len(self.starts)} rows make no batch of {batch}")
        self._pass, self._order = -1, self.starts

    def __getitem__(self, step: int) -> Tensor:
        """Batch (batch, length) of a step, counted through all passes from 0."""
        number, place = divmod(step, self.steps)
        if number != self._pass:
            self._pass = number
            self._order = np.random.default_rng((self.seed, number)).permutation(self.starts)
        starts = self._order[place * self.batch : (place + 1) * self.batch]
        return gather(self.ids, starts, self.length)


def gather(ids: Ids, starts: NDArray[np.int64], length: int) -> Tensor:
    """Rows (starts, length) of the text."""
    return torch.from_numpy(np.stack([ids[s : s + length] for s in starts]).astype(np.int64))


def draw_forms(ids: Ids, form_of: NDArray[np.int64], draws: int, seed: int, step: int) -> Tensor:
    """The distinct forms at ``draws`` random places of the text."""
    places = np.random.default_rng((seed, step, draws)).integers(0, len(ids), draws)
    return torch.from_numpy(np.unique(form_of[ids[places]]))


def step_seed(seed: int, step: int, process: int) -> int:
    """A seed for everything torch leaves to chance in one step of one process."""
    return int(np.random.SeedSequence((seed, step, process)).generate_state(1, np.uint32)[0])
