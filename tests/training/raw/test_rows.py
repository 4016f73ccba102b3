"""Rows of a text: every token is guessed once a pass, and chance hangs on seed and step alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from phoihop.training.raw.rows import Rows, draw_forms, step_seed


def test_a_pass_guesses_every_token_once_and_its_order_follows_seed_and_pass() -> None:
    ids = np.arange(8 + 6 * 11, dtype=np.uint16)  # twelve rows
    rows = Rows(ids, 8, 3, seed=5)
    assert rows.steps == 4
    batches = [rows[i] for i in range(12)]
    assert all(b.shape == (3, 8) for b in batches)
    assert all(bool((row[1:] - row[:-1] == 1).all()) for b in batches for row in b)
    for number in range(3):
        inner = torch.cat([b[:, 1:-1].flatten() for b in batches[4 * number : 4 * number + 4]]).tolist()
        assert sorted(inner) == list(range(1, len(ids) - 1))
    assert not torch.equal(torch.stack(batches[:4]), torch.stack(batches[4:8]))
    again = Rows(ids, 8, 3, seed=5)
    assert torch.equal(again[9], batches[9])  # asked for out of order
    assert torch.equal(again[2], batches[2])
    other = Rows(ids, 8, 3, seed=6)
    assert not torch.equal(torch.stack([other[i] for i in range(4)]), torch.stack(batches[:4]))


def test_rows_left_over_wait_for_another_pass() -> None:
    ids = np.arange(8 + 6 * 10, dtype=np.uint16)  # eleven rows
    rows = Rows(ids, 8, 3, seed=1)
    assert rows.steps == 3
    seen = {int(first) for i in range(3 * 40) for first in rows[i][:, 0]}
    assert len(seen) == 11
    with pytest.raises(ValueError, match="11 rows make no batch of 12"):
        Rows(ids, 8, 12, seed=1)


def test_the_drawn_forms_are_distinct_and_frequent_ones_come_more_often() -> None:
    ids = np.array([3] * 900 + [7] * 90 + [9] * 10, dtype=np.uint16)
    form_of = np.arange(20)[::-1].copy()
    counts = np.zeros(20, dtype=int)
    for step in range(400):
        drawn = draw_forms(ids, form_of, 10, 1, step)
        assert len(set(drawn.tolist())) == len(drawn)
        counts[drawn.numpy()] += 1
    chances = [1 - (1 - share) ** 10 for share in (0.9, 0.09, 0.01)]
    assert np.abs(counts[[16, 12, 10]] / 400 - chances).max() < 0.08
    assert counts.sum() == counts[[16, 12, 10]].sum()
    assert torch.equal(draw_forms(ids, form_of, 10, 1, 8), draw_forms(ids, form_of, 10, 1, 8))


def test_every_step_and_process_has_a_seed_of_its_own() -> None:
    seeds = {step_seed(s, step, p) for s in (1, 2) for step in range(50) for p in range(4)}
    assert len(seeds) == 400
    assert step_seed(1, 2, 3) == step_seed(1, 2, 3)
