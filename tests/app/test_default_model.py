"""The command line with the model that comes along, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ARTICLE = (
    "Sáng 12/5, Đại tá Vũ Đình Lộc, Chính ủy Bộ Chỉ huy Quân sự tỉnh Sơn Trà, chủ trì hội nghị sơ kết "
    "Quy chế phối hợp giữa Bộ Chỉ huy Quân sự tỉnh với Ban Tuyên giáo Tỉnh ủy giai đoạn 2021-2025.\r\n"
)


def phoihop(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "phoihop.app.cli", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)


def test_predict_finds_the_official_and_the_agreement(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(ARTICLE.encode())
    done = phoihop("predict", tmp_path / "a.txt")
    assert done.returncode == 0, done.stderr.decode()
    (article,) = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert list(article) == ["id", "entities", "relations", "officials", "agreements"]
    for e in article["entities"]:
        assert ARTICLE[e["start"] : e["end"]] == e["text"]
        assert 0 < e["score"] <= 1
    ids = {e["id"] for e in article["entities"]}
    assert article["relations"]
    assert all({r["head"], r["tail"]} <= ids and 0 < r["score"] <= 1 for r in article["relations"])
    official = next(o for o in article["officials"] if o["name"] == "Vũ Đình Lộc")
    assert official["rank"] == "Đại tá"
    assert official["posts"][0]["title"] == "Chính ủy"
    assert any("phối hợp" in a["kind"] for a in article["agreements"])


def test_every_format_of_standard_input() -> None:
    raw = ARTICLE.encode()
    lines = phoihop("predict", "-", "--format", "jsonl", stdin=raw).stdout.decode()
    assert json.loads(phoihop("predict", "-", "--format", "json", stdin=raw).stdout) == [json.loads(lines)]
    assert "Vũ Đình Lộc" in phoihop("predict", "-", "--format", "table", stdin=raw).stdout.decode()
    page = phoihop("predict", "-", "--format", "html", stdin=raw).stdout.decode()
    assert page.startswith("<!doctype html>")
    assert "Vũ Đình Lộc</mark>" in page


def test_empty_and_blank_texts_are_empty_articles(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "blank.txt").write_bytes(b" \r\n\t\n")
    done = phoihop("predict", tmp_path)
    assert done.returncode == 0, done.stderr.decode()
    articles = [json.loads(line) for line in done.stdout.decode().splitlines()]
    assert articles == [
        {"id": id, "entities": [], "relations": [], "officials": [], "agreements": []}
        for id in ("blank", "empty")
    ]


def test_unknown_model_folder_and_folder_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for model in (tmp_path / "missing", tmp_path / "folder"):
        done = phoihop("predict", "-", "--model", model, stdin=ARTICLE.encode())
        assert done.returncode == 2
        message = done.stderr.decode()
        assert message.startswith("phoihop: ")
        assert message.count("\n") == 1
        assert model.name in message


def test_evaluate_against_its_own_marks(tmp_path: Path) -> None:
    marked = (
        "[Đại tá](RANK#r1) [Vũ Đình Lộc](PERSON HAS_RANK=r1), [Chính ủy](TITLE) [Quân khu 5](UNIT), đến dự."
    )
    (tmp_path / "a.ann.md").write_text(marked, encoding="utf-8")
    done = phoihop("evaluate", tmp_path, "--json", "-")
    assert done.returncode == 0, done.stderr.decode()
    figures = json.loads(done.stdout)
    assert figures["articles"] == 1
    assert figures["tables"]["entities"]["micro"]["gold"] == 4
    assert figures["tables"]["entities"]["micro"]["correct"] >= 2
    assert figures["speed"]["words"] == 12


def test_version_names_the_model() -> None:
    last = phoihop("version").stdout.decode().splitlines()[-1]
    assert last.startswith("default model: ")
    assert "not in this installation" not in last
