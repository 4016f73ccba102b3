"""The real annotated news: every file is read as the referee reads it and written as it was."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from types import ModuleType

import pytest

from phoihop.data.check import check_paths
from phoihop.data.folder import split_blocks
from phoihop.data.inline import parse, render
from phoihop.data.readers import read_documents, write_inline_folder, write_jsonl
from phoihop.data.schema import default_schema


@pytest.fixture(scope="module")
def referee(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("referee", shared / "score.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("split", "articles"), [("train", 243), ("dev", 50)])
def test_the_referee_reads_the_same(shared: Path, referee: ModuleType, split: str, articles: int) -> None:
    folder = shared / "real" / split
    documents = read_documents(folder)
    assert len(documents) == articles
    for d in documents:
        gold = referee.read_gold(folder / f"{d.id}.ann.md")
        assert d.text.replace("\u00a0", " ") == gold["text"]
        assert d.entity_keys() == gold["entities"]
        assert d.relation_keys() == gold["relations"]
        assert (None if d.records is None else len(d.records.officials)) == (
            None if gold["records"] is None else len(gold["records"]["officials"])
        )
        assert not default_schema().faults(d)


def test_every_file_is_written_as_it_was(shared: Path) -> None:
    for path in sorted((shared / "real").rglob("*.ann.md")):
        text = path.read_bytes().decode()
        assert render(parse(text)) == text, path.name


def test_hard_cases(shared: Path, referee: ModuleType, tmp_path: Path) -> None:
    path = shared / "hard-cases.ann.md"
    text = path.read_bytes().decode()
    blocks, documents = split_blocks(text), read_documents(path)
    assert len(documents) == text.count("\n---\n") + 1
    assert [d.id for d in documents] == [f"H{n:02}" for n in range(1, len(documents) + 1)]
    for block, d in zip(blocks, documents, strict=True):
        assert render(d) == block.text
        assert text.split("\n")[block.line - 1] == block.text.split("\n")[0]
        alone = tmp_path / "x.ann.md"
        alone.write_bytes(block.text.encode())
        gold = referee.read_gold(alone)
        assert (d.text, d.entity_keys(), d.relation_keys()) == (
            gold["text"],
            gold["entities"],
            gold["relations"],
        )


def test_other_files_and_back(shared: Path, tmp_path: Path) -> None:
    documents = read_documents(shared / "real" / "dev")
    write_jsonl(documents, tmp_path / "dev.jsonl")
    assert read_documents(tmp_path / "dev.jsonl") == documents
    write_inline_folder(documents, tmp_path / "dev")
    again = read_documents(tmp_path / "dev")
    assert again == documents
    assert [d.records for d in again] == [d.records for d in documents]


def test_the_check_finds_no_error_and_takes_seconds(shared: Path) -> None:
    start = time.perf_counter()
    report = check_paths([shared / "real"])
    assert time.perf_counter() - start < 20
    assert [str(f) for f in report.findings if f.severity == "error"] == []
    assert {name: c.articles for name, c in report.counts.items()} == {"train": 243, "dev": 50}
    assert sum(report.counts["train"].entities.values()) == 12345
    assert sum(report.counts["dev"].relations.values()) == 1616
