"""Hand-made features of words and the scores they give tags: a sparse second opinion beside the network.

The network reads far and blurs; a linear model over exact words, affixes and their neighbours reads near and
remembers.  Their errors differ, so the sum of both scores (a product of experts, Hinton 2002, section 2) errs less
than either.  Features are those usual for conditional random fields (McCallum and Li 2003, section 4), each known by
a 64-bit hash of its kind and its strings; of those seen in training a table keeps the useful ones.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phoihop.data.errors import PhoihopError
from phoihop.model.decode import Floats, Transitions

FEATURES_FILE = "features.npz"
Hashes = NDArray[np.uint64]

_ROWS = 256
_BLOCK = 4096
_OUTSIDE = 1  # what stands beyond the ends of a sentence
_YEAR = re.compile(r"(?:19|20)\d\d")
# Which strings a feature joins: (column of the word table, distance) pairs.
_LOWER, _RAW, _SHAPE = 0, 1, 2
_KINDS: tuple[tuple[tuple[int, int], ...], ...] = (
    *(((column, 0),) for column in range(10)),
    *(((_LOWER, d),) for d in (-3, -2, -1, 1, 2, 3)),
    *(((_SHAPE, d),) for d in (-2, -1, 1, 2)),
    *(((_LOWER, d), (_LOWER, d + 1)) for d in (-2, -1, 0, 1)),
    *(((_LOWER, d), (_LOWER, d + 1), (_LOWER, d + 2)) for d in (-2, -1, 0)),
    ((_SHAPE, -1), (_SHAPE, 0), (_SHAPE, 1)),
    ((_RAW, -1), (_RAW, 0)),
    ((_RAW, 0), (_RAW, 1)),
    ((_LOWER, -1), (_LOWER, 1)),
)


def feature_hashes(words: Sequence[str], starts: NDArray[np.int64]) -> Hashes:
    """Hashes of every word's features.

    Args:
        words: the words of an article.
        starts: indices of those that begin a sentence; features do not look beyond it.

    Returns:
        (words, kinds).
    """
    table = np.array([_strings(word) for word in words], dtype=np.uint64).reshape(len(words), 10)
    sentence = np.zeros(len(words), dtype=np.int64)
    sentence[starts[1:]] = 1
    sentence = np.cumsum(sentence)
    places = np.arange(len(words))
    out = np.empty((len(words), len(_KINDS)), dtype=np.uint64)
    for kind, parts in enumerate(_KINDS):
        mixed = np.full(len(words), _scramble(np.uint64(kind + 17)), dtype=np.uint64)
        for column, distance in parts:
            there = np.clip(places + distance, 0, len(words) - 1)
            inside = (places + distance == there) & (sentence[there] == sentence)
            value = np.where(inside, table[there, column], np.uint64(_OUTSIDE))
            mixed = _scramble(mixed ^ value)
        out[:, kind] = mixed
    return out


@lru_cache(maxsize=50_000)
def _strings(word: str) -> tuple[int, ...]:
    """Hashes of what is looked at in a word: lower case, itself, shape, three beginnings, three ends, traits."""
    low = word.lower()
    parts = [
        low,
        word,
        shape(word),
        *(low[:n] for n in (1, 2, 3)),
        *(low[-n:] for n in (1, 2, 3)),
        traits(word),
    ]
    return tuple(_hash(part) for part in parts)


def shape(word: str) -> str:
    """How a word is written: letters as ``A`` or ``a``, digits as ``0``, runs shortened to two."""
    drawn = "".join("A" if c.isupper() else "a" if c.isalpha() else "0" if c.isdigit() else c for c in word)
    return re.sub(r"(.)\1+", r"\1\1", drawn)


def traits(word: str) -> str:
    """Traits by name: capitals, numbers that can be years or days, punctuation."""
    found = [
        name
        for name, holds in (
            ("title", word[:1].isupper()),
            ("upper", word.isupper() and len(word) > 1),
            ("digits", word.isdigit()),
            ("year", bool(_YEAR.fullmatch(word))),
            ("small", word.isdecimal() and len(word) <= 2 and int(word) <= 31),
            ("mark", not word[:1].isalnum()),
        )
        if holds
    ]
    return " ".join([*found, str(min(len(word), 5))])


def _hash(string: str) -> int:
    """FNV-1a of the UTF-8 bytes: the same in every process and version."""
    value = 0xCBF29CE484222325
    for byte in string.encode("utf-8", "surrogatepass"):
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def _scramble(value: Any) -> Any:
    """The finaliser of splitmix64 on ``uint64``, a number or an array: neighbouring values come far apart."""
    with np.errstate(over="ignore"):
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return value ^ (value >> np.uint64(31))


def _cuts(starts: NDArray[np.int64], count: int) -> list[int]:
    """Sentence starts some ``_BLOCK`` words apart, from 0 to ``count``."""
    cuts = [0]
    for start in starts.tolist():
        if start - cuts[-1] >= _BLOCK:
            cuts.append(start)
    return [*cuts, count]


@dataclass(frozen=True)
class FeatureScorer:
    """What features say of tags.

    Attributes:
        keys: (features,) their hashes, ascending.
        weights: (features, tags) as small integers, to be multiplied by ``scale``.
        scale: nats a unit.
        transitions: scores of neighbouring tags that belong to these weights.
    """

    keys: Hashes
    weights: NDArray[np.int8]
    scale: float
    transitions: Transitions

    def __call__(self, words: Sequence[str], starts: NDArray[np.int64]) -> Floats:
        """Scores (words, tags) of an article; arguments as in :func:`feature_hashes`."""
        if len(words) > 2 * _BLOCK:  # a long article sentence by sentence, some thousand words at a time
            cuts = _cuts(starts, len(words))
            return np.concatenate(
                [self(words[a:b], starts[(starts >= a) & (starts < b)] - a) for a, b in pairwise(cuts)]
            )
        hashes = feature_hashes(words, starts)
        place = np.searchsorted(self.keys, hashes)
        place[place == len(self.keys)] = 0
        unknown = self.keys[place] != hashes if len(self.keys) else np.ones_like(hashes, dtype=bool)
        out = np.empty((len(words), self.weights.shape[1]), dtype=np.float32)
        for start in range(0, len(words), _ROWS):  # as many at a time as fit a processor's cache
            rows = slice(start, start + _ROWS)
            found = (
                self.weights[place[rows]]
                if len(self.keys)
                else np.zeros((*place[rows].shape, out.shape[1]), np.int8)
            )
            found[unknown[rows]] = 0
            out[rows] = found.sum(axis=1, dtype=np.int32)
        return out * np.float32(self.scale)

    def save(self, folder: Path) -> None:
        """Write ``features.npz``."""
        parts = {k: getattr(self.transitions, k) for k in ("start", "step", "end")}
        np.savez_compressed(
            folder / FEATURES_FILE,
            keys=self.keys,
            weights=self.weights,
            scale=np.float64(self.scale),
            **parts,
        )

    @classmethod
    def load(cls, folder: Path, tags: int) -> FeatureScorer | None:
        """Read ``features.npz``; ``None`` where the model folder has none.

        Raises:
            PhoihopError: it is damaged or of another schema.
        """
        path = folder / FEATURES_FILE
        if not path.is_file():
            return None
        try:
            with np.load(path, allow_pickle=False) as data:
                transitions = Transitions(
                    *(np.asarray(data[k], np.float32) for k in ("start", "step", "end"))
                )
                found = cls(data["keys"], data["weights"], float(data["scale"]), transitions)
        except Exception as error:  # zip, numpy and key errors
            raise PhoihopError(f"{path}: damaged ({error}); copy the model folder again") from None
        shapes = [a.shape for a in (found.weights, transitions.start, transitions.step, transitions.end)]
        sound = found.keys.ndim == 1 and found.keys.dtype == np.uint64 and found.weights.dtype == np.int8
        if not sound or not 0 < found.scale < np.inf or (np.diff(found.keys.astype(np.uint64)) == 0).any():
            raise PhoihopError(f"{path}: damaged; copy the model folder again")
        if shapes != [(len(found.keys), tags), (tags,), (tags, tags), (tags,)]:
            raise PhoihopError(f"{path}: not of this model's {tags} tags; copy the model folder again")
        return found
