"""Pre-training that was stopped and gone on with, or shared among processes, learns the same weights."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from phoihop.data.errors import PhoihopError
from phoihop.training.config import PretrainConfig
from phoihop.training.pretrain import pretrain
from phoihop.training.raw import loop
from phoihop.training.raw.loop import Pretraining

Tiny = Callable[..., PretrainConfig]


@pytest.fixture(scope="module")
def config(tiny: Tiny) -> PretrainConfig:
    """Hidden tokens, dropout and drawn forms are all left to chance here."""
    return tiny(objective="hybrid", dropout=0.2, batch=8, checkpoint_every=7, passes=2)


@pytest.fixture(scope="module")
def unbroken(config: PretrainConfig, texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoders") / "unbroken"
    report = pretrain(config, [texts], folder)
    assert report["steps"] > 30
    return folder


def weights(folder: Path) -> bytes:
    return (folder / "model.safetensors").read_bytes()


def log(folder: Path) -> list[dict[str, Any]]:
    """The log without times."""
    lines = (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "minutes"} for line in lines]


def interrupt_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Press Ctrl-C while a step runs."""
    original = Pretraining._learn

    def pressed(self: Pretraining, number: int) -> float:
        if number == step - 1:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
        return original(self, number)

    monkeypatch.setattr(Pretraining, "_learn", pressed)


@pytest.mark.parametrize("stops", [(1,), (7,), (5, 20), (13, 14)])
def test_a_stopped_run_goes_on_as_if_nothing_had_happened(
    stops: tuple[int, ...], config: PretrainConfig, texts: Path, unbroken: Path, tmp_path: Path
) -> None:
    run, before = tmp_path / "run", signal.getsignal(signal.SIGINT)
    for number, step in enumerate(stops):
        with pytest.MonkeyPatch.context() as patch:
            interrupt_at(patch, step)
            with pytest.raises(KeyboardInterrupt):
                pretrain(config, [texts], run, resume=bool(number))
        assert [p.name for p in (run / "resume" / "checkpoints").iterdir()] == [f"checkpoint-{step}"]
    assert signal.getsignal(signal.SIGINT) is before
    report = pretrain(config, [texts], run, resume=True)
    assert weights(run) == weights(unbroken)
    assert log(run)[-1] == log(unbroken)[-1]
    assert not (run / "resume").exists()
    assert report["steps"] == log(unbroken)[-1]["steps"]


def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(
    config: PretrainConfig, texts: Path, unbroken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Pretraining._learn

    def killed(self: Pretraining, number: int) -> float:
        if number == 16:
            raise MemoryError
        return original(self, number)

    run = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pretraining, "_learn", killed)
        with pytest.raises(MemoryError):
            pretrain(config, [texts], run)
    checkpoints = run / "resume" / "checkpoints"
    assert [p.name for p in checkpoints.iterdir()] == ["checkpoint-14"]
    (checkpoints / "unfinished").mkdir()  # as a kill in the middle of writing leaves it
    # What was written so far is a whole encoder already.
    assert json.loads((run / "pretrain.json").read_text(encoding="utf-8"))["steps"] == 14
    pretrain(config, [texts], run, resume=True)
    assert weights(run) == weights(unbroken)


def test_the_steps_planned_from_the_minutes_stay_planned(
    tiny: Tiny, texts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tiny(minutes=1000, batch=8)
    monkeypatch.setattr(loop, "PROBE", 2)
    pretrain(config, [texts], tmp_path / "unbroken")
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            pretrain(config, [texts], tmp_path / "run")
    monkeypatch.setattr(Pretraining, "_plan", lambda self: pytest.fail("planned again"))
    pretrain(config, [texts], tmp_path / "run", resume=True)
    # Trials before the first step leave no trace in what follows.
    assert weights(tmp_path / "run") == weights(tmp_path / "unbroken")


def test_other_settings_texts_or_folders_are_refused(
    tiny: Tiny, config: PretrainConfig, texts: Path, unbroken: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, 3)
        with pytest.raises(KeyboardInterrupt):
            pretrain(config, [texts], run)
    with pytest.raises(PhoihopError, match=r"config\.json differs in 'seed'"):
        pretrain(PretrainConfig(**config.to_dict() | {"seed": 9}), [texts], run, resume=True)
    with pytest.raises(PhoihopError, match=r"data\.json differs in 'text'"):
        pretrain(config, [texts / "b.txt"], run, resume=True)
    with pytest.raises(PhoihopError, match="not empty"):
        pretrain(config, [texts], run)
    with pytest.raises(PhoihopError, match="finished"):
        pretrain(config, [texts], unbroken, resume=True)
    with pytest.raises(PhoihopError, match="no checkpoint"):
        pretrain(config, [texts], tmp_path / "none", resume=True)
    for name, damage in (("state.safetensors", b"x"), ("state.json", b"{")):
        copy = tmp_path / name
        shutil.copytree(run, copy)
        next((copy / "resume" / "checkpoints").iterdir()).joinpath(name).write_bytes(damage)
        with pytest.raises(PhoihopError, match="damaged"):
            pretrain(config, [texts], copy, resume=True)


@pytest.mark.parametrize("place", ["encode_documents", "save_encoder", "save_checkpoint", "in a checkpoint"])
def test_a_run_stopped_before_its_first_checkpoint_begins_again(
    place: str, config: PretrainConfig, texts: Path, unbroken: Path, tmp_path: Path
) -> None:
    from phoihop.training import pretrain as module
    from phoihop.training.raw import checkpoint

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    run = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        if place == "in a checkpoint":
            patch.setattr(checkpoint, "save_file", stop)
        else:
            patch.setattr(module, place, stop)
        with pytest.raises(KeyboardInterrupt):
            pretrain(config, [texts], run)
    with pytest.raises(PhoihopError, match="without --resume"):
        pretrain(config, [texts], run, resume=True)
    pretrain(config, [texts], run)
    assert weights(run) == weights(unbroken)


def test_a_run_never_begins_again_over_files_of_others(
    config: PretrainConfig, texts: Path, tmp_path: Path
) -> None:
    for name in ("mine.txt", "resume/mine.txt"):
        folder = tmp_path / name.replace("/", "-")
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("mine", encoding="utf-8")
        with pytest.raises(PhoihopError, match="not empty"):
            pretrain(config, [texts], folder)
        assert [p.name for p in folder.rglob("*") if p.is_file()] == ["mine.txt"]


SMALL = {
    "words": "100000", "vocab_size": "500", "held_out": "800", "embedding_size": "12", "shape_size": "4",
    "state_size": "16", "length": "16", "batch": "8", "draws": "60", "passes": "2", "minutes": "0",
    "bf16": "no", "dropout": "0", "checkpoint_every": "10",
}  # fmt: skip


def command(texts: Path, output: Path, *more: str) -> list[str]:
    chosen = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    return ["--text", str(texts), "-o", str(output), *chosen, *more]


def test_two_processes_learn_what_one_learns(texts: Path, tmp_path: Path) -> None:
    # Without dropout only the order of sums differs.
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    launch += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0"]
    for start, name in (([sys.executable], "one"), (launch, "two")):
        done = subprocess.run(
            [*start, "-m", "phoihop.app.cli", "pretrain", *command(texts, tmp_path / name)],
            env=environment, capture_output=True, text=True, timeout=300, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("done:") == 1
    one, two = (load_file(tmp_path / name / "model.safetensors") for name in ("one", "two"))
    apart = {k: float((one[k].float() - two[k].float()).abs().max()) for k in one}
    assert max(apart.values()) < 5e-3, apart
    assert torch.equal(one["form_of"], two["form_of"])
    rows = [log(tmp_path / name)[-1] for name in ("one", "two")]
    assert rows[0]["tokens_seen"] == rows[1]["tokens_seen"]
    assert rows[0]["held_out_loss"] == pytest.approx(rows[1]["held_out_loss"], abs=2e-3)


def test_the_command_stops_on_an_interrupt_and_goes_on(texts: Path, tmp_path: Path) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1"}

    def start(*more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "phoihop.app.cli", "pretrain", *command(texts, tmp_path / "run", *more)],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        )  # fmt: skip

    stopped = start("--set", "passes=1000")
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "log.jsonl").is_file() and time.monotonic() < deadline:
        assert stopped.poll() is None, stopped.communicate()
        time.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    _, errors = stopped.communicate(timeout=120)
    assert stopped.returncode == 130, errors
    assert "Traceback" not in errors and errors.strip().endswith("interrupted")
    refused = start("--resume")
    _, errors = refused.communicate(timeout=120)
    assert refused.returncode == 2 and "'passes'" in errors and "Traceback" not in errors
    assert errors.count("\n") == 1
