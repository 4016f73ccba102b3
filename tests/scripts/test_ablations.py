"""The table of variants: trained as a user would, finished runs kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PLAN = """
seeds = [1, 2]
dev = ["{dev}"]
[train]
encoder = "random"
epochs = 1
batch_size = 2
recurrent_size = 8
relation_size = 8
bf16 = "no"
augment = 0.0
[[tests]]
name = "dev"
paths = ["{dev}"]
tables = ["entities", "relations"]
[[variants]]
name = "with crf"
group = "heads"
train = ["{train}"]
encoder = "random"
[[variants]]
name = "linear"
group = "heads"
train = ["{train}"]
encoder = "random"
set = {{ token_head = "linear" }}
[[variants]]
name = "never asked for"
train = ["nowhere"]
"""
MARKED = "Sáng [4/7](DATE), [Đại tá](RANK#r) [Hà Kim Tuế](PERSON HAS_RANK=r) đến [Lữ đoàn 917](UNIT)."


def test_variants_are_trained_over_seeds_and_put_into_a_table(root: Path, tmp_path: Path) -> None:
    for name in ("train", "dev"):
        (tmp_path / name).mkdir()
        for n in range(3):
            (tmp_path / name / f"{name}{n}.ann.md").write_text(MARKED.replace("917", f"91{n}"), "utf-8")
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.format(train=tmp_path / "train", dev=tmp_path / "dev"), "utf-8")
    command = [
        sys.executable,
        str(root / "scripts" / "ablations.py"),
        str(plan),
        "--runs",
        str(tmp_path / "runs"),
    ]

    def call(*more: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"OMP_NUM_THREADS": "1"}
        return subprocess.run(
            [*command, *more], capture_output=True, text=True, check=False, env=environment, timeout=300
        )

    done = call("--only", "heads", "--workers", "2")
    assert done.returncode == 0, done.stderr
    head, rule, *rows = done.stdout.splitlines()
    assert head == "| variant | seeds | dev: entities | dev: relations |" and rule.startswith("| --- |")
    assert [row.split(" | ")[:2] for row in rows] == [["| with crf", "2"], ["| linear", "2"]]
    assert all(" ± " in row for row in rows)
    weights = tmp_path / "runs" / "linear-s2" / "model" / "model.safetensors"
    before = weights.stat().st_mtime_ns
    again = call("--only", "linear")
    assert again.stdout.splitlines()[2] == rows[1] and weights.stat().st_mtime_ns == before
    unknown = call("--only", "nobody")
    assert unknown.returncode != 0 and "nobody" in unknown.stderr and "Traceback" not in unknown.stderr
    failing = call("--only", "never asked for", "--seeds", "1")
    assert failing.returncode == 1 and "failed" in failing.stderr
