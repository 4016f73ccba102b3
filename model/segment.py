"""Which syllables make up a word: segmenters, and their answers laid on the text they were given.

PhoBERT reads words whose syllables are joined by ``_``.  A segmenter may rewrite what it is given (tone marks,
Unicode forms, odd blanks); here only the answer to one question is taken from it: does it join two neighbours that
a blank parts?  So the text, and every offset into it, stays as it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from phoihop.data.errors import PhoihopError

JOINT = "_"


class Segmenter(Protocol):
    """Joins the syllables of words."""

    name: str

    def __call__(self, line: str) -> Sequence[str]:
        """The words of one line of text in order, the syllables of each joined by ``_``."""
        ...


class PyviSegmenter:
    """pyvi: a conditional random field, no download."""

    name = "pyvi"

    def __init__(self) -> None:
        self._tokenize: Callable[[str], str] = _library("pyvi.ViTokenizer", "pyvi").tokenize

    def __call__(self, line: str) -> Sequence[str]:
        """Words by pyvi."""
        return self._tokenize(line).split()


class UndertheseaSegmenter:
    """underthesea: a conditional random field that comes with the package."""

    name = "underthesea"

    def __init__(self) -> None:
        self._tokenize: Callable[[str], list[str]] = _library("underthesea", "underthesea").word_tokenize

    def __call__(self, line: str) -> Sequence[str]:
        """Words by underthesea."""
        return [word.replace(" ", JOINT) for word in self._tokenize(line)]


class VnCoreSegmenter:
    """VnCoreNLP's RDRSegmenter, with which PhoBERT's own text was segmented; needs Java and ``$VNCORENLP``, the
    folder that ``py_vncorenlp.download_model`` wrote."""

    name = "vncorenlp"

    def __init__(self) -> None:
        import os

        folder = os.environ.get("VNCORENLP", "")
        library = _library("py_vncorenlp", "py_vncorenlp")
        if not folder:
            raise PhoihopError(
                "segmenter 'vncorenlp': set VNCORENLP to the folder that py_vncorenlp.download_model wrote"
            )
        here = Path.cwd()  # the library changes the working directory of the whole program
        try:
            self._model = library.VnCoreNLP(annotators=["wseg"], save_dir=folder)
        except Exception as error:
            raise PhoihopError(f"segmenter 'vncorenlp': cannot start from {folder} ({error})") from None
        finally:
            os.chdir(here)

    def __call__(self, line: str) -> Sequence[str]:
        """Words by RDRSegmenter."""
        return [word for sentence in self._model.word_segment(line) for word in sentence.split()]


class GivenSegmenter:
    """For text that is segmented already: words parted by blanks, their syllables joined by ``_``."""

    name = "given"

    def __call__(self, line: str) -> Sequence[str]:
        """The words as they stand."""
        return line.split()


SEGMENTERS: dict[str, Callable[[], Segmenter]] = {
    s.name: s for s in (PyviSegmenter, UndertheseaSegmenter, VnCoreSegmenter, GivenSegmenter)
}


def load_segmenter(name: str) -> Segmenter | None:
    """A segmenter by name; ``"none"`` gives none.

    Raises:
        PhoihopError: no such name, or its library is not installed.
    """
    if name == "none":
        return None
    if name not in SEGMENTERS:
        raise PhoihopError(f"unknown segmenter {name!r}; choose none, {', '.join(SEGMENTERS)}")
    return SEGMENTERS[name]()


def _library(module: str, package: str) -> Any:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError:
        raise PhoihopError(
            f"segmenter {package!r} is not installed; pip install {package} (pyvi comes with 'phoihop[phobert]')"
        ) from None


def join_syllables(text: str, syllables: NDArray[np.int32], segmenter: Segmenter) -> NDArray[np.bool_]:
    """Which neighbours belong to one word.

    Args:
        text: a normalised text.
        syllables: spans of its syllables, numbers and marks, shape (syllables, 2).
        segmenter: asked line by line.

    Returns:
        (syllables,), true where a syllable belongs to the word of the one before.
    """
    joined = np.zeros(len(syllables), dtype=np.bool_)
    start = 0
    while start < len(syllables):
        line_end = text.find("\n", int(syllables[start, 0]))
        line_end = len(text) if line_end < 0 else line_end
        end = start + int(np.searchsorted(syllables[start:, 0], line_end))
        begin = int(syllables[start, 0])
        line = text[begin:line_end]
        owner = _owners(line, segmenter(line))
        for i in range(start + 1, end):
            before, here = int(syllables[i - 1, 1]), int(syllables[i, 0])
            parted = text[before:here].strip(JOINT + " ") == "" and before < here
            word = owner[here - begin]
            joined[i] = parted and word >= 0 and word == owner[before - 1 - begin]
        start = end
    return joined


def _owners(line: str, words: Sequence[str]) -> list[int]:
    """For each character of ``line`` the number of the word it came back in, -1 where that is not known."""
    owner = [-1] * len(line)
    places = [i for i, c in enumerate(line) if not c.isspace() and c != JOINT]
    mine = [_fold(line[i]) for i in places]
    theirs = [(_fold(c), n) for n, word in enumerate(words) for c in word if not c.isspace() and c != JOINT]
    if len(mine) == len(theirs):  # nothing dropped or added, though perhaps rewritten
        for place, (_, number) in zip(places, theirs, strict=True):
            owner[place] = number
        return owner
    matcher = SequenceMatcher(None, mine, [c for c, _ in theirs], autojunk=False)
    for block in matcher.get_matching_blocks():
        for k in range(block.size):
            owner[places[block.a + k]] = theirs[block.b + k][1]
    return owner


def _fold(character: str) -> str:
    """A character without marks and case: segmenters move tone marks."""
    return unicodedata.normalize("NFD", character)[0].lower()
