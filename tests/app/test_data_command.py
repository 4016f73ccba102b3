"""``phoihop data`` on invented annotated articles."""

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


def test_variety(phoihop: Run, folder: Path, tmp_path: Path) -> None:
    result = phoihop("data", "variety", folder)
    assert result.exit_code == 0
    assert "train: 1 articles" in result.stdout and "dev: 1 articles" in result.stdout
    assert ["RANK", "1", "1", "1", "100%"] in [line.split() for line in result.stdout.splitlines()]
    printed = json.loads(phoihop("data", "variety", folder, "--json", "-").stdout)
    assert printed["splits"]["dev"]["labels"]["RANK"]["new"] == 1
    (folder / "train" / "bad.ann.md").write_text("[Đại tá](RANG)", encoding="utf-8")
    bad = phoihop("data", "variety", folder)
    assert bad.exit_code == 2 and "bad.ann.md:1:" in bad.stderr


def test_agree(phoihop: Run, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "train1.ann.md").write_text("Đại [tá](RANK) đến.", encoding="utf-8")
    result = phoihop("data", "agree", folder / "train", other, "--differences", "5")
    assert result.exit_code == 0
    assert "entity errors: 1 (1 border)" in result.stdout
    (other / "train1.ann.md").write_text("Đại tá đi.", encoding="utf-8")
    assert phoihop("data", "agree", folder / "train", other).exit_code == 2


def test_records(phoihop: Run, folder: Path) -> None:
    (folder / "dev" / "d2.ann.md").write_text(
        "[Đại tá](RANK#r) [Vũ Sơn](PERSON HAS_RANK=r) và [Lê Na](PERSON).", encoding="utf-8"
    )
    assert phoihop("data", "records", folder / "dev").stdout == "2 files written\n"
    path = folder / "dev" / "d2.records.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found == {
        "officials": [{"name": "Vũ Sơn", "rank": "Đại tá", "posts": []}],
        "agreements": [],
    }
    path.write_text('{"officials": [], "agreements": []}', encoding="utf-8")
    assert phoihop("data", "records", folder / "dev").stdout == "0 files written\n"
    assert json.loads(path.read_text(encoding="utf-8"))["officials"] == []
    phoihop("data", "records", folder / "dev", "--overwrite")
    assert json.loads(path.read_text(encoding="utf-8")) == found
    assert phoihop("data", "records", folder / "dev" / "d2.records.json").exit_code == 2


def test_records_are_written_for_all_or_none(phoihop: Run, folder: Path) -> None:
    (folder / "dev" / "z.ann.md").write_text("[Đại tá](RANG)", encoding="utf-8")
    result = phoihop("data", "records", folder / "dev")
    assert result.exit_code == 2 and "z.ann.md:1:" in result.stderr
    assert not list((folder / "dev").glob("*.records.json"))
