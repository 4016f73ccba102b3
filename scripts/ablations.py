"""Train variants of a recipe over several seeds and print their dev figures as one Markdown table.

    python scripts/ablations.py scripts/ablations.toml --runs runs/ablations --only heads --workers 2

Runs that are finished are not repeated; interrupted ones are gone on with.  Every run is ``phoihop train`` as
a user would call it, on one thread, so that as many runs as cores go side by side.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLES = ("entities", "relations", "officials", "agreements", "unseen")


@dataclass(frozen=True)
class Run:
    """One variant with one seed."""

    variant: Mapping[str, Any]
    seed: int
    folder: Path


def phoihop(*arguments: str, log: Path, threads: int = 1) -> int:
    """Call the command line, its output into a log; the exit code."""
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as stream:
        command = [sys.executable, "-m", "phoihop.app.cli", *arguments]
        return subprocess.run(command, env=environment, stdout=stream, stderr=stream, check=False).returncode


def options(name: str, values: Sequence[str] | str) -> list[str]:
    """The same option for each value."""
    return [part for value in ([values] if isinstance(values, str) else values) for part in (name, value)]


def settings(*tables: Mapping[str, Any]) -> list[str]:
    """``--set`` options of tables, later ones over earlier ones."""
    merged: dict[str, Any] = {}
    for table in tables:
        merged |= table
    return options(
        "--set", [f"{key}={str(v).lower() if isinstance(v, bool) else v}" for key, v in merged.items()]
    )


def learn_encoders(plan: Mapping[str, Any], needed: set[str], runs: Path) -> None:
    """Pre-train the encoders that variants name, one after the other, each on all cores."""
    for encoder in plan.get("encoders", []):
        folder = runs / "encoders" / encoder["name"]
        if encoder["name"] not in needed or (folder.is_dir() and not (folder / "resume").exists()):
            continue
        print(f"learning encoder {encoder['name']}", file=sys.stderr, flush=True)
        again = ["--resume"] if any((folder / "resume" / "checkpoints").glob("checkpoint-*")) else []
        call = ["pretrain", *options("--text", plan["text"]), "-o", str(folder), *again]
        call += settings(plan.get("pretrain", {}), encoder.get("set", {}))
        if phoihop(*call, log=folder.with_suffix(".log"), threads=os.cpu_count() or 1):
            raise SystemExit(f"{folder.with_suffix('.log')}: pre-training failed")


def train(plan: Mapping[str, Any], run: Run, runs: Path) -> bool:
    """One run to its end, if it is not there yet, and its figures."""
    log = run.folder.with_suffix(".log")
    if not (run.folder / "metrics.json").is_file():
        encoder = run.variant.get("encoder", "default")
        if encoder in {e["name"] for e in plan.get("encoders", [])}:
            encoder = str(runs / "encoders" / encoder)
        again = ["--resume"] if any((run.folder / "checkpoints").glob("checkpoint-*")) else []
        call = ["train", *options("--train", run.variant["train"]), *options("--dev", plan["dev"])]
        call += [
            *options("--silver", run.variant.get("silver", [])),
            "--encoder",
            encoder,
            "-o",
            str(run.folder),
        ]
        chosen = settings(plan.get("train", {}), run.variant.get("set", {}), {"seed": run.seed})
        if phoihop(*call, *again, *chosen, log=log):
            print(f"{log}: failed", file=sys.stderr)
            return False
    for number, test in enumerate(plan["tests"]):
        target = run.folder / f"figures-{number}.json"
        call = [
            "evaluate",
            *options_of_test(test),
            "--model",
            str(run.folder / "model"),
            "--json",
            str(target),
        ]
        if not target.is_file() and phoihop(*call, log=log):
            return False
    print(f"done: {run.folder.name}", file=sys.stderr, flush=True)
    return True


def options_of_test(test: Mapping[str, Any]) -> list[str]:
    """Paths of a test set and, for the table of unseen entities, what was trained on."""
    return [*test["paths"], *options("--train", test.get("seen", []))]


def table(plan: Mapping[str, Any], runs: Sequence[Run]) -> list[str]:
    """A row a variant: mean and standard deviation over its finished seeds."""
    columns = [(n, t["name"], key) for n, t in enumerate(plan["tests"]) for key in t.get("tables", TABLES)]
    lines = ["| variant | seeds | " + " | ".join(f"{name}: {key}" for _, name, key in columns) + " |"]
    lines.append("| --- | ---: |" + " ---: |" * len(columns))
    for name in dict.fromkeys(run.variant["name"] for run in runs):
        folders = [r.folder for r in runs if r.variant["name"] == name]
        done = [
            f for f in folders if all((f / f"figures-{n}.json").is_file() for n in range(len(plan["tests"])))
        ]
        cells = [spread([figure(f, n, key) for f in done]) for n, _, key in columns]
        lines.append(f"| {name} | {len(done)} | " + " | ".join(cells) + " |")
    return lines


def figure(folder: Path, test: int, key: str) -> float | None:
    """The micro F1 of one table, in percent, if the test has it."""
    data = json.loads((folder / f"figures-{test}.json").read_text(encoding="utf-8"))
    found = data["tables"].get(key)
    return None if found is None else 100 * float(found["micro"]["f1"])


def spread(values: Sequence[float | None]) -> str:
    """``mean ± deviation``, the mean alone of a single seed."""
    found = [v for v in values if v is not None]
    if not found:
        return ""
    mean = f"{statistics.mean(found):.1f}"
    return f"{mean} ± {statistics.stdev(found):.1f}" if len(found) > 1 else mean


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("plan", type=Path, help="TOML: encoders, variants, tests")
    parser.add_argument("--runs", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--only", nargs="*", default=[], help="groups or names of variants; all by default")
    parser.add_argument("--seeds", type=int, nargs="*", help="instead of the plan's")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="runs side by side")
    given = parser.parse_args()
    plan = tomllib.loads(given.plan.read_text(encoding="utf-8"))
    wanted = [v for v in plan["variants"] if not given.only or {v["name"], v.get("group")} & set(given.only)]
    if not wanted:
        raise SystemExit(f"{given.plan}: no variant or group named {', '.join(given.only)}")
    seeds = given.seeds or plan["seeds"]
    runs = [Run(v, s, given.runs / f"{v['name'].replace(' ', '-')}-s{s}") for s in seeds for v in wanted]
    learn_encoders(plan, {str(v.get("encoder")) for v in wanted}, given.runs)
    with ThreadPoolExecutor(given.workers) as pool:
        fine = list(pool.map(lambda run: train(plan, run, given.runs), runs))
    print("\n".join(table(plan, runs)))
    if not all(fine):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
