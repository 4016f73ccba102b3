"""Learning the sub-word vocabulary from raw text."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable

from tokenizers import Tokenizer, models, trainers

from phoihop.model.tokenise import CONTINUATION, SPECIAL, UNK, SubwordTokenizer
from phoihop.model.words import split_words

ALPHABET = 1000  # characters kept, the most frequent ones; others become the unknown token


def learn_vocabulary(texts: Iterable[str], size: int, min_frequency: int = 5) -> SubwordTokenizer:
    """Byte-pair encoding (Sennrich et al. 2016) over the words of normalised texts.

    The same texts give the same vocabulary in every process.

    Args:
        texts: normalised documents.
        size: number of tokens, special ones included.
        min_frequency: a pair seen less often is not merged.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(text[a:b] for a, b in split_words(text).tolist())
    # The trainer counts words itself; feeding each distinct word min(count, cap) times keeps the
    # order of frequencies among rare words and costs seconds instead of minutes.
    cap = max(1000, sum(counts.values()) // 2000)
    alphabet, inside = _alphabet(counts)
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=min_frequency,
        # The trainer numbers characters inside words in the order of a hash table, which differs from
        # process to process and decides ties between merges; named here, they have fixed numbers.
        special_tokens=[*SPECIAL, *(CONTINUATION + c for c in inside)],
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        continuing_subword_prefix=CONTINUATION,
        show_progress=False,
    )
    learnt = Tokenizer(models.BPE(unk_token=UNK, continuing_subword_prefix=CONTINUATION))
    learnt.train_from_iterator((w for w, n in counts.items() for _ in range(min(n, cap))), trainer)
    return SubwordTokenizer(_rebuilt(learnt))


def _alphabet(counts: Counter[str]) -> tuple[list[str], list[str]]:
    """The characters to keep, and those of them that stand inside words, in a fixed order."""
    characters: Counter[str] = Counter()
    inside: set[str] = set()
    for word, n in counts.items():
        inside.update(word[1:])
        for c in word:
            characters[c] += n
    kept = sorted(characters, key=lambda c: (-characters[c], c))[:ALPHABET]
    return sorted(kept), sorted(inside.intersection(kept))


def _rebuilt(learnt: Tokenizer) -> Tokenizer:
    """The same vocabulary and merges with the special tokens alone as special ones."""
    model = json.loads(learnt.to_str())["model"]
    tokenizer = Tokenizer(
        models.BPE(
            vocab=model["vocab"],
            merges=[tuple(pair) for pair in model["merges"]],
            unk_token=UNK,
            continuing_subword_prefix=CONTINUATION,
        )
    )
    tokenizer.add_special_tokens(list(SPECIAL))
    return tokenizer
