"""Several models that read together: their scores are averaged before anything is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phoihop.data.errors import PhoihopError
from phoihop.model.backend import Backend, Floats
from phoihop.model.candidates import Mentions
from phoihop.model.card import ModelCard
from phoihop.model.decode import Transitions
from phoihop.model.features import FeatureScorer
from phoihop.model.tokenise import SubwordTokenizer


class EnsembleBackend:
    """The mean of the scores of several back ends; their states stand side by side.

    The mean of tag scores and transitions makes the probability of a sequence of tags the (renormalised)
    geometric mean of what the members give it: a product of experts (Hinton 2002, section 1).
    """

    name = "ensemble"

    def __init__(self, members: Sequence[Backend]) -> None:
        self.members = members
        self.device = ", ".join(dict.fromkeys(m.device for m in members))
        self._ends: list[int] = []

    def encode(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> tuple[Floats, Floats]:
        """See :class:`Backend`."""
        states, scores = zip(*(m.encode(input_ids, attention_mask) for m in self.members), strict=True)
        self._ends = np.cumsum([s.shape[-1] for s in states])[:-1].tolist()
        return np.concatenate(states, axis=-1), np.mean(scores, axis=0, dtype=np.float32)

    def relate(self, states: Floats, mentions: Mentions, pairs: NDArray[np.int64]) -> Floats:
        """See :class:`Backend`."""
        parts = np.split(states, self._ends, axis=-1)
        logits = [m.relate(p, mentions, pairs) for m, p in zip(self.members, parts, strict=True)]
        mean: Floats = np.mean(logits, axis=0, dtype=np.float32)
        return mean


def joint_card(cards: Sequence[ModelCard], names: Sequence[str]) -> ModelCard:
    """One card for models that read together: mean transitions and thresholds, the longest reach of each pair.

    Raises:
        PhoihopError: their schemas or windows differ, or some have learnt transitions and others none.
    """
    first = cards[0]
    for card, name in zip(cards, names, strict=True):
        for what, a, b in (
            ("schema", card.schema, first.schema),
            ("windows", card.reading, first.reading),
            ("kind of token head", card.crf is None, first.crf is None),
        ):
            if a != b:
                raise PhoihopError(
                    f"models {names[0]} and {name} differ in their {what}; only models of one recipe can read together"
                )
    return replace(
        first,
        reach={key: max(c.reach.get(key, 0) for c in cards) for card in cards for key in card.reach},
        thresholds={
            key: float(np.mean([c.thresholds.get(key, 0.5) for c in cards])) for key in first.thresholds
        },
        temperature={
            key: float(np.mean([c.temperature.get(key, 1.0) for c in cards])) for key in first.temperature
        },
        crf=_mean_transitions([c.crf for c in cards if c.crf is not None]),
        feature_weight=1.0,  # each model's own weight is in ``JointFeatures``
        repeats=tuple(label for label in first.repeats if all(label in c.repeats for c in cards)),
        about={"models": list(names)},
    )


class JointFeatures:
    """The opinions of several models' features, each by its own weight, averaged like the other scores."""

    def __init__(self, parts: Sequence[tuple[FeatureScorer | None, float]]) -> None:
        self.parts = [(scorer, weight / len(parts)) for scorer, weight in parts if scorer is not None]
        self.transitions = Transitions(
            *(
                np.asarray(sum(np.float32(w) * getattr(s.transitions, k) for s, w in self.parts), np.float32)
                for k in ("start", "step", "end")
            )
        )

    def __call__(self, words: Sequence[str], starts: NDArray[np.int64]) -> Floats:
        """Scores (words, tags); see ``features.FeatureScorer``."""
        return np.asarray(sum(np.float32(w) * s(words, starts) for s, w in self.parts), np.float32)


def joint_features(parts: Sequence[tuple[FeatureScorer | None, float]]) -> JointFeatures | None:
    """One second opinion of models that read together, of weight 1; ``None`` if none of them has one."""
    return JointFeatures(parts) if any(scorer is not None for scorer, _ in parts) else None


def joint_tokenizer(tokenizers: Sequence[SubwordTokenizer], names: Sequence[str]) -> SubwordTokenizer:
    """The one vocabulary of models that read together.

    Raises:
        PhoihopError: there are several.
    """
    wanted: dict[str, Any] = tokenizers[0].backend.get_vocab()
    for tokenizer, name in zip(tokenizers, names, strict=True):
        if tokenizer.backend.get_vocab() != wanted:
            raise PhoihopError(
                f"models {names[0]} and {name} differ in their vocabulary; only models of one encoder can read together"
            )
    return tokenizers[0]


def _mean_transitions(found: Sequence[Transitions]) -> Transitions | None:
    if not found:
        return None
    return Transitions(
        *(
            np.asarray(np.mean([getattr(t, k) for t in found], axis=0), np.float32)
            for k in ("start", "step", "end")
        )
    )
