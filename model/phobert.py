"""PhoBERT's sub-words with offsets: its vocabulary and merges as a ``tokenizers`` pipeline.

PhoBERT (Nguyen and Nguyen 2020, section 2) comes with ``vocab.txt`` (``token count`` a line) and ``bpe.codes``
(``left right count`` a line), as fastBPE writes them.  A token that goes on ends in ``@@`` there; here it is the bare
string, and a token that ends a word carries ``</w>``.  Merges run over symbols that the vocabulary need not hold:
such symbols get ids beyond it, and :class:`Repair` gives them back the id that PhoBERT's own tokenizer would.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import BPE

from phoihop.data.errors import PhoihopError
from phoihop.data.text import read_text

VOCABULARY_FILE, MERGES_FILE = "vocab.txt", "bpe.codes"
START, PAD, END, UNK, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
GOES_ON, ENDS = "@@", "</w>"


def phobert_tokenizer(vocabulary: str | Path, merges: str | Path) -> Tokenizer:
    """A ``tokenizers`` pipeline with PhoBERT's ids, wherever :class:`Repair` finds nothing to mend.

    Words are what white space parts; a segmenter joins the syllables of a word by ``_`` before.

    Raises:
        PhoihopError: a file is missing, or a line of it is no entry; file and line are named.
    """
    ids = read_vocabulary(Path(vocabulary))
    pairs = read_merges(Path(merges))
    symbols = {as_symbol(token): number for token, number in ids.items()}
    for pair in pairs:
        for symbol in (*pair, "".join(pair)):
            symbols.setdefault(symbol, len(symbols))
    tokenizer = Tokenizer(BPE(vocab=symbols, merges=pairs, unk_token=UNK, end_of_word_suffix=ENDS))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.decoder = decoders.BPEDecoder(suffix=ENDS)
    tokenizer.add_special_tokens([START, PAD, END, UNK, MASK])
    tokenizer.post_processor = processors.RobertaProcessing(
        (END, ids[END]), (START, ids[START]), trim_offsets=False, add_prefix_space=False
    )
    return tokenizer


def read_vocabulary(path: Path) -> dict[str, int]:
    """Tokens as ``vocab.txt`` writes them and their ids: four special ones, the file's, the mask."""
    ids = {START: 0, PAD: 1, END: 2, UNK: 3}
    for number, line in enumerate(_lines(path), 1):
        token, blank, _ = line.strip().rpartition(" ")
        if not blank or token in ids:
            what = "twice" if blank else "no `token count`"
            raise PhoihopError(f"{path}:{number}: {what} in the vocabulary: {line!r}; copy the file again")
        ids[token] = len(ids)
    ids.setdefault(MASK, len(ids))
    return ids


def read_merges(path: Path) -> list[tuple[str, str]]:
    """Pairs of symbols in the order they are merged; what is no pair is never merged, by PhoBERT's own tokenizer
    neither."""
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(_lines(path), 1):
        *symbols, count = line.split() or [""]
        if not count.isdigit() and not (number == 1 and line.startswith("#version")):
            raise PhoihopError(f"{path}:{number}: no merge `left right count`: {line!r}; copy the file again")
        if len(symbols) == 2:
            pairs.append((symbols[0], symbols[1]))
    return pairs


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise PhoihopError(f"{path}: missing; PhoBERT's tokenizer needs {VOCABULARY_FILE} and {MERGES_FILE}")
    return read_text(path).replace("\r\n", "\n").removesuffix("\n").split("\n")


def as_symbol(token: str) -> str:
    """How the pipeline writes a token of ``vocab.txt``."""
    if token in (START, PAD, END, UNK, MASK):
        return token
    return token.removesuffix(GOES_ON) if token.endswith(GOES_ON) and token != GOES_ON else token + ENDS


def as_token(symbol: str) -> str:
    """How PhoBERT's own tokenizer looks a symbol of the pipeline up."""
    if symbol in (START, PAD, END, UNK, MASK):
        return symbol
    return symbol.removesuffix(ENDS) if symbol.endswith(ENDS) else symbol + GOES_ON


def is_phobert(tokenizer: Tokenizer) -> bool:
    """Whether a pipeline is one of :func:`phobert_tokenizer`: its model, its special tokens first, the mask last."""
    first = [tokenizer.token_to_id(token) for token in (START, PAD, END, UNK)]
    mask = tokenizer.token_to_id(MASK)
    suffix = getattr(tokenizer.model, "end_of_word_suffix", None)
    return suffix == ENDS and first == [0, 1, 2, 3] and mask is not None and mask > 4


class Repair:
    """Gives symbols beyond PhoBERT's vocabulary the ids that PhoBERT gives them.

    ``table`` (symbols,) maps each id of the pipeline to PhoBERT's; all but the last ones map to themselves.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        symbols: dict[str, int] = tokenizer.get_vocab()
        size = symbols[MASK] + 1
        known = {symbol: number for symbol, number in symbols.items() if number < size}
        self.table: NDArray[np.int64] = np.arange(len(symbols), dtype=np.int64)
        for symbol, number in symbols.items():
            if number >= size:
                self.table[number] = known.get(as_symbol(as_token(symbol)), symbols[UNK])
        self.size = size

    def __call__(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """PhoBERT's ids for the pipeline's, same shape."""
        mended: NDArray[np.int64] = self.table[ids]
        return mended


class FastPhobertTokenizer:
    """PhoBERT's tokenizer with offsets, usable on its own: ``FastPhobertTokenizer.from_folder(folder)``.

    Text comes segmented (``Đại_tá Nguyễn_Văn_A``); see ``phoihop.model.segment`` for what joins the syllables.
    ``tokenizer`` is the ``tokenizers`` pipeline beneath, whose ids need :class:`Repair`.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._repair = Repair(tokenizer)

    @classmethod
    def from_folder(cls, folder: str | Path) -> FastPhobertTokenizer:
        """Read ``vocab.txt`` and ``bpe.codes``, as the hub's PhoBERT folders have them.

        Raises:
            PhoihopError: one is missing, or a line of it is no entry.
        """
        return cls(phobert_tokenizer(Path(folder) / VOCABULARY_FILE, Path(folder) / MERGES_FILE))

    def encode(self, text: str, special: bool = True) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids, and for each the characters of ``text`` it stands for, half-open; (0, 0) for the special ones
        that ``special`` puts around."""
        encoding = self.tokenizer.encode(text, add_special_tokens=special)
        return self._repair(np.array(encoding.ids, dtype=np.int64)).tolist(), list(encoding.offsets)

    def for_transformers(self) -> Any:
        """The same as a ``PreTrainedTokenizerFast``, for pipelines that want one (offsets, word ids, batches)."""
        from phoihop.model.phobert_hf import PhobertTokenizerFast

        return PhobertTokenizerFast.of(self.tokenizer)
