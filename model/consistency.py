"""A name that is surely one somewhere in an article is likely one wherever it stands.

Windows are decoded on their own; what one of them is sure of may be doubtful in another.  Words that repeat a
sure mention get a bonus for its label before their window is decoded again: non-local label consistency
(Krishnan and Manning 2006, section 3), with the model's own scores still deciding.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from phoihop.model.decode import Floats, Span

SURE = 0.8
"""Mentions of at least this probability lend their label, and are not questioned themselves."""
BONUS = 1.5
"""Nats a word; the scores of a doubtful mention are that near to those of none."""
LEAST_WORDS = 2
"""Single words mean too many things."""


class Names:
    """The sure mentions of an article, by their words.

    Args:
        labels: those whose repeated mentions bear them nearly always; see ``training.examples.learn_repeats``.
    """

    def __init__(self, labels: Collection[str]) -> None:
        self.labels = frozenset(labels)
        self._label: dict[tuple[str, ...], str | None] = {}
        self._by_first: dict[str, list[tuple[str, ...]]] = {}

    def learn(self, words: Sequence[str], spans: Sequence[Span]) -> None:
        """Note the sure ones of spans found in a stretch of words; one of two labels is no help."""
        for span in spans:
            if span.label not in self.labels or span.score < SURE or span.last - span.first + 1 < LEAST_WORDS:
                continue
            name = tuple(words[span.first : span.last + 1])
            if name not in self._label:
                self._label[name] = span.label
                self._by_first.setdefault(name[0], []).append(name)
                self._by_first[name[0]].sort(key=len, reverse=True)
            elif self._label[name] != span.label:
                self._label[name] = None

    def bonus(self, words: Sequence[str], spans: Sequence[Span], tags: Sequence[str]) -> Floats | None:
        """What to add to tag scores (words, tags), or ``None`` where no sure name is repeated unseen."""
        taken = {w for s in spans if s.score >= SURE for w in range(s.first, s.last + 1)}
        exact = {(s.first, s.last, s.label) for s in spans}
        extra: Floats | None = None
        place = 0
        while place < len(words):
            name = self._repeated(words, place, taken)
            if name is None:
                place += 1
                continue
            label, last = str(self._label[name]), place + len(name) - 1
            if (place, last, label) not in exact:
                extra = np.zeros((len(words), len(tags)), np.float32) if extra is None else extra
                extra[place, tags.index(f"B-{label}")] += BONUS
                extra[place + 1 : last + 1, tags.index(f"I-{label}")] += BONUS
            place = last + 1
        return extra

    def _repeated(self, words: Sequence[str], place: int, taken: Collection[int]) -> tuple[str, ...] | None:
        """The longest sure name that stands at a place and runs over no sure mention."""
        for name in self._by_first.get(words[place], ()):
            end = place + len(name)
            fits = self._label[name] is not None and tuple(words[place:end]) == name
            if fits and not any(w in taken for w in range(place, end)):
                return name
        return None
