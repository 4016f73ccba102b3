"""The extractor in a spaCy pipeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("spacy", reason="spaCy is not installed")

import spacy

from phoihop.app.spacy import PhoihopComponent
from phoihop.data.document import Document
from phoihop.model.extractor import Extractor

TEXT = "Sáng 12/3/2024, Đại tá Hoàng Văn Lãm, Chính ủy Lữ đoàn 917, và bà Cao Thị Diên, Bí thư Huyện ủy Thác Lài, ký "
TEXT += "quy chế phối hợp giai đoạn 2024-2028 giữa Lữ đoàn 917 và Huyện ủy Thác Lài."


@pytest.fixture(scope="module")
def nlp() -> Iterator[Any]:
    pipeline = spacy.blank("xx")
    pipeline.add_pipe("phoihop")
    yield pipeline


def test_entities_relations_and_records_are_those_of_the_extractor(nlp: Any) -> None:
    doc, alone = nlp(TEXT), Extractor.load().predict(TEXT)
    assert doc._.phoihop == Document.from_dict(alone.to_dict())
    assert len(alone.entities) > 8 and len(alone.relations) > 5
    by_id = {e.id: s for e, s in zip(alone.entities, doc.spans["phoihop"], strict=True)}
    for entity in alone.entities:
        span = by_id[entity.id]
        assert span.label_ == entity.label
        assert span.start_char <= entity.start and entity.end <= span.end_char
    tied = [(h.start_char, label, t.start_char) for h, label, t in doc._.phoihop_relations]
    assert tied == [(by_id[r.head].start_char, r.label, by_id[r.tail].start_char) for r in alone.relations]
    assert alone.records is not None
    assert doc._.officials == list(alone.records.officials)
    assert doc._.agreements == list(alone.records.agreements)
    assert {e.label_ for e in doc.ents} >= {"PERSON", "RANK", "UNIT"}


def test_a_document_can_be_stored_and_read_again(nlp: Any) -> None:
    doc = nlp(TEXT)
    again = spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert again._.phoihop == doc._.phoihop and again._.officials == doc._.officials != []
    assert [(h.text, r, t.text) for h, r, t in again._.phoihop_relations] == [
        (h.text, r, t.text) for h, r, t in doc._.phoihop_relations
    ]


def test_many_documents_come_in_order(nlp: Any) -> None:
    texts = [TEXT, "", "Không có ai ở đây.", TEXT.upper()]
    docs = list(nlp.pipe(texts))
    assert [d.text for d in docs] == texts
    assert [len(d._.phoihop.entities) > 0 for d in docs][:3] == [True, False, False]


def test_earlier_entities_stay_if_asked_to() -> None:
    pipeline = spacy.blank("xx")
    pipeline.add_pipe("entity_ruler").add_patterns([{"label": "CITY", "pattern": "Đại tá"}])
    pipeline.add_pipe("phoihop", config={"overwrite_ents": False})
    labels = {e.text: e.label_ for e in pipeline(TEXT).ents}
    assert labels["Đại tá"] == "CITY" and "PERSON" in labels.values()
    assert isinstance(pipeline.get_pipe("phoihop"), PhoihopComponent)
