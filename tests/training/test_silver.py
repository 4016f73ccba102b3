"""Silver articles: what is chosen from raw text, what is kept of the models' marks, what training makes of them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from phoihop.data.document import Document, Entity
from phoihop.data.errors import PhoihopError
from phoihop.training.config import TrainConfig
from phoihop.training.finetune import train
from phoihop.training.silver import WORDS, choose_texts, label_texts, weight_of

GENRE = "Đại tá Hà Kim Tuế, Chính ủy Lữ đoàn 917, đến thăm Huyện ủy Thác Lài trong một ngày mưa. "
SIGNING = "Hai bên ký kết quy chế phối hợp. "
SPORT = "Trận đấu muộn kết thúc với tỉ số hòa, khán giả ra về trong mưa bụi. "


def raw(folder: Path, texts: Iterable[str]) -> Path:
    path = folder / "raw.jsonl"
    path.write_text("".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in texts), "utf-8")
    return path


def test_only_articles_of_the_genre_and_of_some_length_have_a_chance() -> None:
    assert weight_of(GENRE * 8) > 0
    assert weight_of(GENRE) == 0  # too short
    assert weight_of(GENRE * (WORDS[1] // 15)) == 0
    assert weight_of(SPORT * 10) == 0
    assert weight_of(GENRE * 8 + SIGNING) > 2 * weight_of(GENRE * 8)
    assert weight_of(GENRE.replace("ủy", "uỷ") * 8) == weight_of(GENRE * 8)


def test_the_choice_follows_the_weights_and_the_seed(tmp_path: Path) -> None:
    texts = [f"{n}. {GENRE * 8}" for n in range(60)] + [f"{n}. {GENRE * 8}{SIGNING}" for n in range(60, 90)]
    path = raw(tmp_path, [*texts, SPORT * 10])
    counts: Counter[str] = Counter()
    for seed in range(40):
        chosen = choose_texts([path], 10, seed)
        assert len(set(chosen)) == 10 and set(chosen) <= set(texts)
        counts.update("signing" if SIGNING in t else "other" for t in chosen)
    # A third of the articles has more than three times the weight.
    assert 1.0 < counts["signing"] / counts["other"] < 3.0
    assert choose_texts([path], 10, 1) == choose_texts([path], 10, 1) != choose_texts([path], 10, 2)
    assert sorted(choose_texts([path], 1000, 1)) == sorted(texts)
    with pytest.raises(PhoihopError, match="no article of the genre"):
        choose_texts([raw(tmp_path, [SPORT * 10])], 10, 1)


class Found:
    """An extractor that finds given numbers of entities with given scores."""

    def __init__(self, scores: list[list[float]]) -> None:
        self.scores = scores

    def predict_many(self, texts: Iterable[str]) -> Iterator[Document]:
        for text, scores in zip(texts, self.scores, strict=True):
            yield Document(text, tuple(Entity(f"e{i}", i, i + 1, "UNIT", s) for i, s in enumerate(scores)))


def test_articles_in_which_the_models_find_little_or_guess_are_left_out() -> None:
    scores = [[0.9] * 3, [0.9] * 2, [0.5, 0.6, 0.9], [1.0, 1.0, 0.3], []]
    kept: Any = Found(scores)
    found = list(label_texts(kept, ["abcdef"] * 5))
    assert [d.id for d in found] == ["silver-1", "silver-4"]
    assert [e.score for e in found[1].entities] == scores[3]


def test_training_reads_silver_articles_and_says_so(
    articles: list[Document],
    small_encoder: Path,
    settings: Callable[..., TrainConfig],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = settings(encoder=small_encoder, epochs=1, silver_share=0.5)
    silver = [d.replace(id=f"silver-{n}") for n, d in enumerate(articles[8:16])]
    train(config, articles[:8], articles[16:], tmp_path / "with", silver_documents=silver)
    assert "8 silver articles" in capsys.readouterr().out
    data = json.loads((tmp_path / "with" / "data.json").read_text(encoding="utf-8"))
    assert data["silver"]["articles"] == 8
    log = json.loads((tmp_path / "with" / "log.jsonl").read_text(encoding="utf-8"))
    assert log["step"] == 3  # eight marked and four silver articles, four a step
    train(config, articles[:8], articles[16:], tmp_path / "without")
    kept = [(tmp_path / n / "model" / "model.safetensors").read_bytes() for n in ("with", "without")]
    assert kept[0] != kept[1]
    with pytest.raises(PhoihopError, match="differs in 'silver'"):
        train(config, articles[:8], articles[16:], tmp_path / "with", resume=True)


def test_the_command_marks_raw_news_for_the_next_training(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from phoihop.app.cli import app
    from phoihop.data.readers import read_documents

    path = raw(tmp_path, [f"{n}. {GENRE * 8}" for n in range(6)] + [SPORT * 10])
    command = ["data", "label", "--text", str(path), "--articles", "4", "--threads", "1"]
    done = CliRunner().invoke(app, [*command, "-o", str(tmp_path / "silver.jsonl")])
    assert done.exit_code == 0, done.output
    found = read_documents(tmp_path / "silver.jsonl")
    assert 0 < len(found) <= 4 and all(len(d.entities) > 10 and d.relations for d in found)
    assert f"{len(found)} of 4 articles" in done.output
    refused = CliRunner().invoke(app, [*command, "-o", str(tmp_path / "none" / "silver.jsonl")])
    assert refused.exit_code == 2 and "make it first" in refused.output
