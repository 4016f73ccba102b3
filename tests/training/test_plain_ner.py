"""Somebody else's plain NER corpus in CoNLL form trains and scores out of the box."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from phoihop.app.cli import app
from phoihop.data.document import Document

NAMES = {"PERSON": "PATIENT", "UNIT": "ORGANIZATION", "DATE": "DATE"}


def columns(articles: list[Document], joined: bool) -> str:
    """One text of many sentences, words joined by ``_`` or syllables, no mark where a document begins."""
    lines: list[str] = []
    for d in articles:
        done = 0
        for e in (*d.entities, None):
            for word in d.text[done : e.start if e else None].split():
                lines += [f"{word}\tO"] + ([""] if word.endswith(".") else [])
            if e is None:
                continue
            done, label = e.end, NAMES.get(e.label)
            words = d.surface(e).split()
            if joined and len(words) > 1:
                words = [f"{words[0]}_{words[1]}", *words[2:]]
            for i, word in enumerate(words):
                lines.append(f"{word}\t{'O' if label is None else ('I-' if i else 'B-') + label}")
        lines.append("")
    return "\n".join(lines) + "\n"


def test_a_corpus_of_words_trains_and_scores(
    articles: list[Document], small_encoder: Path, tmp_path: Path
) -> None:
    (tmp_path / "train.conll").write_text(columns(articles * 4, joined=True), encoding="utf-8")
    (tmp_path / "dev.conll").write_text(columns(articles[:5], joined=True), encoding="utf-8")
    run = CliRunner().invoke
    quick = ("epochs=12", "batch_size=2", "recurrent_size=32", "dropout=0", "bf16=no", "learning_rate=5e-3")
    settings = [p for s in quick for p in ("--set", s)]
    where = ["--train", str(tmp_path / "train.conll"), "--dev", str(tmp_path / "dev.conll")]
    done = run(
        app,
        ["train", *where, "-o", str(tmp_path / "run"), "--schema", "data", "--joined-words",
         "--encoder", str(small_encoder), *settings],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    card = json.loads((tmp_path / "run" / "model" / "model.json").read_text(encoding="utf-8"))
    assert card["schema"]["labels"] == sorted(NAMES.values())
    scored = run(
        app,
        ["evaluate", str(tmp_path / "dev.conll"), "--model", str(tmp_path / "run" / "model"),
         "--joined-words", "--json", "-"],
    )  # fmt: skip
    assert scored.exit_code == 0, scored.output
    tables = json.loads(scored.stdout)["tables"]
    assert tables["entities"]["micro"]["f1"] > 0.8
    assert "relation_distance" not in tables


def test_a_schema_given_twice_differently_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.conll").write_text("a\tO\n", encoding="utf-8")
    call = [
        sys.executable,
        "-m",
        "phoihop",
        "train",
        "--train",
        str(tmp_path / "x.conll"),
        "-o",
        str(tmp_path / "run"),
    ]
    done = subprocess.run(
        [*call, "--schema", "data", "--set", "schema=default"],
        capture_output=True, text=True, timeout=60, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and "give one of them" in done.stderr
