"""Fine-tuning: annotated articles in, a run folder with the best model out.

run/
  config.json, data.json, versions.json   what was asked, on what, with what
  log.jsonl                                    a line per epoch: losses, dev figures
  checkpoints/                                 everything needed to go on (--resume)
  model/                                       the best model by dev score: weights, tokenizer, model.json
  metrics.json                                 its dev figures
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import EarlyStoppingCallback, PrinterCallback, TrainingArguments, set_seed
from transformers.utils import logging as hub_logging

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema, default_schema
from phoihop.model.auto import longest_window
from phoihop.model.card import ModelCard
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.joint import JointConfig, JointModel
from phoihop.model.prepare import Reading
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.augment import Augmenter, Lexicon
from phoihop.training.augment.dataset import TellEpoch, VariedExamples
from phoihop.training.config import TrainConfig
from phoihop.training.curves import draw_curves
from phoihop.training.device import use_bf16
from phoihop.training.encoders import load_encoder
from phoihop.training.examples import (
    Collator,
    Example,
    describe_lost,
    learn_reach,
    learn_repeats,
    make_examples,
    split_documents,
)
from phoihop.training.keep import keep_best
from phoihop.training.loop import JointTrainer, Progress, StopOnInterrupt
from phoihop.training.pieces import in_pieces
from phoihop.training.processes import process_state, say
from phoihop.training.runs import CHECKPOINTS, check_same_run, data_digest


def train(
    config: TrainConfig,
    train_documents: Sequence[Document],
    dev_documents: Sequence[Document],
    output: str | Path,
    resume: bool = False,
    silver_documents: Sequence[Document] = (),
) -> dict[str, Any]:
    """Train a model and keep the best by dev score, the mean of entity and relation F1.

    Args:
        config: settings.
        train_documents: articles to learn from.
        dev_documents: articles that choose the epoch and the thresholds; if empty, ``dev_share`` of the
            training articles is set aside for it.
        output: the run folder; new, empty, or with ``resume`` an interrupted run's.
        resume: go on from the last checkpoint; the result equals an unbroken run's.
        silver_documents: articles that models marked (``training.silver``), of which each epoch reads
            ``silver_share`` for every training article.

    Returns:
        the dev figures of the kept model; in other processes than the main one nothing.

    Raises:
        PhoihopError: no articles, a label the schema does not know, a folder in use, settings or data
            that differ from the run to be resumed, an encoder or a lexicon that cannot be loaded.
        KeyboardInterrupt: after Ctrl-C, once a checkpoint is written.
    """
    output = Path(output)
    learn, dev = _articles(config, train_documents, dev_documents)
    silver = list(silver_documents)
    schema = _schema(config, [*learn, *dev, *silver])
    lexicon = Lexicon.load(config.lexicon) if config.augment else None
    main = process_state()
    if main.is_main_process:
        check_same_run(output, resume, config.to_dict(), data_digest(learn, dev, silver))
    main.wait_for_everyone()
    set_seed(config.seed)
    hub_logging.disable_progress_bar()  # ours shows the run; saving a small file needs none

    began = time.monotonic()
    trainer, examples = _trainer(config, schema, lexicon, (learn, dev, silver), output)
    stop = StopOnInterrupt()
    trainer.add_callback(Progress(output / "log.jsonl", resume))
    trainer.add_callback(stop)
    if config.patience:
        trainer.add_callback(EarlyStoppingCallback(config.patience))
    with stop.listening():
        trainer.train(resume_from_checkpoint=resume or None)
    if stop.stopped:
        raise KeyboardInterrupt
    minutes = (time.monotonic() - began) / 60
    figures: dict[str, Any] = {}
    if main.is_main_process:
        figures = keep_best(trainer, trainer.card, examples, output, minutes)
        draw_curves(output)
    main.wait_for_everyone()
    return figures


def _articles(
    config: TrainConfig, train_documents: Sequence[Document], dev_documents: Sequence[Document]
) -> tuple[list[Document], list[Document]]:
    """Articles to learn from, long ones in pieces, and those that choose."""
    if not train_documents:
        raise PhoihopError("no articles to train on; give annotated articles with --train")
    learn, dev = list(in_pieces(train_documents)), list(dev_documents)
    if not dev:
        learn, dev = split_documents(learn, config.dev_share, config.seed)
        if not dev:
            raise PhoihopError("one article cannot be both trained on and held out; give more, or --dev")
    return learn, dev


def _trainer(
    config: TrainConfig,
    schema: Schema,
    lexicon: Lexicon | None,
    articles: tuple[Sequence[Document], Sequence[Document], Sequence[Document]],
    output: Path,
) -> tuple[JointTrainer, list[Example]]:
    """Encoder, model and examples put together, and the examples by themselves; ``articles`` are those to learn
    from, those that choose, and silver ones."""
    learn, dev, silver = articles
    encoder, tokenizer = load_encoder(config, learn)
    reading = _reading(config, encoder, tokenizer)
    examples, lost = make_examples(learn, tokenizer, reading, schema)
    if not examples:
        raise PhoihopError("there are no words in the training articles; give articles with text")
    silver_examples, _ = make_examples(silver, tokenizer, reading, schema)
    beside = f", {len(silver_examples)} silver articles" if silver else ""
    if tokenizer.segmenter is not None:
        parted = sum(x.prepared.parted for x in examples)
        beside += f"; {parted} words of {tokenizer.segmenter.name} parted at the borders of entities"
    say(f"{len(learn)} training articles, {len(dev)} dev articles{beside}; {describe_lost(lost)}")
    reach = learn_reach(examples, schema)
    augmenter = Augmenter(config.augment, lexicon, [x.document for x in examples]) if lexicon else None
    varied = VariedExamples(
        examples, augmenter, tokenizer, reading, schema, config.seed, silver_examples, config.silver_share
    )
    trainer = JointTrainer(
        model=_model(config, schema, encoder),
        args=_arguments(config, output),
        train_dataset=varied,
        eval_dataset=dev,  # type: ignore[arg-type]
        data_collator=Collator(tokenizer, schema, reach),
        settings=config,
        tokenizer=tokenizer,
        card=ModelCard(schema, reading, reach, repeats=learn_repeats(examples, schema)),
    )
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(TellEpoch(varied))
    return trainer, examples


def _reading(config: TrainConfig, encoder: Any, tokenizer: SubwordTokenizer) -> Reading:
    """Windows as long as asked for, but no longer than the encoder takes."""
    longest = longest_window(encoder)
    if config.window > longest:
        say(f"windows of {longest} tokens: the encoder takes no more")
    length = min(config.window, longest)
    overlap = min(config.overlap, (length - 16) // 2)
    segmenter = tokenizer.segmenter.name if tokenizer.segmenter else "none"
    return Reading(length, overlap, config.line_breaks, segmenter)


def _schema(config: TrainConfig, documents: Sequence[Document]) -> Schema:
    if config.schema == "data":
        return Schema.from_documents(documents)
    schema = default_schema() if config.schema == "default" else Schema.load(config.schema)
    for document in documents:
        faults = schema.faults(document)
        if faults:
            raise PhoihopError(
                f'article {document.id}: {faults[0]}; correct it, or train with schema = "data" or your own schema file'
            )
    return schema


def _model(config: TrainConfig, schema: Schema, encoder: Any) -> JointModel:
    settings = encoder.config.to_dict() | {"model_type": encoder.config.model_type}
    if isinstance(encoder, RecurrentEncoder):
        settings["dropout"] = config.encoder_dropout
    joint = JointConfig(
        encoder=settings,
        task=schema.to_dict(),
        token_head=config.token_head,
        convolution_size=config.convolution_size,
        convolution_layers=config.convolution_layers,
        recurrent_size=config.recurrent_size,
        relation_size=config.relation_size,
        dropout=config.dropout,
        relation_dropout=config.relation_dropout,
        relation_weight=config.relation_weight,
    )
    model = JointModel(joint)
    model.encoder.load_state_dict(encoder.state_dict())
    return model


def _arguments(config: TrainConfig, output: Path) -> TrainingArguments:
    if config.tensorboard:
        if find_spec("tensorboard") is None:
            raise PhoihopError(
                "setting 'tensorboard': not installed; run: pip install 'phoihop[tensorboard]'"
            )
        os.environ["TENSORBOARD_LOGGING_DIR"] = str(output / "tensorboard")
    cuda = torch.cuda.is_available()
    processes = process_state().num_processes
    shares = processes * config.accumulate
    if config.batch_size % shares:
        raise PhoihopError(
            f"setting 'batch_size' ({config.batch_size} articles) cannot be shared out evenly among {processes} "
            f"processes in {config.accumulate} parts; choose a multiple of {shares}"
        )
    arguments = TrainingArguments(
        output_dir=str(output / CHECKPOINTS),
        num_train_epochs=config.epochs,
        per_device_train_batch_size=config.batch_size // shares,
        gradient_accumulation_steps=config.accumulate,
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        warmup_steps=config.warmup,
        lr_scheduler_type="linear",
        max_grad_norm=config.max_gradient,
        bf16=use_bf16(config.bf16),
        use_cpu=not cuda,
        ddp_backend=None if cuda or processes == 1 else "gloo",
        ddp_find_unused_parameters=processes
        > 1,  # an article without entities asks nothing of the relation head
        eval_strategy="epoch",
        save_strategy="epoch",
        logging_strategy="epoch",
        save_total_limit=2,
        load_best_model_at_end=True,
        restore_callback_states_from_checkpoint=True,  # the count of epochs without a better score
        metric_for_best_model="score",
        greater_is_better=True,
        remove_unused_columns=False,
        label_names=["tags"],
        dataloader_num_workers=0,
        dataloader_pin_memory=False,
        report_to=["tensorboard"] if config.tensorboard else [],
        disable_tqdm=True,
        seed=config.seed,
    )
    # One batch holds pairs that point into it: it cannot be cut for several devices of one process.
    arguments._n_gpu = min(1, arguments.n_gpu)
    return arguments
