"""Settings of fine-tuning and pre-training: one TOML file each, every key known, every value of its type."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from phoihop.data.errors import PhoihopError
from phoihop.model.segment import SEGMENTERS

OBJECTIVE_NAMES = ("context", "next", "masked", "hybrid", "replaced")


@dataclass(frozen=True)
class TrainConfig:
    """Settings of :func:`phoihop.training.finetune.train`; ``finetune.toml`` says what each means."""

    encoder: str
    segmenter: str
    schema: str
    token_head: str
    features: int
    convolution_size: int
    convolution_layers: int
    recurrent_size: int
    relation_size: int
    dropout: float
    relation_dropout: float
    encoder_dropout: float
    word_dropout: float
    relation_weight: float
    window: int
    overlap: int
    line_breaks: bool
    augment: float
    lexicon: str
    silver_share: float
    epochs: int
    batch_size: int
    accumulate: int
    learning_rate: float
    encoder_learning_rate: float
    layer_decay: float
    weight_decay: float
    warmup: float
    max_gradient: float
    patience: int
    bf16: str
    seed: int
    dev_share: float
    tensorboard: bool

    @classmethod
    def load(cls, path: str | Path | None = None, overrides: Mapping[str, str] | None = None) -> TrainConfig:
        """The defaults, then a TOML file, then single settings as strings.

        Raises:
            PhoihopError: an unknown key, a value of the wrong type or out of range, an unreadable file.
        """
        config = cls(**load_settings("finetune.toml", path, overrides))
        config.check()
        return config

    def to_dict(self) -> dict[str, Any]:
        """All settings by name."""
        return asdict(self)

    def check(self) -> None:
        """Refuse what cannot work, naming the setting and its allowed values."""
        for name in ("epochs", "batch_size", "accumulate", "window", "convolution_layers"):
            _demand(getattr(self, name) >= 1, name, "at least 1")
        for name in (
            "features",
            "convolution_size",
            "recurrent_size",
            "patience",
            "overlap",
            "weight_decay",
            "relation_weight",
            "silver_share",
            "encoder_learning_rate",
        ):
            _demand(0 <= getattr(self, name) < math.inf, name, "0 or more")
        for name in ("dropout", "relation_dropout", "encoder_dropout", "word_dropout", "warmup", "dev_share"):
            _demand(0 <= getattr(self, name) < 1, name, "from 0 to less than 1")
        _demand(0 <= self.augment <= 1, "augment", "from 0 to 1")
        _demand(0 < self.layer_decay <= 1, "layer_decay", "above 0, at most 1")
        for name in ("learning_rate", "max_gradient"):
            _demand(0 < getattr(self, name) < math.inf, name, "above 0")
        _demand(self.relation_size >= 4 and self.relation_size % 2 == 0, "relation_size", "even, at least 4")
        _demand(0 <= self.seed < 2**32, "seed", "from 0 to 4294967295")
        _demand(
            self.segmenter in ("auto", "none", *SEGMENTERS),
            "segmenter",
            f"auto, none, {', '.join(SEGMENTERS)}",
        )
        _demand(self.token_head in ("crf", "linear"), "token_head", "'crf' or 'linear'")
        _demand(self.bf16 in ("auto", "yes", "no"), "bf16", "'auto', 'yes' or 'no'")
        _demand(self.window >= 2 * self.overlap + 16, "window", "at least twice 'overlap' and 16 more")


@dataclass(frozen=True)
class PretrainConfig:
    """Settings of :func:`phoihop.training.pretrain.pretrain`; ``pretrain.toml`` says what each means."""

    vocab_size: int
    words: int
    other_text: float
    text_note: str
    embedding_size: int
    shape_size: int
    state_size: int
    start: str
    objective: str
    embedding_passes: int
    length: int
    batch: int
    draws: int
    learning_rate: float
    warmup: float
    weight_decay: float
    dropout: float
    passes: int
    minutes: float
    bf16: str
    checkpoint_every: int
    held_out: int
    seed: int

    @classmethod
    def load(
        cls, path: str | Path | None = None, overrides: Mapping[str, str] | None = None
    ) -> PretrainConfig:
        """The defaults, then a TOML file, then single settings as strings; errors as in ``TrainConfig``."""
        config = cls(**load_settings("pretrain.toml", path, overrides))
        config.check()
        return config

    def to_dict(self) -> dict[str, Any]:
        """All settings by name."""
        return asdict(self)

    def check(self) -> None:
        """Refuse what cannot work, naming the setting and its allowed values."""
        for name in (
            "words",
            "held_out",
            "embedding_size",
            "shape_size",
            "batch",
            "draws",
            "passes",
            "checkpoint_every",
        ):
            _demand(getattr(self, name) >= 1, name, "at least 1")
        for name in ("state_size", "embedding_passes", "weight_decay", "minutes"):
            _demand(0 <= getattr(self, name) < math.inf, name, "0 or more")
        for name in ("warmup", "dropout"):
            _demand(0 <= getattr(self, name) < 1, name, "from 0 to less than 1")
        _demand(0 < self.learning_rate < math.inf, "learning_rate", "above 0")
        _demand(self.objective in OBJECTIVE_NAMES, "objective", f"one of {', '.join(OBJECTIVE_NAMES)}")
        _demand(self.bf16 in ("auto", "yes", "no"), "bf16", "'auto', 'yes' or 'no'")
        _demand(0 <= self.other_text <= 1, "other_text", "from 0 to 1")
        _demand(300 <= self.vocab_size <= 65000, "vocab_size", "from 300 to 65000")
        _demand(self.length >= 8, "length", "at least 8")
        _demand(0 <= self.seed < 2**32, "seed", "from 0 to 4294967295")


def load_settings(
    packaged: str, path: str | Path | None, overrides: Mapping[str, str] | None
) -> dict[str, Any]:
    """Values of a packaged TOML file, changed by a file of the user's, then by single strings."""
    text = resources.files("phoihop.training").joinpath(packaged).read_text(encoding="utf-8")
    values: dict[str, Any] = tomllib.loads(text)
    if path is not None:
        values |= _read(Path(path), values)
    for key, given in (overrides or {}).items():
        if key not in values:
            raise PhoihopError(f"--set {key}: no such setting; there are {', '.join(values)}")
        values[key] = _convert(key, given, values[key])
    return values


def _demand(holds: bool, name: str, wanted: str) -> None:
    if not holds:
        raise PhoihopError(f"setting {name!r} must be {wanted}")


def _read(path: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PhoihopError(
            f"{path}: cannot be read ({error.strerror}); give a TOML file of settings"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PhoihopError(f"{path}: no TOML file: {error}") from None
    for key, value in data.items():
        if key not in known:
            raise PhoihopError(f"{path}: unknown setting {key!r}; there are {', '.join(known)}")
        wanted = type(known[key])
        if wanted is float and type(value) is int:
            data[key] = float(value)
        elif type(value) is not wanted:
            raise PhoihopError(f"{path}: setting {key!r} must be a {wanted.__name__}, not {value!r}")
    return data


def _convert(key: str, text: str, current: Any) -> Any:
    if isinstance(current, bool):
        if text.casefold() not in ("true", "false"):
            raise PhoihopError(f"--set {key}={text}: must be true or false")
        return text.casefold() == "true"
    try:
        return type(current)(text)
    except ValueError:
        raise PhoihopError(f"--set {key}={text}: must be a {type(current).__name__}") from None
