"""``phoihop predict``: formats, inputs, bad input."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, article: str) -> Path:
    news = tmp_path / "news"
    (news / "may").mkdir(parents=True)
    (news / "a.txt").write_bytes(article.encode())
    (news / "b.md").write_text("Không có ai.", encoding="utf-8")
    (news / "may" / "c.txt").write_text("Chính ủy Lữ đoàn 71", encoding="utf-8")
    (news / "figures.csv").write_text("1,2", encoding="utf-8")
    return news


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_json_lines_are_the_default_off_a_terminal(phoihop: Run, folder: Path, article: str) -> None:
    result = phoihop("predict", folder)
    assert result.exit_code == 0
    a, b, c = lines(result)
    assert [a["id"], b["id"], c["id"]] == ["a", "b", "c"]
    assert list(a) == ["id", "entities", "relations", "officials", "agreements"]
    assert b == {"id": "b", "entities": [], "relations": [], "officials": [], "agreements": []}
    for e in a["entities"]:
        assert list(e) == ["id", "start", "end", "label", "text", "score"]
        assert article[e["start"] : e["end"]] == e["text"]
    assert list(a["relations"][0]) == ["head", "label", "tail", "score"]
    assert a["officials"][0]["posts"][0]["unit"] == "Lữ đoàn 71"
    assert a["agreements"][0]["period"] == [2021, 2025]


def test_offsets_count_carriage_returns(phoihop: Run, folder: Path, article: str) -> None:
    (a,) = lines(phoihop("predict", folder / "a.txt"))
    assert "\r\n" in article
    last = a["entities"][-1]
    assert article[last["start"] : last["end"]] == last["text"] == "ngày 5/4"


def test_json_is_a_list_even_of_one_or_none(phoihop: Run, folder: Path, article: str) -> None:
    assert [d["id"] for d in json.loads(phoihop("predict", folder, "-f", "json").stdout)] == ["a", "b", "c"]
    one = json.loads(phoihop("predict", folder / "a.txt", "-f", "json", "--with-text").stdout)
    assert [d["text"] for d in one] == [article]
    (folder / "b.md").write_bytes(b"\xff")
    none = phoihop("predict", folder / "b.md", "-f", "json")
    assert json.loads(none.stdout) == []
    assert none.exit_code == 2


def test_table_fits_a_terminal_and_keeps_brackets(phoihop: Run, tmp_path: Path, article: str) -> None:
    (tmp_path / "[bold]x.txt").write_text(article, encoding="utf-8")
    out = phoihop("predict", tmp_path / "[bold]x.txt", "-f", "table").stdout
    assert out.startswith("[bold]x")
    assert max(map(len, out.splitlines())) <= 80
    for word in ("Officials", "Đại tá", "Chính ủy – Lữ đoàn 71", "Agreements", "2021–2025", "ngày 5/4"):
        assert word in out


def test_table_says_when_there_is_nothing(phoihop: Run, folder: Path) -> None:
    assert "no officials, no agreements" in phoihop("predict", folder / "b.md", "-f", "table").stdout


def test_standard_input(phoihop: Run, article: str) -> None:
    for arguments in (["predict", "-"], ["predict"]):
        (a,) = lines(phoihop(*arguments, stdin=article.encode()))
        assert a["id"] == "stdin"
        assert len(a["entities"]) == 11


def test_output_file_and_the_format_its_name_asks_for(phoihop: Run, folder: Path, tmp_path: Path) -> None:
    for name in ("o.json", "o.jsonl", "o.html"):
        result = phoihop("predict", folder, "--output", tmp_path / name)
        assert (result.exit_code, result.stdout) == (0, "")
    assert len(json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))) == 3
    assert len((tmp_path / "o.jsonl").read_text(encoding="utf-8").splitlines()) == 3
    assert (tmp_path / "o.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_output_that_cannot_be_written(phoihop: Run, folder: Path, tmp_path: Path) -> None:
    result = phoihop("predict", folder, "-o", tmp_path / "no" / "o.jsonl")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_an_article_is_never_overwritten(phoihop: Run, folder: Path, article: str) -> None:
    result = phoihop("predict", folder, "-o", folder / "a.txt")
    assert result.exit_code == 2
    assert "one of the articles" in result.stderr
    assert (folder / "a.txt").read_bytes() == article.encode()


def test_marks_are_removed_with_a_note(phoihop: Run, tmp_path: Path) -> None:
    marked = "[Đại tá](RANK#r1) [Vũ Đình Lộc](PERSON HAS_RANK=r1), [sic] (2021)"
    (tmp_path / "m.ann.md").write_text(marked, encoding="utf-8")
    result = phoihop("predict", tmp_path, "--with-text")
    (m,) = lines(result)
    assert (m["id"], m["text"]) == ("m", "Đại tá Vũ Đình Lộc, [sic] (2021)")
    assert "marks are removed" in result.stderr
    assert result.exit_code == 0


def test_files_that_share_a_stem_are_told_apart_by_path(
    phoihop: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    for name in ("a.md", "may/a.txt", "may/b.txt"):
        (folder / name).write_text("x", encoding="utf-8")
    ids = [d["id"] for d in lines(phoihop("predict", "."))]
    assert ids == ["a.md", "a.txt", "b", "may/a", "may/b", "c"]


def test_a_file_given_twice_is_done_once(phoihop: Run, folder: Path) -> None:
    result = phoihop("predict", folder / "a.txt", folder, folder / "a.txt")
    assert [d["id"] for d in lines(result)] == ["a", "b", "c"]


def test_bad_files_are_named_and_the_others_done(phoihop: Run, folder: Path) -> None:
    (folder / "binary.txt").write_bytes(b"PK\x03\x04\x00\x00")
    (folder / "latin.txt").write_bytes("một\nhai".encode() + "Chính ủy".encode("cp1258", "replace") + b"\xe1")
    (folder / "wide.txt").write_text("Chính ủy", encoding="utf-16")
    (folder / "broken.ann.md").write_text("[Vũ Đình Lộc](PERSON HAS_RANK=r9)", encoding="utf-8")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "blank.txt").write_text(" \n\t\n", encoding="utf-8")
    result = phoihop("predict", folder, folder / "missing.txt")
    assert result.exit_code == 2
    assert [d["id"] for d in lines(result)] == ["a", "b", "blank", "empty", "c"]
    complaints = [line for line in result.stderr.splitlines() if "note:" not in line]
    assert len(complaints) == 5
    assert all(line.startswith("phoihop: ") for line in complaints)
    by_file = {
        name: line
        for name in ("missing", "binary", "latin", "wide", "broken")
        for line in complaints
        if name in line
    }
    assert "no such file" in by_file["missing"]
    assert "binary" in by_file["binary"]
    assert "not UTF-8" in by_file["latin"]
    assert "line 2" in by_file["latin"]
    assert "UTF-16" in by_file["wide"]
    assert "r9" in by_file["broken"]


def test_folder_without_articles(phoihop: Run, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("1", encoding="utf-8")
    result = phoihop("predict", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds no *.txt or *.md file" in result.stderr


def test_unknown_format_and_unknown_model(phoihop: Run, folder: Path, tmp_path: Path) -> None:
    assert phoihop("predict", folder, "--format", "xml").exit_code == 2
    result = phoihop("predict", folder, "--model", tmp_path / "nothing", "-o", tmp_path / "o.jsonl")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "no such model folder" in result.stderr
    assert not (tmp_path / "o.jsonl").exists()


def test_min_score_leaves_out_and_builds_the_records_anew(phoihop: Run, folder: Path) -> None:
    (every,) = lines(phoihop("predict", folder / "a.txt"))
    (sure,) = lines(phoihop("predict", folder / "a.txt", "--min-score", "0.8"))
    assert sure["entities"] == [e for e in every["entities"] if e["score"] >= 0.8]
    assert 0 < len(sure["entities"]) < len(every["entities"])
    assert sure["relations"] == []  # all have 0.75
    assert sure["officials"] == []
    (loose,) = lines(phoihop("predict", folder / "a.txt", "--min-score", "0.7"))
    kept = {e["id"] for e in loose["entities"]}
    assert loose["relations"] == [r for r in every["relations"] if {r["head"], r["tail"]} <= kept]
    assert phoihop("predict", folder, "--min-score", "1.5").exit_code == 2


def test_lines_come_as_soon_as_an_article_is_done(
    phoihop: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extractor = sys.modules["phoihop.model.predict"].Extractor
    whole = extractor.predict

    def stops_at_the_second(self: Any, text: str, id: str | None = None) -> Any:
        if id == "b":
            raise KeyboardInterrupt
        return whole(self, text, id)

    monkeypatch.setattr(extractor, "predict", stops_at_the_second)
    result = phoihop("predict", folder)
    assert result.exit_code == 130
    assert [d["id"] for d in lines(result)] == ["a"]
    assert "Traceback" not in result.stderr


def test_a_file_with_several_articles_gives_each_its_id(phoihop: Run, tmp_path: Path) -> None:
    blocks = "# b: một\n[Đại tá](RANK#r1) [Vũ Đình Lộc](PERSON HAS_RANK=r1)\n---\n[Lữ đoàn 71](UNIT#r1)\n"
    (tmp_path / "many.ann.md").write_text(blocks, encoding="utf-8")
    (tmp_path / "b.txt").write_text("Chính ủy", encoding="utf-8")
    found = {d["id"]: [e["text"] for e in d["entities"]] for d in lines(phoihop("predict", tmp_path))}
    assert found == {"b": ["Chính ủy"], "many/b": ["Đại tá", "Vũ Đình Lộc"], "many-2": ["Lữ đoàn 71"]}


def test_offsets_start_after_a_byte_order_mark(phoihop: Run, tmp_path: Path) -> None:
    (tmp_path / "bom.txt").write_bytes(b"\xef\xbb\xbf" + "Đại tá".encode())
    (article,) = lines(phoihop("predict", tmp_path / "bom.txt"))
    assert [(e["start"], e["end"]) for e in article["entities"]] == [(0, 6)]
