"""Learning the embedded encoder from raw text: form embeddings first, then an objective over rows of tokens.

encoder/
  config.json, model.safetensors, tokenizer.json   the encoder, in half precision, as fine-tuning takes it
  pretrain.json                                    how it was learnt: settings, tokens, minutes, held-out loss
  log.jsonl                                        a line per checkpoint
  resume/                                          while the run lasts: the text as ids, checkpoints
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers.utils import logging as hub_logging

from phoihop.data.errors import PhoihopError
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.config import PretrainConfig
from phoihop.training.device import device_name
from phoihop.training.encoders import open_encoder
from phoihop.training.processes import process_state
from phoihop.training.raw.checkpoint import save_checkpoint
from phoihop.training.raw.corpus import encode_documents, raw_files, sample_documents
from phoihop.training.raw.embeddings import word_vectors
from phoihop.training.raw.loop import Pretraining, make_optimiser
from phoihop.training.raw.objectives import OBJECTIVES
from phoihop.training.raw.rows import Ids, row_starts
from phoihop.training.raw.vocabulary import learn_vocabulary
from phoihop.training.runs import CHECKPOINTS, check_same_run, has_checkpoint, versions, write_json

RESUME = "resume"
TEXT_FILE = "text.npy"


def pretrain(
    config: PretrainConfig, sources: Sequence[str | Path], output: str | Path, resume: bool = False
) -> dict[str, Any]:
    """Learn vocabulary, embeddings and LSTMs from raw text, and save the encoder in ``output``.

    Under ``accelerate launch`` all processes share each step's rows; the folder must be one they all see.

    Args:
        config: settings.
        sources: text files, JSONL files (``.zst`` too) or folders of them; see ``corpus.read_raw``.
        output: a new or empty folder, or with ``resume`` an interrupted run's.
        resume: go on from the last checkpoint; the result equals an unbroken run's, bit for bit.

    Returns:
        what was done: settings, tokens seen, minutes, held-out loss and perplexity; in other processes than the
        main one nothing.

    Raises:
        PhoihopError: a source cannot be read, too little text, a folder in use, settings or texts that differ
            from the run to be resumed.
        KeyboardInterrupt: after Ctrl-C, once a checkpoint is written.
    """
    output = Path(output)
    hub_logging.disable_progress_bar()  # ours shows the run; saving a small file needs none
    processes = process_state()
    if processes.is_main_process:
        _open_folder(config, sources, output, resume)
        if not resume:
            _begin(config, sources, output)
    processes.wait_for_everyone()
    report = _head(config, np.load(output / RESUME / TEXT_FILE, mmap_mode="r"))
    encoder, tokenizer = open_encoder(str(output))
    if encoder.config.state_size:
        report |= _learn(encoder, tokenizer, config, output, report)
    if processes.is_main_process:
        save_encoder(encoder, tokenizer, output, report)
        shutil.rmtree(output / RESUME)
    processes.wait_for_everyone()
    return report if processes.is_main_process else {}


def _open_folder(config: PretrainConfig, sources: Sequence[str | Path], output: Path, resume: bool) -> None:
    """See that the folder is new, or the same run's."""
    # What a run wrote that ended before its first checkpoint is written anew.
    begun = (output / RESUME).is_dir() and not has_checkpoint(output / RESUME)
    if not resume and not begun and output.exists() and any(p.name != RESUME for p in output.iterdir()):
        raise PhoihopError(
            f"{output}: the folder is not empty; choose another, or --resume an interrupted run"
        )
    if resume and (output / "pretrain.json").is_file() and not (output / RESUME).exists():
        raise PhoihopError(f"{output}: this run is finished; go on from it with --set start={output}")
    digest = hashlib.sha256()
    for path in raw_files(sources):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
    check_same_run(output / RESUME, resume, config.to_dict(), {"text": digest.hexdigest()}, made=[TEXT_FILE])


def _begin(config: PretrainConfig, sources: Sequence[str | Path], output: Path) -> None:
    """Everything before the first step: the text as ids, the vocabulary, embeddings, a checkpoint."""
    earlier, known = open_encoder(config.start) if config.start else (None, None)
    if earlier is not None and not isinstance(earlier, RecurrentEncoder):
        raise PhoihopError(
            f"start {config.start!r}: a {earlier.config.model_type} encoder; only one that `phoihop pretrain` wrote "
            "can be gone on from"
        )
    documents = sample_documents(sources, config.words, config.seed, config.other_text)
    tokenizer = known or learn_vocabulary(documents[: len(documents) // 3 + 1], config.vocab_size)
    ids = encode_documents(documents, tokenizer)
    print(f"{tokenizer.size} tokens in the vocabulary, {len(ids)} in the text", flush=True)
    learn, _ = _parts(ids, config)
    torch.manual_seed(config.seed)
    encoder = earlier or _new_encoder(config, tokenizer, learn)
    np.save(output / RESUME / TEXT_FILE, ids)
    save_encoder(encoder, tokenizer, output, _head(config, ids))
    if encoder.config.state_size:
        model = OBJECTIVES[config.objective](encoder, config.dropout)
        save_checkpoint(output / RESUME / CHECKPOINTS, 0, model, make_optimiser(model, config), {})


def _new_encoder(config: PretrainConfig, tokenizer: SubwordTokenizer, learn: Ids) -> RecurrentEncoder:
    encoder = RecurrentEncoder.for_tokenizer(
        tokenizer,
        embedding_size=config.embedding_size,
        shape_size=config.shape_size,
        state_size=config.state_size,
        dropout=config.dropout,
    )
    if config.embedding_passes:
        vectors = word_vectors(learn, tokenizer, config.embedding_size, config.embedding_passes, config.seed)
        encoder.form_embedding.weight.data.copy_(vectors)
    return encoder


def _parts(ids: Ids, config: PretrainConfig) -> tuple[Ids, Ids]:
    """The text to learn from, and what is held out: at most a tenth, at least a row."""
    held = max(config.length, min(config.held_out, len(ids) // 10))
    learn = ids[: max(0, len(ids) - held)]
    if len(row_starts(len(learn), config.length)) < config.batch:
        raise PhoihopError(
            f"only {len(learn)} tokens of raw text to learn from; pre-training needs at least a batch of "
            f"{config.batch} rows of {config.length} tokens: give more text or lower 'batch'"
        )
    return learn, ids[len(ids) - held :]


def _learn(
    encoder: RecurrentEncoder,
    tokenizer: SubwordTokenizer,
    config: PretrainConfig,
    output: Path,
    report: dict[str, Any],
) -> dict[str, Any]:
    learn, check = _parts(np.load(output / RESUME / TEXT_FILE, mmap_mode="r"), config)
    run = Pretraining(
        OBJECTIVES[config.objective](encoder, config.dropout),
        learn,
        check,
        config,
        output / RESUME / CHECKPOINTS,
        output / "log.jsonl",
        lambda figures: save_encoder(encoder, tokenizer, output, report | figures),
    )
    return run.run()


def _head(config: PretrainConfig, ids: Ids) -> dict[str, Any]:
    """What is known of a run before its first step."""
    learn, _ = _parts(ids, config)
    return {
        "config": config.to_dict(),
        "tokens_available": len(learn),
        "device": device_name(),
        "versions": versions(),
    }


def save_encoder(
    encoder: RecurrentEncoder, tokenizer: SubwordTokenizer, output: Path, report: dict[str, Any]
) -> None:
    """Write weights in half precision, configuration, tokenizer and the report of how they were learnt."""
    output.mkdir(parents=True, exist_ok=True)
    # Half the size; what fine-tuning adds is far larger than the rounding.
    halves = {
        k: v.cpu().half() if v.is_floating_point() else v.cpu() for k, v in encoder.state_dict().items()
    }
    encoder.save_pretrained(output, state_dict=halves)
    tokenizer.backend.save(str(output / "tokenizer.json"), pretty=False)
    write_json(output / "pretrain.json", report)
