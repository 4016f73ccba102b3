"""Training articles that read differently in each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch.utils.data import Dataset
from transformers import TrainerCallback

from phoihop.data.schema import Schema
from phoihop.model.prepare import Reading
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.augment import Augmenter
from phoihop.training.examples import Example, make_examples


class VariedExamples(Dataset[Example]):
    """Examples of the articles, varied by an augmenter.

    What an article is in an epoch follows from the seed, the epoch and its number alone, so that a resumed
    run reads what an unbroken one reads.  :class:`TellEpoch` says which epoch it is.

    Args:
        examples: the articles as they are written.
        augmenter: what varies them.
        tokenizer, reading, schema: as in :func:`phoihop.training.examples.make_examples`.
        seed: of the run.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        augmenter: Augmenter,
        tokenizer: SubwordTokenizer,
        reading: Reading,
        schema: Schema,
        seed: int,
    ) -> None:
        self.examples, self.augmenter = examples, augmenter
        self.tokenizer, self.reading, self.schema = tokenizer, reading, schema
        self.seed, self.epoch = seed, 0

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, number: int) -> Example:
        example = self.examples[number]
        varied = self.augmenter(example.document, f"{self.seed} {self.epoch} {number}")
        if varied is example.document:
            return example
        made, lost = make_examples([varied], self.tokenizer, self.reading, self.schema)
        # A variant must not hide gold that the article itself shows.
        return made[0] if made and len(lost) <= len(example.gold.lost) else example


class TellEpoch(TrainerCallback):  # type: ignore[misc]
    """Tells the examples which epoch begins.

    The trainer's own ``set_epoch`` does not reach the dataset of a run resumed in mid-epoch.
    """

    def __init__(self, examples: VariedExamples) -> None:
        self.examples = examples

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        # In mid-epoch a fraction; an epoch's end is a whole number but for the last bit.
        self.examples.epoch = int((state.epoch or 0) + 1e-6)
