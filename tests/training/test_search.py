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
