"""Settings of fine-tuning: one TOML file, every key known, every value of its type."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any

from phoihop.data.errors import PhoihopError


@dataclass(frozen=True)
class TrainConfig:
    """Settings of :func:`phoihop.training.finetune.train`; ``finetune.toml`` says what each means."""

    encoder: str
    schema: str
    token_head: str
    recurrent_size: int
    relation_size: int
    dropout: float
    relation_dropout: float
    encoder_dropout: float
    word_dropout: float
    relation_weight: float
    window: int
    overlap: int
    epochs: int
    batch_size: int
    learning_rate: float
    encoder_learning_rate: float
    weight_decay: float
    warmup: float
    max_gradient: float
    patience: int
    bf16: str
    seed: int
    dev_share: float

    @classmethod
    def load(cls, path: str | Path | None = None, overrides: Mapping[str, str] | None = None) -> TrainConfig:
        """The defaults, then a TOML file, then single settings as strings.

        Raises:
            PhoihopError: an unknown key, a value of the wrong type or out of range, an unreadable file.
        """
        packaged = resources.files("phoihop.training").joinpath("finetune.toml")
        values: dict[str, Any] = tomllib.loads(packaged.read_text(encoding="utf-8"))
        if path is not None:
            values |= _read(Path(path), values)
        for key, text in (overrides or {}).items():
            if key not in values:
                raise PhoihopError(f"--set {key}: no such setting; there are {', '.join(values)}")
            values[key] = _convert(key, text, values[key])
        config = cls(**{f.name: values[f.name] for f in fields(cls)})
        config.check()
        return config

    def to_dict(self) -> dict[str, Any]:
        """All settings by name."""
        return asdict(self)

    def check(self) -> None:
        """Refuse what cannot work, naming the setting and its allowed values."""
        for name in ("epochs", "batch_size", "window", "relation_size"):
            _demand(getattr(self, name) >= 1, name, "at least 1")
        for name in ("recurrent_size", "patience", "overlap"):
            _demand(getattr(self, name) >= 0, name, "0 or more")
        for name in ("dropout", "relation_dropout", "encoder_dropout", "word_dropout", "warmup", "dev_share"):
            _demand(0 <= getattr(self, name) < 1, name, "from 0 to less than 1")
        for name in ("learning_rate", "encoder_learning_rate", "max_gradient"):
            _demand(getattr(self, name) > 0, name, "above 0")
        _demand(self.token_head in ("crf", "linear"), "token_head", "'crf' or 'linear'")
        _demand(self.bf16 in ("auto", "yes", "no"), "bf16", "'auto', 'yes' or 'no'")
        _demand(self.window >= 2 * self.overlap + 16, "window", "at least twice 'overlap' and 16 more")


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
    try:
        return type(current)(text)
    except ValueError:
        raise PhoihopError(f"--set {key}={text}: must be a {type(current).__name__}") from None
