"""``phoihop pretrain``, ``train`` and ``export`` one after the other, as a user would call them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from phoihop.app.cli import app
from phoihop.data.document import Document
from phoihop.model.extractor import Extractor


def phoihop(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, [str(a) for a in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_from_raw_text_to_a_model_without_torch(
    marked: list[str],
    articles: list[Document],
    folder_of: Callable[[list[str]], Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    raw, encoder, run, out = (tmp_path / name for name in ("raw.jsonl", "encoder", "run", "out"))
    raw.write_text("\n".join(json.dumps({"text": d.text}) for d in articles) + "\n", encoding="utf-8")
    (tmp_path / "tiny.toml").write_text(
        "vocab_size = 500\nheld_out = 100\nembedding_size = 8\nshape_size = 2\nstate_size = 8\n"
        "length = 16\nbatch = 8\ndraws = 50\nminutes = 0.02\n",
        encoding="utf-8",
    )
    learnt = phoihop(
        "pretrain", "--text", raw, "-o", encoder, "-c", tmp_path / "tiny.toml", "--set", "passes=1"
    )
    assert learnt.exit_code == 0, learnt.stderr
    report = json.loads((encoder / "pretrain.json").read_text(encoding="utf-8"))
    assert f"held_out_perplexity: {report['held_out_perplexity']}" in learnt.stdout
    assert f"done: {encoder}" in learnt.stdout

    settings = ("epochs=1", "batch_size=4", "recurrent_size=8", "relation_size=8")
    sets = [part for s in settings for part in ("--set", s)]
    trained = phoihop("train", "--train", folder_of(marked[:6]), "--encoder", encoder, "-o", run, *sets)
    assert trained.exit_code == 0, trained.stderr
    figures = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert f"entity_f1: {figures['entity_f1']:.4f}" in trained.stdout and f"done: {run}" in trained.stdout

    caplog.clear()
    exported = phoihop("export", run / "model", "-o", out)
    assert exported.exit_code == 0, exported.stderr
    assert str(out / "encoder.onnx") in exported.stdout
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert not logging.root.manager.disable
    assert Extractor.load(out).backend == "onnx"


@pytest.mark.parametrize(
    "arguments",
    [
        ("pretrain", "--text", "none", "-o", "new"),
        ("pretrain", "--text", ".", "-o", "new", "--set", "batches=3"),
        ("train", "--train", "none", "-o", "new"),
        ("train", "--train", "a.ann.md", "-o", "new", "--encoder", "none"),
        ("train", "--train", "a.ann.md", "-o", "new", "--resume"),
        ("train", "--train", "a.ann.md", "-o", "."),
        ("export", "none", "-o", "new"),
        ("export", ".", "-o", "new"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    arguments: tuple[str, ...], marked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.ann.md").write_text(f"{marked[0]}\n---\n{marked[1]}\n", encoding="utf-8")
    result = phoihop(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("phoihop: ") and result.stderr.count("\n") == 1
