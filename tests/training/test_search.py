"""A search over settings: what is tried, what is kept, and going on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from phoihop.data.errors import PhoihopError
from phoihop.training.config import TrainConfig
from phoihop.training.search import read_space, search

SPACE = """
learning_rate = {low = 1e-4, high = 1e-1, log = true}
relation_size = {low = 4, high = 64}
token_head = ["crf", "linear"]
"""


@pytest.mark.parametrize(
    "text, message",
    [
        ("epoch = [1]", "unknown setting 'epoch'"),
        ("dropout = {low = 0.5, high = 0.1}", "'dropout' must be a list"),
        ("dropout = 0.3", "'dropout' must be a list"),
        ("dropout = []", "'dropout' must be a list"),
        ("dropout = {low = 0.0, high = 0.5, log = true}", "must begin above 0"),
        ("", "nothing to try"),
        ("dropout = [", "no TOML"),
    ],
)
def test_a_space_that_is_none_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "space.toml").write_text(text, encoding="utf-8")
    with pytest.raises(PhoihopError, match=message):
        read_space(tmp_path / "space.toml")
    with pytest.raises(PhoihopError, match="cannot be read"):
        read_space(tmp_path / "none.toml")


def test_the_best_of_all_trials_is_found_and_a_search_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="Optuna is not installed")
    (tmp_path / "space.toml").write_text(SPACE, encoding="utf-8")
    space, seen = read_space(tmp_path / "space.toml"), []

    def run(config: TrainConfig, folder: Path, resume: bool) -> dict[str, Any]:
        seen.append(config)
        assert 1e-4 <= config.learning_rate <= 1e-1 and 4 <= config.relation_size <= 64
        assert config.epochs == 7 and not resume
        return {"score": (0.5 if config.token_head == "crf" else 0.0) + config.learning_rate}

    # An odd size of the relation head is refused by the settings themselves.
    space["relation_size"] = [8, 16]
    first = search(space, {"epochs": "7"}, None, 6, tmp_path / "out", run)
    assert len(seen) == 6
    best = search(space, {"epochs": "7"}, None, 10, tmp_path / "out", run)
    assert len(seen) == 10
    assert len({c.learning_rate for c in seen}) == 10  # nothing twice
    assert best["figures"]["score"] == max(run(c, tmp_path, False)["score"] for c in list(seen))
    assert best["figures"]["score"] >= first["figures"]["score"]
    assert json.loads((tmp_path / "out" / "best.json").read_text(encoding="utf-8")) == best


def test_interrupted_trials_are_gone_on_with_first(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="Optuna is not installed")
    space: dict[str, Any] = {"dropout": {"low": 0.0, "high": 0.5}}
    runs: list[tuple[str, float, bool]] = []
    stop = {1, 3}  # the calls that are interrupted: of two runs, the second twice

    def run(config: TrainConfig, folder: Path, resume: bool) -> dict[str, Any]:
        runs.append((folder.name, config.dropout, resume))
        (folder / "checkpoints" / "checkpoint-5").mkdir(parents=True, exist_ok=True)
        (folder / "checkpoints" / "checkpoint-5" / "trainer_state.json").write_text("{}", encoding="utf-8")
        if len(runs) - 1 in stop:
            raise KeyboardInterrupt
        return {"score": config.dropout}

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            search(space, {}, None, 3, tmp_path, run)
    best = search(space, {}, None, 3, tmp_path, run)
    names = [name for name, _, _ in runs]
    assert names[:3] == ["trial-0", "trial-1", "trial-1"] and names[4] == names[3] != "trial-1"
    assert [resume for _, _, resume in runs] == [False, False, True, False, True]
    assert runs[1][1] == runs[2][1] and runs[3][1] == runs[4][1]
    assert len(runs) == 5 and best["figures"]["score"] == max(value for _, value, _ in runs)
    assert best["run"] == max(runs, key=lambda r: r[1])[0]


def test_a_run_that_fails_is_not_tried_again_and_two_searches_do_not_meet(tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="Optuna is not installed")
    space: dict[str, Any] = {"dropout": {"low": 0.0, "high": 0.5}}
    seen: list[str] = []

    def run(config: TrainConfig, folder: Path, resume: bool) -> dict[str, Any]:
        seen.append(folder.name)
        (folder / "checkpoints" / "checkpoint-5").mkdir(parents=True, exist_ok=True)
        if len(seen) == 1:
            raise MemoryError
        if len(seen) == 2:
            with pytest.raises(PhoihopError, match="another search is at work"):
                search(space, {}, None, 9, tmp_path, run)
        if len(seen) == 3:
            raise PhoihopError("no articles")
        return {"score": config.dropout}

    with pytest.raises(MemoryError):
        search(space, {}, None, 2, tmp_path, run)
    with pytest.raises(PhoihopError, match=r"no articles \(delete .*trial-2 to leave"):
        search(space, {}, None, 2, tmp_path, run)
    search(space, {}, None, 2, tmp_path, run)
    assert seen == ["trial-0", "trial-1", "trial-2", "trial-3"]
