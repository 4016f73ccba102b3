"""Settings: defaults, files, single values, and what is said of wrong ones."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from phoihop.data.errors import PhoihopError
from phoihop.training.config import PretrainConfig, TrainConfig

BOTH = [(TrainConfig, "finetune.toml"), (PretrainConfig, "pretrain.toml")]
Config = type[TrainConfig] | type[PretrainConfig]


@pytest.mark.parametrize("config, recipe", BOTH)
def test_the_recipe_and_the_settings_have_the_same_keys(config: Config, recipe: str, root: Path) -> None:
    text = (root / "training" / recipe).read_text(encoding="utf-8")
    values = tomllib.loads(text)
    assert sorted(values) == sorted(f.name for f in fields(config))
    assert config.load().to_dict() == values
    types = {f.name: f.type for f in fields(config)}
    assert {k: type(v).__name__ for k, v in values.items()} == types


@pytest.mark.parametrize("config, recipe", BOTH)
def test_every_setting_is_explained(config: Config, recipe: str, root: Path) -> None:
    lines = (root / "training" / recipe).read_text(encoding="utf-8").splitlines()
    settings = [line for line in lines if line and not line.startswith("#")]
    assert len(settings) == len(fields(config))
    bare = [line for line in settings if not re.fullmatch(r"\w+ = [^#]+# \S.{3,}", line)]
    assert not bare


def test_a_file_goes_over_the_defaults_and_single_settings_over_both(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text('epochs = 3\nbatch_size = 4\nlearning_rate = 1\nencoder = "random"\n', encoding="utf-8")
    found = TrainConfig.load(file, {"batch_size": "2", "dropout": "0", "schema": "data"})
    assert (found.epochs, found.batch_size, found.dropout, found.schema) == (3, 2, 0.0, "data")
    assert found.learning_rate == 1.0 and isinstance(found.learning_rate, float)
    assert isinstance(found.dropout, float) and found.encoder == "random"
    untouched = {"epochs", "batch_size", "learning_rate", "encoder", "dropout", "schema"}
    before = TrainConfig.load().to_dict()
    assert {k: v for k, v in found.to_dict().items() if k not in untouched} == {
        k: v for k, v in before.items() if k not in untouched
    }


@pytest.mark.parametrize(
    "content, words",
    [
        ("epoch = 3", ["'epoch'", "epochs"]),
        ("epochs = 3.5", ["'epochs'", "int", "3.5"]),
        ('epochs = "3"', ["'epochs'", "int", "'3'"]),
        ("epochs = true", ["'epochs'", "int", "True"]),
        ("dropout = true", ["'dropout'", "float"]),
        ("encoder = 1", ["'encoder'", "str", "1"]),
        ("[epochs]\nlow = 1", ["'epochs'", "int"]),
        ("epochs = ", ["TOML"]),
    ],
)
def test_a_wrong_file_is_named_with_the_setting(content: str, words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(PhoihopError) as raised:
        TrainConfig.load(file)
    assert all(word in str(raised.value) for word in [str(file), *words])


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b'encoder = "\xe9"\n')
    for path in (tmp_path / "none.toml", tmp_path, tmp_path / "latin.toml"):
        with pytest.raises(PhoihopError, match=re.escape(str(path))):
            TrainConfig.load(path)


@pytest.mark.parametrize(
    "key, value", [("epoch", "3"), ("epochs", "many"), ("epochs", "2.5"), ("dropout", "half"), ("seed", "")]
)
def test_a_wrong_single_setting_is_named(key: str, value: str) -> None:
    with pytest.raises(PhoihopError, match=f"--set {key}"):
        TrainConfig.load(None, {key: value})


IN_TRAINING = [
    ("convolution_size", "-1"), ("convolution_layers", "0"),
    ("epochs", "0"), ("batch_size", "0"), ("window", "8"), ("relation_size", "2"), ("relation_size", "33"),
    ("recurrent_size", "-1"), ("patience", "-1"), ("overlap", "-1"), ("overlap", "250"), ("dropout", "1"),
    ("dropout", "-0.1"), ("relation_dropout", "1.5"), ("encoder_dropout", "1"), ("word_dropout", "1"),
    ("warmup", "1"), ("dev_share", "1"), ("learning_rate", "0"), ("encoder_learning_rate", "-1"),
    ("max_gradient", "0"), ("token_head", "softmax"), ("bf16", "true"), ("dropout", "nan"),
    ("learning_rate", "nan"), ("learning_rate", "inf"), ("weight_decay", "-1"), ("relation_weight", "-1"),
    ("seed", "-1"), ("seed", "4294967296"),
]  # fmt: skip
IN_PRETRAINING = [
    ("words", "0"), ("embedding_size", "0"), ("shape_size", "0"), ("batch", "0"), ("draws", "0"), ("passes", "0"),
    ("vocab_size", "200"), ("vocab_size", "70000"), ("length", "7"), ("state_size", "-1"),
    ("embedding_passes", "-1"), ("learning_rate", "0"), ("minutes", "-1"), ("minutes", "nan"), ("held_out", "0"),
    ("warmup", "1"), ("warmup", "-0.1"), ("weight_decay", "-1"), ("dropout", "1"), ("seed", "-1"),
]  # fmt: skip


@pytest.mark.parametrize(
    "config, key, value",
    [(TrainConfig, *case) for case in IN_TRAINING] + [(PretrainConfig, *case) for case in IN_PRETRAINING],
)
def test_a_setting_out_of_range_is_named_with_what_it_may_be(config: Config, key: str, value: str) -> None:
    wrong = "window" if key == "overlap" and value == "250" else key
    with pytest.raises(PhoihopError, match=f"setting '{wrong}' must be ['\\w]"):
        config.load(None, {key: value})


@pytest.mark.parametrize(
    "config, values",
    [
        (
            TrainConfig,
            {"epochs": "1", "recurrent_size": "0", "patience": "0", "overlap": "0", "window": "16"},
        ),
        (
            TrainConfig,
            {"dropout": "0", "dev_share": "0", "warmup": "0", "token_head": "linear", "bf16": "no"},
        ),
        (TrainConfig, {"weight_decay": "0", "relation_weight": "0", "seed": "0", "relation_size": "4"}),
        (
            PretrainConfig,
            {"state_size": "0", "embedding_passes": "0", "length": "8", "warmup": "0", "seed": "0"},
        ),
    ],
)
def test_the_ends_of_the_ranges_are_allowed(config: Config, values: dict[str, str]) -> None:
    found: dict[str, Any] = config.load(None, values).to_dict()
    assert {k: str(found[k]).removesuffix(".0") for k in values} == values
