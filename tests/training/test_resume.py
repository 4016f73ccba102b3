"""A run that was stopped and gone on with gives the same weights as one that was not."""

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

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.training import loop
from phoihop.training.config import TrainConfig
from phoihop.training.finetune import train

Settings = Callable[..., TrainConfig]
STEPS = 4  # of an epoch: sixteen articles, four a step
EPOCHS = 3


@pytest.fixture(scope="module")
def config(small_encoder: Path, settings: Settings) -> TrainConfig:
    return settings(encoder=small_encoder, epochs=EPOCHS, patience=0, word_dropout=0.3, augment=0.7)


@pytest.fixture(scope="module")
def unbroken(config: TrainConfig, articles: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "unbroken"
    train(config, articles[:16], articles[16:], folder)
    return folder


def weights(folder: Path) -> list[bytes]:
    """The kept model's weights and those of the last step."""
    last = max((folder / "checkpoints").iterdir(), key=lambda p: int(p.name.split("-")[1]))
    return [(part / "model.safetensors").read_bytes() for part in (folder / "model", last)]


def log(folder: Path) -> list[dict[str, Any]]:
    path = folder / "log.jsonl"
    return (
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
    )


def dev_rows(folder: Path) -> list[dict[str, Any]]:
    """The log without the means of the losses, which a resumed epoch takes over its rest."""
    return [{k: v for k, v in row.items() if not k.endswith("loss")} for row in log(folder)]


def interrupt_at(monkeypatch: pytest.MonkeyPatch, step: int, event: str, times: int = 1) -> None:
    """Press Ctrl-C at a step, in ``event`` of the callbacks."""
    original = getattr(loop.Progress, event)

    def pressed(self: Any, args: Any, state: Any, control: Any, **more: Any) -> None:
        original(self, args, state, control, **more)
        if state.global_step == step:
            for _ in range(times):
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.01)  # a moment in which the interpreter runs the handler

    monkeypatch.setattr(loop.Progress, event, pressed)


@pytest.mark.parametrize(
    "step, event, saved",
    [
        (2, "on_step_end", 2),
        (STEPS + 1, "on_step_end", STEPS + 1),
        (STEPS, "on_step_end", STEPS),
        (2 * STEPS, "on_evaluate", 2 * STEPS),
        (EPOCHS * STEPS - 1, "on_step_end", EPOCHS * STEPS - 1),
    ],
)
def test_an_interrupted_run_goes_on_as_if_nothing_had_happened(
    step: int,
    event: str,
    saved: int,
    config: TrainConfig,
    articles: list[Document],
    unbroken: Path,
    tmp_path: Path,
) -> None:
    run, before = tmp_path / "run", signal.getsignal(signal.SIGINT)
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, step, event)
        with pytest.raises(KeyboardInterrupt):
            train(config, articles[:16], articles[16:], run)
    assert signal.getsignal(signal.SIGINT) is before
    assert (run / "checkpoints" / f"checkpoint-{saved}").is_dir()
    assert not (run / "model").exists()
    assert [row["step"] for row in log(run)] == list(range(STEPS, saved + 1, STEPS))
    figures = train(config, articles[:16], articles[16:], run, resume=True)
    assert weights(run) == weights(unbroken)
    assert dev_rows(run) == dev_rows(unbroken)
    assert figures == json.loads((unbroken / "metrics.json").read_text(encoding="utf-8"))


def test_two_stops_in_one_run(
    config: TrainConfig, articles: list[Document], unbroken: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    for n, step in enumerate((3, STEPS + 2)):
        with pytest.MonkeyPatch.context() as patch:
            interrupt_at(patch, step, "on_step_end")
            with pytest.raises(KeyboardInterrupt):
                train(config, articles[:16], articles[16:], run, resume=bool(n))
    train(config, articles[:16], articles[16:], run, resume=True)
    assert weights(run) == weights(unbroken)


@pytest.mark.parametrize("event", ["on_step_end", "on_evaluate"])
def test_an_interrupt_at_the_very_end_lets_the_run_end(
    event: str, config: TrainConfig, articles: list[Document], unbroken: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, EPOCHS * STEPS, event)
        train(config, articles[:16], articles[16:], run)
    assert weights(run) == weights(unbroken)


def test_a_second_interrupt_ends_the_run_at_once(
    config: TrainConfig, articles: list[Document], unbroken: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, STEPS + 1, "on_step_end", times=2)
        with pytest.raises(KeyboardInterrupt):
            train(config, articles[:16], articles[16:], run)
    assert [p.name for p in (run / "checkpoints").iterdir()] == [f"checkpoint-{STEPS}"]
    # A row that was written for an epoch whose checkpoint was not: it is made again.
    row = json.dumps({"epoch": 2, "step": 2 * STEPS, "eval_score": 0.5}) + "\n"
    with (run / "log.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(row + row[:7])
    train(config, articles[:16], articles[16:], run, resume=True)
    assert weights(run) == weights(unbroken)
    assert dev_rows(run) == dev_rows(unbroken)


def test_a_finished_run_can_be_gone_on_with_and_stays_as_it_is(
    config: TrainConfig, articles: list[Document], unbroken: Path, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    shutil.copytree(unbroken, run)
    shutil.rmtree(run / "model")
    train(config, articles[:16], articles[16:], run, resume=True)
    assert weights(run) == weights(unbroken) and dev_rows(run) == dev_rows(unbroken)


def test_patience_is_counted_over_the_break(
    small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    # So low a rate that no epoch is better than the first: three epochs, the first and two in vain.
    config = settings(
        encoder=small_encoder, epochs=8, patience=2, learning_rate=1e-12, encoder_learning_rate=1e-12
    )
    train(config, articles[:16], articles[16:], tmp_path / "unbroken")
    assert [row["epoch"] for row in log(tmp_path / "unbroken")] == [1, 2, 3]
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, 2 * STEPS + 1, "on_step_end")
        with pytest.raises(KeyboardInterrupt):
            train(config, articles[:16], articles[16:], tmp_path / "run")
    train(config, articles[:16], articles[16:], tmp_path / "run", resume=True)
    assert dev_rows(tmp_path / "run") == dev_rows(tmp_path / "unbroken")
    assert weights(tmp_path / "run") == weights(tmp_path / "unbroken")


def test_other_settings_articles_or_folders_are_refused(
    config: TrainConfig,
    settings: Settings,
    small_encoder: Path,
    articles: list[Document],
    unbroken: Path,
    tmp_path: Path,
) -> None:
    learn, dev = articles[:16], articles[16:]
    other = settings(encoder=small_encoder, epochs=EPOCHS + 1, patience=0, augment=0.7)
    with pytest.raises(PhoihopError, match=r"config\.json differs in 'epochs'"):
        train(other, learn, dev, unbroken, resume=True)
    with pytest.raises(PhoihopError, match=r"data\.json differs in 'train'"):
        train(config, learn[:-1], dev, unbroken, resume=True)
    with pytest.raises(PhoihopError, match=r"data\.json differs in 'dev'"):
        changed = dev[0].replace(relations=dev[0].relations[1:])
        train(config, learn, [changed, *dev[1:]], unbroken, resume=True)
    with pytest.raises(PhoihopError, match=r"data\.json differs in 'train'"):
        train(config, learn[::-1], dev, unbroken, resume=True)
    with pytest.raises(PhoihopError, match="not empty"):
        train(config, learn, dev, unbroken)
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(PhoihopError, match="no checkpoint"):
            train(config, learn, dev, folder, resume=True)
    for damage in (lambda p: p.unlink(), lambda p: p.write_text("{", encoding="utf-8")):
        run = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
        shutil.copytree(unbroken, run)
        damage(run / "config.json")
        with pytest.raises(PhoihopError, match=r"config\.json"):
            train(config, learn, dev, run, resume=True)


def test_the_command_stops_on_an_interrupt_and_goes_on(
    marked: list[str], folder_of: Callable[[list[str]], Path], tmp_path: Path
) -> None:
    # A fresh encoder: its vocabulary is learnt again by the process that goes on.
    folder = folder_of(marked[:8])
    small = {
        "encoder": "random", "epochs": "4", "batch_size": "2", "recurrent_size": "16", "relation_size": "16",
        "patience": "0", "bf16": "no",
    }  # fmt: skip
    command = [sys.executable, "-m", "phoihop.app.cli", "train", "--train", str(folder)]
    command += [part for key, value in small.items() for part in ("--set", f"{key}={value}")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}

    def start(name: str, *more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*command, "-o", str(tmp_path / name), *more],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        )  # fmt: skip

    stopped = start("run")
    deadline = time.monotonic() + 120
    while not (tmp_path / "run" / "log.jsonl").is_file() and time.monotonic() < deadline:
        assert stopped.poll() is None, stopped.communicate()
        time.sleep(0.02)
    stopped.send_signal(signal.SIGINT)
    _, errors = stopped.communicate(timeout=120)
    assert stopped.returncode == 130, errors
    assert "Traceback" not in errors and errors.strip().endswith("interrupted")
    steps = [int(p.name.split("-")[1]) for p in (tmp_path / "run" / "checkpoints").iterdir()]
    assert max(steps) < 4 * 4 and not (tmp_path / "run" / "model").exists()
    for name, more in (("run", ["--resume"]), ("unbroken", [])):
        done = start(name, *more)
        _, errors = done.communicate(timeout=300)
        assert done.returncode == 0, errors
    assert weights(tmp_path / "run") == weights(tmp_path / "unbroken")
    tokenizers = [(tmp_path / name / "model" / "tokenizer.json").read_bytes() for name in ("run", "unbroken")]
    assert tokenizers[0] == tokenizers[1]
    refused = start("run", "--resume", "--set", "seed=9")
    _, errors = refused.communicate(timeout=120)
    assert refused.returncode == 2 and "'seed'" in errors and "Traceback" not in errors
