"""Records of annotated articles, written beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from phoihop.data.errors import PhoihopError
from phoihop.data.folder import MARKED, RECORDS, inline_files, stem
from phoihop.data.readers import read_documents
from phoihop.data.record_files import write_records
from phoihop.data.records import Records
from phoihop.model.records.build import build_records


def write_missing_records(paths: Sequence[str | Path], overwrite: bool = False) -> int:
    """Write ``<id>.records.json``, made from the marks, beside each ``<id>.ann.md``.

    Nothing is written before every article is read.  Ids of mentions are left out: gold records are read and
    mended by people, and compared by their strings.

    Args:
        paths: files of the inline format with one article each, or folders of them.
        overwrite: whether records that are there are replaced; they are left alone otherwise.

    Returns:
        how many files were written.

    Raises:
        PhoihopError: a path is no such file or folder, or holds several articles; an article cannot be
            read; a file cannot be written.
    """
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_dir():
            files += inline_files(path)
        elif path.name.endswith(MARKED):
            files.append(path)
        else:
            raise PhoihopError(
                f"{path}: no *{MARKED} file and no folder of them; records stand beside such files"
            )
    if not files:
        raise PhoihopError(
            f"{paths[0]}: the folder holds no *{MARKED} file; give one with annotated articles"
        )
    made: list[tuple[Path, Records]] = []
    for file in files:
        target = file.with_name(f"{stem(file)}{RECORDS}")
        if target.exists() and not overwrite:
            continue
        documents = read_documents(file)
        if len(documents) != 1:
            raise PhoihopError(f"{file}: holds {len(documents)} articles; records stand beside a file of one")
        made.append((target, build_records(documents[0])))
    for target, records in made:
        write_records(records, target, ids=False)
    return len(made)
