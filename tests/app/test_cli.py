"""The command line as a whole: help, versions, errors, what gets imported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest
from typer.testing import Result

import phoihop as package

Run = Callable[..., Result]


def command(*arguments: str, code: str | None = None) -> subprocess.CompletedProcess[str]:
    start = ["-m", "phoihop.app.cli"] if code is None else ["-c", code]
    return subprocess.run(
        [sys.executable, *start, *arguments], capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_help_names_every_command_with_an_example(phoihop: Run) -> None:
    top = phoihop("--help").stdout
    for name in ("predict", "evaluate", "train", "data", "version"):
        assert f" {name} " in top
    for name in ("predict", "evaluate", "train"):
        assert f"phoihop {name} " in phoihop(name, "-h").stdout


def test_version_is_the_same_both_ways(phoihop: Run) -> None:
    lines = phoihop("version").stdout.splitlines()
    assert lines[0] == f"phoihop {package.__version__}"
    assert f"onnxruntime {metadata.version('onnxruntime')}" in lines
    assert lines[-1].startswith("default model: ")
    assert phoihop("--version").stdout.splitlines() == lines


def test_version_shows_the_models_card(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from phoihop.app.commands import version

    folder = tmp_path / "weights" / "default"
    folder.mkdir(parents=True)
    monkeypatch.setattr(version.resources, "files", lambda _: tmp_path)
    assert version.lines()[-1] == "default model: not in this installation"
    about = {"trained_on_articles": 12, "dev": {"entity_f1": 0.5}, "settings": {"epochs": 3}}
    (folder / "model.json").write_text(json.dumps({"about": about}), encoding="utf-8")
    assert version.lines()[-1] == "default model: trained on articles 12, dev entity f1 0.5"
    (folder / "model.json").write_text("{", encoding="utf-8")
    assert "damaged card" in version.lines()[-1]


def test_version_says_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    from phoihop.app.commands import version

    def nothing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(version.metadata, "version", nothing)
    assert "torch not installed" in version.lines()


def test_starting_imports_nothing_heavy() -> None:
    heavy = ("numpy", "onnxruntime", "tokenizers", "torch", "transformers", "datasets", "gensim")
    code = f"import sys, phoihop.app.cli; print([m for m in {heavy!r} if m in sys.modules])"
    assert command(code=code).stdout.strip() == "[]"


def test_an_error_is_one_line_without_traceback(tmp_path: Path) -> None:
    done = command("predict", str(tmp_path / "không.txt"))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"phoihop: {tmp_path / 'không.txt'}: no such file or folder; check the path\n"


def test_text_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-m", "phoihop.app.cli", "predict", str(tmp_path / "ghế.txt")],
        capture_output=True,
        env=os.environ | locale,
        check=False,
    )
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"no such file or folder" in done.stderr


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="file names are always Unicode there")
def test_a_file_name_that_is_not_utf8_gives_valid_json(
    phoihop: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strange = tmp_path / os.fsdecode(b"gh\xe1.txt")
    strange.write_text("Đại tá", encoding="utf-8")
    done = phoihop("predict", strange, "-o", tmp_path / "o.jsonl")
    assert done.exit_code == 0, done.output
    article = json.loads((tmp_path / "o.jsonl").read_text(encoding="utf-8"))
    assert os.fsencode(article["id"]) == b"gh\xe1"


def test_unknown_command_and_option_end_with_2(phoihop: Run) -> None:
    assert phoihop("predicts").exit_code == 2
    assert phoihop("predict", "--nothing").exit_code == 2


def test_a_bug_of_ours_is_not_hidden(phoihop: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    (tmp_path / "a.txt").write_text("x", encoding="utf-8")
    monkeypatch.setattr(sys.modules["phoihop.model.predict"].Extractor, "load", broken)
    with pytest.raises(ZeroDivisionError):
        phoihop("predict", tmp_path)


BLOCKED = """
import sys, time
from types import ModuleType

class Extractor:
    @classmethod
    def load(cls, *_, **__):
        print("loading", file=sys.stderr, flush=True)
        time.sleep(60)

module = ModuleType("phoihop.model.predict")
module.Extractor = Extractor
sys.modules[module.__name__] = module
from phoihop.app.cli import main
main()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_interrupting_ends_with_130_and_no_traceback() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", BLOCKED, "predict", "-"],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors == "phoihop: interrupted\n"
