"""The errors behind the figures: which entities and relations were missed, wrong or misplaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from phoihop.data.document import Document
from phoihop.eval.distance import FAR, RelationKey, words_between

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
    return (slip for _, slip in _relation_slips(gold, pred))


def far_relation_slips(gold: Document, pred: Document) -> Iterator[Slip]:
    """Of these, the ones whose ends stand more than ``FAR`` words apart."""
    return (slip for words, slip in _relation_slips(gold, pred) if words > FAR)


def _relation_slips(gold: Document, pred: Document) -> Iterator[tuple[int, Slip]]:
    """Errors among relations with the words between their ends."""
    found = pred.entity_keys()
    for relation in sorted(gold.relation_keys() - pred.relation_keys()):
        head, _, tail = relation
        yield _relation_slip(gold, "missed" if head in found and tail in found else "missed end", relation)
    for relation in sorted(pred.relation_keys() - gold.relation_keys()):
        yield _relation_slip(gold, "wrong", relation)


def _relation_slip(gold: Document, kind: str, relation: RelationKey) -> tuple[int, Slip]:
    head, label, tail = relation
    words = words_between(gold, relation)
    detail = f"{_show(gold, head)} {label} {_show(gold, tail)}, {words} word{'' if words == 1 else 's'} apart"
    return words, _slip(gold, "relation", kind, detail, head)


def _slip(document: Document, what: str, kind: str, detail: str, at: Key) -> Slip:
    around = document.text[max(0, at[0] - _CONTEXT) : at[1] + _CONTEXT]
    return Slip(str(document.id), what, kind, detail, " ".join(around.split()))


def _show(document: Document, key: Key) -> str:
    surface = " ".join(document.text[key[0] : key[1]].split())
    return f"{key[2]} “{surface}”"
