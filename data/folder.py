"""Folders and files of the inline format.

A file holds one article, named by its stem.  Where some line of it is just ``---``, it holds one block
between each two such lines.  A block that starts with a line ``# NAME: comment`` is called NAME and its
text starts on the next line; any other is called ``<stem>-<n>``, n counting the blocks.  Every block's
text ends with its own line feed, as a file of its own would; a block of nothing but blanks is none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from phoihop.data.article import Article, Loaded, attempt
from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.inline import parse, render
from phoihop.data.record_files import read_records, write_records
from phoihop.data.schema import Schema
from phoihop.data.text import read_text, write_text

MARKED = ".ann.md"
RECORDS = ".records.json"
_HEADING = re.compile(r"# ([^\s:]+):(?: .*)?\n")
_SEPARATOR = re.compile(r"^---[ \t\r]*(?:\n|\Z)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of a file: its name (``None`` without a heading), marked text and first line's number."""

    name: str | None
    text: str
    line: int


def split_blocks(text: str) -> list[Block]:
    """The blocks of a file, or the one article that it is when no line of it is ``---``."""
    if not _SEPARATOR.search(text):
        return [Block(None, text, 1)]
    blocks: list[Block] = []
    start = 0
    for end, after in [*(m.span() for m in _SEPARATOR.finditer(text)), (len(text), len(text))]:
        block, line = text[start:end], text.count("\n", 0, start) + 1
        start = after
        if not block.strip():
            continue
        heading = _HEADING.match(block)
        if heading:
            blocks.append(Block(heading[1], block[heading.end() :], line + 1))
        else:
            blocks.append(Block(None, block, line))
    return blocks


def stem(path: Path) -> str:
    """The file's name without ``.ann.md`` or its last suffix."""
    return path.name.removesuffix(MARKED) if path.name.endswith(MARKED) else path.stem


def inline_files(folder: Path, skip: Collection[str] = ()) -> list[Path]:
    """Every ``*.ann.md`` below the folder, by path, sub-folders of the names in ``skip`` left out."""
    files = (p for p in folder.rglob(f"*{MARKED}") if p.is_file())
    return sorted(p for p in files if p.relative_to(folder).parts[0] not in skip)


def load_folder(folder: Path, schema: Schema | None, skip: Collection[str] = ()) -> Iterator[Loaded]:
    """The articles of :func:`inline_files`; an id is the stem or, where two agree, the path."""
    files = inline_files(folder, skip)
    if not files:
        raise PhoihopError(f"{folder}: the folder holds no *{MARKED} file; give one with annotated articles")
    times = Counter(stem(p) for p in files)
    for path in files:
        name = stem(path)
        long = path.relative_to(folder).with_name(name).as_posix()
        yield from load_inline(path, schema, name if times[name] == 1 else long)


def load_inline(path: Path, schema: Schema | None, name: str | None = None) -> Iterator[Loaded]:
    """The articles of one file; ``name`` is the article's id, or the blocks' prefix."""
    name = name or stem(path)
    try:
        text = read_text(path)
    except PhoihopError as error:
        yield error
        return
    blocks = split_blocks(text)
    alone = not _SEPARATOR.search(text)
    seen: dict[str, int] = {}
    for n, block in enumerate(blocks, 1):
        id = name if alone else block.name or f"{name}-{n}"
        if id in seen:
            yield PhoihopError(
                f"{path}:{block.line}: a second block {id!r}, after that of line {seen[id]}; rename one"
            )
            continue
        seen[id] = block.line
        yield attempt(partial(_article, block, path, id, schema, alone))


def _article(block: Block, path: Path, id: str, schema: Schema | None, alone: bool) -> Article:
    document = parse(block.text, schema, str(path), id=id, first_line=block.line)
    beside = path.with_name(f"{stem(path)}{RECORDS}")
    if alone and beside.is_file():
        document = document.replace(records=read_records(beside))
    return Article(document, path, block.line, lines=True)


def write_inline_folder(
    documents: Iterable[Document],
    folder: str | Path,
    schema: Schema | None = None,
    *,
    overwrite: bool = False,
) -> list[Path]:
    """Write ``<id>.ann.md`` for each document, and ``<id>.records.json`` where it has records.

    A ``/`` in an id makes a sub-folder.  Scores are not written: the format has no place for them.
    Everything is rendered before the first file is written.

    Returns:
        The files with the articles.

    Raises:
        PhoihopError: an id is missing, stands twice or leads out of the folder; a file exists and
            ``overwrite`` is off; a text cannot be written in this format; a file cannot be written.
    """
    folder = Path(folder)
    rendered: dict[Path, tuple[Document, str]] = {}
    for document in documents:
        path = _target(folder, document.id)
        if path in rendered:
            raise PhoihopError(f"{folder}: two documents have the id {document.id!r}; give each its own")
        if path.exists() and not overwrite:
            raise PhoihopError(f"{path}: the file exists; give another folder or ask to overwrite")
        text = render(document, schema)
        if _SEPARATOR.search(text):
            raise PhoihopError(
                f"document {document.id}: a line of the text is just '---', which separates articles in the "
                "inline format; write JSONL"
            )
        rendered[path] = (document, text)
    for path, (document, text) in rendered.items():
        _make_folder(path.parent)
        write_text(path, text)
        if document.records is not None:
            write_records(document.records, path.with_name(f"{stem(path)}{RECORDS}"))
    return list(rendered)


def _target(folder: Path, id: str | None) -> Path:
    if not id:
        raise PhoihopError(f"{folder}: a document has no id to name its file by; give each one")
    name = PurePosixPath(id)
    if name.is_absolute() or ".." in name.parts or "\0" in id or not name.name:
        raise PhoihopError(f"{folder}: the id {id!r} makes no file name in this folder; give another id")
    return folder / name.parent / f"{name.name}{MARKED}"


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhoihopError(f"{folder}: cannot be made ({error.strerror}); check the path") from None
