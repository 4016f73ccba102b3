"""From the name of a model to its parts in memory, and from a model folder to a copy of it."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from phoihop.data.errors import PhoihopError
from phoihop.model.backend import ENCODER_FILE, RELATIONS_FILE, Backend, OnnxBackend, TorchBackend
from phoihop.model.card import CARD_FILE, TOKENIZER_FILE, ModelCard
from phoihop.model.features import FEATURES_FILE, FeatureScorer
from phoihop.model.hub import fetch, is_hub_name
from phoihop.model.segment import load_segmenter
from phoihop.model.tokenise import SubwordTokenizer

TORCH_FILE = "model.safetensors"
# What a model folder may hold; the two of ONNX or the two of torch are there, or all four.
MODEL_FILES = (
    CARD_FILE, TOKENIZER_FILE, FEATURES_FILE, ENCODER_FILE, RELATIONS_FILE, TORCH_FILE, "config.json", "README.md",
)  # fmt: skip
DEFAULT = Path(__file__).parent / "weights" / "default"


class Parts(NamedTuple):
    """What :class:`phoihop.model.extractor.Extractor` is made of, and the folder it lies in."""

    backend: Backend
    tokenizer: SubwordTokenizer
    card: ModelCard
    features: FeatureScorer | None
    folder: Path


def load_parts(
    model: str,
    backend: str = "auto",
    threads: int | None = None,
    segmenter: str | None = None,
    device: str | None = None,
    revision: str | None = None,
) -> Parts:
    """The parts of one model; arguments and errors as ``Extractor.load``."""
    folder = find_model(model, revision).resolve()
    card = ModelCard.load(folder)
    tokenizer = SubwordTokenizer.load(
        folder / TOKENIZER_FILE, load_segmenter(segmenter or card.reading.segmenter)
    )
    features = FeatureScorer.load(folder, len(card.schema.tags)) if card.feature_weight else None
    if card.feature_weight and features is None:
        raise PhoihopError(f"{folder}: the model folder lacks {FEATURES_FILE}; copy the whole folder")
    if backend == "auto":
        backend = _best_backend(folder, device)
    if backend == "onnx":
        if device not in (None, "cpu"):
            raise PhoihopError(f"the ONNX back end computes on the CPU, not on {device}; use --backend torch")
        onnx = OnnxBackend(folder, threads, relations=bool(card.schema.relations))
        return Parts(onnx, tokenizer, card, features, folder)
    if backend == "torch":
        return Parts(TorchBackend.load(folder, device), tokenizer, card, features, folder)
    raise PhoihopError(f"unknown back end {backend!r}; choose auto, onnx or torch")


def find_model(name: str, revision: str | None = None) -> Path:
    """The folder of a model: ``default``, which comes along, a folder, or a hub model, fetched first."""
    if name == "default":
        return DEFAULT
    if is_hub_name(name):
        return fetch(name, MODEL_FILES, "give a folder that training wrote, or 'default'", revision)
    folder = Path(name)
    if not folder.is_dir():
        raise PhoihopError(f"{folder}: no such model folder; give one that training wrote, or 'default'")
    return folder


def _best_backend(folder: Path, device: str | None) -> str:
    """Torch where a GPU is asked for or there, if the folder has weights for it; else ONNX, if it has that."""
    if not (folder / ENCODER_FILE).is_file():
        return "torch"
    if not (folder / TORCH_FILE).is_file() or device == "cpu" or find_spec("torch") is None:
        return "onnx"
    import torch

    return "torch" if device is not None or torch.cuda.is_available() else "onnx"


def copy_model(folder: Path, card: ModelCard, output: Path) -> None:
    """Copy a model folder's files, the card as given; of a model that lies there already nothing stays.

    Raises:
        PhoihopError: the model's own folder is gone, or is the output; the output holds files of such names that
            are no phoihop model, or cannot be written.
    """
    if not (folder / CARD_FILE).is_file():
        raise PhoihopError(f"{folder}: the model's folder is gone since it was loaded; load it again")
    if output.resolve() == folder.resolve():
        raise PhoihopError(f"{output}: that is the model's own folder; give another one")
    there = [name for name in MODEL_FILES if (output / name).exists()]
    if there and CARD_FILE not in there:
        raise PhoihopError(f"{output}: holds {there[0]} of something else; give a new folder")
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name in there:
            (output / name).unlink()
        for name in MODEL_FILES:
            if (folder / name).is_file():
                shutil.copyfile(folder / name, output / name)
    except OSError as error:
        raise PhoihopError(f"{output}: cannot be written ({error.strerror}); check the folder") from None
    card.save(output)
