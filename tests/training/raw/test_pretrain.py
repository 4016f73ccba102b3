"""Learning an encoder from raw text: to the end on a little text, and the parts against their definitions."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.tokenise import SubwordTokenizer, factors
from phoihop.training.config import PretrainConfig, TrainConfig
from phoihop.training.encoders import load_encoder
from phoihop.training.pretrain import pretrain
from phoihop.training.raw.embeddings import word_vectors
from phoihop.training.raw.loop import held_out_loss, rate
from phoihop.training.raw.objectives import OBJECTIVES

Tiny = Callable[..., PretrainConfig]


@pytest.fixture(scope="module")
def pretrained(
    texts: Path, tmp_path_factory: pytest.TempPathFactory, tiny: Tiny
) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("encoders") / "tiny"
    return folder, pretrain(tiny(passes=4), [texts], folder)


def test_the_folder_holds_an_encoder_and_how_it_was_learnt(
    pretrained: tuple[Path, dict[str, Any]], tiny: Tiny
) -> None:
    folder, report = pretrained
    assert {p.name for p in folder.iterdir()} == {
        "config.json", "model.safetensors", "tokenizer.json", "pretrain.json", "log.jsonl",
    }  # fmt: skip
    assert json.loads((folder / "pretrain.json").read_text(encoding="utf-8")) == report
    assert report["config"] == tiny(passes=4).to_dict()
    assert 0 < report["tokens_seen"] <= 4 * report["tokens_available"] * 16 / 14
    # Guessing by chance among the forms would give their number; the text repeats itself much.
    forms, _, _ = factors(SubwordTokenizer.load(folder / "tokenizer.json").backend.get_vocab())
    assert 1 < report["held_out_perplexity"] < len(forms) / 4


def test_more_learning_guesses_better(
    texts: Path, pretrained: tuple[Path, dict[str, Any]], tmp_path: Path, tiny: Tiny
) -> None:
    little = pretrain(tiny(learning_rate=1e-9), [texts], tmp_path / "little")
    assert pretrained[1]["held_out_perplexity"] < 0.5 * little["held_out_perplexity"]


def test_an_encoder_can_be_gone_on_from(
    texts: Path, pretrained: tuple[Path, dict[str, Any]], tmp_path: Path, tiny: Tiny
) -> None:
    folder, before = pretrained
    report = pretrain(tiny(start=folder, passes=4, state_size=99), [texts], tmp_path / "more")
    assert report["held_out_perplexity"] < before["held_out_perplexity"]
    more = tmp_path / "more"
    assert (more / "tokenizer.json").read_text("utf-8") == (folder / "tokenizer.json").read_text("utf-8")
    assert RecurrentEncoder.from_pretrained(more).config.state_size == 16
    with pytest.raises(PhoihopError, match="no saved encoder"):
        pretrain(tiny(start=tmp_path), [texts], tmp_path / "none")


def test_the_time_allowed_is_kept(texts: Path, tmp_path: Path, tiny: Tiny) -> None:
    report = pretrain(tiny(passes=1000, minutes=0.01), [texts], tmp_path / "e")
    assert report["minutes"] < 0.5
    assert report["tokens_seen"] < 500 * report["tokens_available"]


@pytest.mark.parametrize("state_size", [16, 0])
def test_the_encoder_can_be_fine_tuned(
    state_size: int,
    texts: Path,
    pretrained: tuple[Path, dict[str, Any]],
    articles: list[Document],
    tmp_path: Path,
    settings: Callable[..., TrainConfig],
    tiny: Tiny,
) -> None:
    from phoihop.model.extractor import Extractor
    from phoihop.training.finetune import train

    folder = pretrained[0]
    if not state_size:
        folder = tmp_path / "static"
        report = pretrain(tiny(state_size=0), [texts], folder)
        assert "held_out_perplexity" not in report
    config = settings(encoder=str(folder), epochs=1)
    figures = train(config, articles[:4], articles[4:6], tmp_path / "run")
    assert 0 <= figures["score"] <= 1
    model = Extractor.load(tmp_path / "run" / "model", backend="torch")
    assert model.predict(articles[0].text).text == articles[0].text
    saved = json.loads((tmp_path / "run" / "model" / "config.json").read_text(encoding="utf-8"))
    assert saved["encoder"]["state_size"] == state_size


def test_fine_tuning_starts_from_the_learnt_weights(
    pretrained: tuple[Path, dict[str, Any]], settings: Callable[..., TrainConfig]
) -> None:
    from phoihop.data.schema import default_schema
    from phoihop.training.finetune import _model

    config = settings(encoder=str(pretrained[0]), encoder_dropout=0.35)
    encoder, tokenizer = load_encoder(config, [])
    model = _model(config, default_schema(), encoder)
    assert encoder.config.vocab_size == tokenizer.size
    again = RecurrentEncoder.from_pretrained(pretrained[0]).state_dict()
    assert model.encoder.state_dict().keys() == again.keys()
    for name, weight in model.encoder.state_dict().items():
        assert torch.equal(weight, again[name]), name
    assert model.encoder.dropout.p == 0.35


def test_an_encoder_folder_that_lacks_something_is_refused(
    pretrained: tuple[Path, dict[str, Any]], tmp_path: Path, settings: Callable[..., TrainConfig]
) -> None:
    from safetensors.torch import load_file, save_file

    def copied(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for p in pretrained[0].iterdir():
            (folder / p.name).write_bytes(p.read_bytes())
        return folder

    for file in ("config.json", "tokenizer.json", "model.safetensors"):
        folder = copied(f"without {file}")
        (folder / file).unlink()
        with pytest.raises(PhoihopError, match=str(folder)):
            load_encoder(settings(encoder=str(folder)), [])
    folder = copied("less")
    weights = load_file(folder / "model.safetensors")
    del weights["left_lstm.weight_hh_l0"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(PhoihopError, match=r"left_lstm\.weight_hh_l0"):
        load_encoder(settings(encoder=str(folder)), [])
    folder = copied("damaged")
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(PhoihopError, match=str(folder)):
        load_encoder(settings(encoder=str(folder)), [])
    folder = copied("no config")
    (folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(PhoihopError, match=str(folder)):
        load_encoder(settings(encoder=str(folder)), [])


def test_too_little_text_and_a_folder_in_use_are_refused(texts: Path, tmp_path: Path, tiny: Tiny) -> None:
    short = tmp_path / "short.txt"
    short.write_text("Chính ủy ký kết quy chế phối hợp.", encoding="utf-8")
    with pytest.raises(PhoihopError, match="pre-training needs"):
        pretrain(tiny(), [short], tmp_path / "a")
    # Enough for the first check but not for one batch of rows: nothing would be learnt.
    with pytest.raises(PhoihopError, match="pre-training needs"):
        pretrain(tiny(batch=5000), [texts], tmp_path / "b")
    with pytest.raises(PhoihopError, match="none"):
        pretrain(tiny(), [tmp_path / "none"], tmp_path / "c")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "mine").write_text("x", encoding="utf-8")
    with pytest.raises(PhoihopError, match="not empty"):
        pretrain(tiny(), [texts], tmp_path / "used")


def test_little_held_out_text_is_measured_all_the_same(texts: Path, tmp_path: Path, tiny: Tiny) -> None:
    # Less than a batch of rows is held out.
    report = pretrain(tiny(held_out=40), [texts], tmp_path / "e")
    assert math.isfinite(report["held_out_perplexity"])
    text = (tmp_path / "e" / "pretrain.json").read_text(encoding="utf-8")
    assert "NaN" not in text


def test_the_held_out_loss_is_the_mean_over_all_its_rows(tokenizer: SubwordTokenizer, tiny: Tiny) -> None:
    torch.manual_seed(0)
    encoder = RecurrentEncoder.for_tokenizer(
        tokenizer, embedding_size=6, shape_size=2, state_size=5, dropout=0.3
    )
    model = OBJECTIVES["context"](encoder, 0.3)
    config = tiny(batch=4, length=8)
    ids = np.random.default_rng(0).integers(4, tokenizer.size, 8 + 6 * 5).astype(np.uint16)
    whole = np.stack([ids[s : s + 8] for s in range(0, len(ids) - 7, 6)]).astype(np.int64)
    assert len(whole) == 6
    model.eval()
    expected = model(torch.from_numpy(whole), None)
    model.train()
    assert held_out_loss(model, ids, config) == pytest.approx(expected.item(), rel=1e-4)
    assert model.training


def test_the_rate_rises_then_falls(tiny: Tiny) -> None:
    config = tiny(warmup=0.1, learning_rate=0.01)
    rates = [rate(x / 100, config) for x in range(101)]
    top = rates.index(max(rates))
    assert top in (9, 10) and 0.009 < max(rates) <= 0.01
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[0] == pytest.approx(0.001) and rates[100] == pytest.approx(0.0002)


def test_word_vectors_have_the_spread_of_fresh_embeddings(tokenizer: SubwordTokenizer) -> None:
    torch.manual_seed(0)
    ids = np.random.default_rng(0).integers(4, tokenizer.size, 3000).astype(np.uint16)
    forms, _, _ = factors(tokenizer.backend.get_vocab())
    table = word_vectors(ids, tokenizer, 12, 1, 1)
    assert table.shape == (len(forms), 12)
    assert table.std().item() == pytest.approx(0.1, rel=1e-3)
    assert torch.isfinite(table).all()
