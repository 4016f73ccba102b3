"""PhoBERT from its files to predictions: a checkpoint in its exact layout, made on the spot."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import RobertaConfig, RobertaForMaskedLM

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import default_schema
from phoihop.model.auto import longest_window
from phoihop.model.extractor import Extractor
from phoihop.model.gold import align
from phoihop.model.prepare import Reading, prepare
from phoihop.model.segment import load_segmenter
from phoihop.training.config import TrainConfig
from phoihop.training.encoders import open_encoder
from phoihop.training.export import compare, export_onnx
from phoihop.training.finetune import train

pytest.importorskip("pyvi", reason="pyvi is not installed")
Settings = Callable[..., TrainConfig]


@pytest.fixture(scope="module")
def phobert(articles: list[Document], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """config.json, vocab.txt, bpe.codes and pytorch_model.bin as the hub has them; a small random encoder."""
    segmenter = load_segmenter("pyvi")
    assert segmenter is not None
    lines = [" ".join(segmenter(line)) for d in articles for line in d.text.splitlines()]
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trained.train_from_iterator(
        lines, trainers.BpeTrainer(vocab_size=700, end_of_word_suffix="</w>", show_progress=False)
    )
    model = json.loads(trained.to_str())["model"]
    folder = tmp_path_factory.mktemp("phobert")
    tokens = [s.removesuffix("</w>") if s.endswith("</w>") else s + "@@" for s in model["vocab"]]
    (folder / "vocab.txt").write_text(
        "".join(f"{t} {9999 - i}\n" for i, t in enumerate(tokens)), encoding="utf-8"
    )
    (folder / "bpe.codes").write_text("".join(f"{a} {b} 7\n" for a, b in model["merges"]), encoding="utf-8")
    torch.manual_seed(3)
    shape = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}
    config = RobertaConfig(
        vocab_size=len(tokens) + 5, max_position_embeddings=258, type_vocab_size=1, **shape,
        tokenizer_class="PhobertTokenizer", bos_token_id=0, pad_token_id=1, eos_token_id=2,
    )  # fmt: skip
    whole = RobertaForMaskedLM(config)
    config.save_pretrained(folder)
    torch.save(whole.state_dict(), folder / "pytorch_model.bin")
    return folder


@pytest.fixture(scope="module")
def learnt(
    phobert: Path, articles: list[Document], settings: Settings, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A run that learns the twenty articles by heart."""
    folder = tmp_path_factory.mktemp("runs") / "phobert"
    config = settings(
        encoder=phobert, epochs=20, recurrent_size=48, relation_size=48, dropout=0, relation_dropout=0,
        encoder_dropout=0, word_dropout=0, encoder_learning_rate=2e-3,
    )  # fmt: skip
    figures = train(config, articles, articles, folder)
    assert figures["entity_f1"] > 0.9, figures
    return folder


def test_every_weight_of_the_checkpoint_arrives(phobert: Path) -> None:
    encoder, tokenizer = open_encoder(str(phobert))
    state = torch.load(phobert / "pytorch_model.bin", weights_only=True)
    mine = encoder.state_dict()
    there = {k.removeprefix("roberta."): v for k, v in state.items() if k.startswith("roberta.")}
    assert set(there) - {"embeddings.position_ids"} <= set(mine) | {"embeddings.token_type_ids"}
    assert all(torch.equal(there[k], v) for k, v in mine.items() if k in there)
    assert not [k for k in mine if k not in there and "_ids" not in k]
    assert longest_window(encoder) == 256
    assert tokenizer.segmenter is not None and tokenizer.segmenter.name == "pyvi"


def test_a_missing_weight_is_an_error_that_names_it(phobert: Path, tmp_path: Path) -> None:
    shutil.copytree(phobert, tmp_path / "damaged")
    state = torch.load(phobert / "pytorch_model.bin", weights_only=True)
    del state["roberta.encoder.layer.1.output.dense.weight"]
    torch.save(state, tmp_path / "damaged" / "pytorch_model.bin")
    with pytest.raises(PhoihopError, match=r"missing .*encoder\.layer\.1\.output\.dense\.weight"):
        open_encoder(str(tmp_path / "damaged"))


def test_what_was_learnt_is_read_again_in_a_fresh_process(learnt: Path, articles: list[Document]) -> None:
    extractor = Extractor.load(learnt / "model")
    assert extractor.card.reading.length == 256 and extractor.card.reading.segmenter == "pyvi"
    here = [sorted(d.entity_keys()) for d in extractor.predict_many([d.text for d in articles[:4]])]
    code = (
        "import sys, json; from phoihop import Extractor\n"
        f"e = Extractor.load({str(learnt / 'model')!r})\n"
        "print(json.dumps([sorted(d.entity_keys()) for d in e.predict_many(json.load(sys.stdin))]))"
    )
    texts = json.dumps([d.text for d in articles[:4]])
    done = subprocess.run(
        [sys.executable, "-c", code], input=texts, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [[tuple(k) for k in keys] for keys in json.loads(done.stdout)] == here
    assert sum(map(len, here)) > 20


def test_offsets_are_the_callers_whatever_the_text_looks_like(learnt: Path, articles: list[Document]) -> None:
    text = articles[0].text
    extractor = Extractor.load(learnt / "model")
    plain = [text[e.start : e.end] for e in extractor.predict(text).entities]
    odd = unicodedata.normalize("NFD", text).replace(" ", "\u00a0\u200b")
    found = extractor.predict(odd)
    again = [unicodedata.normalize("NFC", odd[e.start : e.end]) for e in found.entities]
    assert [s.replace("\u00a0\u200b", " ") for s in again] == plain


def test_text_segmented_already_is_read_as_such(learnt: Path, articles: list[Document]) -> None:
    segmenter = load_segmenter("pyvi")
    assert segmenter is not None
    text = articles[1].text
    segmented = "\n".join(" ".join(segmenter(line)) for line in text.splitlines())
    given = Extractor.load(learnt / "model", segmenter="given").predict(segmented)
    surfaces = [segmented[e.start : e.end].replace("_", " ").replace(" ", "") for e in given.entities]
    usual = Extractor.load(learnt / "model").predict(text)
    assert surfaces == [text[e.start : e.end].replace(" ", "") for e in usual.entities]
    assert len(surfaces) > 4


def test_words_that_swallow_a_border_are_parted_in_training_and_counted(
    phobert: Path,
    articles: list[Document],
    settings: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, tokenizer = open_encoder(str(phobert))
    reading = Reading(256, 64)
    parted = lost = 0
    for d in articles:
        borders = {place for e in d.entities for place in (e.start, e.end)}
        with_borders = prepare(d.text, tokenizer, reading, borders)
        parted += with_borders.parted
        assert not [x for x in align(d, with_borders, default_schema()).lost if x.what == "entity"]
        lost += len(align(d, prepare(d.text, tokenizer, reading), default_schema()).lost)
    assert (parted > 0) == (lost > 0)
    train(settings(encoder=phobert, epochs=1), articles[:4], articles[:2], tmp_path / "run")
    assert "words of pyvi parted at the borders of entities" in capsys.readouterr().out


def test_the_onnx_form_reads_the_same(learnt: Path, articles: list[Document], tmp_path: Path) -> None:
    export_onnx(learnt / "model", tmp_path / "out", int8=False)
    onnx, exact = Extractor.load(tmp_path / "out"), Extractor.load(learnt / "model")
    assert onnx.backend == "onnx" and exact.backend == "torch"
    assert compare(onnx, exact, articles) == {"entities": 1.0, "relations": 1.0}


def test_another_segmenter_or_none_is_one_setting_away(phobert: Path) -> None:
    _, tokenizer = open_encoder(str(phobert), "none")
    assert tokenizer.segmenter is None
    words = tokenizer.encode(["Đại", "tá"])
    assert len(words.first) == 2 and np.all(words.ids < tokenizer.size)


def test_blank_text_gives_an_empty_document(learnt: Path) -> None:
    found = list(Extractor.load(learnt / "model").predict_many(["", "  \n", "\u200b"]))
    assert [d.entities for d in found] == [(), (), ()]


def test_a_trained_model_is_no_encoder_to_start_from(learnt: Path) -> None:
    with pytest.raises(PhoihopError, match="a finished phoihop model, no encoder"):
        open_encoder(str(learnt / "model"))
