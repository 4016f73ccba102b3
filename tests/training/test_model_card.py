"""The card that training writes: what the model learnt from, where it is weak, how far its probabilities hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard as HubCard

from phoihop.data.inline import parse
from phoihop.eval.evaluate import score
from phoihop.model.card import ModelCard
from phoihop.training.encoders import pretraining_report
from phoihop.training.model_card import LEAST_GOLD, write_model_card

Run = tuple[Path, dict[str, Any]]


def about(**more: Any) -> dict[str, Any]:
    counts = {"articles": 7, "entities": 70, "relations": 30, "sha256": "a" * 64}
    return {
        "trained_on_articles": 7,
        "dev_articles": 1,
        "data": {"train": counts, "dev": counts},
        "settings": {"encoder": "default", "seed": 4},
        "minutes": 2.5,
        "device": "a device",
        "versions": {"python": "3"},
    } | more


def card(folder: Path, **more: Any) -> str:
    gold = parse("[Lữ đoàn 9](UNIT) " * LEAST_GOLD + "[Đại tá](RANK) " * (LEAST_GOLD - 1), id="a")
    found = gold.replace(entities=[e for e in gold.entities if e.start > 30 and e.label == "UNIT"])
    write_model_card(folder, about(**more), score([gold], [found]))
    return (folder / "README.md").read_text(encoding="utf-8")


def test_weak_sides_are_those_with_gold_enough_to_tell(tmp_path: Path) -> None:
    text = card(tmp_path)
    weak = next(line for line in text.splitlines() if line.startswith("Weak sides"))
    # Six of ten bodies are found: F1 12 / 16; nine ranks, none of them found, are too few to tell.
    assert weak == "Weak sides, each below an F1 of 90: UNIT (F1 75.0 of 10)."
    assert "silver" not in text and "raw text" not in text and "calibration" not in text


def test_silver_articles_raw_text_and_calibration_are_told(tmp_path: Path) -> None:
    more = about()["data"] | {"silver": {"articles": 5, "entities": 50, "relations": 9, "sha256": "b" * 64}}
    errors = {"expected_calibration_error_before": 0.05, "expected_calibration_error": 0.012}
    text = card(
        tmp_path,
        data=more,
        encoder={"tokens_seen": 1_234_567, "minutes": 3.5, "held_out_perplexity": 6.5, "text_note": "news"},
        calibration={"relations": errors | {"temperature": 2.0}},
    )
    assert "beside them 5 articles that models marked (50 entities, 9 relations; `bbbb" in text
    assert "1,234,567 tokens of raw text in 3.5 minutes, held-out perplexity 6.5; news" in text
    assert "relations at temperature 2.0 (5.0 % before): 1.2 %" in text


def test_training_keeps_temperatures_and_what_the_encoder_read(overfitted: Run) -> None:
    kept = ModelCard.load(overfitted[0] / "model")
    assert set(kept.temperature) == set(kept.about["calibration"]) == {"entities", "relations"}
    assert kept.about["calibration"]["entities"]["temperature"] == kept.temperature["entities"]
    assert kept.about["encoder"] == {}  # fresh weights have read nothing


def test_a_pretraining_report_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    assert pretraining_report("random") == pretraining_report(str(tmp_path)) == {}
    (tmp_path / "pretrain.json").write_text(
        json.dumps({"tokens_seen": 9, "minutes": 1, "config": {"text_note": "wiki"}, "other": 1}), "utf-8"
    )
    assert pretraining_report(str(tmp_path)) == {"tokens_seen": 9, "minutes": 1, "text_note": "wiki"}
    (tmp_path / "pretrain.json").write_text("{", "utf-8")
    assert pretraining_report(str(tmp_path)) == {}
    assert pretraining_report("default")["tokens_seen"] > 30_000_000


def test_the_hub_can_read_the_card(tmp_path: Path) -> None:
    card(tmp_path, settings={"encoder": "vinai/phobert-base-v2", "seed": 1})
    data = HubCard.load(tmp_path / "README.md").data
    assert (data.language, data.library_name, data.base_model) == ("vi", "phoihop", "vinai/phobert-base-v2")
    figures = {r.metric_name: r.metric_value for r in data.eval_results}
    # Six of nineteen, all of them right.
    assert figures["entities: precision"] == 1 and figures["entities: recall"] == round(6 / 19, 4)
    assert not any("relations" in name for name in figures)  # of which the articles hold none
    card(tmp_path)
    assert HubCard.load(tmp_path / "README.md").data.base_model is None  # "default" is no model of the hub
