"""The steps of pre-training, on one device or, under ``accelerate launch``, on several."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate.utils import broadcast_object_list
from torch import nn

from phoihop.data.errors import PhoihopError
from phoihop.training.config import PretrainConfig
from phoihop.training.device import use_bf16
from phoihop.training.interrupt import Interrupt
from phoihop.training.processes import any_process, process_state
from phoihop.training.raw.checkpoint import load_checkpoint, save_checkpoint
from phoihop.training.raw.meter import Meter
from phoihop.training.raw.objectives import Objective
from phoihop.training.raw.rows import Ids, Rows, draw_forms, gather, row_starts, step_seed

SETTLING = 300
"""Steps at the start that teach the new guessing layers alone when an encoder is gone on from."""
PROBE = 6
"""Steps timed before the first one, to plan how many the minutes allow."""


@dataclass
class Progress:
    """Where a run stands: steps planned, seconds spent, the running mean of the loss."""

    total: int = 0
    seconds: float = 0.0
    loss: float = 0.0


class Pretraining:
    """A run over a text.

    Args:
        model: encoder and objective.
        learn: the text, as token ids.
        check: text kept apart for the held-out loss.
        config: settings.
        folder: where checkpoints lie; the latest one is gone on from.
        log: gets a JSON line for each checkpoint.
        save: called with a report of the run so far whenever the encoder shall be written.
    """

    def __init__(
        self,
        model: Objective,
        learn: Ids,
        check: Ids,
        config: PretrainConfig,
        folder: Path,
        log: Path,
        save: Callable[[dict[str, Any]], None],
    ) -> None:
        self.config, self.learn, self.check = config, learn, check
        self.folder, self.log, self.save = folder, log, save
        self.processes = process_state()
        if config.batch % self.processes.num_processes:
            raise PhoihopError(
                f"setting 'batch' ({config.batch} rows) cannot be shared out evenly among "
                f"{self.processes.num_processes} processes; choose a multiple of it"
            )
        self.form_of = model.encoder.form_of.cpu().numpy()
        counts = np.bincount(self.form_of[learn], minlength=model.encoder.config.form_count)
        model.set_sampling(torch.from_numpy(counts), config.draws)
        self.model = model.to(self.processes.device).train()  # a loaded encoder comes without dropout
        self.optimiser = make_optimiser(self.model, config)
        self.step, state = load_checkpoint(folder, self.model, self.optimiser)
        self.progress = Progress(**state)
        self.rows = Rows(learn, config.length, config.batch, config.seed)
        self.parallel: nn.Module = self.model
        if self.processes.num_processes > 1:
            self.parallel = nn.parallel.DistributedDataParallel(self.model)
        self.bf16 = use_bf16(config.bf16)

    @property
    def tokens_seen(self) -> int:
        """Tokens of all rows read so far, by all processes."""
        return self.step * self.config.batch * self.config.length

    def run(self) -> dict[str, Any]:
        """Go through the steps that are left, then measure.

        Raises:
            KeyboardInterrupt: after Ctrl-C, once a checkpoint is written.
        """
        self.progress.total = self.progress.total or self._plan()
        stop = Interrupt()
        began = time.monotonic() - self.progress.seconds
        meter = Meter(self.progress.total, self.step, self.processes.is_main_process)
        with stop.listening(), meter:
            while self.step < self.progress.total:
                loss = self._learn(self.step)
                self.step += 1
                self.progress.seconds = time.monotonic() - began
                self.progress.loss = loss if self.step == 1 else 0.99 * self.progress.loss + 0.01 * loss
                meter.show(self.step, self.tokens_seen, self.progress.loss)
                asked = any_process(stop.asked)
                if asked or self.step % self.config.checkpoint_every == 0:
                    self._checkpoint(measure=not asked)
                if asked and self.step < self.progress.total:
                    raise KeyboardInterrupt
        return self._report()

    def _learn(self, step: int) -> float:
        """One step on this process's share of the batch; the loss of that share."""
        share = self.config.batch // self.processes.num_processes
        first = share * self.processes.process_index
        ids = self.rows[step][first : first + share].to(self.processes.device)
        negatives = draw_forms(self.learn, self.form_of, self.config.draws, self.config.seed, step)
        settling = bool(self.config.start) and step < min(SETTLING, self.progress.total // 10)
        set_rate(self.optimiser, rate(step / self.progress.total, self.config), settling)
        torch.manual_seed(step_seed(self.config.seed, step, self.processes.process_index))
        loss = self._gradients(ids, negatives.to(self.processes.device))
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        return loss

    def _gradients(self, ids: torch.Tensor, negatives: torch.Tensor) -> float:
        self.optimiser.zero_grad()
        with torch.autocast(ids.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            loss: torch.Tensor = self.parallel(ids, negatives)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.item()

    def _plan(self) -> int:
        """Steps: those of the passes, or as many as the minutes allow by the speed of a few trials."""
        wanted = self.config.passes * self.rows.steps
        if not self.config.minutes:
            return wanted
        share = self.config.batch // self.processes.num_processes
        times = []
        for step in range(PROBE):
            began = time.monotonic()
            ids = self.rows[step % self.rows.steps][:share].to(self.processes.device)
            negatives = draw_forms(self.learn, self.form_of, self.config.draws, self.config.seed, step)
            self._gradients(ids, negatives.to(self.processes.device))
            times.append(time.monotonic() - began)
        self.optimiser.zero_grad()
        # The first trial pays for memory and kernels; the optimiser's own work adds about a tenth.
        allowed = int(60 * self.config.minutes / (1.1 * float(np.median(times[1:]))))
        plan = [max(1, min(wanted, allowed))]
        if self.processes.num_processes > 1:
            broadcast_object_list(plan)
        return int(plan[0])

    def _checkpoint(self, measure: bool) -> None:
        if self.processes.is_main_process:
            save_checkpoint(self.folder, self.step, self.model, self.optimiser, asdict(self.progress))
            if measure:
                self.save(self._report())
        self.processes.wait_for_everyone()

    def _report(self) -> dict[str, Any]:
        """What the run has come to, with the held-out loss, measured by the main process and noted in the log."""
        if not self.processes.is_main_process:
            return {}
        loss = held_out_loss(self.model, self.check, self.config)
        report: dict[str, Any] = {
            "steps": self.step,
            "tokens_seen": self.tokens_seen,
            "minutes": round(self.progress.seconds / 60, 1),
            "held_out_loss": round(loss, 4),
        }
        if self.model.guesses:
            report["held_out_perplexity"] = round(math.exp(loss), 2)
        with self.log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(report | {"loss": round(self.progress.loss, 4)}) + "\n")
        return report


def make_optimiser(model: Objective, config: PretrainConfig) -> torch.optim.Optimizer:
    """AdamW over two groups, the encoder and the layers above it."""
    inside = {id(w) for w in model.encoder.parameters()}
    groups = [
        {"params": [w for w in model.parameters() if (id(w) in inside) == encoder]}
        for encoder in (True, False)
    ]
    return torch.optim.AdamW(
        groups, lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
    )


def set_rate(optimiser: torch.optim.Optimizer, value: float, settling: bool) -> None:
    """Give both groups the rate; while the new layers settle, the encoder stays as it is."""
    encoder, above = optimiser.param_groups
    encoder["lr"], above["lr"] = (0.0 if settling else value), value


def rate(done: float, config: PretrainConfig) -> float:
    """The learning rate when a share ``done`` of the steps is behind: a rise, then a cosine to a fiftieth."""
    if done < config.warmup:
        return config.learning_rate * (0.1 + 0.9 * done / config.warmup)
    return config.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


@torch.no_grad()
def held_out_loss(model: Objective, ids: Ids, config: PretrainConfig) -> float:
    """Mean loss, against all forms, over text not learnt from, in nats; the same tokens are hidden each time."""
    device = next(model.parameters()).device
    model.eval()
    torch.manual_seed(0)
    starts = row_starts(len(ids), config.length)
    batches = [
        gather(ids, starts[i : i + config.batch], config.length) for i in range(0, len(starts), config.batch)
    ]
    losses = [(len(rows), model(rows.to(device), None).item()) for rows in batches]
    model.train()
    return float(sum(n * loss for n, loss in losses) / sum(n for n, _ in losses))
