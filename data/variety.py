"""How varied annotated articles are: distinct names, wording that repeats, what later splits show anew."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.overlap import GRAM, shares, syllables

RUN = 8
"""Syllables of a run whose repetition in another article is counted."""

NEAREST = 3
"""How many of the most alike pairs are named."""


@dataclass(frozen=True)
class Spread:
    """Mentions of a label in a split: all, distinct ones, and those of them that no earlier split has."""

    mentions: int
    distinct: int
    new: int
    new_mentions: int


@dataclass(frozen=True)
class Variety:
    """Figures on the articles of one or several splits.

    ``splits`` gives articles and words of each, ``spreads`` the mentions of each label in each, ``repeated``
    the share of distinct runs of eight syllables that stand in more than one article of all, ``repeated_prose``
    the same for runs without a syllable of a mark, ``nearest`` the pairs of articles that share most.
    """

    splits: Mapping[str, tuple[int, int]]
    spreads: Mapping[str, Mapping[str, Spread]]
    repeated: float
    repeated_prose: float
    nearest: tuple[tuple[str, str, float], ...]

    def lines(self) -> list[str]:
        """The figures as plain text."""
        width = max((len(label) for s in self.spreads.values() for label in s), default=5)
        out = []
        for name, (articles, words) in self.splits.items():
            out += [f"{name}: {articles} articles, {words} words"]
            later = name != next(iter(self.splits))
            out += [f"  {'':{width}}  mentions  distinct" + ("   new  share of mentions" if later else "")]
            for label, s in self.spreads[name].items():
                row = f"  {label:{width}}  {s.mentions:8}  {s.distinct:8}"
                if later:
                    row += f"  {s.new:4}  {s.new_mentions / s.mentions:17.0%}"
                out.append(row)
            out.append("")
        if len(self.splits) > 1:
            out += ["new: distinct surfaces of the label that no split above has, letter case aside", ""]
        out += [
            f"runs of {RUN} syllables that stand in more than one article: {self.repeated:.1%}",
            f"the same, runs without a syllable of a mark: {self.repeated_prose:.1%}",
            f"articles most alike, by the runs of {GRAM} syllables of the shorter that both have:",
        ]
        out += [f"  {share:.1%}  {one}, {two}" for one, two, share in self.nearest] or ["  none"]
        return out

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and dictionaries, ready for JSON."""
        return {
            "splits": {
                name: {
                    "articles": articles,
                    "words": words,
                    "labels": {
                        label: {
                            "mentions": s.mentions,
                            "distinct": s.distinct,
                            "new": s.new,
                            "new_mentions": s.new_mentions,
                        }
                        for label, s in self.spreads[name].items()
                    },
                }
                for name, (articles, words) in self.splits.items()
            },
            "repeated": self.repeated,
            "repeated_prose": self.repeated_prose,
            "nearest": [{"articles": [one, two], "share": share} for one, two, share in self.nearest],
        }


def measure(splits: Mapping[str, Sequence[Document]]) -> Variety:
    """Measure the variety of articles, split by split; "new" looks at the splits before.

    Raises:
        PhoihopError: there is no article.
    """
    documents = [d for split in splits.values() for d in split]
    if not documents:
        raise PhoihopError("there are no annotated articles to measure; give at least one")
    texts = [syllables(d.text) for d in documents]
    names = [str(d.id) for d in documents]
    nearest = sorted(shares(texts).items(), key=lambda item: -item[1])[:NEAREST]
    return Variety(
        splits={name: (len(ds), sum(len(d.text.split()) for d in ds)) for name, ds in splits.items()},
        spreads=_spreads(splits),
        repeated=_repeated([[text] for text in texts]),
        repeated_prose=_repeated([[syllables(part) for part in _between(d)] for d in documents]),
        nearest=tuple((names[i], names[j], share) for (i, j), share in nearest),
    )


def _spreads(splits: Mapping[str, Sequence[Document]]) -> dict[str, dict[str, Spread]]:
    known: defaultdict[str, set[str]] = defaultdict(set)
    out: dict[str, dict[str, Spread]] = {}
    for name, documents in splits.items():
        found: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for d in documents:
            for e in d.entities:
                surface = unicodedata.normalize("NFC", " ".join(d.surface(e).split()))
                found[e.label][surface.casefold()] += 1
        out[name] = {}
        for label, counts in sorted(found.items()):
            new = counts.keys() - known[label]
            out[name][label] = Spread(
                counts.total(), len(counts), len(new), sum(counts[surface] for surface in new)
            )
        for label, counts in found.items():
            known[label] |= counts.keys()
    return out


def _between(document: Document) -> Iterable[str]:
    """The stretches of text that no mark covers."""
    at = 0
    for e in document.entities:
        yield document.text[at : e.start]
        at = e.end
    yield document.text[at:]


def _repeated(articles: Sequence[Sequence[Sequence[str]]]) -> float:
    """Share of the distinct runs of articles, each a list of stretches of words, that two articles have."""
    holders: Counter[tuple[str, ...]] = Counter()
    for stretches in articles:
        holders.update({tuple(w[i : i + RUN]) for w in stretches for i in range(len(w) - RUN + 1)})
    return sum(n > 1 for n in holders.values()) / max(1, len(holders))
