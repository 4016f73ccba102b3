"""Annotation laid on words: what fits is kept, what does not is lost for the right cause."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.schema import Schema
from phoihop.model.gold import Lost, align
from phoihop.model.prepare import Reading, prepare
from phoihop.model.tokenise import SubwordTokenizer

SCHEMA = Schema(("PERSON", "TITLE", "UNIT"), (("PERSON", "HOLDS", "TITLE"), ("TITLE", "OF_UNIT", "UNIT")))
TEXT = "Ông Lù A Páo, Chính ủy Trung đoàn 88, gặp bà Hồ Thị Mến, Chủ tịch xã."


def document(*entities: tuple[str, str], ties: tuple[tuple[str, str, str], ...] = ()) -> Document:
    """Entities by surface and label in ``TEXT``; ties name surfaces."""
    ids = {surface: f"x{i}" for i, (surface, _) in enumerate(entities)}
    spans = tuple(Entity(ids[s], TEXT.index(s), TEXT.index(s) + len(s), label) for s, label in entities)
    return Document(TEXT, spans, tuple(Relation(ids[h], r, ids[t]) for h, r, t in ties))


FULL = document(
    ("Lù A Páo", "PERSON"), ("Chính ủy", "TITLE"), ("Trung đoàn 88", "UNIT"), ("Hồ Thị Mến", "PERSON"),
    ("Chủ tịch", "TITLE"), ("xã", "UNIT"),
    ties=(("Lù A Páo", "HOLDS", "Chính ủy"), ("Chính ủy", "OF_UNIT", "Trung đoàn 88"),
          ("Hồ Thị Mến", "HOLDS", "Chủ tịch"), ("Chủ tịch", "OF_UNIT", "xã")),
)  # fmt: skip


def test_everything_is_kept(subwords: SubwordTokenizer) -> None:
    prepared = prepare(TEXT, subwords, Reading())
    gold = align(FULL, prepared, SCHEMA, {})
    assert gold.lost == ()
    shown = [(TEXT[slice(*prepared.span(a, b))], label) for a, b, label in gold.spans]
    assert shown == [(FULL.surface(e), e.label) for e in FULL.entities]
    assert gold.relations == ((0, "HOLDS", 1), (1, "OF_UNIT", 2), (3, "HOLDS", 4), (4, "OF_UNIT", 5))


def test_other_forms_of_the_text_keep_everything(subwords: SubwordTokenizer) -> None:
    expected = align(FULL, prepare(TEXT, subwords, Reading()), SCHEMA, {})
    text = unicodedata.normalize("NFD", TEXT)
    places = [len(unicodedata.normalize("NFD", TEXT[:i])) for i in range(len(TEXT) + 1)]
    moved = tuple(Entity(e.id, places[e.start], places[e.end], e.label) for e in FULL.entities)
    other = Document(text, moved, FULL.relations)
    assert align(other, prepare(text, subwords, Reading()), SCHEMA, {}) == expected


def test_lost_by_schema(subwords: SubwordTokenizer) -> None:
    d = document(
        ("Lù A Páo", "PERSON"), ("Chính ủy", "POST"), ("Trung đoàn 88", "UNIT"),
        ties=(("Lù A Páo", "HOLDS", "Chính ủy"), ("Lù A Páo", "HOLDS", "Trung đoàn 88")),
    )  # fmt: skip
    gold = align(d, prepare(TEXT, subwords, Reading()), SCHEMA, {})
    person, post, unit = (e.key for e in d.entities)
    assert gold.lost == (
        Lost("entity", post, "schema", "'Chính ủy' (POST, 14:22)"),
        Lost(
            "relation",
            (person, "HOLDS", post),
            "schema",
            "'Lù A Páo' (PERSON, 4:12) HOLDS 'Chính ủy' (POST, 14:22)",
        ),
        Lost(
            "relation",
            (person, "HOLDS", unit),
            "schema",
            "'Lù A Páo' (PERSON, 4:12) HOLDS 'Trung đoàn 88' (UNIT, 23:36)",
        ),
    )
    assert [label for *_, label in gold.spans] == ["PERSON", "UNIT"] and gold.relations == ()


@pytest.mark.parametrize("surface", ["ù A Páo", "Lù A Pá", "Lù A Páo, Chính ủ", " A Páo", "Lù A "])
def test_lost_by_tokens(subwords: SubwordTokenizer, surface: str) -> None:
    d = document((surface, "PERSON"), ("Chủ tịch", "TITLE"), ties=((surface, "HOLDS", "Chủ tịch"),))
    gold = align(d, prepare(TEXT, subwords, Reading()), SCHEMA, {})
    assert [(x.what, x.cause) for x in gold.lost] == [("entity", "tokens"), ("relation", "tokens")]
    assert len(gold.spans) == 1 and gold.relations == ()


def test_lost_by_windows(subwords: SubwordTokenizer) -> None:
    text = "Hồ Thị Mến. " * 40
    whole = Document(text, (Entity("a", 0, len(text) - 1, "UNIT"),))
    inside = Document(text, (Entity("a", 12, 22, "PERSON"),))
    prepared = prepare(text, subwords, Reading(40, 4))
    assert len(prepared.windows) > 1
    assert [x.cause for x in align(whole, prepared, SCHEMA).lost] == ["windows"]
    assert align(inside, prepared, SCHEMA).lost == ()
    assert align(whole, prepare(text, subwords, Reading(4096, 4)), SCHEMA).lost == ()


def test_lost_by_candidates(subwords: SubwordTokenizer) -> None:
    prepared = prepare(TEXT, subwords, Reading())
    d = document(("Lù A Páo", "PERSON"), ("Chủ tịch", "TITLE"), ties=(("Lù A Páo", "HOLDS", "Chủ tịch"),))
    gap = TEXT[TEXT.index("Páo") + 3 : TEXT.index("Chủ")].replace(",", " , ").split().__len__() + 1
    near, far = ({"PERSON TITLE": n} for n in (gap, gap - 1))
    assert align(d, prepared, SCHEMA, near).relations == ((0, "HOLDS", 1),)
    lost = align(d, prepared, SCHEMA, far)
    assert [(x.what, x.cause) for x in lost.lost] == [("relation", "candidates")] and len(lost.spans) == 2
    assert align(d, prepared, SCHEMA).relations == ((0, "HOLDS", 1),), "without reach distance does not count"


def test_a_blank_article_loses_all_by_tokens(subwords: SubwordTokenizer) -> None:
    d = Document(" \n ", (Entity("a", 0, 1, "UNIT"),))
    assert [x.cause for x in align(d, prepare(d.text, subwords, Reading()), SCHEMA, {}).lost] == ["tokens"]


@st.composite
def annotated(draw: st.DrawFn) -> Document:
    """Random spans and ties on a random text; many borders fall inside words."""
    text = draw(
        st.lists(
            st.sampled_from(["xã", "Lù", "12", ". ", " ", "\u200b", "e\u0301", ", ", "uỷBan", "\r\n"]),
            max_size=60,
        ).map("".join)
    )
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=14)))
    labels = st.sampled_from(["PERSON", "TITLE", "UNIT", "ALIEN"])
    entities = tuple(
        Entity(f"e{i}", a, b, draw(labels))
        for i, (a, b) in enumerate(zip(cuts[::2], cuts[1::2], strict=False))
    )
    pairs = [(h.id, t.id) for h in entities for t in entities if h is not t]
    relations = ()
    if pairs:
        chosen = draw(
            st.sets(st.tuples(st.sampled_from(pairs), st.sampled_from(["HOLDS", "OF_UNIT"])), max_size=8)
        )
        relations = tuple(Relation(h, r, t) for (h, t), r in sorted(chosen))
    return Document(text, entities, relations)


@settings(max_examples=500, deadline=None)
@given(annotated(), st.integers(0, 12))
def test_every_entity_and_relation_is_kept_or_lost_with_its_cause(
    subwords: SubwordTokenizer, d: Document, limit: int
) -> None:
    prepared = prepare(d.text, subwords, Reading(14, 2))
    reach = {"PERSON TITLE": limit, "TITLE UNIT": limit}
    gold = align(d, prepared, SCHEMA, reach)
    begins = {prepared.span(w, w)[0]: w for w in range(len(prepared.words))}
    ends = {prepared.span(w, w)[1]: w for w in range(len(prepared.words))}

    def cause_of(e: Entity) -> str:
        if e.label not in SCHEMA.labels:
            return "schema"
        if e.start not in begins or e.end not in ends:
            return "tokens"
        owners = [w for w in prepared.windows if w.own_start <= begins[e.start] < w.own_end]
        return "" if ends[e.end] < owners[0].own_end else "windows"

    causes = {e.id: cause_of(e) for e in d.entities}
    kept = [e for e in d.entities if not causes[e.id]]
    assert list(gold.spans) == [(begins[e.start], ends[e.end], e.label) for e in kept]
    lost = [("entity", e.key, causes[e.id]) for e in d.entities if causes[e.id]]
    relations = []
    for r in d.relations:
        head, tail = d.by_id[r.head], d.by_id[r.tail]
        cause = causes[r.head] or causes[r.tail]
        if not cause and (head.label, r.label, tail.label) not in SCHEMA.triples:
            cause = "schema"
        if not cause:
            one, two = sorted([(begins[e.start], ends[e.end]) for e in (head, tail)])
            cause = "candidates" if two[0] - one[1] > limit else ""
        if cause:
            lost.append(("relation", (head.key, r.label, tail.key), cause))
        else:
            relations.append((kept.index(head), r.label, kept.index(tail)))
    assert list(gold.relations) == relations
    assert [(x.what, x.key, x.cause) for x in gold.lost] == lost
    assert all(repr(d.surface(e)) in x.detail for e in d.entities for x in gold.lost if x.key == e.key)
    assert np.all([0 <= first <= last < len(prepared.words) for first, last, _ in gold.spans])
