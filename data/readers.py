"""Annotated articles from whatever file holds them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from phoihop.data.article import Article, Loaded
from phoihop.data.conll import load_conll, read_conll, write_conll
from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.folder import MARKED, load_folder, load_inline, write_inline_folder
from phoihop.data.hub import from_datasets, to_datasets
from phoihop.data.jsonl import load_jsonl, write_jsonl
from phoihop.data.record_files import read_records, write_records
from phoihop.data.schema import Schema
from phoihop.data.text import read_text

__all__ = [
    "Article",
    "from_datasets",
    "load",
    "read_conll",
    "read_documents",
    "read_records",
    "read_text",
    "to_datasets",
    "write_conll",
    "write_inline_folder",
    "write_jsonl",
    "write_records",
]

CONLL = (".conll", ".iob2", ".iob", ".bio")


def read_documents(
    path: str | Path, schema: Schema | None = None, *, split_words: bool = False
) -> list[Document]:
    """The annotated articles of a folder or file.

    - a folder: every ``*.ann.md`` below it, by path, ids from the file names;
    - ``*.ann.md``: an article, or several parted by lines ``---`` (see :mod:`phoihop.data.folder`);
    - ``*.jsonl``: a :meth:`Document.to_dict` a line;
    - ``*.conll``, ``*.iob2``, ``*.iob``, ``*.bio``: IOB2 columns (see :mod:`phoihop.data.conll`).

    An article with ``<id>.records.json`` beside it carries these records.

    Args:
        path: the folder or file.
        schema: what the articles may hold.  ``None`` is the default schema for the inline format, which
            cannot be read without one, and anything for the others.
        split_words: in IOB2 columns, turn the ``_`` between the syllables of a word into blanks.

    Raises:
        PhoihopError: nothing is there, the kind of file is unknown, or an article is invalid: the first.
    """
    documents = []
    for loaded in load(path, schema, split_words=split_words):
        if isinstance(loaded, PhoihopError):
            raise loaded
        documents.append(loaded.document)
    if not documents:
        raise PhoihopError(f"{path}: no article in it; give a file with at least one")
    return documents


def load(path: str | Path, schema: Schema | None = None, *, split_words: bool = False) -> Iterator[Loaded]:
    """Like :func:`read_documents`, each with its place, errors of one article handed on in its stead.

    Raises:
        PhoihopError: the path itself cannot be used.
    """
    path = Path(path)
    if path.is_dir():
        return load_folder(path, schema)
    if not path.exists():
        raise PhoihopError(f"{path}: no such file or folder; check the path")
    if path.name.endswith(MARKED):
        return load_inline(path, schema)
    if path.suffix == ".jsonl":
        return load_jsonl(path, schema)
    if path.suffix in CONLL:
        return load_conll(path, schema, split_words=split_words)
    raise PhoihopError(
        f"{path}: not a kind of file that holds annotated articles; give a folder of *{MARKED}, "
        f"or *{MARKED}, *.jsonl, *{', *'.join(CONLL)}"
    )
