"""Where an encoder comes from: the embedded one, a folder, or fresh random weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import AutoModel

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.model.card import TOKENIZER_FILE
from phoihop.model.checkpoint import load_weights
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.normalise import normalise_text
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.config import TrainConfig
from phoihop.training.raw.vocabulary import learn_vocabulary

EMBEDDED = Path(__file__).parent.parent / "model" / "weights" / "encoder"
RANDOM_VOCABULARY = 8000  # tokens learnt from the training articles for a fresh encoder


def load_encoder(config: TrainConfig, documents: Sequence[Document]) -> tuple[Any, SubwordTokenizer]:
    """The encoder named by ``config.encoder`` and its tokenizer.

    Raises:
        PhoihopError: the folder lacks its files, or its weights do not all arrive.
    """
    if config.encoder == "random":
        tokenizer = learn_vocabulary((normalise_text(d.text) for d in documents), RANDOM_VOCABULARY, 2)
        return RecurrentEncoder.for_tokenizer(tokenizer, dropout=config.encoder_dropout), tokenizer
    return open_encoder(config.encoder)


def open_encoder(name: str) -> tuple[Any, SubwordTokenizer]:
    """A saved encoder and its tokenizer: ``default``, which comes along, or a folder.

    Raises:
        PhoihopError: the folder lacks its files, or its weights do not all arrive.
    """
    folder = _folder(name)
    if not (folder / "config.json").is_file():
        raise PhoihopError(
            f"encoder {name!r}: {folder} holds no saved encoder (config.json is missing); "
            "give a folder that `phoihop pretrain` wrote, 'default' or 'random'"
        )
    tokenizer = SubwordTokenizer.load(folder / TOKENIZER_FILE)
    encoder = load_weights(AutoModel, folder)
    if encoder.config.vocab_size < tokenizer.size:
        raise PhoihopError(
            f"{folder}: the tokenizer has {tokenizer.size} tokens, the encoder only {encoder.config.vocab_size}; "
            "they do not belong together"
        )
    return encoder, tokenizer


def pretraining_report(name: str) -> dict[str, Any]:
    """How an encoder was learnt from raw text, as far as its folder says; empty for others."""
    path = _folder(name) / "pretrain.json"
    if name == "random" or not path.is_file():
        return {}
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    kept = ("tokens_seen", "minutes", "device", "held_out_perplexity")
    note = report.get("config", {}).get("text_note", "")
    return {key: report[key] for key in kept if key in report} | ({"text_note": note} if note else {})


def _folder(name: str) -> Path:
    return EMBEDDED if name == "default" else Path(name)
