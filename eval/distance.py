"""How far apart the ends of a relation stand: near ones are easy, far ones need the sense of the text."""

from __future__ import annotations

from phoihop.data.document import Document
from phoihop.eval.metrics import Table

RelationKey = tuple[tuple[int, int, str], str, tuple[int, int, str]]

# The most words that stand between the ends of a relation of each class, and what the class is called.
_CLASSES = ((2, "0 to 2 words"), (10, "3 to 10 words"), (40, "11 to 40 words"))
_BEYOND = "over 40 words"
FAR = 10  # words: relations beyond are listed apart among the errors


def words_between(document: Document, relation: RelationKey) -> int:
    """How many words (parts between white space) stand between the ends of a relation."""
    head, _, tail = relation
    first, second = sorted((head, tail))
    return len(document.text[first[1] : second[0]].split())


def distance_table() -> Table:
    """An empty table of relations by the words between their ends."""
    return Table(
        "relations by distance",
        "same relation, both ends with the same start, end and label; rows by the words between the ends",
        order=(*(name for _, name in _CLASSES), _BEYOND),
    )


def distance_class(document: Document, relation: RelationKey) -> str:
    """The row of a relation in the table."""
    words = words_between(document, relation)
    return next((name for most, name in _CLASSES if words <= most), _BEYOND)
