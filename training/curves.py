"""The log of a run as a picture: losses and dev figures by epoch (extra ``plots``)."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

CURVES = "curves.png"
_LOSSES = ("tag_loss", "relation_loss")
_FIGURES = ("eval_entity_f1", "eval_relation_f1")


def draw_curves(run: Path) -> Path | None:
    """Draw ``curves.png`` from ``log.jsonl`` of a run folder; nothing where matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        return None
    from matplotlib.figure import Figure

    rows = [json.loads(line) for line in (run / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    figure = Figure(figsize=(8, 3.2), layout="constrained")
    for axes, names, title, scale in zip(
        figure.subplots(1, 2),
        (_LOSSES, _FIGURES),
        ("loss in training", "F1 on dev (percent)"),
        (1, 100),
        strict=True,
    ):
        for name in names:
            points = [(row["epoch"], scale * row[name]) for row in rows if name in row]
            if points:
                label = name.removeprefix("eval_").replace("_", " ")
                axes.plot(*zip(*points, strict=True), marker=".", label=label)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(fontsize=8)
    figure.savefig(run / CURVES, dpi=120)
    return run / CURVES
