"""The tokenizers of other encoders, made ready to be read word by word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from phoihop.data.errors import PhoihopError
from phoihop.model.card import TOKENIZER_FILE
from phoihop.model.phobert import MERGES_FILE, VOCABULARY_FILE, Repair, phobert_tokenizer
from phoihop.model.tokenise import SubwordTokenizer

PROBE = (
    "Thiếu_tướng Nguyễn_Văn_An , Chính_uỷ Bộ_Tư_lệnh Thủ_đô Hà_Nội , ký quy_chế phối_hợp số 05-QC / TU với Quận_uỷ "
    "Quận 8 ngày 12 / 5 / 2023 “ giai_đoạn 2023 – 2026 ” ; 1.500.000 đồng & 30 % XYZ @@ ☃ Ƿ ỦY_BAN nghiêngngả"
)
"""What PhoBERT's vocabulary is tried on when it is loaded."""


def is_phobert(folder: Path) -> bool:
    """Whether a folder holds PhoBERT's two vocabulary files."""
    return (folder / VOCABULARY_FILE).is_file() and (folder / MERGES_FILE).is_file()


def open_tokenizer(folder: Path) -> Tokenizer:
    """The vocabulary in a folder: PhoBERT's files, ``tokenizer.json``, or whatever transformers can read.

    Raises:
        PhoihopError: there is none, it is damaged, or PhoBERT's gives other ids than transformers' tokenizer.
    """
    if is_phobert(folder):
        return _phobert(folder)
    if (folder / TOKENIZER_FILE).is_file():
        return _word_by_word(SubwordTokenizer.load(folder / TOKENIZER_FILE).backend)
    from transformers import AutoTokenizer

    try:
        found: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        return _word_by_word(found.backend_tokenizer)
    except Exception as error:  # no files, a missing library, a tokenizer in Python only
        reason = str(error).strip().partition("\n")[0]
        raise PhoihopError(
            f"{folder}: no tokenizer that can be used ({reason}); save one as tokenizer.json beside the weights"
        ) from None


def _phobert(folder: Path) -> Tokenizer:
    from transformers import PhobertTokenizer

    vocabulary, merges = str(folder / VOCABULARY_FILE), str(folder / MERGES_FILE)
    tokenizer = phobert_tokenizer(vocabulary, merges)
    ours = Repair(tokenizer)(np.array(tokenizer.encode(PROBE).ids)).tolist()
    theirs = PhobertTokenizer(vocabulary, merges)(PROBE)["input_ids"]
    if ours != theirs:
        raise PhoihopError(
            f"{folder}: the fast tokenizer gives other ids than transformers' PhobertTokenizer; please report the "
            "model's name"
        )
    return tokenizer


def _word_by_word(tokenizer: Tokenizer) -> Tokenizer:
    """The same vocabulary without truncation or padding, each word read as after a blank."""
    data = json.loads(tokenizer.to_str())
    data["truncation"] = data["padding"] = None
    for part in _parts(data.get("pre_tokenizer")):
        if part["type"] == "ByteLevel":
            part["add_prefix_space"] = True
        elif part["type"] == "Metaspace":
            part["prepend_scheme"] = "always"
    return Tokenizer.from_str(json.dumps(data))


def _parts(part: dict[str, Any] | None) -> list[dict[str, Any]]:
    """A pre-tokenizer's steps."""
    if part is None:
        return []
    return part["pretokenizers"] if part["type"] == "Sequence" else [part]
