"""Learning the sub-word vocabulary from raw text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tokenizers import Tokenizer, models, trainers

from phoihop.model.tokenise import CONTINUATION, SPECIAL, UNK, SubwordTokenizer
from phoihop.model.words import split_words


def learn_vocabulary(texts: Iterable[str], size: int, min_frequency: int = 5) -> SubwordTokenizer:
    """Byte-pair encoding (Sennrich et al. 2016) over the words of normalised texts.

    Args:
        texts: normalised documents.
        size: number of tokens, special ones included.
        min_frequency: a pair seen less often is not merged.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text[a:b] for a, b in split_words(text).tolist())
    tokenizer = Tokenizer(models.BPE(unk_token=UNK, continuing_subword_prefix=CONTINUATION))
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=min_frequency,
        special_tokens=list(SPECIAL),
        continuing_subword_prefix=CONTINUATION,
        limit_alphabet=1000,
        show_progress=False,
    )
    # The trainer counts words itself; feeding each distinct word min(count, cap) times keeps the
    # order of frequencies among rare words and costs seconds instead of minutes.
    total = sum(counts.values())
    cap = max(1, total // 2000)
    stream = (word for word, n in counts.items() for _ in range(min(n, cap)))
    tokenizer.train_from_iterator(stream, trainer)
    return SubwordTokenizer(tokenizer)
