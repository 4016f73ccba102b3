"""``model.json``: what a model folder says of itself, beside weights and tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema
from phoihop.model.decode import Transitions, valid_transitions
from phoihop.model.prepare import Reading

CARD_FILE, TOKENIZER_FILE = "model.json", "tokenizer.json"
FORMAT = 1


@dataclass(frozen=True)
class ModelCard:
    """Everything decoding needs beside the scores, and where the model comes from.

    Attributes:
        schema: labels and triples.
        reading: lengths of windows.
        reach: most words between the ends of a candidate pair, by ``"HEAD TAIL"`` labels.
        thresholds: by relation, the least probability that makes a pair a relation.
        crf: learnt transition scores, ``None`` for a linear head.
        about: name, training data, figures and the like, for people.
    """

    schema: Schema
    reading: Reading = field(default_factory=Reading)
    reach: Mapping[str, int] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    crf: Transitions | None = None
    about: Mapping[str, Any] = field(default_factory=dict)

    def transitions(self) -> Transitions:
        """Valid transitions with the learnt scores added."""
        return valid_transitions(self.schema.tags, self.crf)

    def save(self, folder: Path) -> None:
        """Write ``model.json``."""
        data = {
            "format": FORMAT,
            "about": dict(self.about),
            "schema": self.schema.to_dict(),
            "reading": {"length": self.reading.length, "overlap": self.reading.overlap},
            "reach": dict(self.reach),
            "thresholds": dict(self.thresholds),
            "crf": None
            if self.crf is None
            else {k: _rounded(getattr(self.crf, k)) for k in ("start", "step", "end")},
        }
        text = json.dumps(data, ensure_ascii=False, indent=1)
        (folder / CARD_FILE).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> ModelCard:
        """Read ``model.json``.

        Raises:
            PhoihopError: it is missing, damaged or of another format.
        """
        path = folder / CARD_FILE
        if not path.is_file():
            raise PhoihopError(
                f"{folder}: no model here ({CARD_FILE} is missing); give a folder that training or export wrote"
            )
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                raise PhoihopError(
                    f"{path}: format {data['format']}, this phoihop reads {FORMAT}; use the version it was made with"
                )
            crf = data["crf"]
            return cls(
                Schema.from_dict(data["schema"], str(path)),
                Reading(**data["reading"]),
                data["reach"],
                data["thresholds"],
                None
                if crf is None
                else Transitions(*(np.array(crf[k], np.float32) for k in ("start", "step", "end"))),
                data["about"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise PhoihopError(
                f"{path}: damaged model card ({error!r}); copy the model folder again"
            ) from None


def _rounded(values: Any) -> Any:
    return np.round(values.astype(float), 5).tolist()
