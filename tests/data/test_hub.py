"""Documents as a Hugging Face data set and back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.errors import PhoihopError
from phoihop.data.readers import from_datasets, to_datasets
from phoihop.data.records import Official, Records


def test_the_library_is_asked_for_when_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(PhoihopError, match=r"pip install 'phoihop\[train\]'"):
        to_datasets([])


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_there_and_back(data: st.DataObject, bracketed: st.SearchStrategy[Document]) -> None:
    pytest.importorskip("datasets")
    documents = data.draw(st.lists(bracketed, max_size=3))
    assert from_datasets(to_datasets(documents)) == documents


def test_scores_and_records_and_a_file(tmp_path: Path, meeting: Document) -> None:
    datasets = pytest.importorskip("datasets")
    scored = Document(
        "a b",
        (Entity("x", 0, 1, "UNIT", 0.25), Entity("y", 2, 3, "UNIT", 0.5)),
        (Relation("x", "PART_OF", "y", 0.125),),
        records=Records((Official("Vũ Khắc Miên", "Thượng tá"),)),
    )
    path = tmp_path / "a.parquet"
    to_datasets([scored, meeting]).to_parquet(str(path))
    stored = datasets.Dataset.from_parquet(str(path), cache_dir=str(tmp_path / "cache"))
    first, second = from_datasets(stored)
    assert first == scored
    assert first.records == scored.records
    assert second == meeting


def test_tokens_and_tags() -> None:
    datasets = pytest.importorskip("datasets")
    rows = {"tokens": [["Bà", "Lý", "Sen"], ["Huế"]], "ner_tags": [[0, 1, 2], [0]]}
    names = datasets.ClassLabel(names=["O", "B-PER", "I-PER"])
    features = datasets.Features(
        {"tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": datasets.Sequence(names)}
    )
    by_number = from_datasets(datasets.Dataset.from_dict(rows, features=features))
    by_name = from_datasets(
        datasets.Dataset.from_dict({**rows, "ner_tags": [["O", "B-PER", "I-PER"], ["O"]]})
    )
    assert by_number == by_name
    assert by_number[0] == Document("Bà Lý Sen", (Entity("e1", 3, 9, "PER"),), (), "0")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"words": ["a"]}, "columns words: expected"),
        (
            {"text": ["ab", "c"], "entities": [[], [{"id": "e", "start": 0, "end": 9, "label": "X"}]]},
            "row 1: ",
        ),
        ({"tokens": [["a", "b"]], "ner_tags": [["O"]]}, "row 0: 2 tokens but 1 tags"),
        ({"tokens": [["a", "b"]], "ner_tags": [["O", "I-X"]]}, "row 0, token:1: 'I-X'"),
    ],
)
def test_other_data_sets_are_refused(columns: dict[str, list[object]], words: str) -> None:
    datasets = pytest.importorskip("datasets")
    with pytest.raises(PhoihopError, match=words):
        from_datasets(datasets.Dataset.from_dict(columns))
