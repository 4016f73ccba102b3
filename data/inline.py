"""The inline format: raw text with marks ``[surface](LABEL#id REL=id,id REL=id)`` in it.

Removing the marks gives the article back, character by character; nothing is normalised.
``ANNOTATION.md`` describes the format for annotators.  Beyond it:

- A mark without ``#id`` gets the id ``e<n>``, n being its place among the marks, with underscores
  behind where the file uses that id itself.
- What ends like a mark but bears no label of the schema is an error where it can hardly be meant as
  text: a label in capitals or one of the schema in other letters, followed by ``#``, ``)`` or `` REL=``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from difflib import get_close_matches
from typing import NoReturn

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema, default_schema
from phoihop.data.text import line_and_column

_NAME = re.compile(r"[^\W\d_][\w-]*")
_ID = re.compile(r"\w+")
_CLOSER = re.compile(rf"\]\(({_NAME.pattern})")
_MARK_GOES_ON = re.compile(rf"[#)]| {_NAME.pattern}=")
_SHAPE = "[text](LABEL#id REL=id,id)"


@dataclass(frozen=True)
class _Source:
    """The marked text and what it is called in errors."""

    text: str
    name: str
    first_line: int

    def place(self, offset: int) -> str:
        line, column = line_and_column(self.text, offset)
        return f"{self.name}:{line + self.first_line - 1}:{column}"

    def fail(self, offset: int, what: str) -> NoReturn:
        raise PhoihopError(f"{self.place(offset)}: {what}")


@dataclass(frozen=True)
class _Tail:
    """One relation of a mark: its name, the id it points to and where that id stands."""

    relation: str
    id: str
    offset: int


@dataclass(frozen=True)
class _Mark:
    """A mark and its place in the marked text: ``[`` at ``start``, the surface up to ``close``."""

    start: int
    close: int
    end: int
    label: str
    id: str | None
    tails: tuple[_Tail, ...]


def parse(
    text: str,
    schema: Schema | None = None,
    source: str = "<string>",
    *,
    id: str | None = None,
    first_line: int = 1,
) -> Document:
    """Read one article.

    Args:
        text: the marked text.
        schema: labels and relations that marks may bear; the default schema if ``None``.
        source: a file name for errors.
        id: the document's id.
        first_line: the number that errors give to the first line of ``text``.

    Raises:
        PhoihopError: a mark is malformed, nested, or bears an unknown label, relation or id, an id
            stands twice, or the schema forbids a relation; with line and column of the marked text.
    """
    schema = schema or default_schema()
    src = _Source(text, source, first_line)
    marks = list(_marks(src, schema))
    ids = _ids(src, marks)
    pieces: list[str] = []
    entities: list[Entity] = []
    done, length = 0, 0
    for mark, name in zip(marks, ids, strict=True):
        start = length + mark.start - done
        end = start + mark.close - mark.start - 1
        pieces += [text[done : mark.start], text[mark.start + 1 : mark.close]]
        entities.append(Entity(name, start, end, mark.label))
        done, length = mark.end, end
    pieces.append(text[done:])
    return Document("".join(pieces), tuple(entities), tuple(_relations(src, schema, marks, ids)), id)


def _suspects(text: str, labels: Set[str]) -> Iterator[re.Match[str]]:
    """Every ``](NAME`` that is a mark's end or could only be a misspelt one."""
    folded = {label.casefold() for label in labels}
    for m in _CLOSER.finditer(text):
        name = m[1]
        likely = (len(name) > 1 and name == name.upper()) or name.casefold() in folded
        if name in labels or (likely and _MARK_GOES_ON.match(text, m.end())):
            yield m


def _marks(src: _Source, schema: Schema) -> Iterator[_Mark]:
    end = 0
    for m in _suspects(src.text, set(schema.labels)):
        if m[1] not in schema.labels:
            src.fail(m.start(1), f"unknown label {m[1]}{_perhaps(m[1], schema.labels)}")
        start = _opening(src, end, m)
        id, tails, end = _attributes(src, m.end(), schema)
        yield _Mark(start, m.start(), end, m[1], id, tails)


def _perhaps(name: str, known: Iterable[str]) -> str:
    """``; did you mean …`` or a list of what there is."""
    names = list(known)
    close = get_close_matches(name.upper(), names, n=1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; the schema has {', '.join(names) or 'none'}"


def _opening(src: _Source, after: int, closer: re.Match[str]) -> int:
    """Where the bracket stands that opens the mark whose end is ``closer``."""
    close = closer.start()
    at = max(src.text.rfind("[", after, close), src.text.rfind("]", after, close))
    if at >= 0 and src.text[at] == "[":
        if at + 1 == close:
            src.fail(at, f"an empty mark; expected the text between the brackets, as in {_SHAPE}")
        return at
    if at >= 0:
        src.fail(at, f"']' inside the text of the {closer[1]} mark; expected text without brackets")
    # a bracket left open in this line before the last mark: that one stands inside this one
    line = src.text[src.text.rfind("\n", 0, after) + 1 : after]
    if line.count("[") > line.count("]"):
        src.fail(close, f"a mark inside the {closer[1]} mark that ends here; marks may not nest")
    src.fail(close, f"no '[' opens the {closer[1]} mark that ends here; expected {_SHAPE}")


def _attributes(src: _Source, at: int, schema: Schema) -> tuple[str | None, tuple[_Tail, ...], int]:
    """What stands after the label: id, relations and the offset behind the closing bracket."""
    id = None
    if src.text.startswith("#", at):
        id = _word(src, at + 1, "an id of letters and digits after '#'")
        at += 1 + len(id)
    tails: list[_Tail] = []
    while src.text.startswith(" ", at):
        m = _NAME.match(src.text, at + 1)
        if m is None:
            src.fail(at + 1, f"expected the name of a relation after the blank, as in {_SHAPE}")
        if not src.text.startswith("=", m.end()):
            src.fail(m.end(), f"expected '=' and an id after {m[0]}, as in {_SHAPE}")
        if m[0] not in schema.relations:
            src.fail(m.start(), f"unknown relation {m[0]}{_perhaps(m[0], schema.relations)}")
        at = m.end()
        while src.text.startswith("=" if at == m.end() else ",", at):
            tail = _word(src, at + 1, f"the id of a mark after {src.text[at]!r}")
            tails.append(_Tail(m[0], tail, at + 1))
            at += 1 + len(tail)
    if not src.text.startswith(")", at):
        src.fail(at, f"expected ')' at the end of the mark, as in {_SHAPE}")
    return id, tuple(tails), at + 1


def _word(src: _Source, at: int, expected: str) -> str:
    m = _ID.match(src.text, at)
    if m is None:
        src.fail(at, f"expected {expected}")
    return m[0]


def _ids(src: _Source, marks: list[_Mark]) -> list[str]:
    """The id of each mark, its own or a new one that clashes with none."""
    first: dict[str, int] = {}
    for mark in marks:
        if mark.id is None:
            continue
        if mark.id in first:
            where = src.place(first[mark.id])
            src.fail(mark.start, f"the id {mark.id!r} stands at {where} already; expected a new one")
        first[mark.id] = mark.start
    return [mark.id or _fresh(f"e{n}", first) for n, mark in enumerate(marks, 1)]


def _fresh(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _relations(src: _Source, schema: Schema, marks: list[_Mark], ids: list[str]) -> Iterator[Relation]:
    labels = {id: mark.label for id, mark in zip(ids, marks, strict=True)}
    written = {mark.id for mark in marks}
    for mark, head in zip(marks, ids, strict=True):
        seen: set[tuple[str, str]] = set()
        for t in mark.tails:
            if t.id not in written:
                src.fail(t.offset, f"no mark bears the id {t.id!r}; expected the #id of another mark")
            if t.id == head:
                src.fail(t.offset, f"the mark points to itself; {t.relation} needs the #id of another mark")
            if (t.relation, t.id) in seen:
                src.fail(t.offset, f"{t.relation}={t.id} stands twice in this mark; write it once")
            seen.add((t.relation, t.id))
            triple = (mark.label, t.relation, labels[t.id])
            if triple not in schema.triples:
                allowed = [f"{h} {r} {e}" for h, r, e in schema.triples if r == t.relation]
                src.fail(
                    t.offset,
                    f"{' '.join(triple)} ({t.id!r} is a {triple[2]}) is not in the schema; "
                    f"expected {' or '.join(allowed)}",
                )
            yield Relation(head, t.relation, t.id)


def render(document: Document, schema: Schema | None = None) -> str:
    """The article with its marks; scores and records have no place in this format.

    An id is written where a relation points to it and where it is not the one :func:`parse` would give,
    so what was parsed comes back as it was.  An id with characters other than letters, digits and ``_``
    is replaced.

    Args:
        document: what to write.
        schema: what :func:`parse` will be given; with ``None``, the default schema and the document's
            own labels are what the text must not look like.

    Raises:
        PhoihopError: an entity holds a bracket, the text holds what would read as a mark, or a label or
            relation is none of the schema's.
    """
    where = f"document {document.id or '(no id)'}"
    labels = _known(document, schema, where)
    heads: dict[str, dict[str, list[str]]] = {}
    ids = _written_ids(document)
    for r in document.relations:
        heads.setdefault(r.head, {}).setdefault(r.label, []).append(ids[r.tail])
    pieces: list[str] = []
    closers: set[int] = set()
    done, length = 0, 0
    for e in document.entities:
        surface = document.surface(e)
        if "[" in surface or "]" in surface:
            raise PhoihopError(
                f"{where}: {e.label} {surface!r} at character {e.start} holds a bracket, which the inline "
                "format cannot write; move its border or write JSONL"
            )
        relations = "".join(f" {name}={','.join(tails)}" for name, tails in heads.get(e.id, {}).items())
        opening = f"{document.text[done : e.start]}[{surface}"
        closers.add(length + len(opening))
        pieces.append(f"{opening}]({e.label}{'#' + ids[e.id] if e.id in ids else ''}{relations})")
        done, length = e.end, length + len(pieces[-1])
    out = "".join((*pieces, document.text[done:]))
    for m in _suspects(out, labels):
        if m.start() not in closers:
            raise PhoihopError(
                f"{where}: the text {out[max(0, m.start() - 20) : m.end() + 1]!r} would read as a mark in "
                "the inline format; write JSONL"
            )
    return out


def _known(document: Document, schema: Schema | None, where: str) -> set[str]:
    """The labels a reader will know, once the document's own names are found to be writable."""
    if schema is not None:
        if faults := schema.faults(document):
            raise PhoihopError(f"{where}: {faults[0]}; give the schema it was made with")
        return set(schema.labels)
    own = {e.label for e in document.entities}
    for name in sorted(own | {r.label for r in document.relations}):
        if not _NAME.fullmatch(name):
            raise PhoihopError(
                f"{where}: the inline format cannot write the name {name!r}; "
                "use letters, digits, '_' and '-', a letter first"
            )
    return own | set(default_schema().labels)


def _written_ids(document: Document) -> dict[str, str]:
    """Entity ids that need writing, with the form in which they are written."""
    pointed = {r.tail for r in document.relations}
    out: dict[str, str] = {}
    taken = {e.id for e in document.entities}
    for n, e in enumerate(document.entities, 1):
        good = _ID.fullmatch(e.id) is not None
        if e.id in pointed and not good:
            out[e.id] = _fresh(re.sub(r"\W", "_", e.id) or f"e{n}", taken)
            taken.add(out[e.id])
        elif e.id in pointed or (good and not re.fullmatch(f"e{n}_*", e.id)):
            out[e.id] = e.id
    return out
