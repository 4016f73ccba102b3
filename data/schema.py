"""The task description: entity labels and the allowed triples (head label, relation, tail label)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError

_NAME = re.compile(r"[^\W\d_][\w-]*")


@dataclass(frozen=True)
class Schema:
    """Entity labels and allowed triples, in a fixed order that models rely on.

    Raises:
        PhoihopError: no labels, a name twice or malformed, a triple with an unknown label.
    """

    labels: tuple[str, ...]
    triples: tuple[tuple[str, str, str], ...] = ()

    def __post_init__(self) -> None:
        if not self.labels:
            raise PhoihopError("schema: 'labels' is empty; name at least one entity label")
        if len(set(self.labels)) != len(self.labels):
            raise PhoihopError("schema: a label stands twice in 'labels'")
        if len(set(self.triples)) != len(self.triples):
            raise PhoihopError("schema: a triple stands twice in 'relations'")
        for name in (*self.labels, *(r for _, r, _ in self.triples)):
            if not _NAME.fullmatch(name):
                raise PhoihopError(
                    f"schema: {name!r} is no name; use letters, digits, '_' and '-', a letter first"
                )
        for head, relation, tail in self.triples:
            for end in (head, tail):
                if end not in self.labels:
                    raise PhoihopError(
                        f"schema: relation {relation} names the label {end!r}, which is not in 'labels'"
                    )

    @cached_property
    def relations(self) -> tuple[str, ...]:
        """Relation names, each once, in the order of the triples."""
        return tuple(dict.fromkeys(r for _, r, _ in self.triples))

    @cached_property
    def by_pair(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """For each (head label, tail label) the relations that may tie them."""
        out: dict[tuple[str, str], tuple[str, ...]] = {}
        for head, relation, tail in self.triples:
            out[head, tail] = (*out.get((head, tail), ()), relation)
        return out

    @cached_property
    def tags(self) -> tuple[str, ...]:
        """IOB2 tags: ``O``, then ``B-`` and ``I-`` of each label."""
        return ("O", *(f"{prefix}-{label}" for label in self.labels for prefix in "BI"))

    def faults(self, document: Document) -> list[str]:
        """One sentence for each label or triple of the document that this schema does not allow."""
        found = [
            f"entity {e.id!r} has the label {e.label!r}, which the schema does not know"
            for e in document.entities
            if e.label not in self.labels
        ]
        for r in document.relations:
            triple = (document.by_id[r.head].label, r.label, document.by_id[r.tail].label)
            if triple not in self.triples:
                found.append(
                    f"relation {r.head} {r.label} {r.tail} is a {' '.join(triple)}, "
                    "which the schema does not allow"
                )
        return found

    def to_dict(self) -> dict[str, Any]:
        """The shape of ``schema.toml``."""
        return {"labels": list(self.labels), "relations": [list(t) for t in self.triples]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], where: str = "schema") -> Schema:
        """Build from the shape of ``schema.toml``; ``where`` names the source in errors."""
        unknown = set(data) - {"labels", "relations"}
        if unknown:
            raise PhoihopError(
                f"{where}: unknown key {sorted(unknown)[0]!r}; only 'labels' and 'relations' exist"
            )
        labels, triples = data.get("labels"), data.get("relations", [])
        if not isinstance(labels, list) or not all(isinstance(x, str) for x in labels):
            raise PhoihopError(f"{where}: 'labels' must be a list of names")
        if not isinstance(triples, list) or not all(
            isinstance(t, list) and len(t) == 3 and all(isinstance(x, str) for x in t) for t in triples
        ):
            raise PhoihopError(f"{where}: 'relations' must be a list of [head label, relation, tail label]")
        try:
            return cls(tuple(labels), tuple((h, r, t) for h, r, t in triples))
        except PhoihopError as error:
            raise PhoihopError(str(error).replace("schema", where, 1)) from None

    @classmethod
    def from_documents(cls, documents: Iterable[Document]) -> Schema:
        """The smallest schema that allows these documents, names in alphabetical order."""
        labels: set[str] = set()
        triples: set[tuple[str, str, str]] = set()
        for d in documents:
            labels.update(e.label for e in d.entities)
            triples.update((d.by_id[r.head].label, r.label, d.by_id[r.tail].label) for r in d.relations)
        return cls(tuple(sorted(labels)), tuple(sorted(triples)))

    @classmethod
    def load(cls, path: str | Path) -> Schema:
        """Read a TOML file.

        Raises:
            PhoihopError: the file is missing, no TOML, or describes no valid schema.
        """
        path = Path(path)
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise PhoihopError(f"{path}: cannot be read ({error.strerror}); give a schema file") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise PhoihopError(f"{path}: no TOML file: {error}") from None
        return cls.from_dict(data, str(path))


def default_schema() -> Schema:
    """The schema that comes with the package: officials and agreements."""
    text = resources.files("phoihop.data").joinpath("schema.toml").read_text(encoding="utf-8")
    return Schema.from_dict(tomllib.loads(text), "data/schema.toml")
