"""The document type: a text, the entities found in it, their relations and the records made of them.

Offsets are half-open and count characters of the caller's string, so ``text[start:end]`` is the
entity, whatever Unicode form or line ends the caller used.  Everything is frozen and checked when
it is built: a document with a dangling relation or a span outside its text cannot exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from phoihop.data.errors import PhoihopError
from phoihop.data.records import Records


@dataclass(frozen=True, slots=True)
class Entity:
    """A labelled span: characters ``start`` (included) to ``end`` (excluded) of the document's text.

    ``score`` is the model's probability that exactly this span bears this label; ``None`` for
    annotated entities.
    """

    id: str
    start: int
    end: int
    label: str
    score: float | None = None

    @property
    def key(self) -> tuple[int, int, str]:
        """What makes two entities the same, whatever their ids and scores."""
        return (self.start, self.end, self.label)


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed relation between two entities of one document, named by their ids."""

    head: str
    label: str
    tail: str
    score: float | None = None


@dataclass(frozen=True)
class Document:
    """A text with entities in reading order, relations between them and, if made, records.

    Args:
        text: the caller's string, untouched.
        entities: any order; kept sorted by place.  They may not overlap.
        relations: ends are entity ids; each (head, label, tail) once, head other than tail.
        id: a name for the article, usually the file's stem.
        records: officials and agreements, ``None`` where nobody has built them.

    Raises:
        PhoihopError: a span empty, outside the text or overlapping another; an id twice; a relation
            that points to no entity, to itself, or stands twice.
    """

    text: str
    entities: tuple[Entity, ...] = ()
    relations: tuple[Relation, ...] = ()
    id: str | None = None
    records: Records | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.entities, key=lambda e: (e.start, e.end)))
        object.__setattr__(self, "entities", ordered)
        object.__setattr__(self, "relations", tuple(self.relations))
        self._check_entities()
        self._check_relations()

    def _fail(self, what: str) -> None:
        raise PhoihopError(f"document {self.id or '(no id)'}: {what}")

    def _check_entities(self) -> None:
        seen: set[str] = set()
        previous: Entity | None = None
        for e in self.entities:
            if e.id in seen:
                self._fail(f"entity id {e.id!r} is used twice; give each entity its own id")
            seen.add(e.id)
            if not 0 <= e.start < e.end <= len(self.text):
                self._fail(
                    f"entity {e.id!r} spans {e.start}:{e.end}, which is empty or outside "
                    f"the text of {len(self.text)} characters"
                )
            if previous is not None and e.start < previous.end:
                self._fail(
                    f"entities {previous.id!r} ({previous.start}:{previous.end}) and {e.id!r} "
                    f"({e.start}:{e.end}) overlap; spans may neither nest nor overlap"
                )
            previous = e

    def _check_relations(self) -> None:
        seen: set[tuple[str, str, str]] = set()
        for r in self.relations:
            for end in (r.head, r.tail):
                if end not in self.by_id:
                    self._fail(f"relation {r.label} points to {end!r}, which is no entity's id")
            if r.head == r.tail:
                self._fail(f"relation {r.label} ties entity {r.head!r} to itself")
            key = (r.head, r.label, r.tail)
            if key in seen:
                self._fail(f"relation {r.head} {r.label} {r.tail} stands twice")
            seen.add(key)

    @cached_property
    def by_id(self) -> Mapping[str, Entity]:
        """The entities by id."""
        return {e.id: e for e in self.entities}

    def surface(self, entity: Entity | str) -> str:
        """The characters of an entity, given itself or its id."""
        e = self.by_id[entity] if isinstance(entity, str) else entity
        return self.text[e.start : e.end]

    def entity_keys(self) -> set[tuple[int, int, str]]:
        """Entities as a set of (start, end, label)."""
        return {e.key for e in self.entities}

    def relation_keys(self) -> set[tuple[tuple[int, int, str], str, tuple[int, int, str]]]:
        """Relations as a set of (head key, label, tail key)."""
        return {(self.by_id[r.head].key, r.label, self.by_id[r.tail].key) for r in self.relations}

    def replace(self, **changes: Any) -> Document:
        """A copy with some fields changed, checked again."""
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """The article as one JSON object; scores and records only where there are any."""
        out: dict[str, Any] = {"id": self.id, "text": self.text}
        out["entities"] = [
            {"id": e.id, "start": e.start, "end": e.end, "label": e.label, "text": self.surface(e)}
            | ({} if e.score is None else {"score": round(e.score, 4)})
            for e in self.entities
        ]
        out["relations"] = [
            {"head": r.head, "label": r.label, "tail": r.tail}
            | ({} if r.score is None else {"score": round(r.score, 4)})
            for r in self.relations
        ]
        if self.records is not None:
            out |= self.records.to_dict()
        return out

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """The inverse of :meth:`to_dict`; records are read when both lists are there.

        Raises:
            PhoihopError: a field is missing or of the wrong type, or the document is invalid.
        """
        try:
            text = data["text"]
            if not isinstance(text, str):
                raise TypeError("'text' is not a string")
            entities = tuple(
                Entity(str(e["id"]), int(e["start"]), int(e["end"]), str(e["label"]), e.get("score"))
                for e in data.get("entities", ())
            )
            relations = tuple(
                Relation(str(r["head"]), str(r["label"]), str(r["tail"]), r.get("score"))
                for r in data.get("relations", ())
            )
            records = None
            if "officials" in data and "agreements" in data:
                records = Records.from_dict(data)
        except KeyError as error:
            raise PhoihopError(f"document {data.get('id')}: field {error} is missing") from None
        except (TypeError, ValueError, AttributeError) as error:
            raise PhoihopError(f"document {data.get('id')}: {error}") from None
        name = data.get("id")
        return cls(text, entities, relations, None if name is None else str(name), records)


def number(entities: Iterable[tuple[int, int, str, float | None]]) -> tuple[Entity, ...]:
    """Entities e1, e2, … in reading order from (start, end, label, score)."""
    ordered = sorted(entities, key=lambda e: (e[0], e[1]))
    return tuple(Entity(f"e{i}", *e) for i, e in enumerate(ordered, 1))
