"""The same run with several seeds: what is luck and what is not."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from phoihop.data.errors import PhoihopError
from phoihop.training.config import TrainConfig
from phoihop.training.processes import process_state
from phoihop.training.runs import CONFIG_FILE, has_checkpoint, write_json

SEEDS_FILE = "seeds.json"


def train_seeds(
    config: TrainConfig, count: int, output: Path, run: Callable[[TrainConfig, Path, bool], dict[str, Any]]
) -> dict[str, Any]:
    """Train ``count`` runs, with ``config.seed`` and the numbers after it, each in ``output/seed-N``.

    Runs that are finished are kept, begun ones gone on with, so that the same call again ends what was interrupted.

    Args:
        config: settings of the first run.
        count: how many.
        output: their common folder.
        run: trains one: settings, folder, whether it goes on with a checkpoint there.

    Returns:
        for each figure its mean and standard deviation, also written as ``seeds.json`` with every run's own.
    """
    figures: dict[str, dict[str, Any]] = {}
    for seed in range(config.seed, config.seed + count):
        folder = output / f"seed-{seed}"
        done = _finished(folder, replace(config, seed=seed))
        figures[str(seed)] = done or run(replace(config, seed=seed), folder, has_checkpoint(folder))
    if not process_state().is_main_process:
        return {}
    summary = spread(list(figures.values()))
    write_json(output / SEEDS_FILE, {"runs": figures, "summary": summary})
    return summary


def spread(runs: Sequence[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Mean and (sample) standard deviation of each figure; of one run the deviation is 0."""
    return {
        name: {
            "mean": statistics.mean(r[name] for r in runs),
            "deviation": statistics.stdev(r[name] for r in runs) if len(runs) > 1 else 0.0,
        }
        for name in runs[0]
    }


def _finished(folder: Path, config: TrainConfig) -> dict[str, Any] | None:
    """The figures of a run that is over; with other settings it is not this one's."""
    path = folder / "metrics.json"
    if not path.is_file():
        return None
    before = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    for key, now in config.to_dict().items():
        if before.get(key) != now:
            raise PhoihopError(f"{folder}: a finished run with another {key!r}; choose another folder")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
