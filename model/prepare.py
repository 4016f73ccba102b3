"""From the caller's text to what an encoder reads: words, sub-words, sentences, windows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from phoihop.model.normalise import Normalised, normalise
from phoihop.model.segment import JOINT, Segmenter, join_syllables
from phoihop.model.sentences import cut_points, sentence_starts
from phoihop.model.tokenise import Encoding, SubwordTokenizer
from phoihop.model.windows import Window, make_windows
from phoihop.model.words import split_words

# A word of more sub-words (a web address, a run of letters) is read by its first ones; it keeps its
# place, its label and all its characters.
MAX_WORD_TOKENS = 16


@dataclass(frozen=True)
class Reading:
    """How an encoder reads: the length of its windows and their context, in tokens, the two special ones
    included, whether it sees where lines end, and the name of the segmenter it was trained with.

    With ``line_breaks`` the last word of each line is followed by the end token: a headline, a caption or a
    byline is then told apart from the sentence it would otherwise run into.

    Raises:
        ValueError: not two whole numbers, or the context leaves no room between.
    """

    length: int = 512
    overlap: int = 64
    line_breaks: bool = False
    segmenter: str = "none"

    def __post_init__(self) -> None:
        if type(self.length) is not int or type(self.overlap) is not int or self.overlap < 0:
            raise ValueError(f"length {self.length!r} and overlap {self.overlap!r} must be whole numbers")
        if self.length < 2 * self.overlap + 3 + self.line_breaks:
            raise ValueError(f"windows of {self.length} tokens leave no room between 2 x {self.overlap}")


@dataclass(frozen=True)
class Prepared:
    """An article ready to be read.

    ``words`` (words, 2) are spans of ``normalised.text``; word ``w`` has the sub-words
    ``ids[offsets[w]:offsets[w + 1]]`` and stands in sentence ``sentence[w]``.  ``parted`` counts the words of
    the segmenter that were parted at a border.
    """

    normalised: Normalised
    words: NDArray[np.int32]
    ids: NDArray[np.int64]
    offsets: NDArray[np.int64]
    sentence: NDArray[np.int64]
    windows: tuple[Window, ...]
    parted: int = 0

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Characters of the caller's text from word ``first`` to word ``last``, both included."""
        return self.normalised.span(int(self.words[first, 0]), int(self.words[last, 1]))

    def surfaces(self, start: int, end: int) -> list[str]:
        """The words from ``start`` to ``end``, excluded, as the normalised text writes them."""
        return [self.normalised.text[a:b] for a, b in self.words[start:end].tolist()]

    def word_borders(self) -> tuple[dict[int, int], dict[int, int]]:
        """Word index by its first character, and by the character after its last, in the caller's text."""
        if not len(self.words):
            return {}, {}
        begins = self.normalised.starts[self.words[:, 0]].tolist()
        ends = self.normalised.ends[self.words[:, 1] - 1].tolist()
        return {c: w for w, c in enumerate(begins)}, {c: w for w, c in enumerate(ends)}


def prepare(
    text: str, tokenizer: SubwordTokenizer, reading: Reading, borders: Collection[int] = ()
) -> Prepared:
    """Normalise, split and cut ``text`` for one encoder.

    ``borders`` are places in ``text`` over which no word of a segmenter may run: those of annotated entities,
    in training.
    """
    normalised = normalise(text)
    words, parted = split_words(normalised.text), 0
    if tokenizer.segmenter is not None:
        words, parted = _segmented(normalised, words, tokenizer.segmenter, borders)
    limit = reading.length - 2
    encoding = tokenizer.encode([normalised.text[a:b] for a, b in words.tolist()])
    ids, offsets = _keep(encoding, min(MAX_WORD_TOKENS, limit - reading.line_breaks))
    if reading.line_breaks:
        ids, offsets = _close_lines(ids, offsets, _line_ends(normalised.text, words), tokenizer.end_id)
    counts = np.diff(offsets)
    starts = sentence_starts(normalised.text, words)
    sentence = np.zeros(len(words), dtype=np.int64)
    sentence[starts[1:]] = 1
    pieces = _pieces(normalised.text, words, starts, counts, limit - 2 * reading.overlap)
    windows = make_windows(counts.tolist(), pieces, limit, reading.overlap)
    return Prepared(normalised, words, ids, offsets, np.cumsum(sentence), tuple(windows), parted)


def _segmented(
    normalised: Normalised, syllables: NDArray[np.int32], segmenter: Segmenter, borders: Collection[int]
) -> tuple[NDArray[np.int32], int]:
    """Spans of the segmenter's words, and how many were parted at ``borders``."""
    text = normalised.text
    # What joins the syllables of text that is segmented already is no word of its own.
    joints = np.array([text[a:b] == JOINT and _glued(text, a, b) for a, b in syllables.tolist()], np.bool_)
    syllables = syllables[~joints]
    if not len(syllables):
        return syllables, 0
    joined = join_syllables(text, syllables, segmenter)
    joined[sentence_starts(text, syllables)] = False
    parted = 0
    for i in np.flatnonzero(joined).tolist() if borders else ():
        before, after = normalised.ends[syllables[i - 1, 1] - 1], normalised.starts[syllables[i, 0]]
        if int(before) in borders or int(after) in borders:
            joined[i] = False
            parted += 1
    firsts = np.flatnonzero(~joined)
    lasts = np.append(firsts[1:], len(syllables)) - 1
    return np.stack([syllables[firsts, 0], syllables[lasts, 1]], axis=1).reshape(-1, 2), parted


def _glued(text: str, start: int, end: int) -> bool:
    """Whether no blank stands on either side."""
    return start > 0 and end < len(text) and not (text[start - 1].isspace() or text[end].isspace())


def _keep(encoding: Encoding, most: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first ``most`` sub-words of every word, and where each word's begin, with their number at the end."""
    counts = np.minimum(np.diff(np.append(encoding.first, len(encoding.ids))), most)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
    return encoding.ids[np.repeat(encoding.first, counts) + within], offsets


def _line_ends(text: str, words: NDArray[np.int32]) -> NDArray[np.int64]:
    """Numbers of the words after which a line ends; the end of the text is none."""
    gaps = zip(words[:-1, 1].tolist(), words[1:, 0].tolist(), strict=True)
    return np.array([i for i, (a, b) in enumerate(gaps) if text.find("\n", a, b) >= 0], dtype=np.int64)


def _close_lines(
    ids: NDArray[np.int64], offsets: NDArray[np.int64], line_ends: NDArray[np.int64], end_id: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Put the end token behind the last word of each line, as if it were a sub-word of it."""
    later = np.zeros(len(offsets), dtype=np.int64)
    later[line_ends + 1] = 1
    return np.insert(ids, offsets[line_ends + 1], end_id), offsets + np.cumsum(later)


def _pieces(
    text: str, words: NDArray[np.int32], starts: NDArray[np.int64], counts: NDArray[np.int64], room: int
) -> list[int]:
    """Sentence starts, with further cuts in sentences of more than ``room`` tokens."""
    if not len(words):
        return []
    total = np.concatenate([[0], np.cumsum(counts)])
    ends = np.append(starts[1:], len(words))
    pieces: list[int] = []
    for a, b in zip(starts.tolist(), ends.tolist(), strict=True):
        pieces.append(a)
        tokens = int(total[b] - total[a])
        if tokens > room:
            # Halve the words allowed until every part fits; parts with long words need more cuts.
            limit = max(1, (b - a) * room // tokens)
            while True:
                cuts = cut_points(text, words, a, b, limit)
                bounds = [a, *cuts, b]
                longest = max(int(total[y] - total[x]) for x, y in pairwise(bounds))
                if longest <= room or limit == 1:
                    break
                limit = max(1, limit * 3 // 4)
            pieces += cuts
    return pieces


@dataclass(frozen=True)
class WindowBatch:
    """Windows as arrays.  Padding stands at the right end of each row.

    Attributes:
        input_ids: (windows, tokens), with the special tokens around each window.
        attention_mask: (windows, tokens), 1 for tokens and 0 for padding.
        word_places: (windows, words), the token of each owned word's first sub-word.
        word_counts: (windows,), owned words of each row.
    """

    input_ids: NDArray[np.int64]
    attention_mask: NDArray[np.int64]
    word_places: NDArray[np.int64]
    word_counts: NDArray[np.int64]


def batch_windows(items: Sequence[tuple[Prepared, Window]], tokenizer: SubwordTokenizer) -> WindowBatch:
    """Put windows, of one article or several, into one batch."""
    lengths = [int(p.offsets[w.end] - p.offsets[w.start]) + 2 for p, w in items]
    counts = np.array([w.own_end - w.own_start for _, w in items], dtype=np.int64)
    ids = np.full((len(items), max(lengths)), tokenizer.pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    places = np.zeros((len(items), int(counts.max())), dtype=np.int64)
    for row, ((p, w), length) in enumerate(zip(items, lengths, strict=True)):
        begin = int(p.offsets[w.start])
        ids[row, 0] = tokenizer.start_id
        ids[row, 1 : length - 1] = p.ids[begin : int(p.offsets[w.end])]
        ids[row, length - 1] = tokenizer.end_id
        mask[row, :length] = 1
        places[row, : counts[row]] = p.offsets[w.own_start : w.own_end] - begin + 1
    return WindowBatch(ids, mask, places, counts)
