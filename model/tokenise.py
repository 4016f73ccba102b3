"""From words to sub-word ids: the embedded encoder's syllable-level byte-pair encoding, or another encoder's own.

The embedded vocabulary is case-sensitive, but each token also has a *form* (its lower-case string) and a
*shape* (how it is written); the encoder embeds the two apart, so that ``ỦY``, ``Ủy`` and ``ủy``
share what they mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from phoihop.data.errors import PhoihopError
from phoihop.model.phobert import MASK, Repair, is_phobert
from phoihop.model.segment import JOINT, Segmenter

PAD, UNK, START, END = "<pad>", "<unk>", "<s>", "</s>"
SPECIAL = (PAD, UNK, START, END)
CONTINUATION = "##"

# How a token is written.  Digits are told apart by their number: a year has four.
SHAPES = (
    "special", "lower", "title", "upper", "mixed", "letter",
    "digit1", "digit2", "digit3", "digit4", "digits", "mark",
)  # fmt: skip


@dataclass(frozen=True)
class Encoding:
    """Sub-words of a text: ``ids`` (tokens,) and, for each word, ``first`` (words,), the place of
    its first sub-word in ``ids``."""

    ids: NDArray[np.int64]
    first: NDArray[np.int64]


class SubwordTokenizer:
    """A ``tokenizers`` vocabulary applied word by word, so that no sub-word crosses a word.

    Args:
        backend: the vocabulary; its special tokens are named as RoBERTa's or as BERT's.
        segmenter: what says which syllables are one word, for an encoder that was learnt from such words.
    """

    def __init__(self, backend: Tokenizer, segmenter: Segmenter | None = None) -> None:
        self.backend, self.segmenter = backend, segmenter
        self.pad_id = self._special(PAD, "[PAD]")
        self.unk_id = self._special(UNK, "[UNK]")  # without it characters would vanish
        around = backend.encode(
            ""
        ).ids  # what the vocabulary's own pipeline puts around a text, if it has one
        own = around if len(around) == 2 else None
        self.start_id = int(own[0]) if own else self._special(START, "[CLS]")
        self.end_id = int(own[1]) if own else self._special(END, "[SEP]")
        masks = [backend.token_to_id(token) for token in (MASK, "[MASK]")]
        self.mask_id = next((int(m) for m in masks if m is not None), self.unk_id)
        self._repair = Repair(backend) if is_phobert(backend) else None

    def _special(self, *names: str) -> int:
        for name in names:
            found = self.backend.token_to_id(name)
            if found is not None:
                return int(found)
        raise PhoihopError(
            f"the tokenizer has no {' or '.join(names)} token; it is none that phoihop can use"
        )

    @property
    def size(self) -> int:
        """Number of tokens in the vocabulary."""
        return self._repair.size if self._repair else int(self.backend.get_vocab_size())

    @property
    def special_ids(self) -> tuple[int, ...]:
        """Tokens that stand for no text."""
        return (self.pad_id, self.unk_id, self.start_id, self.end_id, self.mask_id)

    def encode(self, words: Sequence[str]) -> Encoding:
        """Ids of the words' sub-words.  Every word gets at least one, unknown characters too."""
        if not words:
            return Encoding(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        if self.segmenter is not None:
            words = [JOINT.join(word.replace(JOINT, " ").split()) or word for word in words]
        encoding = self.backend.encode(list(words), is_pretokenized=True, add_special_tokens=False)
        ids = np.array(encoding.ids, dtype=np.int64)
        owners = np.array(encoding.word_ids, dtype=np.int64)
        # Some vocabularies drop what they do not know, such as control characters.
        missing = np.setdiff1d(np.arange(len(words)), owners)
        places = np.searchsorted(owners, missing)
        ids, owners = np.insert(ids, places, self.unk_id), np.insert(owners, places, missing)
        first = np.searchsorted(owners, np.arange(len(words)))
        return Encoding(self._repair(ids) if self._repair else ids, first.astype(np.int64))

    @classmethod
    def load(cls, path: str | Path, segmenter: Segmenter | None = None) -> SubwordTokenizer:
        """Read a ``tokenizer.json``.

        Raises:
            PhoihopError: the file is missing or no tokenizer.
        """
        path = Path(path)
        if not path.is_file():
            raise PhoihopError(f"{path}: the model folder lacks its tokenizer; copy the whole folder")
        try:
            return cls(Tokenizer.from_file(str(path)), segmenter)
        except PhoihopError as error:
            raise PhoihopError(f"{path}: {error}") from None
        except Exception as error:  # the library raises plain Exception on a malformed file
            raise PhoihopError(f"{path}: no tokenizer file ({error})") from None


def shape_of(token: str) -> int:
    """Index into ``SHAPES`` of how a vocabulary entry is written."""
    if token in SPECIAL:
        return SHAPES.index("special")
    word = token.removeprefix(CONTINUATION)
    if word.isdigit():
        return SHAPES.index(f"digit{len(word)}" if len(word) <= 4 else "digits")
    if not any(c.isalpha() for c in word):
        return SHAPES.index("mark")
    if word.islower():
        return SHAPES.index("lower")
    if word.isupper():
        return SHAPES.index("letter" if len(word) == 1 else "upper")
    return SHAPES.index("title" if word[0].isupper() and word[1:].islower() else "mixed")


def factors(vocabulary: dict[str, int]) -> tuple[list[str], list[int], list[int]]:
    """Forms and shapes of a vocabulary.

    Returns:
        the distinct forms in order of first id; for each token id its form's index; its shape.
    """
    forms: dict[str, int] = {}
    form_ids, shape_ids = [], []
    for token, _ in sorted(vocabulary.items(), key=lambda item: item[1]):
        form = token if token in SPECIAL else token.lower()
        form_ids.append(forms.setdefault(form, len(forms)))
        shape_ids.append(shape_of(token))
    return list(forms), form_ids, shape_ids
