"""The training loop: transformers' Trainer with our optimiser groups and dev figures from real predictions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from torch import nn
from transformers import Trainer, TrainerCallback, TrainerControl

from phoihop.data.document import Document
from phoihop.data.schema import Schema
from phoihop.eval.evaluate import Evaluation, score
from phoihop.model.backend import TorchBackend
from phoihop.model.card import ModelCard
from phoihop.model.decode import Transitions
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.extractor import Extractor
from phoihop.model.features import FeatureScorer
from phoihop.model.joint import JointModel
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.config import TrainConfig
from phoihop.training.examples import hide_words
from phoihop.training.interrupt import Interrupt
from phoihop.training.processes import any_process, by_turns, process_state, together


class JointTrainer(Trainer):  # type: ignore[misc]
    """``eval_dataset`` is a list of annotated documents; evaluation predicts their texts."""

    def __init__(
        self, *args: Any, settings: TrainConfig, tokenizer: SubwordTokenizer, card: ModelCard, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.settings, self.tokenizer, self.card = settings, tokenizer, card
        self.features: FeatureScorer | None = None  # learnt when the network has
        self.loss_is_scaled_for_ga = True  # by the totals of ``get_batch_samples``
        self.optimizer: torch.optim.Optimizer | None
        self.control: TrainerControl
        self._sums = np.zeros(3)

    def create_optimizer(self, *_: Any, **__: Any) -> torch.optim.Optimizer:
        """AdamW: the encoder at its own rate, matrices decayed, vectors and transitions not."""
        if self.optimizer is None:
            self.optimizer = torch.optim.AdamW(parameter_groups(self.model, self.settings))  # type: ignore[arg-type]
        return self.optimizer

    def get_batch_samples(self, *args: Any, **kwargs: Any) -> tuple[list[dict[str, Any]], Any]:
        """The parts of a step's batch that this process reads, with what all parts of all processes hold: words
        in entities and true pairs (2,).  Divided by the number of processes, whose gradients are averaged."""
        parts, _ = super().get_batch_samples(*args, **kwargs)
        if not parts:
            return parts, None
        self._sums[0] += 1.0  # a step; its losses come in parts
        sums = [[(p["tags"] > 0).sum(), p["pair_labels"].sum()] for p in parts]
        totals = torch.tensor(sums, dtype=torch.float32, device=self.args.device).sum(0)
        if self.args.world_size > 1:
            totals = self.accelerator.reduce(totals, "sum")
        return parts, totals / self.args.world_size

    def compute_loss(
        self,
        model: nn.Module,
        inputs: dict[str, Any],
        *args: Any,
        num_items_in_batch: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Hide some sub-words; keep a tally of the two losses for the log."""
        ids = hide_words(inputs["input_ids"], self.settings.word_dropout, self.tokenizer)
        output = model(**{**inputs, "input_ids": ids}, totals=num_items_in_batch)
        self._sums += [0.0, float(output.tag_loss), float(output.relation_loss)]
        return (output.loss, output) if kwargs.get("return_outputs") else output.loss

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Dev figures; ``eval_score`` chooses the best epoch.  Of several processes each predicts a share, and all
        decide by the figures of the whole."""
        self.model.eval()  # type: ignore[union-attr]
        card = current_card(self.card, self.model)  # type: ignore[arg-type]
        texts = by_turns([d.text for d in self._dev])
        predicted = together(list(self.extractor(card).predict_many(texts)))
        figures = main_figures(self._score(predicted), card.schema)
        self.model.train()  # type: ignore[union-attr]
        steps, tags, relations = self._sums
        self._sums[:] = 0
        metrics = {f"eval_{k}": v for k, v in figures.items()}
        if steps:
            metrics |= {"tag_loss": tags / steps, "relation_loss": relations / steps}
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics

    def extractor(self, card: ModelCard | None = None) -> Extractor:
        """The model in training as an extractor."""
        card = card or current_card(self.card, self.model)  # type: ignore[arg-type]
        name = "the model in training"
        return Extractor(TorchBackend(self.model), self.tokenizer, card, name, self.features)

    @property
    def _dev(self) -> Sequence[Document]:
        documents: Sequence[Document] = self.eval_dataset  # type: ignore[assignment]
        return documents

    def dev_evaluation(self, card: ModelCard) -> Evaluation:
        """Every table on the dev articles, from the same predictions a user would get; in this process alone."""
        return self._score(list(self.extractor(card).predict_many([d.text for d in self._dev])))

    def _score(self, predicted: Sequence[Document]) -> Evaluation:
        # Names of articles may repeat between folders; here only their order counts.
        names = [str(i) for i in range(len(predicted))]
        gold = [d.replace(id=i, records=None) for i, d in zip(names, self._dev, strict=True)]
        return score(gold, [d.replace(id=i) for i, d in zip(names, predicted, strict=True)])


def main_figures(evaluation: Evaluation, schema: Schema) -> dict[str, float]:
    """The figures that choose the best epoch."""
    entities = evaluation.tables["entities"].micro.f1
    if not schema.relations:
        return {"entity_f1": entities, "score": entities}
    relations = evaluation.tables["relations"].micro.f1
    return {"entity_f1": entities, "relation_f1": relations, "score": (entities + relations) / 2}


def current_card(card: ModelCard, model: JointModel) -> ModelCard:
    """The card with the transitions that the model has now."""
    if model.crf is None:
        return card
    parts = (w.detach().cpu().float().numpy() for w in (model.crf.start, model.crf.step, model.crf.end))
    return replace(card, crf=Transitions(*parts))


def parameter_groups(model: nn.Module, settings: TrainConfig) -> list[dict[str, Any]]:
    """Groups by depth, the new layers above the encoder's, each decayed (two dimensions or more) or not.

    The encoder's upper layer learns at its own rate, each one below at ``layer_decay`` of the one above
    (Howard and Ruder 2018, section 3.2).
    """
    top = 1 + max((_depth(name) for name, _ in model.named_parameters()), default=0)
    groups: dict[tuple[int, bool], list[nn.Parameter]] = {}
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            depth = _depth(name) if name.startswith("encoder.") else top
            decayed = weight.ndim >= 2 and not name.startswith("crf.")
            groups.setdefault((depth, decayed), []).append(weight)
    base = settings.encoder_learning_rate or (2e-5 if _is_transformer(model) else 5e-4)
    rates = {d: base * settings.layer_decay ** (top - 1 - d) for d in range(top)}
    rates[top] = settings.learning_rate
    return [
        {
            "params": weights,
            "lr": rates[depth],
            "weight_decay": settings.weight_decay if decayed else 0.0,
        }
        for (depth, decayed), weights in sorted(groups.items(), key=lambda item: item[0])
    ]


def _is_transformer(model: nn.Module) -> bool:
    return isinstance(model, JointModel) and not isinstance(model.encoder, RecurrentEncoder)


def _depth(name: str) -> int:
    """How far above the text a weight of the encoder stands: 0 for embeddings, then layer by layer."""
    if not name.startswith("encoder.") or "embedding" in name:
        return 0
    numbers = [int(part) for part in name.split(".") if part.isdigit()]
    return 1 + numbers[0] if numbers else 1


class Progress(TrainerCallback):  # type: ignore[misc]
    """A bar over steps with the last losses and dev figures, and one JSON line an epoch in the log; in the main
    process alone."""

    def __init__(self, log: Path, keep: bool) -> None:
        self.log, self.main = log, process_state().is_main_process
        if not keep and self.main:
            log.unlink(missing_ok=True)
        self.console = Console(stderr=True)
        self.bar = Bar(
            TextColumn("epoch {task.fields[epoch]:>2}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self.console,
            disable=not (self.console.is_terminal and self.main),
        )

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Show the bar; of a run gone on with, forget the epochs that its checkpoint does not have."""
        if self.log.is_file() and self.main:
            rows = [
                line for line in self.log.read_text(encoding="utf-8").splitlines(True) if line.endswith("\n")
            ]
            kept = [line for line in rows if json.loads(line)["step"] <= state.global_step]
            self.log.write_text("".join(kept), encoding="utf-8")
        self.task = self.bar.add_task(
            "", total=state.max_steps, completed=state.global_step, epoch=0, figures=""
        )
        self.bar.start()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Move on by one step."""
        epoch = min(int(state.epoch or 0) + 1, int(state.num_train_epochs))
        self.bar.update(self.task, completed=state.global_step, epoch=epoch)

    def on_evaluate(self, args: Any, state: Any, control: Any, metrics: Any = None, **_: Any) -> None:
        """Note an epoch's figures."""
        if not self.main:
            return
        row: dict[str, Any] = {"epoch": round(state.epoch or 0), "step": state.global_step}
        row |= {k: round(float(v), 5) for k, v in (metrics or {}).items() if k not in row}
        with self.log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(row) + "\n")
        figures = f"loss {row.get('tag_loss', 0):.3f} + {row.get('relation_loss', 0):.3f}"
        figures += f", dev entities {100 * row['eval_entity_f1']:.1f}"
        if "eval_relation_f1" in row:
            figures += f", relations {100 * row['eval_relation_f1']:.1f}"
        self.bar.update(self.task, figures=figures)
        if not self.console.is_terminal:
            self.console.print(f"epoch {row['epoch']}: {figures}", highlight=False)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Take the bar away."""
        self.bar.stop()


class StopOnInterrupt(Interrupt, TrainerCallback):  # type: ignore[misc]
    """Ctrl-C finishes the step, writes a checkpoint and ends the run; a second one ends it at once.

    At the end of an epoch its dev figures are computed first, within one they are not: the checkpoint must
    be one that the unbroken run passes through.  If that was the last epoch, the run ends as usual.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stopped = False  # before the run was over

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Within an epoch, save and stop if asked to."""
        self.asked = any_process(self.asked)
        if self.asked and state.epoch != int(state.epoch):
            control.should_save = control.should_training_stop = self.stopped = True

    def on_epoch_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Neither figures nor a second checkpoint for a part of an epoch."""
        if self.stopped:
            control.should_evaluate = control.should_save = control.should_log = False

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After an epoch, stop if asked to and anything is left to do."""
        if self.asked and not control.should_training_stop:
            control.should_training_stop = self.stopped = True
