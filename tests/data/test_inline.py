"""The inline format: there and back, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.errors import PhoihopError
from phoihop.data.inline import parse, render
from phoihop.data.schema import Schema, default_schema

MARKED = (
    "[Đại tá](RANK#r1) [Lương Gia Bách](PERSON HAS_RANK=r1 HOLDS=t1,t2), [Bí thư](TITLE#t1 OF_UNIT=u1) "
    "[Đảng ủy](UNIT#u1), [Chính ủy](TITLE#t2 OF_UNIT=u2)\n"
    "[Lữ đoàn 909](UNIT#u2 PART_OF=u3) [của [Quân khu](UNIT#u3)].\n"
)


def test_a_marked_text() -> None:
    d = parse(MARKED, id="a")
    assert d.text == "Đại tá Lương Gia Bách, Bí thư Đảng ủy, Chính ủy\nLữ đoàn 909 [của Quân khu].\n"
    assert [(e.id, d.surface(e), e.label) for e in d.entities][:3] == [
        ("r1", "Đại tá", "RANK"),
        ("e2", "Lương Gia Bách", "PERSON"),
        ("t1", "Bí thư", "TITLE"),
    ]
    assert d.relations == (
        Relation("e2", "HAS_RANK", "r1"),
        Relation("e2", "HOLDS", "t1"),
        Relation("e2", "HOLDS", "t2"),
        Relation("t1", "OF_UNIT", "u1"),
        Relation("t2", "OF_UNIT", "u2"),
        Relation("u2", "PART_OF", "u3"),
    )
    assert d.id == "a"
    assert render(d) == MARKED


@settings(max_examples=300)
@given(data=st.data())
def test_there_and_back_is_exact(data: st.DataObject, documents: st.SearchStrategy[Document]) -> None:
    d = data.draw(documents)
    marked = render(d)
    again = parse(marked)
    assert (again.text, again.entity_keys(), again.relation_keys()) == (
        d.text,
        d.entity_keys(),
        d.relation_keys(),
    )
    pointed = {r.tail for r in d.relations}
    ids = dict(zip((e.id for e in d.entities), (e.id for e in again.entities), strict=True))
    assert all(ids[old] == old for old in pointed)
    assert render(again) == marked


@settings(max_examples=300)
@given(data=st.data())
def test_brackets_come_back_or_are_refused(
    data: st.DataObject, bracketed: st.SearchStrategy[Document]
) -> None:
    d = data.draw(bracketed)
    try:
        marked = render(d)
    except PhoihopError:
        held = any(c in d.surface(e) for e in d.entities for c in "[]")
        assert held or "](" in d.text
        return
    again = parse(marked)
    assert (again.text, again.entity_keys()) == (d.text, d.entity_keys())


@given(st.text("ab[]()#= U\n", max_size=40))
def test_text_without_marks_is_left_alone(text: str) -> None:
    d = parse(text)
    assert d == Document(text)
    assert render(d) == text


@given(
    st.lists(st.sampled_from(["[a](UNIT#u1)", "[", "](", "UNIT", "#u2", ")", "[b](RANK", " PART_OF=u1", "x"]))
)
def test_any_text_is_read_or_refused_with_its_place(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        d = parse(text, source="s.ann.md")
    except PhoihopError as error:
        assert str(error).startswith("s.ann.md:1:")
    else:
        assert parse(render(d)).entity_keys() == d.entity_keys()


def test_new_ids_clash_with_none() -> None:
    d = parse("[a](UNIT) [b](UNIT#e1 PART_OF=e3) [c](UNIT#e3) [d](UNIT#e4_) [e](UNIT)")
    assert [e.id for e in d.entities] == ["e1_", "e1", "e3", "e4_", "e5"]


def test_ids_that_nothing_points_to_are_kept() -> None:
    text = "[a](UNIT#x) [b](UNIT) [c](UNIT#e2)"
    assert [e.id for e in parse(text).entities] == ["x", "e2_", "e2"]
    assert render(parse(text)) == text


def test_a_strange_id_is_replaced() -> None:
    d = Document(
        "a b c",
        (Entity("T 1", 0, 1, "UNIT"), Entity("T_1", 2, 3, "UNIT"), Entity("é", 4, 5, "UNIT")),
        (Relation("é", "PART_OF", "T 1"),),
    )
    assert render(d) == "[a](UNIT#T_1_) [b](UNIT#T_1) [c](UNIT#é PART_OF=T_1_)"


@pytest.mark.parametrize(
    "text",
    [
        "[a] (UNIT)",
        "[xem](trang 2)",
        "[xem](https://vi.example/#UNIT)",
        "(UNIT) [UNIT]",
        "[1](Units)",
        "[1](Unit-2)",
        "[ảnh](A)",
        "[ảnh](VOV chụp)",
    ],
)
def test_what_only_resembles_a_mark_is_text(text: str) -> None:
    assert parse(text) == Document(text)


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("ô\n ông [x](PERSON HOLDS=t9)", "2:23", "no mark bears the id 't9'"),
        ("[x](UNIT#u1) [y](UNIT#u1)", "1:14", "'u1' stands at f.ann.md:1:1 already"),
        ("[x](UNIT#u1 PARTOF)", "1:19", "expected '=' and an id after PARTOF"),
        ("[x](UNIT#u1 PARTOF=u1)", "1:13", "unknown relation PARTOF; did you mean PART_OF?"),
        ("[x](UNIT#)", "1:10", "expected an id"),
        ("[x](UNIT #u1)", "1:10", "expected the name of a relation"),
        ("[x](UNIT PART_OF=)", "1:18", "expected the id of a mark after '='"),
        ("[x](UNIT#a) [y](UNIT PART_OF=a,)", "1:32", "expected the id of a mark after ','"),
        ("[x](UNIT#u1  PART_OF=u1)", "1:13", "expected the name of a relation"),
        ("[x](UNIT", "1:9", "expected '\\)'"),
        ("[x](UNIT#u1,", "1:12", "expected '\\)'"),
        ("[x](UNTI#u1)", "1:5", "unknown label UNTI; did you mean UNIT?"),
        ("[x](SHIP)", "1:5", "unknown label SHIP; the schema has PERSON, RANK"),
        ("[x](SHIP PART_OF=u1)", "1:5", "unknown label SHIP"),
        ("[x](UNTI#u1 PARTOF)", "1:5", "unknown label UNTI"),
        ("[x](Unit)", "1:5", "did you mean UNIT"),
        ("[x](UNIT#u PART_OF=u)", "1:20", "points to itself"),
        (
            "[x](TITLE#t OF_UNIT=p) [y](PERSON#p)",
            "1:21",
            "TITLE OF_UNIT PERSON .* expected TITLE OF_UNIT UNIT",
        ),
        ("[x](PERSON HOLDS=t,t) [y](TITLE#t)", "1:20", "HOLDS=t stands twice"),
        ("[a [b](UNIT) c](UNIT)", "1:15", "may not nest"),
        ("a](UNIT)", "1:2", "no '\\[' opens"),
        ("[b](UNIT) c](UNIT)", "1:12", "no '\\[' opens"),
        ("[a]b](UNIT)", "1:3", "inside the text of the UNIT mark"),
        ("[](UNIT)", "1:1", "an empty mark"),
    ],
)
def test_errors_say_where_and_what(text: str, place: str, words: str) -> None:
    with pytest.raises(PhoihopError, match=words) as caught:
        parse(text, source="f.ann.md")
    assert str(caught.value).startswith(f"f.ann.md:{place}: ")


def test_lines_can_count_from_elsewhere() -> None:
    with pytest.raises(PhoihopError, match=r"^f:42:"):
        parse("a\n[x](SHIP)", source="f", first_line=41)


def test_another_schema_has_other_marks() -> None:
    schema = Schema(("per", "per-name", "LOC"), (("per", "lives-in", "LOC"),))
    text = "[a](per-name) [b](per lives-in=l) [c](LOC#l) [d](UNITS x)"
    d = parse(text, schema)
    assert [e.label for e in d.entities] == ["per-name", "per", "LOC"]
    assert render(d, schema) == text == render(d)
    with pytest.raises(PhoihopError, match="unknown label UNIT; the schema has per"):
        parse("[x](UNIT)", schema)


@pytest.mark.parametrize("surface", ["a[b", "a]b", "[", "]"])
def test_a_bracket_in_an_entity_is_refused(surface: str) -> None:
    d = Document(f"x {surface}", (Entity("e1", 2, 2 + len(surface), "UNIT"),), (), "a9")
    with pytest.raises(PhoihopError, match=r"document a9: UNIT .* at character 2 holds a bracket"):
        render(d)


@pytest.mark.parametrize("text", ["[a](UNIT)", "](UNIT", "[a](SHIP)", "[a](Unit#1)", "[a](UNTI x=2)"])
def test_text_that_would_read_as_a_mark_is_refused(text: str) -> None:
    with pytest.raises(PhoihopError, match="would read as a mark"):
        render(Document(text))


def test_foreign_labels_need_a_name_that_can_be_written() -> None:
    schema = default_schema()
    foreign = Document("a", (Entity("x", 0, 1, "SHIP"),))
    assert render(foreign) == "[a](SHIP#x)"
    with pytest.raises(PhoihopError, match="'SHIP', which the schema does not know"):
        render(foreign, schema)
    with pytest.raises(PhoihopError, match="cannot write the name 'MY SHIP'"):
        render(Document("a", (Entity("x", 0, 1, "MY SHIP"),)))
