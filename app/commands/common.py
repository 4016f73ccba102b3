"""Options that several commands share, and loading what they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema, default_schema

if TYPE_CHECKING:
    from phoihop.model.predict import Extractor

ModelOption = Annotated[
    list[str],
    typer.Option(
        "--model",
        "-m",
        metavar="NAME|DIR",
        help="The model that comes along ('default'), a model folder, or a hub model owner/name; several read "
        "together, their scores averaged.",
    ),
]
BackendOption = Annotated[
    str,
    typer.Option(
        "--backend",
        metavar="auto|onnx|torch",
        help="What runs the model; auto takes torch for a GPU, else ONNX if it can.",
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, metavar="N", help="Processor threads to use; all by default."),
]


SegmenterOption = Annotated[
    str | None,
    typer.Option(
        "--segmenter",
        metavar="NAME",
        help="Instead of the model's own: none, pyvi, underthesea, vncorenlp, or given for words joined by _.",
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option("--device", metavar="cpu|cuda|…", help="Where torch computes; the first GPU by default."),
]


JoinedOption = Annotated[
    bool,
    typer.Option("--joined-words", help="In CoNLL files _ joins the syllables of words; read it as a blank."),
]


def load_extractor(
    model: list[str],
    backend: str,
    threads: int | None,
    segmenter: str | None = None,
    device: str | None = None,
) -> Extractor:
    """The model, ready to predict; numpy and ONNX Runtime are imported here and not before."""
    from phoihop.model.predict import Extractor

    return Extractor.load(
        model[0] if len(model) == 1 else model,
        backend=backend,
        threads=threads,
        segmenter=segmenter,
        device=device,
    )


def read_annotated(paths: list[Path], schema: Schema | None, joined_words: bool = False) -> list[Document]:
    """The annotated articles of several files and folders, one after the other."""
    from phoihop.data.readers import read_documents

    return [d for path in paths for d in read_documents(path, schema, split_words=joined_words)]


def own_schema(extractor: Extractor) -> Schema | None:
    """The model's schema where it is not the package's: articles are then to be read with it."""
    return None if extractor.schema == default_schema() else extractor.schema


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Tell how to install what a block of code imports and the light package leaves out."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name in ("", "phoihop"):
            raise
        raise PhoihopError(
            f"this needs {name}, which is not installed; run: pip install 'phoihop[{extra}]'"
        ) from None


def read_settings(settings: list[str] | None) -> dict[str, str]:
    """``KEY=VALUE`` strings of ``--set`` as a dictionary.

    Raises:
        PhoihopError: one is not of that form.
    """
    found: dict[str, str] = {}
    for setting in settings or []:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise PhoihopError(f"--set {setting}: write it as KEY=VALUE, for example --set seed=2")
        found[key.strip()] = value.strip()
    return found
