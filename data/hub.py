"""Documents as a Hugging Face ``datasets.Dataset`` and back; the library is imported when needed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from phoihop.data.conll import build
from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError

if TYPE_CHECKING:
    from datasets import Dataset


def to_datasets(documents: Iterable[Document]) -> Dataset:
    """One row a document: ``id``, ``text``, ``entities``, ``relations`` and ``records`` (JSON or null).

    Raises:
        PhoihopError: the ``datasets`` library is not installed.
    """
    datasets = _library()
    text, number, place = datasets.Value("string"), datasets.Value("float64"), datasets.Value("int64")
    features = datasets.Features(
        {
            "id": text,
            "text": text,
            "entities": [{"id": text, "start": place, "end": place, "label": text, "score": number}],
            "relations": [{"head": text, "label": text, "tail": text, "score": number}],
            "records": text,
        }
    )
    rows = [_row(d) for d in documents]
    return datasets.Dataset.from_dict(
        {name: [row[name] for row in rows] for name in features}, features=features
    )


def _row(d: Document) -> dict[str, Any]:
    return {
        "id": d.id,
        "text": d.text,
        "entities": [
            {"id": e.id, "start": e.start, "end": e.end, "label": e.label, "score": e.score}
            for e in d.entities
        ],
        "relations": [
            {"head": r.head, "label": r.label, "tail": r.tail, "score": r.score} for r in d.relations
        ],
        "records": None if d.records is None else json.dumps(d.records.to_dict(), ensure_ascii=False),
    }


def from_datasets(dataset: Dataset) -> list[Document]:
    """The inverse of :func:`to_datasets`.

    A plain NER data set with ``tokens`` and ``ner_tags`` (IOB2, by name or as ``ClassLabel``) is read too:
    its rows become documents without relations, tokens joined by blanks.

    Raises:
        PhoihopError: the columns are neither, or a row is no valid document; with the row's number from 0.
    """
    columns = set(dataset.column_names)
    if "text" in columns:
        return [_document(row, n) for n, row in enumerate(dataset)]
    if {"tokens", "ner_tags"} <= columns:
        names = getattr(getattr(dataset.features["ner_tags"], "feature", None), "names", None)
        return [_from_tags(row, n, names) for n, row in enumerate(dataset)]
    raise PhoihopError(
        f"data set with the columns {', '.join(sorted(columns))}: expected 'text' and 'entities', "
        "or 'tokens' and 'ner_tags'"
    )


def _document(row: Mapping[str, Any], n: int) -> Document:
    try:
        data = {
            name: row[name] for name in ("id", "text", "entities", "relations") if row.get(name) is not None
        }
        if row.get("records"):
            data |= json.loads(row["records"])
        return Document.from_dict(data)
    except (PhoihopError, json.JSONDecodeError) as error:
        raise PhoihopError(f"row {n}: {error}") from None


def _from_tags(row: Mapping[str, Any], n: int, names: list[str] | None) -> Document:
    tags = [names[t] if names and isinstance(t, int) else str(t) for t in row["ner_tags"]]
    if len(tags) != len(row["tokens"]):
        raise PhoihopError(f"row {n}: {len(row['tokens'])} tokens but {len(tags)} tags; expected one each")
    rows = [(str(token), tag, i) for i, (token, tag) in enumerate(zip(row["tokens"], tags, strict=True))]
    id = row.get("id")
    return build([rows], f"row {n}, token", id=str(n) if id is None else str(id))


def _library() -> Any:
    try:
        import datasets
    except ImportError:
        raise PhoihopError(
            "the library 'datasets' is not installed; install it with: pip install 'phoihop[train]'"
        ) from None
    return datasets
