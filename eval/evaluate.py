"""An extractor's predictions, or given ones, against annotated articles: every table in one object."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.records import Records
from phoihop.eval.distance import distance_class, distance_table
from phoihop.eval.facts import agreement_counts, official_facts, plain
from phoihop.eval.metrics import Table

if TYPE_CHECKING:
    from phoihop.model.predict import Lost


class Predictor(Protocol):
    """What is evaluated: ``phoihop.model.predict.Extractor`` or anything that answers the same calls."""

    def predict_many(
        self, texts: Iterable[str], ids: Iterable[str | None] | None = None
    ) -> Iterator[Document]:
        """Documents in the order of the texts, records built."""
        ...

    def unreachable(self, gold: Document) -> list[Lost]:
        """Gold entities and relations that no prediction of this model can contain."""
        ...


@dataclass(frozen=True)
class Speed:
    """How fast the predictions were made; information, not a score."""

    articles: int
    words: int
    seconds: float

    @property
    def words_per_second(self) -> float:
        """Words (parts between white space) of raw text in a second of wall-clock time."""
        return self.words / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True)
class Evaluation:
    """All figures of one evaluation.

    ``tables`` in printing order, by the keys ``entities``, ``entity_spans``, ``relations``,
    ``relation_spans``, and, where there is something to count, ``relation_distance``, ``officials``,
    ``agreements`` and ``unseen``.  ``unreachable`` is ``None`` where no extractor was asked, else pairs
    (article, lost).
    ``gold`` and ``predicted`` run parallel.  ``notes`` say what a reader of the figures must know.
    """

    tables: Mapping[str, Table]
    gold: tuple[Document, ...] = field(repr=False)
    predicted: tuple[Document, ...] = field(repr=False)
    unreachable: tuple[tuple[str, Lost], ...] | None = None
    speed: Speed | None = None
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything but the documents, ready for JSON."""
        out: dict[str, Any] = {
            "articles": len(self.gold),
            "tables": {key: table.to_dict() for key, table in self.tables.items()},
        }
        if self.unreachable is not None:
            causes = Counter(f"{lost.what}: {lost.cause}" for _, lost in self.unreachable)
            out["unreachable"] = {
                "causes": dict(sorted(causes.items())),
                "items": [
                    {"article": article, "what": lost.what, "cause": lost.cause, "detail": lost.detail}
                    for article, lost in self.unreachable
                ],
            }
        if self.speed is not None:
            out["speed"] = {
                "articles": self.speed.articles,
                "words": self.speed.words,
                "seconds": self.speed.seconds,
                "words_per_second": self.speed.words_per_second,
            }
        out["notes"] = list(self.notes)
        return out


def evaluate(
    extractor: Predictor,
    documents: Sequence[Document],
    records: Mapping[str, Records] | None = None,
    seen: Iterable[Document] | None = None,
) -> Evaluation:
    """Predict the texts of annotated documents and compare.

    Args:
        extractor: what predicts; its own ``unreachable`` tells which gold it can never find.
        documents: the gold.
        records: gold records by document id; an article without any counts in no records table.
        seen: training documents; given, a table on entities with unseen surfaces is added.

    Raises:
        PhoihopError: no documents, or an id twice.
    """
    gold = _named(documents, "annotated")
    start = time.perf_counter()
    predicted = list(extractor.predict_many([d.text for d in gold], [d.id for d in gold]))
    seconds = time.perf_counter() - start
    result = score(gold, predicted, records, seen)
    lost = tuple((str(d.id), item) for d in gold for item in extractor.unreachable(d))
    words = sum(len(d.text.split()) for d in gold)
    return replace(result, unreachable=lost, speed=Speed(len(gold), words, seconds))


def score(
    gold: Sequence[Document],
    predicted: Sequence[Document],
    records: Mapping[str, Records] | None = None,
    seen: Iterable[Document] | None = None,
) -> Evaluation:
    """Compare given predictions with gold, article by article, paired by id.

    A gold article without a prediction counts as one where nothing was found, a prediction without
    gold is left out; the notes say so.

    Raises:
        PhoihopError: no gold, an id twice, or a prediction made on another text than gold's.
    """
    gold = _named(gold, "annotated")
    by_id = {str(d.id): d for d in _named(predicted, "predicted")} if predicted else {}
    notes = _notes_on_ids([str(d.id) for d in gold], list(by_id))
    pairs = [(g, by_id.get(str(g.id)) or Document(g.text, id=g.id)) for g in gold]
    for g, p in pairs:
        _check_same_text(g, p)
    tables = _mark_tables(pairs)
    kept = {id: r for id, r in (records or {}).items() if id in {d.id for d in gold}}
    if kept:
        tables |= _record_tables(pairs, kept)
        notes += _notes_on_records(pairs, kept)
    if seen is not None:
        tables["unseen"] = _unseen_table(pairs, seen)
    return Evaluation(tables, tuple(g for g, _ in pairs), tuple(p for _, p in pairs), notes=tuple(notes))


def _named(documents: Sequence[Document], what: str) -> list[Document]:
    """The documents, the nameless ones called #1, #2, … by their place; no name twice."""
    if not documents:
        raise PhoihopError(f"there are no {what} articles to compare; give at least one")
    named = [d if d.id is not None else d.replace(id=f"#{i}") for i, d in enumerate(documents, 1)]
    for id, times in Counter(d.id for d in named).items():
        if times > 1:
            raise PhoihopError(f"{times} {what} articles have the id {id!r}; give each its own id")
    return named


def _check_same_text(gold: Document, pred: Document) -> None:
    if gold.text != pred.text:
        at = next(
            (i for i, (a, b) in enumerate(zip(gold.text, pred.text, strict=False)) if a != b),
            min(len(gold.text), len(pred.text)),
        )
        raise PhoihopError(
            f"article {gold.id}: the predictions were made on another text (it differs from character {at}); "
            "predict the article again"
        )


def _notes_on_ids(gold: list[str], predicted: list[str]) -> list[str]:
    notes = []
    if missing := [id for id in gold if id not in set(predicted)]:
        notes.append(f"articles without a prediction, counted as empty: {_some(missing)}")
    if extra := [id for id in predicted if id not in set(gold)]:
        notes.append(f"predictions without an annotated article, left out: {_some(extra)}")
    return notes


def _notes_on_records(pairs: list[tuple[Document, Document]], records: Mapping[str, Records]) -> list[str]:
    notes = []
    if without := [str(g.id) for g, _ in pairs if g.id not in records]:
        notes.append(f"articles without annotated records, counted in no records table: {_some(without)}")
    if empty := [str(p.id) for g, p in pairs if g.id in records and p.records is None]:
        notes.append(f"predictions without records, counted as empty: {_some(empty)}")
    return notes


def _some(ids: list[str]) -> str:
    """How many, and the first of them."""
    return f"{len(ids)} ({', '.join(ids[:5])}{', …' if len(ids) > 5 else ''})"


def _mark_tables(pairs: list[tuple[Document, Document]]) -> dict[str, Table]:
    """Entities and relations, strict and by their borders alone."""
    entities = Table("entities", "same start, end and label")
    spans = Table("entity borders", "same start and end, whatever the label")
    relations = Table("relations", "same relation, both ends with the same start, end and label")
    tied = Table(
        "relation borders", "same relation, both ends with the same start and end, whatever their labels"
    )
    far = distance_table()
    for g, p in pairs:
        entities.add(g.entity_keys(), p.entity_keys(), lambda e: e[2])
        spans.add(_spans(g), _spans(p), lambda _: "any label")
        relations.add(g.relation_keys(), p.relation_keys(), lambda r: r[1])
        tied.add(_tied_spans(g), _tied_spans(p), lambda r: r[1])
        far.add(g.relation_keys(), p.relation_keys(), partial(distance_class, g))
    tables = {"entities": entities, "entity_spans": spans, "relations": relations, "relation_spans": tied}
    return tables | ({"relation_distance": far} if far.labels else {})


def _spans(document: Document) -> set[tuple[int, int]]:
    return {(e.start, e.end) for e in document.entities}


def _tied_spans(document: Document) -> set[tuple[tuple[int, int], str, tuple[int, int]]]:
    return {(head[:2], label, tail[:2]) for head, label, tail in document.relation_keys()}


def _record_tables(
    pairs: list[tuple[Document, Document]], records: Mapping[str, Records]
) -> dict[str, Table]:
    loosely = "strings compare without case, spacing and tone-mark placement"
    officials = Table("officials", f"same fact (name, rank) or (name, title, body); {loosely}")
    agreements = Table(
        "agreements",
        "same fact (kind, each party, first year, last year, day signed) once each annotated agreement is "
        "paired with at most one predicted, in the pairing that agrees most; "
        f"{loosely}, days by day and month",
    )
    for g, p in pairs:
        if (gold := records.get(str(g.id))) is not None:
            pred = p.records or Records()
            officials.add(
                official_facts(gold.officials), official_facts(pred.officials), lambda fact: str(fact[1])
            )
            agreements.count(*agreement_counts(gold.agreements, pred.agreements))
    return {"officials": officials, "agreements": agreements}


def _unseen_table(pairs: list[tuple[Document, Document]], seen: Iterable[Document]) -> Table:
    known = {plain(d.surface(e)) for d in seen for e in d.entities}
    table = Table(
        "entities never seen",
        "same start, end and label; only entities, annotated and predicted alike, whose surface is no "
        "entity of the training articles (compared without case, spacing and tone-mark placement)",
    )
    for g, p in pairs:
        table.add(_unknown(g, known), _unknown(p, known), lambda e: e[2])
    return table


def _unknown(document: Document, known: set[str]) -> set[tuple[int, int, str]]:
    return {e.key for e in document.entities if plain(document.surface(e)) not in known}
