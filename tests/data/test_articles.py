"""The articles that come along are clean, and as many and as varied as their data card promises."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from phoihop.data.check import check_paths
from phoihop.data.document import Document
from phoihop.data.splits import read_splits
from phoihop.data.variety import measure

PROMISED = {"train": 320, "dev": 40, "test": 40}


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    return root / "data" / "articles"


@pytest.fixture(scope="module")
def splits(folder: Path) -> dict[str, list[Document]]:
    return read_splits([folder])


@pytest.fixture(scope="module")
def every(splits: dict[str, list[Document]]) -> list[Document]:
    return [d for documents in splits.values() for d in documents]


def test_the_check_finds_no_error(folder: Path) -> None:
    report = check_paths([folder])
    assert [f.message for f in report.findings if f.severity == "error"] == []


def test_every_article_says_who_or_what(every: list[Document]) -> None:
    assert len({d.id for d in every}) == len(every)
    for document in every:
        assert 60 <= len(document.text.split()) <= 1000, document.id
        assert document.entities and document.relations, document.id


def test_there_are_as_many_as_promised(splits: dict[str, list[Document]]) -> None:
    assert list(splits) == list(PROMISED)
    for name, least in PROMISED.items():
        assert len(splits[name]) >= least, name


def test_agreements_are_frequent(every: list[Document]) -> None:
    assert sum(any(e.label == "AGREEMENT" for e in d.entities) for d in every) >= 250
    periods = [{r.tail for r in d.relations if r.label == "VALID_FOR"} for d in every]
    assert sum(len({d.surface(p) for p in ps}) > 1 for d, ps in zip(every, periods, strict=True)) >= 60


def test_wording_does_not_repeat(splits: dict[str, list[Document]]) -> None:
    found = measure(splits)
    assert found.repeated_prose <= 0.03
    assert found.nearest[0][2] <= 0.25


def test_the_test_split_stands_apart(splits: dict[str, list[Document]]) -> None:
    test = measure({k: splits[k] for k in ("train", "test")}).spreads["test"]
    assert test["PERSON"].new >= 0.9 * test["PERSON"].distinct
    assert test["UNIT"].new >= test["UNIT"].distinct / 3


def test_dev_and_test_have_records(splits: dict[str, list[Document]]) -> None:
    for name in ("dev", "test"):
        assert all(d.records is not None for d in splits[name]), name
        assert any(d.records and d.records.agreements for d in splits[name])


def test_the_index_lists_every_article(folder: Path, splits: dict[str, list[Document]]) -> None:
    with (folder / "index.tsv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert {(r["id"], r["split"]) for r in rows} == {(d.id, name) for name, ds in splits.items() for d in ds}
    assert len(rows) == len({r["id"] for r in rows})
    assert len({r["outlet style"] for r in rows}) >= 12
