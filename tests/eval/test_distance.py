"""Relations by the words between their ends."""

from __future__ import annotations

import random

from phoihop.data.document import Document, Entity, Relation
from phoihop.eval.distance import distance_class, words_between
from phoihop.eval.evaluate import score
from phoihop.eval.report import report


def biography(gaps: list[int]) -> Document:
    """One person, then a post after each gap of so many words; the person holds each post."""
    text, entities, relations = "Vũ Đình Lộc", [Entity("p", 0, 11, "PERSON")], []
    for number, gap in enumerate(gaps):
        text += " " + "và " * gap
        entities.append(Entity(f"t{number}", len(text), len(text) + 8, "TITLE"))
        text += "Chính ủy"
        relations.append(Relation("p", "HOLDS", f"t{number}"))
    return Document(text, tuple(entities), tuple(relations), id="a")


def test_words_between_counts_what_stands_in_the_middle_whatever_comes_first() -> None:
    one = biography([7])
    (key,) = one.relation_keys()
    head, label, tail = key
    assert words_between(one, key) == words_between(one, (tail, label, head)) == 7


def test_every_relation_has_a_row_and_rows_stand_from_near_to_far() -> None:
    gold = biography([0, 2, 3, 10, 11, 40, 41])  # each behind the one before: distances grow
    table = score([gold], [gold]).tables["relation_distance"]
    rows = [name for name, _ in table.rows]
    assert rows == ["0 to 2 words", "3 to 10 words", "11 to 40 words", "over 40 words"]
    assert table.micro.gold == table.micro.tp == 7


def test_rows_part_at_their_borders() -> None:
    for gap, row in ((2, "0 to 2"), (3, "3 to 10"), (10, "3 to 10"), (11, "11 to 40"), (41, "over 40")):
        one = biography([gap])
        (key,) = one.relation_keys()
        assert distance_class(one, key) == f"{row} words"


def test_rows_sum_to_the_table_of_relations() -> None:
    chance = random.Random(3)
    gold = biography([chance.randrange(30) for _ in range(40)])
    kept = tuple(r for r in gold.relations if chance.random() < 0.6)
    result = score([gold], [gold.replace(relations=kept)])
    total = result.tables["relations"].micro
    assert result.tables["relation_distance"].micro == total
    assert total.tp == len(kept) < total.gold == 40


def test_far_errors_are_listed_apart_with_their_distance() -> None:
    gold = biography([5, 60])
    text = report(score([gold], [gold.replace(relations=())]), errors=5)
    near, far = text.split("relation errors over more than 10 words: 1 (1 missed)")
    assert "relation errors: 2 (2 missed)" in near and "5 words apart" in near
    assert "67 words apart" in far and ", 5 words apart" not in far
