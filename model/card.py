"""``model.json``: what a model folder says of itself, beside weights and tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema
from phoihop.data.text import read_text
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
        reach: longest gap of a candidate pair in words, by ``"HEAD TAIL"`` labels.
        thresholds: by relation, the least probability that makes a pair a relation.
        crf: learnt transition scores, ``None`` for a linear head.
        about: name, training data, figures and the like, for people.
        temperature: of the probabilities of ``"entities"`` and ``"relations"``, 1 where it is not given.
        feature_weight: what the scores of ``features.FeatureScorer`` are multiplied by before they are added to the
            network's; 0 without.
        repeats: labels whose mentions bear them wherever they are repeated; see ``consistency``.
    """

    schema: Schema
    reading: Reading = field(default_factory=Reading)
    reach: Mapping[str, int] = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    crf: Transitions | None = None
    about: Mapping[str, Any] = field(default_factory=dict)
    temperature: Mapping[str, float] = field(default_factory=dict)
    repeats: Sequence[str] = ()
    feature_weight: float = 0.0

    def transitions(self, features: Transitions | None = None) -> Transitions:
        """Valid transitions with the learnt scores added, those of the features weighed."""
        learnt = self.crf
        if features is not None:
            n, weight = len(self.schema.tags), np.float32(self.feature_weight)
            own = learnt or Transitions(*(np.zeros(s, np.float32) for s in (n, (n, n), n)))
            learnt = Transitions(
                own.start + weight * features.start,
                own.step + weight * features.step,
                own.end + weight * features.end,
            )
        return valid_transitions(self.schema.tags, learnt)

    def save(self, folder: Path) -> None:
        """Write ``model.json``."""
        data = {
            "format": FORMAT,
            "about": dict(self.about),
            "schema": self.schema.to_dict(),
            "reading": asdict(self.reading),
            "reach": dict(self.reach),
            "thresholds": dict(self.thresholds),
            "temperature": dict(self.temperature),
            "repeats": list(self.repeats),
            "feature_weight": self.feature_weight,
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
            data = json.loads(read_text(path))
            if data["format"] != FORMAT:
                raise PhoihopError(
                    f"{path}: format {data['format']}, this phoihop reads {FORMAT}; use the version it was made with"
                )
            schema = Schema.from_dict(data["schema"], str(path))
            return cls(
                schema,
                Reading(**data["reading"]),
                {key: int(words) for key, words in data["reach"].items()},
                {key: float(least) for key, least in data["thresholds"].items()},
                None if data["crf"] is None else _transitions(data["crf"], len(schema.tags)),
                data["about"],
                _temperatures(data.get("temperature", {})),
                _labels(data.get("repeats", []), schema),
                _weight(data.get("feature_weight", 0.0)),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PhoihopError(
                f"{path}: damaged model card ({error!r}); copy the model folder again"
            ) from None


def _temperatures(given: Mapping[str, Any]) -> dict[str, float]:
    found = {key: float(value) for key, value in given.items()}
    if not all(0 < value < np.inf for value in found.values()):
        raise ValueError("'temperature' must be above 0")
    return found


def _weight(given: Any) -> float:
    if not 0 <= float(given) < np.inf:
        raise ValueError("'feature_weight' must be 0 or more")
    return float(given)


def _labels(given: Any, schema: Schema) -> tuple[str, ...]:
    if not isinstance(given, list) or not set(given) <= set(schema.labels):
        raise ValueError("'repeats' must be a list of the schema's labels")
    return tuple(given)


def _transitions(crf: Mapping[str, Any], tags: int) -> Transitions:
    found = Transitions(*(np.array(crf[k], np.float32) for k in ("start", "step", "end")))
    if (found.start.shape, found.step.shape, found.end.shape) != ((tags,), (tags, tags), (tags,)):
        raise ValueError(f"'crf' is not of the schema's {tags} tags")
    return found


def _rounded(values: Any) -> Any:
    return np.round(values.astype(float), 5).tolist()
