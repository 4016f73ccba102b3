"""Edits against a slow reference: the text as a list of characters that know their marks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity, Relation
from phoihop.training.augment.edits import Edit, apply_edits, merge

TEXT = "Ông An gặp bà Bình."
MARKED = Document(
    TEXT,
    (Entity("p1", 4, 6, "PERSON"), Entity("p2", 14, 18, "PERSON")),
    (),
    "a",
)


@st.composite
def edited(draw: st.DrawFn) -> tuple[Document, list[Edit]]:
    """A text with marks and edits each of which lies between two neighbouring cuts, hence over no border."""
    text = draw(st.text("abc đ", min_size=1, max_size=30))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=8)))
    spans = [(a, b) for a, b in pairwise(cuts) if draw(st.booleans())]
    marks = tuple(Entity(f"e{i}", a, b, "PERSON") for i, (a, b) in enumerate(spans))
    edits = []
    for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True):
        if b > a and draw(st.booleans()):
            low = draw(st.integers(a, b - 1))
            high = draw(st.integers(low + 1, b))
            edits.append(Edit(low, high, draw(st.text("xyz", min_size=1, max_size=4))))
    return Document(text, marks), edits


@given(edited())
def test_marks_cover_what_became_of_their_characters(case: tuple[Document, list[Edit]]) -> None:
    document, edits = case
    owner: list[str | None] = [None] * len(document.text)
    for e in document.entities:
        owner[e.start : e.end] = [e.id] * (e.end - e.start)
    characters = [(c, o) for c, o in zip(document.text, owner, strict=True)]
    for edit in sorted(edits, reverse=True):
        characters[edit.start : edit.end] = [(c, owner[edit.start]) for c in edit.new]
    changed = apply_edits(document, edits)
    assert changed.text == "".join(c for c, _ in characters)
    for e in document.entities:
        assert changed.surface(e.id) == "".join(c for c, o in characters if o == e.id)
        assert changed.by_id[e.id].label == e.label


@pytest.mark.parametrize("at", [4, 6])
def test_what_is_inserted_at_a_border_stays_outside(at: int) -> None:
    changed = apply_edits(MARKED, [Edit(at, at, "××")])
    assert [changed.surface(e) for e in changed.entities] == ["An", "Bình"]


def test_relations_and_id_stay() -> None:
    text = "Đại tá An"
    marks = (Entity("r", 0, 6, "RANK"), Entity("p", 7, 9, "PERSON"))
    document = Document(text, marks, (Relation("p", "HAS_RANK", "r"),), "x")
    changed = apply_edits(document, [Edit(0, 6, "Thiếu tướng")])
    assert (changed.text, changed.id, changed.relations) == ("Thiếu tướng An", "x", document.relations)


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(3, 5, "x")],
        [Edit(5, 8, "x")],
        [Edit(0, 19, "x")],
        [Edit(4, 6, "")],
        [Edit(0, 3, "x"), Edit(2, 3, "y")],
        [Edit(0, 0, "x"), Edit(0, 0, "y")],
        [Edit(18, 40, "x")],
    ],
)
def test_edits_that_would_break_a_mark_or_each_other_are_refused(edits: list[Edit]) -> None:
    with pytest.raises(ValueError):
        apply_edits(MARKED, edits)


def test_nothing_to_do_gives_the_article_itself() -> None:
    assert apply_edits(MARKED, []) is MARKED


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4)), max_size=6), st.data())
def test_merge_keeps_the_first_and_what_stands_clear_of_it(
    spans: list[tuple[int, int]], data: st.DataObject
) -> None:
    first: list[Edit] = []
    for a, n in sorted(spans):
        if not first or first[-1].end < a:
            first.append(Edit(a, a + n, "x"))
    second = [
        Edit(a, a + n, "y") for a, n in data.draw(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 4))))
    ]
    clear = [e for e in second if all(e.end < f.start or f.end < e.start for f in first)]
    assert merge(first, second) == sorted([*first, *clear])
