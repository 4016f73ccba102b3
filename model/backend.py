"""Back ends: who computes states, tag scores and relation scores.  Decoding is the same for all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from phoihop.data.errors import PhoihopError
from phoihop.model.candidates import Mentions

Floats = NDArray[np.float32]
ENCODER_FILE, RELATIONS_FILE = "encoder.onnx", "relations.onnx"


class Backend(Protocol):
    """The two passes of a model."""

    name: str

    @property
    def device(self) -> str:
        """Where it computes, such as ``cpu`` or ``cuda:0``."""

    def encode(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        """(windows, tokens) to states (windows, tokens, size) and tag scores (windows, tokens, tags)."""

    def relate(self, states: Floats, mentions: Mentions, pairs: NDArray[np.int64]) -> Floats:
        """Word states (words, size) of one stretch and pairs (pairs, 2) to logits (pairs, relations)."""


def relation_inputs(states: Floats, mentions: Mentions, pairs: NDArray[np.int64]) -> dict[str, Any]:
    """What ``RelationHead.forward`` takes, for entities of a single article."""
    n = len(mentions)
    return {
        "states": states,
        "first": mentions.first,
        "last": mentions.last,
        "gap_start": mentions.gap_start,
        "gap_end": mentions.gap_end,
        "label": mentions.label,
        "sentence": mentions.sentence,
        "rows": np.arange(n, dtype=np.int64)[None],
        "row_mask": np.ones((1, n), dtype=np.int64),
        "place": np.arange(n, dtype=np.int64),
        "pairs": pairs,
    }


def _cores() -> int:
    """Cores this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class OnnxBackend:
    """ONNX Runtime on the CPU.

    Args:
        folder: holds the exported files.
        threads: all cores unless given.
        relations: whether the model's schema has any, so that the file that scores them must be there.
    """

    name, device = "onnx", "cpu"

    def __init__(self, folder: Path, threads: int | None = None, relations: bool = True) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or _cores()
        options.log_severity_level = 3
        self._options = options
        self._encoder = self._session(folder / ENCODER_FILE)
        self._relations = self._session(folder / RELATIONS_FILE) if relations else None
        if self._relations is not None:
            self._wanted = {i.name for i in self._relations.get_inputs()}

    def _session(self, path: Path) -> Any:
        import onnxruntime

        if not path.is_file():
            raise PhoihopError(
                f"{path}: the model folder lacks this file; export the model again or copy the whole folder"
            )
        try:
            return onnxruntime.InferenceSession(str(path), self._options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own exception types are not public
            raise PhoihopError(f"{path}: not a model that this ONNX Runtime can load ({error})") from None

    def encode(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        """See :class:`Backend`."""
        states, scores = self._encoder.run(
            ["states", "scores"], {"input_ids": input_ids, "attention_mask": attention_mask}
        )
        return states, scores

    def relate(self, states: Floats, mentions: Mentions, pairs: NDArray[np.int64]) -> Floats:
        """See :class:`Backend`."""
        assert self._relations is not None, "the schema has no relations"
        inputs = relation_inputs(states, mentions, pairs)
        (logits,) = self._relations.run(["logits"], {k: v for k, v in inputs.items() if k in self._wanted})
        return np.asarray(logits, dtype=np.float32)


class TorchBackend:
    """A ``JointModel`` in torch, on whatever device it is."""

    name = "torch"

    def __init__(self, model: Any) -> None:
        self.model = model

    @property
    def device(self) -> str:
        """Where the model is now."""
        return str(self.model.device)

    @classmethod
    def load(cls, folder: Path, device: str | None = None) -> TorchBackend:
        """Load ``model.safetensors`` of a folder; the first GPU is used if there is one and no device is named."""
        try:
            import torch
            import transformers  # noqa: F401
        except ImportError:
            raise PhoihopError(
                "the torch back end needs torch and transformers; run: pip install 'phoihop[train]'"
            ) from None
        from phoihop.model.checkpoint import load_weights
        from phoihop.model.joint import JointModel

        if not (folder / "model.safetensors").is_file():
            raise PhoihopError(
                f"{folder}: the model folder lacks model.safetensors; use --backend onnx or another folder"
            )
        model = load_weights(JointModel, folder)
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        try:
            return cls(model.to(device).eval())
        except (RuntimeError, AssertionError) as error:  # torch's way to say that there is no such device
            reason = str(error).strip().partition("\n")[0]
            raise PhoihopError(f"device {device!r} cannot be used ({reason}); try cpu") from None

    def encode(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        """See :class:`Backend`."""
        import torch

        with torch.inference_mode():
            device = self.model.device
            states = self.model.states(
                torch.from_numpy(input_ids).to(device), torch.from_numpy(attention_mask).to(device)
            )
            scores = self.model.tag_scores(states)
        return states.float().cpu().numpy(), scores.float().cpu().numpy()

    def relate(self, states: Floats, mentions: Mentions, pairs: NDArray[np.int64]) -> Floats:
        """See :class:`Backend`."""
        import torch

        with torch.inference_mode():
            inputs: Mapping[str, Any] = {
                k: torch.from_numpy(v).to(self.model.device)
                for k, v in relation_inputs(states, mentions, pairs).items()
            }
            logits: Floats = self.model.relation_head(**inputs).float().cpu().numpy()
        return logits
