"""Augmentation: each pass over the training articles may read them otherwise than they are written.

    document ── neighbours rewritten ── mentions exchanged ── years, days, places moved ── written otherwise
                (phrases.py)            (mentions.py)          (mentions.py)                (writing.py)

The marks stay on the same words (``edits.py``); what may stand in comes from the training articles and
from ``lexicon.toml`` (``lexicon.py``).  The files are never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from random import Random

from phoihop.data.document import Document
from phoihop.training.augment import writing
from phoihop.training.augment.edits import Edit, apply_edits
from phoihop.training.augment.lexicon import Lexicon
from phoihop.training.augment.mentions import Mentions, change_days, shift_years, swap_parts
from phoihop.training.augment.phrases import rewrite_phrases

__all__ = ["Augmenter", "Edit", "Lexicon", "apply_edits"]

SWAPPED = 0.5
"""Share of an article's distinct mentions, and of its places, that are exchanged where any are."""

PHRASES = 0.25
"""Share of the places where a phrase fits that are rewritten where any are."""


class Augmenter:
    """Makes variants of annotated articles.

    Args:
        share: how often an article is changed at all, from 0 to 1.
        lexicon: what may stand in for a mention.
        documents: the training articles, whose mentions may stand in, too.
    """

    def __init__(self, share: float, lexicon: Lexicon, documents: Iterable[Document]) -> None:
        self.share, self.lexicon = share, lexicon
        self.mentions = Mentions(lexicon, documents)

    def __call__(self, document: Document, seed: str) -> Document:
        """A variant, or the article itself; the same ``seed`` gives the same."""
        random = Random(seed)
        if random.random() >= self.share:
            return document
        for chance, change in self._changes():
            if random.random() < chance:
                document = apply_edits(document, change(document, random))
        return document

    def _changes(self) -> list[tuple[float, Callable[[Document, Random], list[Edit]]]]:
        """What may be done to an article, in this order, each with its chance."""
        return [
            (0.3, lambda d, r: rewrite_phrases(d, self.lexicon, PHRASES, r)),
            (0.8, lambda d, r: self.mentions.swap(d, SWAPPED, r)),
            (0.5, lambda d, r: swap_parts(d, self.lexicon, SWAPPED, r)),
            (0.4, shift_years),
            (0.4, change_days),
            (0.2, writing.other_case),
            (0.3, writing.other_dashes),
            (0.1, writing.capital_headline),
            (0.03, writing.bare_headline),
            (0.15, writing.other_blanks),
            (0.1, writing.run_together),
            (0.07, writing.wrapped_lines),
            (0.15, lambda d, r: writing.page_noise(d, self.lexicon.noise, r)),
        ]
