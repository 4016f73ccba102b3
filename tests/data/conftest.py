"""Documents to draw and small ones to look at."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.schema import default_schema

SCHEMA = default_schema()
# signs of the inline format, Vietnamese letters composed and not, blanks of all kinds, beyond the BMP
ALPHABET = "aBđệủ ảẢ19\n\t\r\u00a0\u200b\u0301.,–()=#_-🙂𝔸UNIT"


@st.composite
def _documents(draw: st.DrawFn, alphabet: str = ALPHABET) -> Document:
    text = draw(st.text(alphabet, max_size=60))
    cuts = draw(st.lists(st.integers(0, len(text)), max_size=12, unique=True).map(sorted))
    spans = [(a, b) for a, b in pairwise(cuts) if draw(st.booleans())]
    names = draw(
        st.lists(
            st.from_regex(r"[a-z]\w{0,3}|e[1-5]_?", fullmatch=True),
            min_size=len(spans),
            max_size=len(spans),
            unique=True,
        )
    )
    entities = [
        Entity(name, a, b, draw(st.sampled_from(SCHEMA.labels)))
        for name, (a, b) in zip(names, spans, strict=True)
    ]
    possible = [
        Relation(h.id, name, t.id)
        for h in entities
        for t in entities
        if h.id != t.id
        for name in SCHEMA.by_pair.get((h.label, t.label), ())
    ]
    chosen = draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    return Document(text, tuple(entities), tuple(chosen), draw(st.sampled_from([None, "a1", "bài-7"])))


@pytest.fixture(scope="session")
def documents() -> st.SearchStrategy[Document]:
    """Any document of the default schema whose text holds no square bracket."""
    return _documents()


@pytest.fixture(scope="session")
def bracketed() -> st.SearchStrategy[Document]:
    """The same with square brackets in the text, in spans too."""
    return _documents(ALPHABET + "[]()[](")


@pytest.fixture
def meeting() -> Document:
    """Two officers, a unit and an agreement, with relations."""
    text = (
        "Sáng 5/4, Đại tá Lương Gia Bách, Chính ủy Lữ đoàn 909 ký quy chế phối hợp.\n"
        "Cùng dự có Thượng tá Vũ Khắc Miên."
    )
    spans = [
        ("d1", "5/4", "DATE"),
        ("r1", "Đại tá", "RANK"),
        ("p1", "Lương Gia Bách", "PERSON"),
        ("t1", "Chính ủy", "TITLE"),
        ("u1", "Lữ đoàn 909", "UNIT"),
        ("a1", "quy chế phối hợp", "AGREEMENT"),
        ("r2", "Thượng tá", "RANK"),
        ("p2", "Vũ Khắc Miên", "PERSON"),
    ]
    entities = [Entity(i, text.index(s), text.index(s) + len(s), label) for i, s, label in spans]
    relations = [
        Relation("p1", "HAS_RANK", "r1"),
        Relation("p1", "HOLDS", "t1"),
        Relation("t1", "OF_UNIT", "u1"),
        Relation("u1", "PARTY_TO", "a1"),
        Relation("a1", "SIGNED_ON", "d1"),
        Relation("p2", "HAS_RANK", "r2"),
    ]
    return Document(text, tuple(entities), tuple(relations), "m1")
