"""Where an encoder comes from: the embedded one, a folder, a model of the hub, or fresh random weights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoModel

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.model.auto import without_pooler
from phoihop.model.card import CARD_FILE
from phoihop.model.checkpoint import load_weights
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.hub import fetch, is_hub_name
from phoihop.model.normalise import normalise_text
from phoihop.model.segment import load_segmenter
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.config import TrainConfig
from phoihop.training.raw.vocabulary import learn_vocabulary
from phoihop.training.vocabularies import is_phobert, open_tokenizer

EMBEDDED = Path(__file__).parent.parent / "model" / "weights" / "encoder"
RANDOM_VOCABULARY = 8000  # tokens learnt from the training articles for a fresh encoder

# What of a hub model is fetched: weights as safetensors, else as tensors that torch reads without running code.
_FILES = ("*.json", "vocab.txt", "bpe.codes", "merges.txt", "*.model", "*.safetensors")
_OLD_WEIGHTS = "pytorch_model.bin"


def load_encoder(config: TrainConfig, documents: Sequence[Document]) -> tuple[Any, SubwordTokenizer]:
    """The encoder named by ``config.encoder`` and its tokenizer, with the segmenter it reads through.

    Raises:
        PhoihopError: the folder lacks its files, its weights do not all arrive, the hub cannot be reached, or
            the segmenter is not installed.
    """
    if config.encoder == "random":
        tokenizer = learn_vocabulary((normalise_text(d.text) for d in documents), RANDOM_VOCABULARY, 2)
        name = "none" if config.segmenter == "auto" else config.segmenter
        tokenizer = SubwordTokenizer(tokenizer.backend, load_segmenter(name))
        return RecurrentEncoder.for_tokenizer(tokenizer, dropout=config.encoder_dropout), tokenizer
    return open_encoder(config.encoder, config.segmenter)


def open_encoder(name: str, segmenter: str = "auto") -> tuple[Any, SubwordTokenizer]:
    """A saved encoder and its tokenizer: ``default``, which comes along, a folder, or a hub model ``owner/name``.

    ``segmenter`` is as in ``segment.load_segmenter``, or ``auto``: pyvi for PhoBERT, none for others.

    Raises:
        PhoihopError: the folder lacks its files, its weights do not all arrive, or the hub cannot be reached.
    """
    folder = find_folder(name)
    if (folder / CARD_FILE).is_file():
        raise PhoihopError(
            f"encoder {name!r}: a finished phoihop model, no encoder to start from; give one such as PhoBERT, or the "
            "folder that `phoihop pretrain` wrote"
        )
    if not (folder / "config.json").is_file():
        raise PhoihopError(
            f"encoder {name!r}: {folder} holds no saved encoder (config.json is missing); give a folder that "
            "`phoihop pretrain` or save_pretrained wrote, a hub model owner/name, 'default' or 'random'"
        )
    if segmenter == "auto":
        segmenter = "pyvi" if is_phobert(folder) else "none"
    tokenizer = SubwordTokenizer(open_tokenizer(folder), load_segmenter(segmenter))
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
    except Exception as error:  # an unknown family, a damaged file
        reason = str(error).strip().partition("\n")[0]
        raise PhoihopError(f"{folder}: the encoder's config.json cannot be used ({reason})") from None
    if (
        config.model_type == "phoihop-joint"
        or getattr(config, "is_encoder_decoder", False)
        or not hasattr(config, "vocab_size")
    ):
        raise PhoihopError(
            f"{folder}: a {config.model_type} model is no encoder to start from; give one such as PhoBERT, or the "
            "folder that `phoihop pretrain` wrote"
        )
    encoder = load_weights(AutoModel, folder, **without_pooler(config))
    if encoder.config.vocab_size < tokenizer.size:
        raise PhoihopError(
            f"{folder}: the tokenizer has {tokenizer.size} tokens, the encoder only {encoder.config.vocab_size}; "
            "they do not belong together"
        )
    return encoder, tokenizer


def find_folder(name: str) -> Path:
    """The folder of an encoder's files; those of a hub model are fetched into the hub's cache first."""
    if name == "default":
        return EMBEDDED
    return _fetch(name) if is_hub_name(name) else Path(name)


def _fetch(name: str) -> Path:
    instead = "download the model's files into a folder and give that, or use 'default', the encoder that comes along"
    folder = fetch(name, _FILES, instead)
    if not any(folder.glob("*.safetensors")):
        folder = fetch(name, [*_FILES, _OLD_WEIGHTS], instead)
    return folder


def pretraining_report(name: str) -> dict[str, Any]:
    """How an encoder was learnt from raw text, as far as its folder says; empty for others."""
    path = (EMBEDDED if name == "default" else Path(name)) / "pretrain.json"
    if name == "random" or not path.is_file():
        return {}
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    kept = ("tokens_seen", "minutes", "device", "held_out_perplexity")
    note = report.get("config", {}).get("text_note", "")
    return {key: report[key] for key in kept if key in report} | ({"text_note": note} if note else {})
