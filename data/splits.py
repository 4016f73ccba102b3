"""The splits behind a path: train, dev and test of a folder that holds them, else the path itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from phoihop.data.article import Loaded
from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.folder import MARKED, inline_files, load_folder
from phoihop.data.readers import load
from phoihop.data.schema import Schema, default_schema

SPLITS = ("train", "dev", "test")


def load_splits(path: Path, schema: Schema) -> Iterator[tuple[str, Iterator[Loaded]]]:
    """Names and contents of the splits, what cannot be read as an error among them."""
    parts = [name for name in SPLITS if (path / name).is_dir() and inline_files(path / name)]
    for name in parts:
        yield name, load_folder(path / name, schema)
    if parts and inline_files(path, skip=parts):
        yield path.resolve().name, load_folder(path, schema, skip=parts)
    if not parts:
        # what names its own labels is compared with the schema afterwards, fault by fault
        inline = path.is_dir() or path.name.endswith(MARKED)
        yield path.resolve().name, load(path, schema if inline else None)


def read_splits(paths: Sequence[str | Path], schema: Schema | None = None) -> dict[str, list[Document]]:
    """All articles by split; two paths of one name are told apart by the whole path.

    Raises:
        PhoihopError: an article cannot be read.
    """
    found: dict[str, list[Document]] = {}
    for path in map(Path, paths):
        for name, loaded in load_splits(path, schema or default_schema()):
            documents = found.setdefault(name if name not in found else str(path), [])
            for item in loaded:
                if isinstance(item, PhoihopError):
                    raise item
                documents.append(item.document)
    return found
