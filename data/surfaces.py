"""Whether the same words are marked alike throughout."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from phoihop.data.article import Article
from phoihop.data.report import Finding

CHECKS = ("one label", "left unmarked")
OFTEN = 3
"""A name marked this many times is expected to be marked everywhere."""

_TOKEN = re.compile(r"[\w\u0300-\u036f]+|[^\w\s]")
Words = tuple[str, ...]


def check_labels(articles: Iterable[Article]) -> Iterator[Finding]:
    """One surface, letter case aside, under several labels: a warning at the first of the rarest label."""
    places: dict[str, dict[str, list[tuple[Article, int]]]] = defaultdict(lambda: defaultdict(list))
    for a in articles:
        for e in a.document.entities:
            surface = unicodedata.normalize("NFC", " ".join(a.document.surface(e).split())).casefold()
            places[surface][e.label].append((a, e.start))
    for surface, labels in sorted(places.items()):
        if len(labels) > 1:
            ranked = sorted(labels.items(), key=lambda item: -len(item[1]))
            article, start = ranked[-1][1][0]
            counts = ", ".join(f"{label} ×{len(found)}" for label, found in ranked)
            yield Finding(
                "warning",
                CHECKS[0],
                article.place(start),
                f"{surface!r} is marked as {counts}; this: {ranked[-1][0]}",
            )


@dataclass
class _Use:
    """Where a surface is marked, under which labels, and where it stands unmarked."""

    labels: set[str] = field(default_factory=set)
    marked: int = 0
    unmarked: list[str] = field(default_factory=list)


def check_unmarked(articles: Iterable[Article]) -> Iterator[Finding]:
    """Surfaces of two syllables or more, marked ``OFTEN`` times with one label, unmarked elsewhere."""
    articles = list(articles)
    uses: dict[Words, _Use] = defaultdict(_Use)
    for a in articles:
        for e in a.document.entities:
            use = uses[tuple(word for word, _ in _words(a.document.text, e.start, e.end))]
            use.labels.add(e.label)
            use.marked += 1
    expected = {
        words: use
        for words, use in uses.items()
        if use.marked >= OFTEN and len(use.labels) == 1 and sum(w[0].isalnum() for w in words) > 1
    }
    longest = max(map(len, expected), default=0)
    for a in articles:
        for words, start in _found(a, expected, longest):
            expected[words].unmarked.append(a.place(start))
    # the clearest slips first: much more often marked than not
    slips = [(use.marked / len(use.unmarked), words) for words, use in expected.items() if use.unmarked]
    for _, words in sorted(slips, key=lambda slip: (-slip[0], slip[1])):
        yield _unmarked(words, expected[words])


def _unmarked(words: Words, use: _Use) -> Finding:
    places = list(dict.fromkeys(use.unmarked))
    more = f"; also {', '.join(places[1:3])}" if len(places) > 1 else ""
    more += f" and {len(places) - 3} more" if len(places) > 3 else ""
    message = (
        f"{' '.join(words)!r} is not marked here ({len(use.unmarked)} times in all), "
        f"elsewhere {use.marked} times as {min(use.labels)}{more}"
    )
    return Finding("warning", CHECKS[1], places[0], message)


def _words(text: str, start: int, end: int) -> list[tuple[str, int]]:
    """Words and signs of ``text[start:end]`` in NFC, with their offsets in ``text``."""
    return [(unicodedata.normalize("NFC", m[0]), m.start()) for m in _TOKEN.finditer(text, start, end)]


def _found(article: Article, surfaces: Iterable[Words], longest: int) -> Iterator[tuple[Words, int]]:
    """Surfaces between the marks of an article, the longest at each place, none inside another."""
    known = set(surfaces)
    text, done = article.document.text, 0
    ends = [(e.start, e.end) for e in article.document.entities]
    for start, end in [*ends, (len(text), len(text))]:
        gap = _words(text, done, start)
        done = end
        i = 0
        while i < len(gap):
            found = _longest([word for word, _ in gap[i : i + longest]], known)
            if found:
                yield found, gap[i][1]
            i += len(found) or 1


def _longest(words: Sequence[str], known: set[Words]) -> Words:
    for n in range(len(words), 1, -1):
        if (candidate := tuple(words[:n])) in known:
            return candidate
    return ()
