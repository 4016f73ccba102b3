"""Fine-tuning on invented articles: it learns them, and its folder serves another process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from phoihop.data.document import Document, Entity
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema
from phoihop.model.extractor import Extractor
from phoihop.training.config import TrainConfig
from phoihop.training.finetune import train
from phoihop.training.loop import parameter_groups
from phoihop.training.runs import data_digest

Settings = Callable[..., TrainConfig]
Run = tuple[Path, dict[str, Any]]


def f1(gold: list[set[Any]], found: list[set[Any]]) -> float:
    right = sum(len(g & f) for g, f in zip(gold, found, strict=True))
    return 2 * right / (sum(map(len, gold)) + sum(map(len, found)))


def test_twenty_articles_are_learnt_by_heart(overfitted: Run, articles: list[Document]) -> None:
    folder, figures = overfitted
    extractor = Extractor.load(folder / "model", backend="torch")
    found = list(extractor.predict_many([d.text for d in articles]))
    entities = f1([d.entity_keys() for d in articles], [d.entity_keys() for d in found])
    relations = f1([d.relation_keys() for d in articles], [d.relation_keys() for d in found])
    assert entities >= 0.99 and relations >= 0.95
    assert figures["entity_f1"] == pytest.approx(entities, abs=1e-9)
    assert figures["relation_f1"] == pytest.approx(relations, abs=1e-9)
    assert figures["score"] == pytest.approx((entities + relations) / 2, abs=1e-9)
    assert all(not extractor.unreachable(d) for d in articles)
    scores = [e.score for d in found for e in d.entities] + [r.score for d in found for r in d.relations]
    assert all(s is not None and 0 < s <= 1 for s in scores)


def test_the_run_folder_says_what_was_done(overfitted: Run, articles: list[Document]) -> None:
    folder, figures = overfitted
    assert {p.name for p in folder.iterdir()} - {"curves.png"} == {  # drawn where matplotlib is
        "config.json", "data.json", "versions.json", "log.jsonl", "checkpoints", "model", "metrics.json",
    }  # fmt: skip
    assert {p.name for p in (folder / "model").iterdir()} - {"features.npz"} == {  # if they helped on dev
        "config.json", "model.json", "model.safetensors", "tokenizer.json", "README.md",
    }  # fmt: skip
    assert json.loads((folder / "metrics.json").read_text(encoding="utf-8")) == figures
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert config["epochs"] == 18 and config["encoder"] == "random"
    data = json.loads((folder / "data.json").read_text(encoding="utf-8"))
    assert data == data_digest(articles, articles) and data["train"]["articles"] == 20
    assert "torch" in json.loads((folder / "versions.json").read_text(encoding="utf-8"))
    rows = [json.loads(line) for line in (folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["epoch"] for row in rows] == list(range(1, 19))
    assert all(isinstance(row["epoch"], int) for row in rows)
    assert [row["step"] for row in rows] == [5 * n for n in range(1, 19)]
    assert rows[-1]["tag_loss"] < 0.1 < 1 < rows[0]["tag_loss"]
    assert rows[-1]["relation_loss"] < 0.1 * rows[0]["relation_loss"]
    about = Extractor.load(folder / "model").card.about
    assert about["trained_on_articles"] == 20 and about["settings"] == config and about["dev"] == figures


def test_the_model_folder_predicts_the_same_in_another_process(
    overfitted: Run, articles: list[Document], tmp_path: Path
) -> None:
    folder, _ = overfitted
    texts = [d.text for d in articles[:3]] + ["Hôm nay bà con nghỉ.", "Lữ đoàn 917 đón khách. " * 60]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    code = (
        "import json, sys\nfrom phoihop import Extractor\n"
        f"extractor = Extractor.load({str(folder / 'model')!r}, backend='torch')\n"
        "texts = json.load(open('texts.json', encoding='utf-8'))\n"
        "print(json.dumps([d.to_dict() for d in extractor.predict_many(texts)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    there = [Document.from_dict(d) for d in json.loads(done.stdout)]
    here = list(Extractor.load(folder / "model", backend="torch").predict_many(texts))
    assert sum(len(d.relations) for d in here) > 10
    for a, b in zip(here, there, strict=True):
        assert (a.entity_keys(), a.relation_keys()) == (b.entity_keys(), b.relation_keys())


def test_another_seed_gives_other_weights_and_the_same_seed_the_same(
    small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    weights = {}
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        config = settings(encoder=small_encoder, epochs=1, seed=seed)
        train(config, articles[:8], articles[:2], tmp_path / name)
        weights[name] = (tmp_path / name / "model" / "model.safetensors").read_bytes()
    assert weights["a"] == weights["b"] != weights["c"]


@pytest.mark.parametrize(
    "changes",
    [
        {"token_head": "linear"},
        {"recurrent_size": 0},
        {"bf16": "yes"},
        {"convolution_size": 12, "recurrent_size": 0},
    ],
)
def test_other_shapes_train_and_load(
    changes: dict[str, Any], small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    config = settings(encoder=small_encoder, **changes)
    figures = train(config, articles[:8], articles[:3], tmp_path / "run")
    extractor = Extractor.load(tmp_path / "run" / "model")
    assert extractor.backend == "torch"
    assert (extractor.card.crf is None) == (config.token_head == "linear")
    found = list(extractor.predict_many([d.text for d in articles[:3]]))
    assert figures["entity_f1"] == pytest.approx(
        f1([d.entity_keys() for d in articles[:3]], [d.entity_keys() for d in found]), abs=1e-9
    )


def test_a_plain_schema_without_relations_trains(
    small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "plain.toml").write_text('labels = ["WHO", "WHERE"]\n', encoding="utf-8")
    names = {"PERSON": "WHO", "UNIT": "WHERE"}
    plain = [
        Document(
            d.text,
            tuple(Entity(e.id, e.start, e.end, names[e.label]) for e in d.entities if e.label in names),
            id=d.id,
        )
        for d in articles
    ]
    config = settings(
        encoder=small_encoder, schema=tmp_path / "plain.toml", epochs=20, dropout=0, word_dropout=0,
        learning_rate=1e-2, encoder_learning_rate=1e-2, recurrent_size=32,
    )  # fmt: skip
    figures = train(config, plain, plain[:5], tmp_path / "run")
    assert figures.keys() == {"entity_f1", "score"} and figures["entity_f1"] > 0.8
    extractor = Extractor.load(tmp_path / "run" / "model")
    assert extractor.schema == Schema(("WHO", "WHERE"))
    found = extractor.predict(plain[0].text)
    assert not found.relations and {e.label for e in found.entities} <= {"WHO", "WHERE"}


def test_the_schema_can_come_from_the_data(
    small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    few = [
        d.replace(
            entities=tuple(e for e in d.entities if e.label in ("PERSON", "RANK")),
            relations=tuple(r for r in d.relations if r.label == "HAS_RANK"),
        )
        for d in articles[:6]
    ]
    train(settings(encoder=small_encoder, schema="data", epochs=1), few, [], tmp_path / "run")
    card = Extractor.load(tmp_path / "run" / "model").card
    assert card.schema == Schema(("PERSON", "RANK"), (("PERSON", "HAS_RANK", "RANK"),))
    assert card.about["dev_articles"] == 1 and card.about["trained_on_articles"] == 5


def test_long_articles_are_learnt_in_windows(
    small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    config = settings(encoder=small_encoder, window=64, overlap=8, epochs=1)
    train(config, articles[:6], articles[:2], tmp_path / "run")
    extractor = Extractor.load(tmp_path / "run" / "model")
    assert (extractor.card.reading.length, extractor.card.reading.overlap) == (64, 8)
    assert extractor.predict(articles[0].text * 3).text == articles[0].text * 3


@pytest.mark.parametrize("label", ["SHIP", "PERSON_"])
def test_a_label_the_schema_does_not_know_is_named_with_its_article(
    label: str, small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    odd = Document("Tàu Sao Mai rời cảng.", (Entity("s", 4, 11, label),), id="odd-one")
    for learn, dev in (([*articles[:3], odd], articles[:1]), (articles[:3], [odd])):
        with pytest.raises(PhoihopError, match="odd-one") as raised:
            train(settings(encoder=small_encoder), learn, dev, tmp_path / "run")
        assert label in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_runs_that_cannot_begin_are_refused_and_leave_the_folder_free(
    small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    run, config = tmp_path / "run", settings(encoder=small_encoder, epochs=1)
    with pytest.raises(PhoihopError, match="no articles"):
        train(config, [], [], run)
    with pytest.raises(PhoihopError, match="one article"):
        train(config, articles[:1], [], run)
    with pytest.raises(PhoihopError, match="no words"):
        train(config, [Document(" \n"), Document("")], articles[:1], run)
    with pytest.raises(PhoihopError, match="nowhere"):
        train(settings(encoder=tmp_path / "nowhere"), articles[:3], [], run)
    with pytest.raises(PhoihopError, match="labels"):
        train(settings(schema="data"), [Document("Mưa."), Document("Gió.")], [], run)
    train(config, articles[:3], [], run)
    with pytest.raises(PhoihopError, match="not empty"):
        train(config, articles[:3], [], run)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(PhoihopError, match="file"):
        train(config, articles[:3], [], tmp_path / "file")


def test_articles_of_one_name_are_told_apart(
    small_encoder: Path, articles: list[Document], settings: Settings, tmp_path: Path
) -> None:
    same = [d.replace(id="same") for d in articles[:4]]
    figures = train(settings(encoder=small_encoder, epochs=1), same, same, tmp_path / "run")
    assert "score" in figures


def test_vectors_and_transitions_are_not_decayed(overfitted: Run, settings: Settings) -> None:
    from phoihop.model.backend import TorchBackend

    model = TorchBackend.load(overfitted[0] / "model").model
    config = settings(weight_decay=0.3, learning_rate=1e-3, encoder_learning_rate=1e-4)
    names = {id(w): name for name, w in model.named_parameters()}
    seen = set()
    for group in parameter_groups(model, config):
        for weight in group["params"]:
            name = names[id(weight)]
            seen.add(name)
            assert group["lr"] == (1e-4 if name.startswith("encoder.") else 1e-3), name
            plain = weight.ndim < 2 or name.startswith("crf.")
            assert group["weight_decay"] == (0.0 if plain else 0.3), name
    assert seen == set(names.values())
    assert torch.get_num_threads() == 1
