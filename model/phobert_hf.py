"""PhoBERT's fast tokenizer as transformers wants one; needs transformers, which ``phobert.py`` does not."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from phoihop.model.phobert import END, GOES_ON, MASK, PAD, START, UNK, Repair, as_symbol, as_token

LONGEST = 256  # tokens that PhoBERT reads at once


class PhobertTokenizerFast(PreTrainedTokenizerFast):  # type: ignore[misc]
    """Ids and tokens of PhoBERT's own tokenizer, with offsets, word numbers and batches.

    Made by ``FastPhobertTokenizer.for_transformers``; ``save_pretrained`` and ``from_pretrained`` of this class
    belong together (``AutoTokenizer`` does not know it).  Ids, tokens and vocabulary are PhoBERT's; only the
    ``tokens()`` of a batch show the pipeline's own symbols.  Tokens cannot be added.
    """

    # No __init__ here: with one, from_pretrained would build the pipeline anew from its vocabulary, less its suffix.
    @cached_property
    def _repair(self) -> Repair:
        return Repair(self._tokenizer)

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> PhobertTokenizerFast:
        """The transformers form of a pipeline of ``phobert.phobert_tokenizer``."""
        return cls(
            tokenizer_object=tokenizer, bos_token=START, cls_token=START, eos_token=END, sep_token=END,
            pad_token=PAD, unk_token=UNK, mask_token=MASK, model_max_length=LONGEST,
        )  # fmt: skip

    def __len__(self) -> int:
        return self._repair.size

    @property
    def vocab_size(self) -> int:
        """Tokens, as PhoBERT counts them: the mask is one that was added."""
        return self._repair.size - 1

    def get_vocab(self) -> dict[str, int]:
        """Tokens as ``vocab.txt`` writes them, by id."""
        symbols = self._tokenizer.get_vocab(with_added_tokens=True)
        return {as_token(s): n for s, n in symbols.items() if n < self._repair.size}

    def _convert_token_to_id_with_added_voc(self, token: str) -> int:
        number = self._tokenizer.token_to_id(as_symbol(token))
        return int(self.unk_token_id if number is None else self._repair.table[number])

    def _convert_id_to_token(self, index: int) -> str | None:
        symbol = self._tokenizer.id_to_token(int(index)) if int(index) < self._repair.size else None
        return None if symbol is None else as_token(symbol)

    def convert_ids_to_tokens(
        self, ids: int | Iterable[int], skip_special_tokens: bool = False
    ) -> str | list[str | None] | None:
        """Tokens as ``vocab.txt`` writes them."""
        if isinstance(ids, int):
            return self._convert_id_to_token(ids)
        skipped = set(self.all_special_ids) if skip_special_tokens else set()
        return [self._convert_id_to_token(i) for i in ids if int(i) not in skipped]

    def tokenize(
        self, text: str, pair: str | None = None, add_special_tokens: bool = False, **kwargs: Any
    ) -> Any:
        """Tokens as ``vocab.txt`` writes them, ``<unk>`` for what it lacks."""
        ids = self(text, pair, add_special_tokens=add_special_tokens, **kwargs)["input_ids"]
        return self.convert_ids_to_tokens(ids)

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """Tokens as ``vocab.txt`` writes them put together to words, as PhoBERT's own tokenizer does."""
        return " ".join(tokens).replace(f"{GOES_ON} ", "").strip()

    def _decode(self, token_ids: int | list[int], skip_special_tokens: bool = False, **_: Any) -> str:
        ids = [token_ids] if isinstance(token_ids, int) else [int(i) for i in token_ids]
        tokens = self.convert_ids_to_tokens(ids, skip_special_tokens)
        return self.convert_tokens_to_string([t for t in tokens if t is not None])  # type: ignore[union-attr]

    def _add_tokens(self, new_tokens: Any, special_tokens: bool = False) -> int:
        unknown = [str(t) for t in new_tokens if self._tokenizer.token_to_id(str(t)) is None]
        if unknown:
            raise ValueError(f"PhoBERT's fast tokenizer takes no new tokens, so not {', '.join(unknown)}")
        return int(super()._add_tokens(new_tokens, special_tokens))

    def _convert_encoding(self, *args: Any, **kwargs: Any) -> Any:
        made, encodings = super()._convert_encoding(*args, **kwargs)
        made["input_ids"] = [
            self._repair(np.array(row, dtype=np.int64)).tolist() for row in made["input_ids"]
        ]
        return made, encodings
