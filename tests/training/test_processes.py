"""Several processes, or parts read one after the other, learn what one process learns from the same batches."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from safetensors.torch import load_file

# Without dropout, hidden words and variants only the order of sums differs.
SETTINGS = {
    "epochs": 3, "batch_size": 4, "recurrent_size": 16, "relation_size": 16, "dropout": 0, "relation_dropout": 0,
    "encoder_dropout": 0, "word_dropout": 0, "augment": 0, "patience": 2, "bf16": "no", "learning_rate": "5e-3",
}  # fmt: skip
LAUNCH = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--rdzv-backend", "c10d"]
LAUNCH += ["--rdzv-endpoint", "127.0.0.1:0"]

Train = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def run(small_encoder: Path, marked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Train:
    """``phoihop train`` on eight articles, as a user calls it, in one process or two."""
    base = tmp_path_factory.mktemp("processes")
    for name, texts in (("train", marked[:8]), ("dev", marked[8:11])):
        (base / name).mkdir()
        for number, text in enumerate(texts):
            (base / name / f"{number}.ann.md").write_text(text, encoding="utf-8")

    def call(
        output: Path, *more: str, processes: int = 1, **changes: object
    ) -> subprocess.CompletedProcess[str]:
        chosen = [p for k, v in (SETTINGS | changes).items() for p in ("--set", f"{k}={v}")]
        start = [sys.executable, *(LAUNCH if processes == 2 else []), "-m", "phoihop", "train"]
        where = ["--train", str(base / "train"), "--dev", str(base / "dev"), "--encoder", str(small_encoder)]
        return subprocess.run(
            [*start, *where, "-o", str(output), *chosen, *more], env=os.environ | {"OMP_NUM_THREADS": "1"},
            capture_output=True, text=True, timeout=300, cwd=base, check=False,
        )  # fmt: skip

    return call


@pytest.fixture(scope="module")
def alone(run: Train, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of one process."""
    out = tmp_path_factory.mktemp("alone") / "run"
    done = run(out)
    assert done.returncode == 0, done.stderr
    return out


def apart(one: Path, other: Path) -> float:
    """The largest difference of any weight of two runs' models."""
    a, b = (load_file(folder / "model" / "model.safetensors") for folder in (one, other))
    assert a.keys() == b.keys()
    return max(float((a[k].float() - b[k].float()).abs().max()) for k in a)


def test_two_processes_learn_what_one_learns(run: Train, alone: Path, tmp_path: Path) -> None:
    done = run(tmp_path / "two", processes=2)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("done:") == 1 and done.stdout.count("training articles") == 1
    assert apart(alone, tmp_path / "two") < 1e-4
    assert len((tmp_path / "two" / "log.jsonl").read_text(encoding="utf-8").splitlines()) == 3


def test_work_dealt_out_comes_together_in_order_in_every_process(tmp_path: Path) -> None:
    script = tmp_path / "deal.py"
    script.write_text(
        "import sys\n"
        "from phoihop.training.processes import by_turns, leave_processes, process_state, together\n"
        "for count in (0, 1, 7):\n"
        "    mine = by_turns(range(count))\n"
        "    assert len(mine) == len(range(process_state().process_index, count, 2)), mine\n"
        "    assert together([str(n) for n in mine]) == [str(n) for n in range(count)]\n"
        "sys.stdout.write('fine ')\n"
        "leave_processes()\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [sys.executable, *LAUNCH, str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("fine") == 2


def test_parts_add_up_to_the_batch(run: Train, alone: Path, tmp_path: Path) -> None:
    done = run(tmp_path / "parts", accumulate=2)
    assert done.returncode == 0, done.stderr
    assert apart(alone, tmp_path / "parts") < 1e-4


def test_a_run_of_two_processes_goes_on_in_one(run: Train, alone: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert run(out, processes=2).returncode == 0
    steps = sorted(int(p.name.split("-")[1]) for p in (out / "checkpoints").glob("checkpoint-*"))
    assert len(steps) == 2
    # As if it had been stopped after its second pass.
    shutil.rmtree(out / "checkpoints" / f"checkpoint-{steps[1]}")
    shutil.rmtree(out / "model")
    (out / "metrics.json").unlink()
    done = run(out, "--resume")
    assert done.returncode == 0, done.stderr
    assert apart(alone, out) < 1e-4


def test_a_batch_that_cannot_be_shared_out_is_refused(run: Train, tmp_path: Path) -> None:
    done = run(tmp_path / "no", accumulate=3)
    assert done.returncode == 2
    assert "choose a multiple of 3" in " ".join(done.stderr.split())
