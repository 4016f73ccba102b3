"""CoNLL columns with IOB2 labels: entities only.

A token a line, its label in the last column, columns parted by tabs or blanks, a blank line between
sentences, ``-DOCSTART-`` before each document.  The format keeps no white space: a text read from it has
one blank between tokens and a line feed between sentences.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from phoihop.data.article import Article, Loaded, attempt
from phoihop.data.document import Document, Entity, number
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema
from phoihop.data.text import read_text, write_text

DOCSTART = "-DOCSTART-"
_COLUMNS = re.compile(r"[ \t]+")
_OTHER_SCHEMES = {"S": "B", "U": "B", "E": "I", "L": "I"}
Row = tuple[str, str, int]
"""Token, label, number of the line."""


def read_conll(
    path: str | Path, *, repair: bool = False, split_words: bool = False, schema: Schema | None = None
) -> list[Document]:
    """The documents of a file, called by its stem, numbered where there are several.

    Args:
        path: the file.
        repair: read IOB1, BIOES and BILOU too: an entity starts wherever the label before is not of the
            same kind.  Without it such labels are errors.
        split_words: turn the ``_`` between the syllables of a word into blanks.
        schema: labels that may occur; any if ``None``.

    Raises:
        PhoihopError: the file cannot be read, a line has no label, or a label is not IOB2; with the line.
    """
    out = []
    for loaded in load_conll(Path(path), schema, repair=repair, split_words=split_words):
        if isinstance(loaded, PhoihopError):
            raise loaded
        out.append(loaded.document)
    return out


def load_conll(
    path: Path, schema: Schema | None, *, repair: bool = False, split_words: bool = False
) -> Iterator[Loaded]:
    """The articles of a file, or what is wrong with each."""
    try:
        parts = _documents(read_text(path), str(path))
    except PhoihopError as error:
        yield error
        return
    for n, (line, sentences) in enumerate(parts, 1):
        id = path.stem if len(parts) == 1 else f"{path.stem}-{n}"
        yield attempt(partial(_article, sentences, path, line, id, schema, repair, split_words))


def _article(
    sentences: list[list[Row]],
    path: Path,
    line: int,
    id: str,
    schema: Schema | None,
    repair: bool,
    split_words: bool,
) -> Article:
    document = build(sentences, str(path), id=id, repair=repair, split_words=split_words)
    if schema and (faults := schema.faults(document)):
        raise PhoihopError(f"{path}:{line}: document {id}: {faults[0]}")
    return Article(document, path, line)


def _documents(text: str, where: str) -> list[tuple[int, list[list[Row]]]]:
    """First line and sentences of each document."""
    documents: list[tuple[int, list[list[Row]]]] = []
    sentence: list[Row] = []
    for n, line in enumerate(text.split("\n"), 1):
        columns = _columns(line.removesuffix("\r"))
        if columns[0] == DOCSTART:
            documents.append((n, []))
            sentence = []
        elif columns == [""]:
            sentence = []
        elif len(columns) < 2 or not columns[-1]:
            raise PhoihopError(
                f"{where}:{n}: one column; expected a token and, in the last column, its label"
            )
        elif not columns[0]:
            raise PhoihopError(f"{where}:{n}: the token is empty; expected a token and its label")
        else:
            if not documents:
                documents.append((n, []))
            if not sentence:
                documents[-1][1].append(sentence)
            sentence.append((columns[0], columns[-1], n))
    if not documents:
        raise PhoihopError(f"{where}: no tokens; expected a token and its label on each line")
    return documents


def _columns(line: str) -> list[str]:
    if not line.strip(" \t"):
        return [""]
    return (
        [c.strip(" ") for c in line.rstrip("\t").split("\t")]
        if "\t" in line
        else _COLUMNS.split(line.strip())
    )


def build(
    sentences: Iterable[Sequence[Row]],
    where: str,
    *,
    id: str | None = None,
    repair: bool = False,
    split_words: bool = False,
) -> Document:
    """A document from sentences of (token, label, line); see :func:`read_conll` for the options.

    Raises:
        PhoihopError: a label is not IOB2.
    """
    pieces: list[str] = []
    spans: list[tuple[int, int, str, float | None]] = []
    length = 0
    for sentence in sentences:
        previous = None
        for i, (token, label, line) in enumerate(sentence):
            if split_words:
                token = re.sub(r"(?<=[^_])_(?=[^_])", " ", token)
            if pieces:
                pieces.append(" " if i else "\n")
                length += 1
            prefix, kind = _label(label, previous, f"{where}:{line}", repair)
            if prefix == "B":
                spans.append((length, length + len(token), kind, None))
            elif prefix == "I":
                spans[-1] = (spans[-1][0], length + len(token), kind, None)
            previous = kind or None
            pieces.append(token)
            length += len(token)
    return Document("".join(pieces), number(spans), (), id)


def _label(label: str, previous: str | None, where: str, repair: bool) -> tuple[str, str]:
    """(``B``, ``I`` or ``O``; the entity's label), mended if asked; ``previous`` is the label before."""
    if label == "O":
        return "O", ""
    prefix, dash, kind = label.partition("-")
    if repair:
        prefix = _OTHER_SCHEMES.get(prefix, prefix)
    if prefix not in ("B", "I") or not dash or not kind:
        raise PhoihopError(f"{where}: {label!r} is no IOB2 label; expected O, B-LABEL or I-LABEL")
    if prefix == "I" and kind != previous:
        if not repair:
            raise PhoihopError(
                f"{where}: {label!r} does not go on from an entity of that label; in IOB2 it starts with "
                f"'B-{kind}': correct it, or read the file with repair=True if it is IOB1"
            )
        prefix = "B"
    return prefix, kind


def write_conll(
    documents: Iterable[Document],
    path: str | Path,
    *,
    split_punctuation: bool = True,
    drop_relations: bool = False,
) -> None:
    """Write token and IOB2 label in two columns, ``-DOCSTART-`` before each document.

    Tokens end at white space and at the borders of entities; a line feed outside entities ends a sentence.

    Args:
        documents: what to write; ids, scores, records and white space are not.
        path: the file.
        split_punctuation: make the punctuation around a word tokens of its own.
        drop_relations: write the entities of documents with relations, without these.

    Raises:
        PhoihopError: there are relations to lose, an entity is blank, a token reads ``-DOCSTART-``, a
            label holds white space, or the file cannot be written.
    """
    lines: list[str] = []
    for d in documents:
        where = f"document {d.id or '(no id)'}"
        if d.relations and not drop_relations:
            raise PhoihopError(
                f"{where}: CoNLL holds no relations and {len(d.relations)} would be lost; write JSONL, or "
                "ask to drop them"
            )
        lines += [f"{DOCSTART}\tO", ""]
        for token, label in _tokens(d, where, split_punctuation):
            if token == DOCSTART:
                raise PhoihopError(f"{where}: the token {DOCSTART} starts a document in CoNLL; write JSONL")
            # several line feeds make one break between sentences
            if token or lines[-1]:
                lines.append(f"{token}\t{label}" if token else "")
        if lines[-1]:
            lines.append("")
    write_text(path, "".join(line + "\n" for line in lines))


def _tokens(document: Document, where: str, punctuation: bool) -> Iterator[tuple[str, str]]:
    """Tokens with labels; ("", "") between sentences."""
    done = 0
    for e in (*document.entities, None):
        gap = document.text[done : e.start if e else None]
        for i, line in enumerate(gap.split("\n")):
            if i:
                yield "", ""
            for token in _words(line, punctuation):
                yield token, "O"
        if e:
            done = e.end
            yield from _entity_tokens(document, e, where, punctuation)


def _entity_tokens(
    document: Document, entity: Entity, where: str, punctuation: bool
) -> Iterator[tuple[str, str]]:
    words = _words(document.surface(entity), punctuation)
    if not words or _COLUMNS.search(entity.label) or not entity.label:
        raise PhoihopError(
            f"{where}: entity {entity.id!r} has no characters or a label with blanks; CoNLL cannot write it"
        )
    for i, token in enumerate(words):
        yield token, f"{'I' if i else 'B'}-{entity.label}"


def _words(text: str, punctuation: bool) -> list[str]:
    if not punctuation:
        return text.split()
    out: list[str] = []
    for chunk in text.split():
        start = re.match(r"[^\w]*", chunk)
        head = start.end() if start else 0
        core = chunk[head:].rstrip("".join(c for c in set(chunk) if not re.match(r"\w", c)))
        out += [x for x in (chunk[:head], core, chunk[head + len(core) :]) if x]
    return out
