"""Encoders of other families go the way of the embedded one: from their files to predictions and ONNX."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoModel,
    BertConfig,
    DebertaV2Config,
    ElectraConfig,
    RobertaConfig,
    XLMRobertaConfig,
    XLNetConfig,
)

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.model.auto import longest_window, new_encoder
from phoihop.model.extractor import Extractor
from phoihop.model.loading import DEFAULT
from phoihop.training.config import TrainConfig
from phoihop.training.encoders import open_encoder
from phoihop.training.export import compare, export_onnx
from phoihop.training.finetune import train

SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}
FAMILIES = {
    "bert": (BertConfig, "wordpiece", 512),
    "electra": (ElectraConfig, "wordpiece", 512),
    "roberta": (RobertaConfig, "bytes", 510),
    "xlm-roberta": (XLMRobertaConfig, "unigram", 510),
    "deberta-v2": (DebertaV2Config, "brackets", 512),
}
ANGLES, BRACKETS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def vocabulary(kind: str, texts: list[str]) -> Tokenizer:
    """A tokenizer as the family has it, learnt from a few texts."""
    special = ANGLES if kind in ("bytes", "unigram") else BRACKETS
    common: dict[str, Any] = {"vocab_size": 500, "special_tokens": special, "show_progress": False}
    trainer: Any
    if kind == "wordpiece":
        out = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        out.normalizer = normalizers.BertNormalizer(lowercase=False)
        out.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(**common)
    elif kind == "bytes":
        out = Tokenizer(models.BPE())
        out.pre_tokenizer, out.decoder = (
            pre_tokenizers.ByteLevel(add_prefix_space=False),
            decoders.ByteLevel(),
        )
        trainer = trainers.BpeTrainer(**common)
    else:
        out = Tokenizer(models.Unigram())
        out.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(**common, unk_token=special[1] if kind == "brackets" else "<unk>")
    out.train_from_iterator(texts, trainer)
    out.enable_truncation(16)  # as a saved tokenizer may carry it; it must not cut anything here
    return out


@pytest.fixture(params=FAMILIES, scope="module")
def folder(
    request: pytest.FixtureRequest, articles: list[Document], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A small random checkpoint of one family, named by its folder."""
    config_class, kind, _ = FAMILIES[request.param]
    out: Path = tmp_path_factory.mktemp("families") / request.param
    tokenizer = vocabulary(kind, [d.text for d in articles])
    torch.manual_seed(1)
    config = config_class(vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=512, **SHAPE)
    AutoModel.from_config(config).save_pretrained(out)
    tokenizer.save(str(out / "tokenizer.json"))
    return out


def test_a_family_trains_predicts_and_exports(
    folder: Path, articles: list[Document], settings: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    config = settings(
        encoder=folder, epochs=8, encoder_learning_rate=2e-3, recurrent_size=32, dropout=0, augment=0
    )
    figures = train(config, articles, articles[:6], tmp_path / "run")
    exact = Extractor.load(tmp_path / "run" / "model")
    assert exact.card.reading.segmenter == "none"
    assert exact.card.reading.length == FAMILIES[folder.name][2]
    assert not [n for n in exact._scorer.model.state_dict() if "pooler" in n]  # type: ignore[attr-defined]
    assert figures["entity_f1"] > 0.3, figures
    export_onnx(tmp_path / "run" / "model", tmp_path / "out", int8=False)
    assert compare(Extractor.load(tmp_path / "out"), exact, articles[:6]) == {
        "entities": 1.0,
        "relations": 1.0,
    }


def test_no_text_is_cut_or_lost(folder: Path, articles: list[Document]) -> None:
    encoder, tokenizer = open_encoder(str(folder))
    words = [*articles[0].text.split(), "\x07", "☃", "漢"]
    encoding = tokenizer.encode(words)
    assert len(encoding.first) == len(words)
    assert (encoding.first[1:] > encoding.first[:-1]).all()
    assert encoding.ids.max() < encoder.config.vocab_size
    assert longest_window(encoder) == FAMILIES[folder.name][2]


def test_a_hub_name_without_a_hub_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    def unreachable(*_: Any, **__: Any) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(
        PhoihopError, match=r"vinai/phobert-base-v2: .*no route to host.*give that, or use 'default'"
    ):
        open_encoder("vinai/phobert-base-v2")


def test_a_family_without_a_limit_reads_windows_of_512_tokens() -> None:
    config = XLNetConfig(vocab_size=30, d_model=8, n_layer=1, n_head=2, d_inner=8)
    assert longest_window(new_encoder(config)) == 512


def test_an_exported_model_is_no_encoder_to_start_from() -> None:
    with pytest.raises(PhoihopError, match="a finished phoihop model, no encoder"):
        open_encoder(str(DEFAULT))
