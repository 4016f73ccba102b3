"""Several seeds in one call; curves of a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phoihop.data.errors import PhoihopError
from phoihop.training.config import TrainConfig
from phoihop.training.curves import draw_curves
from phoihop.training.seeds import spread, train_seeds


def test_mean_and_deviation_of_each_figure() -> None:
    found = spread([{"f1": 0.5, "score": 1.0}, {"f1": 0.7, "score": 1.0}])
    assert found["f1"] == {"mean": pytest.approx(0.6), "deviation": pytest.approx(0.02**0.5)}
    assert found["score"] == {"mean": 1.0, "deviation": 0.0}
    assert spread([{"f1": 0.5}])["f1"]["deviation"] == 0.0


def test_runs_that_are_finished_are_kept_and_begun_ones_gone_on_with(tmp_path: Path) -> None:
    calls: list[tuple[int, str, bool]] = []

    def run(config: TrainConfig, folder: Path, resume: bool) -> dict[str, Any]:
        calls.append((config.seed, folder.name, resume))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(config.to_dict()), encoding="utf-8")
        (folder / "metrics.json").write_text(json.dumps({"f1": config.seed / 10}), encoding="utf-8")
        return {"f1": config.seed / 10}

    config = TrainConfig.load(None, {"seed": "4"})
    (tmp_path / "seed-5" / "checkpoints" / "checkpoint-9").mkdir(parents=True)
    first = train_seeds(config, 2, tmp_path, run)
    assert calls == [(4, "seed-4", False), (5, "seed-5", True)]
    again = train_seeds(config, 3, tmp_path, run)
    assert calls[2:] == [(6, "seed-6", False)]
    assert first["f1"]["mean"] == pytest.approx(0.45) and again["f1"]["mean"] == pytest.approx(0.5)
    with pytest.raises(PhoihopError, match="finished run with another 'epochs'"):
        train_seeds(TrainConfig.load(None, {"seed": "4", "epochs": "3"}), 1, tmp_path, run)
    written = json.loads((tmp_path / "seeds.json").read_text(encoding="utf-8"))
    assert written["runs"]["6"] == {"f1": 0.6} and written["summary"] == again


def test_curves_are_drawn_where_matplotlib_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"epoch": n, "step": 5 * n, "eval_entity_f1": 0.1 * n, "tag_loss": 1 / n, "relation_loss": 2 / n}
        for n in (1, 2, 3)
    ]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("phoihop.training.curves.find_spec", lambda _: None)
        assert draw_curves(tmp_path) is None
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    drawn = draw_curves(tmp_path)
    assert drawn is not None and drawn.read_bytes().startswith(b"\x89PNG")
