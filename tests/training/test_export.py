"""The ONNX form of a model says the same as the model in torch."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema
from phoihop.model.backend import OnnxBackend, TorchBackend
from phoihop.model.candidates import candidate_pairs, mentions_of
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.extractor import Extractor
from phoihop.model.prepare import Reading, batch_windows, prepare
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.config import TrainConfig
from phoihop.training.export import compare, export_onnx
from phoihop.training.finetune import train
from phoihop.training.pretrain import save_encoder

Run = tuple[Path, dict[str, Any]]
Settings = Callable[..., TrainConfig]


@pytest.fixture(scope="module")
def source(overfitted: Run) -> Path:
    return overfitted[0] / "model"


@pytest.fixture(scope="module")
def exported(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "float"
    sizes = export_onnx(source, folder, int8=False)
    assert sizes == {p.name: p.stat().st_size for p in folder.iterdir()}
    return folder


@pytest.fixture(scope="module")
def int8(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "int8"
    export_onnx(source, folder)
    return folder


@pytest.fixture(scope="module")
def texts(articles: list[Document]) -> list[str]:
    """Articles of different lengths, a part of one, one word, and one of several windows."""
    whole = [d.text for d in articles]
    return [whole[0], whole[1][:70], "Mưa.", "\n".join(whole[2:14]), whole[3] + "\n" + whole[4], *whole[14:]]


def test_the_folder_is_a_model_folder(exported: Path, int8: Path, source: Path) -> None:
    for folder, kind in ((exported, "float32"), (int8, "int8")):
        assert {p.name for p in folder.iterdir()} == {
            "encoder.onnx", "relations.onnx", "tokenizer.json", "model.json", "README.md",
        }  # fmt: skip
        extractor = Extractor.load(folder)
        assert extractor.backend == "onnx" and extractor.card.about["weights"] == kind
        kept = Extractor.load(source).card
        assert extractor.card.thresholds == kept.thresholds and extractor.card.reach == kept.reach
    sizes = [(f / "encoder.onnx").stat().st_size for f in (exported, int8)]
    assert sizes[1] < 0.4 * sizes[0]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_states_and_scores_are_those_of_torch(
    count: int, exported: Path, source: Path, texts: list[str]
) -> None:
    tokenizer = SubwordTokenizer.load(source / "tokenizer.json")
    onnx, torch = OnnxBackend(exported, threads=1), TorchBackend.load(source, device="cpu")
    prepared = [prepare(t, tokenizer, Reading()) for t in texts]
    items = [(p, w) for p in prepared for w in p.windows]
    lengths = {int(p.offsets[w.end] - p.offsets[w.start]) for p, w in items}
    assert len(items) > len(texts) and min(lengths) < 5 and max(lengths) > 350
    for i in range(0, len(items), count):
        batch = batch_windows(items[i : i + count], tokenizer)
        ours = onnx.encode(batch.input_ids, batch.attention_mask)
        theirs = torch.encode(batch.input_ids, batch.attention_mask)
        inside = batch.attention_mask.astype(bool)
        for a, b in zip(ours, theirs, strict=True):
            assert a.shape == b.shape and a.dtype == b.dtype == np.float32
            assert np.abs(a - b)[inside].max() < 1e-4


@pytest.mark.parametrize("count", [2, 3, 5, 40])
def test_scores_of_pairs_are_those_of_torch(count: int, exported: Path, source: Path, schema: Schema) -> None:
    onnx, torch = OnnxBackend(exported, threads=1), TorchBackend.load(source, device="cpu")
    generator = np.random.default_rng(count)
    spans = [(4 * i, 4 * i + int(generator.integers(3)), schema.labels[i * 2 % 7]) for i in range(count)]
    sentence = np.arange(4 * count, dtype=np.int64) // 11
    mentions = mentions_of(spans, schema, sentence)
    pairs = candidate_pairs(mentions, schema, {})
    if count == 2:
        pairs = np.array([[1, 0]])
    states = generator.standard_normal((4 * count, torch.model.state_size)).astype(np.float32)
    ours, theirs = onnx.relate(states, mentions, pairs), torch.relate(states, mentions, pairs)
    assert ours.shape == theirs.shape == (len(pairs), len(schema.relations))
    assert ours.dtype == theirs.dtype == np.float32
    assert np.abs(ours - theirs).max() < 1e-4


def test_both_find_the_same_entities_and_relations(exported: Path, source: Path, texts: list[str]) -> None:
    onnx, torch = Extractor.load(exported, threads=1), Extractor.load(source, backend="torch")
    found = list(zip(onnx.predict_many(texts), torch.predict_many(texts), strict=True))
    for a, b in found:
        assert a.entity_keys() == b.entity_keys() and a.relation_keys() == b.relation_keys()
        assert [e.score for e in a.entities] == pytest.approx([e.score for e in b.entities], abs=1e-3)
        scores = [sorted((r.head, r.label, r.tail, r.score) for r in d.relations) for d in (a, b)]
        assert [s[3] for s in scores[0]] == pytest.approx([s[3] for s in scores[1]], abs=1e-3)
    assert sum(len(a.entities) for a, _ in found) > 150 and sum(len(a.relations) for a, _ in found) > 100
    documents = [Document(t) for t in texts]
    assert compare(onnx, torch, documents) == {"entities": 1.0, "relations": 1.0}
    with pytest.raises(PhoihopError, match="no articles"):
        compare(onnx, torch, [])


def test_eight_bits_find_nearly_the_same(int8: Path, source: Path, articles: list[Document]) -> None:
    alike = compare(Extractor.load(int8, threads=1), Extractor.load(source, backend="torch"), articles)
    assert alike["entities"] > 0.97 and alike["relations"] > 0.94


def test_comparing_counts_what_two_extractors_share(articles: list[Document]) -> None:
    class Fixed:
        def __init__(self, documents: list[Document]) -> None:
            self.documents = documents

        def predict_many(self, texts: list[str]) -> list[Document]:
            return self.documents

    a = articles[:2]
    entities, relations = ([len(getattr(d, what)) for d in a] for what in ("entities", "relations"))
    b = [a[0], Document(a[1].text, a[1].entities[:4])]
    alike = compare(Fixed(a), Fixed(b), a)  # type: ignore[arg-type]
    assert alike["entities"] == pytest.approx(2 * (entities[0] + 4) / (2 * entities[0] + entities[1] + 4))
    assert alike["relations"] == pytest.approx(2 * relations[0] / (2 * relations[0] + relations[1]))


def test_an_exported_model_needs_no_torch(int8: Path, articles: list[Document], tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(articles[0].text, encoding="utf-8")
    code = (
        "import sys\nfrom phoihop import Extractor\n"
        f"found = Extractor.load({str(int8)!r}).predict(open('text.txt', encoding='utf-8').read())\n"
        "print(len(found.entities), [m for m in ('torch', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    count, modules = done.stdout.split(maxsplit=1)
    assert int(count) > 5 and modules.strip() == "[]"


@pytest.mark.parametrize("kind", ["plain", "linear", "bare", "convolutions"])
def test_other_shapes_export(
    kind: str, small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {
        "linear": {"token_head": "linear"},
        "convolutions": {"convolution_size": 12, "convolution_layers": 2},
    }.get(kind, {})
    if kind == "bare":  # embeddings and the heads alone
        tokenizer = SubwordTokenizer.load(small_encoder / "tokenizer.json")
        encoder = RecurrentEncoder.for_tokenizer(tokenizer, embedding_size=24, shape_size=6, state_size=0)
        small_encoder = tmp_path / "static"
        save_encoder(encoder, tokenizer, small_encoder, {})
        changes = {"recurrent_size": 0}
    documents = articles[:4]
    if kind == "plain":  # no relations
        (tmp_path / "plain.toml").write_text(f"labels = {list(labels_of(documents))}\n", encoding="utf-8")
        changes = {"schema": tmp_path / "plain.toml"}
        documents = [d.replace(relations=()) for d in documents]
    train(settings(encoder=small_encoder, epochs=1, **changes), documents, documents, tmp_path / "run")
    export_onnx(tmp_path / "run" / "model", tmp_path / "out", int8=False)
    assert (tmp_path / "out" / "relations.onnx").exists() == (kind != "plain")
    onnx, torch = Extractor.load(tmp_path / "out"), Extractor.load(tmp_path / "run" / "model")
    assert (onnx.backend, torch.backend) == ("onnx", "torch")
    assert compare(onnx, torch, documents) == {"entities": 1.0, "relations": 1.0}
    tokenizer = SubwordTokenizer.load(tmp_path / "out" / "tokenizer.json")
    prepared = prepare(documents[0].text, tokenizer, Reading())
    batch = batch_windows([(prepared, w) for w in prepared.windows], tokenizer)
    for a, b in zip(
        onnx._scorer.encode(batch.input_ids, batch.attention_mask),
        torch._scorer.encode(batch.input_ids, batch.attention_mask),
        strict=True,
    ):
        assert np.abs(a - b).max() < 1e-4


def labels_of(documents: list[Document]) -> set[str]:
    return {e.label for d in documents for e in d.entities}


def copied(folder: Path, target: Path, without: str) -> Path:
    target.mkdir()
    for p in folder.iterdir():
        if p.name != without:
            (target / p.name).write_bytes(p.read_bytes())
    return target


@pytest.mark.parametrize("file", ["model.json", "model.safetensors", "tokenizer.json", "config.json"])
def test_a_source_that_lacks_a_file_is_refused(file: str, source: Path, tmp_path: Path) -> None:
    folder = copied(source, tmp_path / "less", file)
    with pytest.raises(PhoihopError, match=re.escape(str(folder))) as raised:
        export_onnx(folder, tmp_path / "out")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()
    if file != "config.json":
        assert file in str(raised.value)
    with pytest.raises(PhoihopError, match=re.escape(str(folder))):
        Extractor.load(folder, backend="torch")


@pytest.mark.parametrize("file", ["encoder.onnx", "relations.onnx", "tokenizer.json", "model.json"])
def test_a_model_that_lacks_a_file_is_refused_when_loaded(file: str, exported: Path, tmp_path: Path) -> None:
    folder = copied(exported, tmp_path / "less", file)
    with pytest.raises(PhoihopError, match=re.escape(str(folder))) as raised:
        Extractor.load(folder, backend="onnx")
    assert file.split(".")[0] in str(raised.value) and "\n" not in str(raised.value)


def test_damaged_files_are_refused(exported: Path, source: Path, tmp_path: Path) -> None:
    for name in ("encoder.onnx", "relations.onnx", "tokenizer.json", "model.json"):
        folder = copied(exported, tmp_path / f"bad {name}", name)
        (folder / name).write_bytes(b"\x08not a model")
        with pytest.raises(PhoihopError, match=re.escape(str(folder))) as raised:
            Extractor.load(folder)
        assert "\n" not in str(raised.value)
    folder = copied(source, tmp_path / "bad weights", "model.safetensors")
    (folder / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(PhoihopError, match=re.escape(str(folder))):
        Extractor.load(folder)


def test_weights_that_did_not_all_arrive_are_refused(source: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = copied(source, tmp_path / "less", "model.safetensors")
    weights = load_file(source / "model.safetensors")
    del weights["tag_scores.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(PhoihopError, match=r"tag_scores\.weight"):
        Extractor.load(folder, backend="torch")


def test_a_model_is_not_exported_over_itself(source: Path) -> None:
    before = sorted(p.name for p in source.iterdir())
    with pytest.raises(PhoihopError, match="another folder"):
        export_onnx(source, source / ".." / "model")
    assert sorted(p.name for p in source.iterdir()) == before
    card = json.loads((source / "model.json").read_text(encoding="utf-8"))
    assert "weights" not in card["about"]


def test_no_folder_of_this_computer_is_written(exported: Path, int8: Path) -> None:
    import phoihop.model.joint as source_file

    ours = str(Path(source_file.__file__).parent).encode()
    for file in (*exported.glob("*.onnx"), *int8.glob("*.onnx")):
        assert ours not in file.read_bytes(), file.name
