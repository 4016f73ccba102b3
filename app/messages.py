"""What the user reads besides the results: sentences on the error stream, files that cannot be written."""

from __future__ import annotations

from pathlib import Path

import typer

from phoihop.data.errors import PhoihopError


def complain(sentence: str) -> None:
    """One problem on the error stream."""
    typer.echo(f"phoihop: {sentence}", err=True)


def note(sentence: str) -> None:
    """Something worth knowing that is no problem, on the error stream."""
    typer.echo(f"phoihop: note: {sentence}", err=True)


def unwritable(path: Path, error: OSError) -> PhoihopError:
    """The error for a file that cannot be written."""
    return PhoihopError(
        f"{path}: cannot be written ({error.strerror}); check the folder, its rights and the space left"
    )
