"""JSON Lines: one :meth:`Document.to_dict` a line, nothing lost."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from phoihop.data.article import Article, Loaded
from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema
from phoihop.data.text import read_text, write_text


def load_jsonl(path: Path, schema: Schema | None) -> Iterator[Loaded]:
    """The documents of a file; one without an id is called ``<stem>-<n>``, n counting its lines."""
    try:
        text = read_text(path)
    except PhoihopError as error:
        yield error
        return
    seen: dict[str, int] = {}
    # only line feeds end a line here: JSON strings may hold U+2028 and its like
    for n, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            document = _document(line)
            document = document if document.id is not None else document.replace(id=f"{path.stem}-{n}")
            if schema and (faults := schema.faults(document)):
                raise PhoihopError(f"document {document.id}: {faults[0]}")
            if str(document.id) in seen:
                raise PhoihopError(f"the id {document.id!r} stands in line {seen[str(document.id)]} already")
        except PhoihopError as error:
            yield PhoihopError(f"{path}:{n}: {error}")
            continue
        seen[str(document.id)] = n
        yield Article(document, path, n)


def _document(line: str) -> Document:
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise PhoihopError(
            f"no JSON ({error.msg} at column {error.pos + 1}); expected one object a line"
        ) from None
    except RecursionError:
        raise PhoihopError("JSON nested too deeply; expected one flat object a line") from None
    if not isinstance(data, dict):
        raise PhoihopError("expected an object with 'text' and 'entities', as Document.to_dict makes it")
    _check_entities(data)
    return Document.from_dict(data)


def _check_entities(data: Mapping[str, Any]) -> None:
    """Refuse offsets that are no whole numbers or that miss the characters written beside them."""
    text = data.get("text")
    entities = data.get("entities", [])
    if not isinstance(text, str) or not isinstance(entities, list):
        return  # the document itself says what is wrong
    for e in entities:
        if not isinstance(e, dict):
            raise PhoihopError(f"document {data.get('id')}: the entity {e!r} is no object")
        start, end = e.get("start"), e.get("end")
        if any(isinstance(x, bool) or not isinstance(x, int | None) for x in (start, end)):
            raise PhoihopError(
                f"document {data.get('id')}: entity {e.get('id')!r} has offsets {start!r} and {end!r}; "
                "expected whole numbers"
            )
        if start is not None and "text" in e and e["text"] != text[start:end]:
            raise PhoihopError(
                f"document {data.get('id')}: entity {e.get('id')!r} says {e['text']!r} but {start}:{end} is "
                f"{text[start:end]!r}; count offsets in Unicode characters of 'text'"
            )


def write_jsonl(documents: Iterable[Document], path: str | Path) -> None:
    """Write each document as a line.

    Raises:
        PhoihopError: the file cannot be written.
    """
    write_text(path, "".join(json.dumps(d.to_dict(), ensure_ascii=False) + "\n" for d in documents))
