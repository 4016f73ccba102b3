"""Articles to predict: from arguments to files, from files to texts, each with a name of its own."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema
from phoihop.data.text import decode, read_text

MARKED = ".ann.md"
_IN_FOLDERS = (".txt", ".md")
_STDIN = Path("-")


@dataclass(frozen=True)
class Source:
    """A file to read (``-`` is standard input) and the id of its article."""

    path: Path
    id: str

    @property
    def marked(self) -> bool:
        """Whether the file holds inline marks that are to be removed."""
        return self.path.name.endswith(MARKED)


@dataclass(frozen=True)
class Article:
    """A text to predict and its id."""

    id: str
    text: str


def find_sources(paths: Iterable[Path], complain: Callable[[str], None]) -> list[Source]:
    """The files behind the arguments, in order, each once.

    A folder stands for its ``*.txt`` and ``*.md`` files, sub-folders included, in alphabetical order.
    The id is the file's stem; where files share a stem, their paths.  What cannot be used goes to
    ``complain``, a sentence each, and the rest is still found.
    """
    files: dict[str, Path] = {}
    for path in paths:
        try:
            for file in _files(path):
                files.setdefault("-" if file == _STDIN else str(file.resolve()), file)
        except PhoihopError as error:
            complain(str(error))
    return _with_ids(list(files.values()))


def _files(path: Path) -> list[Path]:
    if path == _STDIN:
        return [path]
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix in _IN_FOLDERS and p.is_file())
        if not found:
            raise PhoihopError(f"{path}: the folder holds no *.txt or *.md file; give one with articles")
        return found
    if not path.exists():
        raise PhoihopError(f"{path}: no such file or folder; check the path")
    return [path]


def _with_ids(files: list[Path]) -> list[Source]:
    stems = [_stem(file) for file in files]
    ids = [stem if n == 1 else _long_name(f) for f, stem, n in zip(files, stems, _times(stems), strict=True)]
    # a.txt beside a.md: not even the path without the suffix tells them apart
    ids = [id if n == 1 else f.as_posix() for f, id, n in zip(files, ids, _times(ids), strict=True)]
    return [Source(file, id) for file, id in zip(files, ids, strict=True)]


def _times(names: list[str]) -> list[int]:
    counts = Counter(names)
    return [counts[name] for name in names]


def _stem(file: Path) -> str:
    if file == _STDIN:
        return "stdin"
    return file.name.removesuffix(MARKED) if file.name.endswith(MARKED) else file.stem


def _long_name(file: Path) -> str:
    return file.as_posix() if file == _STDIN else file.with_name(_stem(file)).as_posix()


def read_articles(
    sources: Sequence[Source], complain: Callable[[str], None], schema: Schema | None = None
) -> Iterator[Article]:
    """The texts, read one by one as they are asked for; unreadable files go to ``complain``.

    Texts are the characters of UTF-8 files, line ends as they are.  From ``*.ann.md`` the marks of the
    schema are removed; a file with several articles gives each under its own id, preceded by the file's
    where another article has that id already.
    """
    taken = {source.id for source in sources}
    for source in sources:
        try:
            articles = list(_read(source, schema))
        except PhoihopError as error:
            complain(str(error))
            continue
        for article in articles:
            unique = article.id == source.id or article.id not in taken
            taken.add(article.id)
            yield article if unique else Article(f"{source.id}/{article.id}", article.text)


def _read(source: Source, schema: Schema | None) -> Iterator[Article]:
    if source.path == _STDIN:
        yield Article(source.id, decode(sys.stdin.buffer.read(), "standard input"))
    elif source.marked:
        from phoihop.data.readers import read_documents

        for document in read_documents(source.path, schema):
            alone = document.id == _stem(source.path)
            yield Article(source.id if alone else str(document.id), document.text)
    else:
        yield Article(source.id, read_text(source.path))
