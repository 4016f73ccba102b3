"""The errors behind the figures: which entities and relations were missed, wrong or misplaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from phoihop.data.document import Document

Key = tuple[int, int, str]

_CONTEXT = 30  # characters shown on either side


@dataclass(frozen=True)
class Slip:
    """One error of one article.

    ``kind`` for an entity: ``missed``, ``wrong`` (nothing annotated there), ``label`` (right borders)
    or ``border`` (they overlap); for a relation: ``missed``, ``missed end`` (an end was not found)
    or ``wrong``.
    """

    article: str
    what: str
    kind: str
    detail: str
    context: str


def entity_slips(gold: Document, pred: Document) -> Iterator[Slip]:
    """The errors among entities, in reading order of the annotated ones, then the wrong ones."""
    missed = sorted(gold.entity_keys() - pred.entity_keys())
    wrong = sorted(pred.entity_keys() - gold.entity_keys())
    for key in missed:
        rivals = [w for w in wrong if w[0] < key[1] and key[0] < w[1]]
        kind = "missed"
        if rivals:
            kind = "label" if rivals[0][:2] == key[:2] else "border"
        found = "; ".join(_show(gold, w) for w in rivals)
        yield _slip(gold, "entity", kind, _show(gold, key) + (f", predicted {found}" if found else ""), key)
    for key in wrong:
        if not any(m[0] < key[1] and key[0] < m[1] for m in missed):
            yield _slip(gold, "entity", "wrong", _show(gold, key), key)


def relation_slips(gold: Document, pred: Document) -> Iterator[Slip]:
    """The errors among relations: those missed, then the wrong ones, each in reading order."""
    found = pred.entity_keys()
    for head, label, tail in sorted(gold.relation_keys() - pred.relation_keys()):
        kind = "missed" if head in found and tail in found else "missed end"
        yield _slip(gold, "relation", kind, f"{_show(gold, head)} {label} {_show(gold, tail)}", head)
    for head, label, tail in sorted(pred.relation_keys() - gold.relation_keys()):
        yield _slip(gold, "relation", "wrong", f"{_show(gold, head)} {label} {_show(gold, tail)}", head)


def _slip(document: Document, what: str, kind: str, detail: str, at: Key) -> Slip:
    around = document.text[max(0, at[0] - _CONTEXT) : at[1] + _CONTEXT]
    return Slip(str(document.id), what, kind, detail, " ".join(around.split()))


def _show(document: Document, key: Key) -> str:
    surface = " ".join(document.text[key[0] : key[1]].split())
    return f"{key[2]} “{surface}”"
