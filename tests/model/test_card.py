"""``model.json``: written and read back, and what is said of a damaged one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema, default_schema
from phoihop.model.card import CARD_FILE, FORMAT, ModelCard
from phoihop.model.decode import Transitions, valid_transitions
from phoihop.model.prepare import Reading


def learned(tags: int) -> Transitions:
    generator = np.random.default_rng(3)
    return Transitions(
        *(generator.normal(size=s).astype(np.float32) for s in ((tags,), (tags, tags), (tags,)))
    )


def full() -> ModelCard:
    schema = default_schema()
    return ModelCard(
        schema,
        Reading(256, 32, line_breaks=True),
        {"PERSON TITLE": 30, "UNIT AGREEMENT": 90},
        {"HOLDS": 0.35, "PARTY_TO": 0.6},
        learned(len(schema.tags)),
        {"name": "thử", "figures": {"entities": [0.9, 0.8]}},
    )


def test_round_trip(tmp_path: Path) -> None:
    card = full()
    card.save(tmp_path)
    read = ModelCard.load(tmp_path)
    assert (read.schema, read.reading) == (card.schema, card.reading)
    assert (read.reach, read.thresholds, read.about) == (card.reach, card.thresholds, card.about)
    assert read.crf is not None and card.crf is not None
    for part in ("start", "step", "end"):
        got, wanted = getattr(read.crf, part), getattr(card.crf, part)
        assert got.dtype == np.float32 and np.abs(got - wanted).max() < 1e-5
    assert (tmp_path / CARD_FILE).read_text(encoding="utf-8").count("thử") == 1, "readable for people"
    # Saved again it is the same file.
    (tmp_path / "again").mkdir()
    read.save(tmp_path / "again")
    assert (tmp_path / "again" / CARD_FILE).read_bytes() == (tmp_path / CARD_FILE).read_bytes()


def test_round_trip_of_the_smallest_card(tmp_path: Path) -> None:
    card = ModelCard(Schema(("A",)))
    card.save(tmp_path)
    assert ModelCard.load(tmp_path) == card


def test_transitions() -> None:
    card = full()
    tags, crf = card.schema.tags, card.crf
    assert crf is not None
    got, plain = card.transitions(), valid_transitions(tags)
    forbidden = plain.step < -1000
    assert forbidden.any() and (got.step[forbidden] < -1000).all()
    assert (got.step[~forbidden] == crf.step[~forbidden]).all() and (got.end == crf.end).all()
    assert (ModelCard(card.schema).transitions().step == plain.step).all()


def test_no_card(tmp_path: Path) -> None:
    with pytest.raises(PhoihopError, match=r"no model here \(model.json is missing\)"):
        ModelCard.load(tmp_path)


def test_another_format(tmp_path: Path) -> None:
    write(tmp_path, format=FORMAT + 1)
    with pytest.raises(PhoihopError, match=f"format {FORMAT + 1}, this phoihop reads {FORMAT}"):
        ModelCard.load(tmp_path)


def write(folder: Path, **changes: Any) -> None:
    """A full card with some fields changed; ``None`` takes one out."""
    full().save(folder)
    data = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    data |= changes
    data = {k: v for k, v in data.items() if v is not None or k == "crf"}
    (folder / CARD_FILE).write_text(json.dumps(data), encoding="utf-8")


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"5", b"null", b'"model"', b"{}", b'{"format": 1}', b"\xff\xfe{", b'{"a": "\xe1"}'],
)
def test_damaged_files(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / CARD_FILE).write_bytes(raw)
    with pytest.raises(PhoihopError, match=r"model\.json: "):
        ModelCard.load(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": None}, {"reading": None}, {"reach": None}, {"thresholds": None}, {"about": None}, {"format": None},
        {"schema": {"labels": []}}, {"schema": {"labels": ["A"], "relations": [["A", "R", "B"]]}}, {"schema": []},
        {"reading": {"length": 512}, "crf": {}}, {"reading": {"length": "512", "overlap": 64}},
        {"reading": {"length": 64, "overlap": 64}}, {"reading": {"size": 5}}, {"reading": [512, 64]},
        {"reach": ["PERSON TITLE"]}, {"reach": {"PERSON TITLE": "far"}}, {"thresholds": {"HOLDS": "high"}},
        {"thresholds": 0.5}, {"thresholds": {"HOLDS": None}},
        {"temperature": {"entities": 0.0}}, {"temperature": {"entities": "hot"}}, {"temperature": 2},
        {"repeats": "UNIT"}, {"repeats": ["CITY"]},
        {"crf": {"start": [0.0]}}, {"crf": {"start": [0.0], "step": [[0.0]], "end": [0.0]}}, {"crf": 5},
        {"crf": {"start": ["a"], "step": [[0.0]], "end": [0.0]}},
        {"schema": {"labels": ["A"]}},  # the learnt transitions are another schema's
    ],
)  # fmt: skip
def test_damaged_fields(tmp_path: Path, changes: dict[str, Any]) -> None:
    write(tmp_path, **changes)
    with pytest.raises(PhoihopError, match=r"model\.json: ") as caught:
        ModelCard.load(tmp_path)
    assert "\n" not in str(caught.value)
