"""A little raw text and settings of runs that take a second."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from phoihop.training.config import PretrainConfig

TINY = {
    "words": "100000", "vocab_size": "500", "held_out": "800", "embedding_size": "12", "shape_size": "4",
    "state_size": "16", "embedding_passes": "1", "length": "16", "batch": "4", "draws": "60", "passes": "1",
    "minutes": "0", "bf16": "no",
}  # fmt: skip


@pytest.fixture(scope="session")
def tiny() -> Callable[..., PretrainConfig]:
    """Settings of a run of a second; changes by name."""

    def load(**changes: Any) -> PretrainConfig:
        return PretrainConfig.load(None, TINY | {k: str(v) for k, v in changes.items()})

    return load


@pytest.fixture(scope="session")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three hundred invented sentences in a JSONL file, a hundred more in a text file."""
    generator = random.Random(0)
    who = ["Chính ủy", "Bí thư Huyện ủy", "Tham mưu trưởng", "Chủ nhiệm Hậu cần", "Trưởng Ban Dân vận"]
    what = ["dự lễ ký kết", "đọc quy chế phối hợp", "thăm đồn", "cảm ơn Bộ Chỉ huy", "tiễn đoàn", "trồng cây"]
    when = ["sáng sớm", "cuối tuần", "trong mưa", "giữa mùa gặt", "năm 2019", "ngày 4/7"]
    folder = tmp_path_factory.mktemp("raw")

    def sentence() -> str:
        return f"{generator.choice(who)} {generator.choice(what)} {generator.choice(when)}, bà con rất vui."

    lines = [json.dumps({"text": f"{sentence()} {sentence()}"}, ensure_ascii=False) for _ in range(150)]
    (folder / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "b.txt").write_text(" ".join(sentence() for _ in range(100)), encoding="utf-8")
    return folder
