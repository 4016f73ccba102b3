"""The document: what cannot be built, what comes back from a dictionary."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity, Relation, number
from phoihop.data.errors import PhoihopError
from phoihop.data.records import Agreement, Official, Post, Records

TEXT = "Trung tá Mai Hữu Đoan dự."
RANK = Entity("r1", 0, 8, "RANK")
NAME = Entity("p1", 9, 21, "PERSON")
BEARS = Relation("p1", "HAS_RANK", "r1")


@pytest.mark.parametrize(
    ("entities", "relations", "words"),
    [
        ((RANK, dataclasses.replace(NAME, id="r1")), (), "used twice"),
        ((Entity("x", 3, 3, "RANK"),), (), "empty or outside"),
        ((Entity("x", 5, 3, "RANK"),), (), "empty or outside"),
        ((Entity("x", -1, 3, "RANK"),), (), "empty or outside"),
        ((Entity("x", 20, 26, "RANK"),), (), "text of 25 characters"),
        ((RANK, Entity("x", 6, 12, "PERSON")), (), "overlap"),
        ((RANK, Entity("x", 6, 8, "PERSON")), (), "overlap"),
        ((RANK, Entity("x", 0, 8, "PERSON")), (), "overlap"),
        ((RANK, NAME), (Relation("p1", "HAS_RANK", "r9"),), "'r9', which is no entity"),
        ((RANK, NAME), (Relation("p9", "HAS_RANK", "r1"),), "'p9', which is no entity"),
        ((RANK, NAME), (Relation("p1", "HAS_RANK", "p1"),), "to itself"),
        ((RANK, NAME), (BEARS, BEARS), "stands twice"),
    ],
)
def test_invalid_documents_cannot_exist(
    entities: tuple[Entity, ...], relations: tuple[Relation, ...], words: str
) -> None:
    with pytest.raises(PhoihopError, match=words) as caught:
        Document(TEXT, entities, relations, "a7")
    assert "a7" in str(caught.value)


def test_entities_stand_in_reading_order_and_touching_is_no_overlap() -> None:
    d = Document("abcd", (Entity("b", 2, 4, "X"), Entity("a", 0, 2, "X")))
    assert [e.id for e in d.entities] == ["a", "b"]
    assert [d.surface(e) for e in d.entities] == ["ab", "cd"]
    assert d.surface("b") == "cd"


def test_nothing_can_be_changed_but_a_checked_copy_can_be_made() -> None:
    d = Document(TEXT, (RANK, NAME), (BEARS,))
    with pytest.raises(dataclasses.FrozenInstanceError):
        d.text = "x"  # type: ignore[misc]
    with pytest.raises(PhoihopError, match="empty or outside"):
        d.replace(text="Trung")
    assert d.replace(id="n").relation_keys() == {((9, 21, "PERSON"), "HAS_RANK", (0, 8, "RANK"))}


@given(data=st.data())
def test_json_and_back(data: st.DataObject, documents: st.SearchStrategy[Document]) -> None:
    d = data.draw(documents)
    again = Document.from_dict(json.loads(json.dumps(d.to_dict())))
    assert again == d
    assert again.entity_keys() == d.entity_keys()


def test_records_and_scores_come_along() -> None:
    records = Records(
        (Official("Mai Hữu Đoan", "Trung tá", (Post("Chỉ huy trưởng", None, ("t1",)),), ("p1",), ("r1",)),),
        (Agreement("quy chế", ("A", "B"), (None, 2030), "7/5", ("a1",), (("u1",), ("u2", "u3"))),),
    )
    scored = dataclasses.replace(RANK, score=0.123456)
    d = Document(TEXT, (scored,), (), "x", records)
    out = d.to_dict()
    assert out["entities"] == [
        {"id": "r1", "start": 0, "end": 8, "label": "RANK", "text": "Trung tá", "score": 0.1235}
    ]
    again = Document.from_dict(json.loads(json.dumps(out)))
    assert again.records == records
    assert again.entities[0].score == 0.1235
    assert "officials" not in Document(TEXT).to_dict()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"id": "k"}, "field 'text' is missing"),
        ({"id": "k", "text": 3}, "'text' is not a string"),
        ({"id": "k", "text": "ab", "entities": [{"id": "e", "start": 0, "label": "X"}]}, "'end' is missing"),
        (
            {"id": "k", "text": "ab", "entities": [{"id": "e", "start": "q", "end": 1, "label": "X"}]},
            "invalid",
        ),
        ({"id": "k", "text": "ab", "entities": ["x"]}, "k"),
        ({"id": "k", "text": "ab", "relations": [{"head": "e", "label": "X"}]}, "'tail' is missing"),
        ({"id": "k", "text": "ab", "officials": [{}], "agreements": []}, "'name' is missing"),
    ],
)
def test_broken_dictionaries_are_refused(data: dict[str, Any], words: str) -> None:
    with pytest.raises(PhoihopError, match=words):
        Document.from_dict(data)


def test_numbering_follows_the_text() -> None:
    made = number([(4, 5, "B", 0.5), (0, 2, "A", None)])
    assert made == (Entity("e1", 0, 2, "A", None), Entity("e2", 4, 5, "B", 0.5))
