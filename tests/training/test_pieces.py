"""Long texts in pieces: nothing is lost, nothing is torn."""

from __future__ import annotations

import random

import pytest

from phoihop.data.document import Document, Entity, Relation
from phoihop.training import pieces
from phoihop.training.pieces import in_pieces


def long_document(seed: int, lines: int) -> Document:
    """Random lines with entities, some of them tied over lines."""
    chance = random.Random(seed)
    text, entities = "", []
    for number in range(lines):
        words = [f"từ{chance.randrange(50)}" for _ in range(chance.randrange(0, 30))]
        for word in words:
            if chance.random() < 0.1:
                entities.append(Entity(f"e{len(entities)}", len(text), len(text) + len(word), "A"))
            text += word + " "
        text += "\n" if number < lines - 1 else ""
    ties = [
        Relation(f"e{i}", "R", f"e{i + 1 + chance.randrange(3)}")
        for i in range(len(entities) - 4)
        if chance.random() < 0.2
    ]
    return Document(text, tuple(entities), tuple(ties), id="d")


@pytest.mark.parametrize("seed", range(12))
def test_pieces_hold_everything_in_order(seed: int) -> None:
    whole = long_document(seed, 300)
    assert len(whole.text.split()) > pieces.LONGEST
    parts = list(in_pieces([whole]))
    assert len(parts) > 3
    assert "".join(p.text for p in parts) == whole.text
    start, entities, relations = 0, set(), set()
    for part in parts:
        entities |= {(a + start, b + start, label) for a, b, label in part.entity_keys()}
        relations |= {(r.head, r.label, r.tail) for r in part.relations}
        start += len(part.text)
    assert entities == whole.entity_keys()
    assert relations == {(r.head, r.label, r.tail) for r in whole.relations}
    assert all(len(p.text.split()) >= pieces.PIECE for p in parts[:-1])
    assert len({p.id for p in parts}) == len(parts)


def test_an_article_of_usual_length_stays_as_it_is() -> None:
    short = long_document(1, 20)
    assert list(in_pieces([short])) == [short]


def test_an_entity_of_several_lines_is_not_torn() -> None:
    text = "\n".join(["một hai ba bốn năm"] * 400)
    whole = Document(text, (Entity("e", 3, len(text) - 3, "A"),), id="d")
    assert list(in_pieces([whole])) == [whole]


def test_only_line_feeds_end_pieces() -> None:
    text = "một\u2028hai ba\x85bốn năm\r" * 500 + "\n" + "sáu bảy tám " * 700
    whole = Document(text, (Entity("e", 2, 8, "A"),), id="d")
    parts = list(in_pieces([whole]))
    assert "".join(p.text for p in parts) == text and len(parts) == 2
