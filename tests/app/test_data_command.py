"""``phoihop data check`` on invented annotated articles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split, text in (("train", "[Đại tá](RANK) đến."), ("dev", "Gặp [Trung tá](RANK) ở cổng.")):
        (tmp_path / split).mkdir()
        (tmp_path / split / f"{split}1.ann.md").write_text(text, encoding="utf-8")
    return tmp_path


def test_counts_and_tally_without_errors(phoihop: Run, folder: Path) -> None:
    result = phoihop("data", "check", folder)
    assert result.exit_code == 0
    first, *rest = result.stdout.splitlines()
    assert first.split() == ["train", "dev"]
    assert ["RANK", "1", "1"] in [line.split() for line in rest]
    assert rest[-1].endswith("0 errors")


def test_errors_end_with_1_and_the_rest_is_still_checked(phoihop: Run, folder: Path) -> None:
    (folder / "train" / "bad.ann.md").write_text("[Đại tá](RANG)", encoding="utf-8")
    result = phoihop("data", "check", folder)
    assert result.exit_code == 1
    assert "bad.ann.md:1:" in result.stdout
    assert ["RANK", "1", "1"] in [line.split() for line in result.stdout.splitlines()]
    assert phoihop("data", "check", folder / "nothing").exit_code == 1


def test_json(phoihop: Run, folder: Path, tmp_path: Path) -> None:
    printed = json.loads(phoihop("data", "check", folder, "--json", "-").stdout)
    assert printed["splits"]["train"]["entities"] == {"RANK": 1}
    phoihop("data", "check", folder, "--json", tmp_path / "r.json")
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8")) == printed


def test_another_schema(phoihop: Run, folder: Path) -> None:
    (folder / "my.toml").write_text('labels = ["SHIP"]\n', encoding="utf-8")
    result = phoihop("data", "check", folder / "dev", "--schema", folder / "my.toml")
    assert result.exit_code == 1
    missing = phoihop("data", "check", folder, "--schema", folder / "none.toml")
    assert missing.exit_code == 2
    assert missing.stderr.startswith("phoihop: ")
