"""Learning an encoder from raw text: to the end on a little text, and the parts against their definitions."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.tokenise import SubwordTokenizer, factors
from phoihop.training.config import PretrainConfig, TrainConfig
from phoihop.training.encoders import load_encoder
from phoihop.training.pretrain import ContextModel, _rate, _rows, held_out_loss, pretrain, word_vectors

TINY = {
    "words": "100000", "vocab_size": "500", "held_out": "800", "embedding_size": "12", "shape_size": "4",
    "state_size": "16", "embedding_passes": "1", "length": "16", "batch": "4", "draws": "60", "passes": "1",
    "minutes": "0.05",
}  # fmt: skip


def tiny(**changes: Any) -> PretrainConfig:
    return PretrainConfig.load(None, TINY | {k: str(v) for k, v in changes.items()})


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def pretrained(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("encoders") / "tiny"
    return folder, pretrain(tiny(passes=4), [texts], folder)


def test_the_folder_holds_an_encoder_and_how_it_was_learnt(pretrained: tuple[Path, dict[str, Any]]) -> None:
    folder, report = pretrained
    assert {p.name for p in folder.iterdir()} == {
        "config.json", "model.safetensors", "tokenizer.json", "pretrain.json",
    }  # fmt: skip
    assert json.loads((folder / "pretrain.json").read_text(encoding="utf-8")) == report
    assert report["config"] == tiny(passes=4).to_dict()
    assert 0 < report["tokens_seen"] <= 4 * report["tokens_available"] * 16 / 14
    # Guessing by chance among the forms would give their number; the text repeats itself much.
    forms, _, _ = factors(SubwordTokenizer.load(folder / "tokenizer.json").backend.get_vocab())
    assert 1 < report["held_out_perplexity"] < len(forms) / 4


def test_more_learning_guesses_better(
    texts: Path, pretrained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    little = pretrain(tiny(learning_rate=1e-9), [texts], tmp_path / "little")
    assert pretrained[1]["held_out_perplexity"] < 0.5 * little["held_out_perplexity"]


def test_an_encoder_can_be_gone_on_from(
    texts: Path, pretrained: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    folder, before = pretrained
    report = pretrain(tiny(start=folder, passes=4, state_size=99), [texts], tmp_path / "more")
    assert report["held_out_perplexity"] < before["held_out_perplexity"]
    more = tmp_path / "more"
    assert (more / "tokenizer.json").read_text("utf-8") == (folder / "tokenizer.json").read_text("utf-8")
    assert RecurrentEncoder.from_pretrained(more).config.state_size == 16
    with pytest.raises(PhoihopError, match="no saved encoder"):
        pretrain(tiny(start=tmp_path), [texts], tmp_path / "none")


def test_the_time_allowed_is_kept(texts: Path, tmp_path: Path) -> None:
    report = pretrain(tiny(passes=1000, minutes=0.02), [texts], tmp_path / "e")
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


def test_too_little_text_and_a_folder_in_use_are_refused(texts: Path, tmp_path: Path) -> None:
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


def test_little_held_out_text_is_measured_all_the_same(texts: Path, tmp_path: Path) -> None:
    # Less than a batch of rows is held out.
    report = pretrain(tiny(held_out=40, minutes=0.01), [texts], tmp_path / "e")
    assert math.isfinite(report["held_out_perplexity"])
    text = (tmp_path / "e" / "pretrain.json").read_text(encoding="utf-8")
    assert "NaN" not in text


@pytest.fixture
def model(tokenizer: SubwordTokenizer) -> ContextModel:
    torch.manual_seed(0)
    encoder = RecurrentEncoder.for_tokenizer(
        tokenizer, embedding_size=6, shape_size=2, state_size=5, dropout=0.0
    )
    model = ContextModel(encoder, 0.0)
    with torch.no_grad():
        model.bias.normal_()
    return model.eval()


def rows(model: ContextModel, count: int = 3, length: int = 9) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randint(4, model.encoder.config.vocab_size, (count, length), generator=generator)


def test_with_all_forms_drawn_the_sampled_loss_is_the_full_one(model: ContextModel) -> None:
    ids, forms = rows(model), torch.arange(model.bias.numel())
    full = model.loss(ids, None)
    assert model.loss(ids, forms).item() == pytest.approx(full.item(), rel=1e-5)
    # Drawn so often that no form can be missed, the correction vanishes.
    model.set_sampling(torch.full((len(forms),), 10), 10_000_000)
    assert model.loss(ids, forms).item() == pytest.approx(full.item(), rel=1e-5)


def test_the_chance_to_be_drawn_is_that_of_the_draws(model: ContextModel) -> None:
    n = model.bias.numel()
    counts = np.arange(n)
    model.set_sampling(torch.from_numpy(counts), 40)
    generator = np.random.default_rng(0)
    trials = 3000
    seen = np.zeros(n)
    for _ in range(trials):
        seen[np.unique(generator.choice(n, 40, p=counts / counts.sum()))] += 1
    chance = model.log_drawn.exp().numpy()
    assert np.abs(seen / trials - chance)[1:].max() < 0.05
    assert chance[0] < 1e-9


@torch.no_grad()
def test_the_sampled_loss_is_a_choice_among_gold_and_the_drawn_corrected_by_chance(
    model: ContextModel,
) -> None:
    ids, n = rows(model), model.bias.numel()
    model.set_sampling(torch.arange(1, n + 1), 30)
    negatives = torch.arange(0, n, 3)
    context, gold = model.contexts(ids)
    corrected = context @ model.encoder.form_embedding.weight.T + model.bias - model.log_drawn
    expected = 0.0
    for row, form in zip(corrected, gold.tolist(), strict=True):
        choices = sorted({form, *negatives.tolist()})  # gold counts once though it be drawn
        expected += float(torch.logsumexp(row[choices], 0) - row[form])
    assert any(form in negatives for form in gold) and not all(form in negatives for form in gold)
    assert model.loss(ids, negatives).item() == pytest.approx(expected / len(gold), rel=1e-4)


def test_a_token_is_guessed_from_what_stands_on_its_two_sides(model: ContextModel) -> None:
    ids = rows(model, 1, 9)
    context, gold = model.contexts(ids)
    assert gold.tolist() == model.encoder.form_of[ids[0, 1:-1]].tolist()
    changed = ids.clone()
    changed[0, 4] = 4 + (int(ids[0, 4]) - 3) % (model.encoder.config.vocab_size - 4)
    assert changed[0, 4] != ids[0, 4]
    other, _ = model.contexts(changed)
    same = [torch.equal(a, b) for a, b in zip(context, other, strict=True)]
    assert same == [place == 3 for place in range(7)]  # the third guess is of token 4 itself


def test_the_full_loss_is_that_of_all_forms(model: ContextModel) -> None:
    ids = rows(model)
    context, gold = model.contexts(ids)
    scores = context @ model.encoder.form_embedding.weight.T + model.bias
    expected = F.cross_entropy(scores, gold)
    assert model.loss(ids, None).item() == pytest.approx(expected.item(), rel=1e-5)


def test_rows_guess_every_token_once_and_the_order_follows_seed_and_pass() -> None:
    config = tiny(batch=3, length=8)
    ids = np.arange(8 + 6 * 11, dtype=np.uint16)
    batches = list(_rows(ids, config))
    assert all(b.shape == (3, 8) for b in batches)
    inner = torch.cat([b[:, 1:-1].flatten() for b in batches]).tolist()
    assert sorted(inner) == list(range(1, len(ids) - 1))
    assert all((row[1:] - row[:-1] == 1).all() for b in batches for row in b)
    again = list(_rows(ids, config))
    other = list(_rows(ids, config, 1))
    assert all(torch.equal(a, b) for a, b in zip(batches, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(batches, other, strict=True))


def test_the_held_out_loss_is_the_mean_over_all_its_rows(model: ContextModel) -> None:
    config = tiny(batch=4, length=8)
    ids = rows(model, 1, 8 + 6 * 5)[0].numpy().astype(np.uint16)
    whole = [ids[s : s + 8] for s in range(0, len(ids) - 7, 6)]
    assert len(whole) == 6
    expected = model.loss(torch.from_numpy(np.stack(whole).astype(np.int64)), None)
    assert held_out_loss(model, ids, config) == pytest.approx(expected.item(), rel=1e-4)


def test_the_rate_rises_then_falls() -> None:
    config = tiny(warmup=0.1, learning_rate=0.01)
    rates = [_rate(x / 100, config) for x in range(101)]
    top = rates.index(max(rates))
    assert top in (9, 10) and 0.009 < max(rates) <= 0.01
    assert rates[:10] == sorted(rates[:10]) and rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[0] == pytest.approx(0.001) and rates[100] == pytest.approx(0.0002)


def test_word_vectors_have_the_spread_of_fresh_embeddings(tokenizer: SubwordTokenizer) -> None:
    config = tiny()
    torch.manual_seed(0)
    ids = np.random.default_rng(0).integers(4, tokenizer.size, 3000).astype(np.uint16)
    forms, _, _ = factors(tokenizer.backend.get_vocab())
    table = word_vectors(ids, tokenizer, config)
    assert table.shape == (len(forms), 12)
    assert table.std().item() == pytest.approx(0.1, rel=1e-3)
    assert torch.isfinite(table).all()
