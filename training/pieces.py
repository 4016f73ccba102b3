"""Long texts as articles of a readable length: a corpus in CoNLL form is often one text of many sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from phoihop.data.document import Document

LONGEST = 1500
"""Words up to which an article stays whole in training."""
PIECE = 400
"""Words that a piece of a longer one has at least, the last one aside."""


def in_pieces(documents: Iterable[Document]) -> Iterator[Document]:
    """The documents, those of more than ``LONGEST`` words in pieces.

    Pieces end where a line does and no entity and no relation runs on; nothing is lost.
    """
    for document in documents:
        cuts = _cuts(document) if len(document.text.split()) > LONGEST else []
        if not cuts:
            yield document
            continue
        for number, (start, end) in enumerate(zip([0, *cuts], [*cuts, len(document.text)], strict=True), 1):
            yield _piece(document, start, end, number)


def _cuts(document: Document) -> list[int]:
    """Where pieces begin, but for the first."""
    closed = _closed(document)
    cuts: list[int] = []
    words, place = 0, 0
    for line in re.findall(r"[^\n]*\n|[^\n]+$", document.text):
        if words >= PIECE and not any(start < place < end for start, end in closed):
            cuts.append(place)
            words = 0
        words += len(line.split())
        place += len(line)
    return cuts


def _closed(document: Document) -> list[tuple[int, int]]:
    """Stretches that no piece may end in: entities of several lines, relations from end to end."""
    spans = [(e.start, e.end) for e in document.entities if "\n" in document.surface(e)]
    for r in document.relations:
        head, tail = document.by_id[r.head], document.by_id[r.tail]
        spans.append((min(head.start, tail.start), max(head.end, tail.end)))
    return spans


def _piece(document: Document, start: int, end: int, number: int) -> Document:
    inside = {e.id for e in document.entities if start <= e.start < end}
    return Document(
        document.text[start:end],
        tuple(
            type(e)(e.id, e.start - start, e.end - start, e.label, e.score)
            for e in document.entities
            if e.id in inside
        ),
        tuple(r for r in document.relations if r.head in inside),
        f"{document.id}#{number}",
    )
