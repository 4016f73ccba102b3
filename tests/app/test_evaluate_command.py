"""``phoihop evaluate`` on invented annotated articles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from phoihop.data.document import Document

Run = Callable[..., Result]

MARKED = {
    "a": "[Đại tá](RANK#r1) [Vũ Đình Lộc](PERSON#p1 HAS_RANK=r1 HOLDS=t1), [Chính ủy](TITLE#t1 OF_UNIT=u1) "
    "[Lữ đoàn 71](UNIT#u1), gặp [Hà Văn Tấn](PERSON).",
    "b": "Không có ai.",
}
RECORDS = {
    "officials": [
        {"name": "Vũ Đình Lộc", "rank": "Đại tá", "posts": [{"title": "Chính ủy", "unit": "Lữ đoàn 71"}]}
    ],
    "agreements": [],
}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    folder = tmp_path / "dev"
    folder.mkdir()
    for name, text in MARKED.items():
        (folder / f"{name}.ann.md").write_text(text, encoding="utf-8")
    (folder / "a.records.json").write_text(json.dumps(RECORDS, ensure_ascii=False), encoding="utf-8")
    return folder


def test_tables_definitions_and_unreachable_gold(phoihop: Run, gold: Path) -> None:
    result = phoihop("evaluate", gold, "--errors", 5)
    assert result.exit_code == 0
    out = result.stdout
    assert out.startswith("look-up (onnx on cpu) on 2 articles\n")
    assert "correct: same start, end and label" in out
    assert "correct: same fact (name, rank) or (name, title, body)" in out
    assert "entity: 1 of 5 (20.00 %)" in out
    assert "tokens: 1, for example in a: a border of" in out
    assert "entity errors: 1 (1 missed)" in out
    assert "a missed: PERSON “Hà Văn Tấn”" in out
    assert "articles without annotated records, counted in no records table: 1 (b)" in out
    assert "words a second" in out


def test_json_figures(phoihop: Run, gold: Path, tmp_path: Path) -> None:
    printed = json.loads(phoihop("evaluate", gold, "--json", "-").stdout)
    assert printed["model"] == "look-up"
    entities = printed["tables"]["entities"]["micro"]
    assert (entities["correct"], entities["predicted"], entities["gold"]) == (4, 4, 5)
    assert printed["tables"]["officials"]["micro"]["f1"] == 1.0
    phoihop("evaluate", gold, "--json", tmp_path / "f.json")
    written = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert written["tables"] == printed["tables"]


def test_predictions_file(phoihop: Run, gold: Path, tmp_path: Path) -> None:
    phoihop("evaluate", gold, "--predictions", tmp_path / "p.jsonl")
    lines = (tmp_path / "p.jsonl").read_text(encoding="utf-8").splitlines()
    documents = [Document.from_dict(json.loads(line)) for line in lines]
    assert [d.id for d in documents] == ["a", "b"]
    assert len(documents[0].relations) == 3
    assert documents[0].records is not None
    assert documents[0].records.officials[0].name == "Vũ Đình Lộc"


def test_one_file_and_its_records(phoihop: Run, gold: Path) -> None:
    printed = json.loads(phoihop("evaluate", gold / "a.ann.md", "--json", "-").stdout)
    assert printed["articles"] == 1
    assert printed["tables"]["officials"]["micro"]["gold"] == 2
    assert printed["notes"] == []


def test_unseen_entities(phoihop: Run, gold: Path, tmp_path: Path) -> None:
    (tmp_path / "t.ann.md").write_text("[VŨ Đình Lộc](PERSON), [Lữ đoàn 71](UNIT)", encoding="utf-8")
    printed = json.loads(phoihop("evaluate", gold, "--train", tmp_path / "t.ann.md", "--json", "-").stdout)
    unseen = printed["tables"]["unseen"]["micro"]
    assert (unseen["correct"], unseen["gold"]) == (2, 3)


def test_bad_input(phoihop: Run, gold: Path, tmp_path: Path) -> None:
    for arguments in (
        ["evaluate", tmp_path / "nothing"],
        ["evaluate", gold, gold],
        ["evaluate", gold, "--json", tmp_path / "no" / "f.json"],
        ["evaluate", gold, "--predictions", tmp_path / "no" / "p.jsonl"],
        ["evaluate", gold, "--model", tmp_path / "nothing"],
    ):
        result = phoihop(*arguments)
        assert result.exit_code == 2
        assert result.stderr.startswith("phoihop: ")
        assert result.stderr.count("\n") == 1
    (gold / "a.records.json").write_text('{"officials": [', encoding="utf-8")
    result = phoihop("evaluate", gold)
    assert result.exit_code == 2
    assert "a.records.json" in result.stderr


def test_labels_the_model_lacks_need_a_schema(phoihop: Run, tmp_path: Path) -> None:
    (tmp_path / "s.ann.md").write_text("[Sao Mai](SHIP) gặp [Đại tá](RANK).", encoding="utf-8")
    (tmp_path / "my.toml").write_text('labels = ["SHIP", "RANK"]\n', encoding="utf-8")
    printed = phoihop("evaluate", tmp_path / "s.ann.md", "--schema", tmp_path / "my.toml", "--json", "-")
    tables = json.loads(printed.stdout)["tables"]
    assert tables["entities"]["labels"]["SHIP"]["gold"] == 1
    assert tables["entities"]["labels"]["RANK"]["correct"] == 1
