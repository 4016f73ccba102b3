"""Predictions as a file: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError


def write_predictions(documents: Iterable[Document], path: str | Path) -> None:
    """Write ``Document.to_dict`` of each document, a line each, UTF-8.

    Raises:
        PhoihopError: the file cannot be written.
    """
    try:
        with Path(path).open("w", encoding="utf-8", newline="\n") as file:
            for document in documents:
                file.write(json.dumps(document.to_dict(), ensure_ascii=False) + "\n")
    except OSError as error:
        raise PhoihopError(
            f"{path}: cannot be written ({error.strerror}); check the folder, its rights and the space left"
        ) from None
