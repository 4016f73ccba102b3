"""``phoihop train``: what is handed to the trainer, and what is said when it cannot run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """A trainer that only notes what it is asked for."""
    noted: list[tuple[Any, ...]] = []

    class TrainConfig:
        def __init__(self, path: Path | None, overrides: dict[str, str]) -> None:
            self.asked = (path, overrides)
            self.schema = overrides.get("schema", "default")

        @classmethod
        def load(cls, path: Path | None, overrides: dict[str, str]) -> TrainConfig:
            return cls(path, overrides)

    def train(
        config: Any,
        train: list[Any],
        dev: list[Any],
        output: Path,
        resume: bool = False,
        silver: Sequence[Any] = (),
    ) -> dict[str, Any]:
        beside = ([d.id for d in silver],) if silver else ()
        noted.append((config.asked, [d.id for d in train], [d.id for d in dev], output, resume, *beside))
        return {"entities": 0.875, "best pass": 3, "history": []}

    for name, attributes in (("config", {"TrainConfig": TrainConfig}), ("finetune", {"train": train})):
        module = ModuleType(f"phoihop.training.{name}")
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    return noted


@pytest.fixture
def articles(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.ann.md" for name in "abc"]
    for path in paths:
        path.write_text("[Đại tá](RANK)", encoding="utf-8")
    return paths


def test_arguments_reach_the_trainer(
    phoihop: Run, calls: list[tuple[Any, ...]], articles: list[Path], tmp_path: Path
) -> None:
    a, b, c = articles
    run = tmp_path / "run"
    result = phoihop(
        *("train", "--train", a, "--train", b, "--dev", c, "-o", run, "-c", "my.toml"),
        *("--encoder", "vinai/phobert-base", "--set", "epochs=3", "--set", "note=a=b", "--resume"),
    )
    assert result.exit_code == 0, result.stderr
    overrides = {"epochs": "3", "note": "a=b", "encoder": "vinai/phobert-base"}
    assert calls == [((Path("my.toml"), overrides), ["a", "b"], ["c"], run, True)]
    assert "entities: 0.8750" in result.stdout
    assert str(run) in result.stdout


def test_silver_articles_are_read_beside_the_others(
    phoihop: Run, calls: list[tuple[Any, ...]], articles: list[Path], tmp_path: Path
) -> None:
    a, b, c = articles
    result = phoihop("train", "--train", a, "--silver", b, "--silver", c, "-o", tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    assert calls == [((None, {}), ["a"], [], tmp_path / "run", False, ["b", "c"])]


def test_a_setting_without_value_is_refused(
    phoihop: Run, calls: list[tuple[Any, ...]], articles: list[Path]
) -> None:
    a, *_ = articles
    result = phoihop("train", "--train", a, "--dev", a, "-o", "run", "--set", "epochs")
    assert result.exit_code == 2
    assert "KEY=VALUE" in result.stderr
    two = ("--encoder", "x", "--set", "encoder=y")
    assert phoihop("train", "--train", a, "--dev", a, "-o", "run", *two).exit_code == 2
    assert calls == []


def test_without_the_extra_the_command_to_install_it_is_printed(
    phoihop: Run, calls: list[tuple[Any, ...]], articles: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def needs_torch(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")

    monkeypatch.setattr(sys.modules["phoihop.training.finetune"], "train", needs_torch)
    result = phoihop("train", "--train", articles[0], "--dev", articles[1], "-o", "run")
    assert result.exit_code == 2
    assert (
        result.stderr
        == "phoihop: this needs torch, which is not installed; run: pip install 'phoihop[train]'\n"
    )


def test_articles_for_choosing_may_be_left_to_the_trainer(
    phoihop: Run, calls: list[tuple[Any, ...]], articles: list[Path]
) -> None:
    assert phoihop("train", "--train", articles[0], "-o", "run").exit_code == 0
    assert calls[0][2] == []
    assert phoihop("train", "-o", "run").exit_code == 2


def test_articles_are_read_with_the_recipes_schema(
    phoihop: Run, calls: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    (tmp_path / "my.toml").write_text('labels = ["SHIP"]\n', encoding="utf-8")
    (tmp_path / "s.ann.md").write_text("Tàu [Sao Mai](SHIP) rời cảng.", encoding="utf-8")
    arguments = ("train", "--train", tmp_path / "s.ann.md", "-o", "run")
    assert phoihop(*arguments, "--set", f"schema={tmp_path / 'my.toml'}").exit_code == 0
    assert calls[0][1] == ["s"]
    assert phoihop(*arguments, "--set", f"schema={tmp_path / 'none.toml'}").exit_code == 2
