"""What a training epoch reads: the marked articles, varied, and some silver ones beside them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from torch.utils.data import Dataset
from transformers import TrainerCallback

from phoihop.data.schema import Schema
from phoihop.model.prepare import Reading
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.augment import Augmenter
from phoihop.training.examples import Example, make_examples


class VariedExamples(Dataset[Example]):
    """Examples of the articles, varied by an augmenter, and in each epoch other silver ones.

    What is read in an epoch follows from the seed, the epoch and an article's number alone, so that a resumed
    run reads what an unbroken one reads.  :class:`TellEpoch` says which epoch it is.

    Args:
        examples: the articles as they are written.
        augmenter: what varies them; ``None`` leaves them as they are.
        tokenizer, reading, schema: as in :func:`phoihop.training.examples.make_examples`.
        seed: of the run.
        silver: articles that models marked.
        share: how many of them an epoch reads for each marked article; they are taken in turn.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        augmenter: Augmenter | None,
        tokenizer: SubwordTokenizer,
        reading: Reading,
        schema: Schema,
        seed: int,
        silver: Sequence[Example] = (),
        share: float = 0.0,
    ) -> None:
        self.examples, self.augmenter = examples, augmenter
        self.tokenizer, self.reading, self.schema = tokenizer, reading, schema
        self.seed, self.epoch = seed, 0
        self.silver = list(silver)
        Random(f"{seed} silver").shuffle(self.silver)
        self.silver_count = round(share * len(examples)) if self.silver else 0

    def __len__(self) -> int:
        return len(self.examples) + self.silver_count

    def __getitem__(self, number: int) -> Example:
        example = self._example(number)
        if self.augmenter is None:
            return example
        varied = self.augmenter(example.document, f"{self.seed} {self.epoch} {number}")
        if varied is example.document:
            return example
        made, lost = make_examples([varied], self.tokenizer, self.reading, self.schema)
        # A variant must not hide gold that the article itself shows.
        return made[0] if made and len(lost) <= len(example.gold.lost) else example

    def _example(self, number: int) -> Example:
        if number < len(self.examples):
            return self.examples[number]
        place = self.epoch * self.silver_count + number - len(self.examples)
        return self.silver[place % len(self.silver)]


class TellEpoch(TrainerCallback):  # type: ignore[misc]
    """Tells the examples which epoch begins.

    The trainer's own ``set_epoch`` does not reach the dataset of a run resumed in mid-epoch.
    """

    def __init__(self, examples: VariedExamples) -> None:
        self.examples = examples

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        # In mid-epoch a fraction; an epoch's end is a whole number but for the last bit.
        self.examples.epoch = int((state.epoch or 0) + 1e-6)
