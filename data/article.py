"""A document as it was loaded: with the file and line it came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError


@dataclass(frozen=True)
class Article:
    """A document, its file and the line of the file on which it starts.

    ``lines`` says whether line n of the text is line n of the file, counted from ``line``.
    """

    document: Document
    path: Path
    line: int = 1
    lines: bool = False

    def place(self, offset: int | None = None) -> str:
        """``file:line``, for a character of the text where lines agree, else the document's start and id."""
        if offset is None or not self.lines:
            return f"{self.path}:{self.line} ({self.document.id})"
        return f"{self.path}:{self.line + self.document.text.count(chr(10), 0, offset)}"


Loaded = Article | PhoihopError
"""One article of a file, or what is wrong with it; the others still load."""


def attempt(make: Callable[[], Article]) -> Loaded:
    """What ``make`` gives, or the error it raises."""
    try:
        return make()
    except PhoihopError as error:
        return error
