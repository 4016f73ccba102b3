"""Encoders of any family that transformers knows, as the joint model wants them: without a pooler."""

from __future__ import annotations

import inspect
from typing import Any

from transformers import AutoModel, PreTrainedModel


def without_pooler(config: Any) -> dict[str, bool]:
    """What a model class is told so that it builds no pooler: nothing reads one, and most checkpoints lack it."""
    kind = AutoModel._model_mapping.get(type(config), None)
    kind = kind[0] if isinstance(kind, tuple) else kind
    takes = kind is not None and "add_pooling_layer" in inspect.signature(kind.__init__).parameters
    return {"add_pooling_layer": False} if takes else {}


def new_encoder(config: Any) -> PreTrainedModel:
    """An encoder of a configuration with random weights."""
    return AutoModel.from_config(config, **without_pooler(config))


def longest_window(encoder: Any) -> int:
    """Tokens that an encoder reads at once, the special ones included.

    RoBERTa and its kin count positions from behind the padding token's: of PhoBERT's 258, two are never used.
    """
    limit = int(getattr(encoder.config, "max_position_embeddings", 0) or 0)
    limit = limit if limit > 0 else 512  # XLNet and its like have no limit, and write -1
    table = getattr(getattr(encoder, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)
    return limit - (padding + 1 if padding is not None else 0)
