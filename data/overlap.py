"""Articles that stand twice, word for word or nearly so, within a split or across splits."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from phoihop.data.article import Article
from phoihop.data.report import Finding

CHECKS = ("ids", "duplicates", "leaks between splits")
GRAM = 5
SHARE = 0.5
FEWEST = 10
"""Articles with fewer five-syllable runs in common are not compared: too short to tell."""
WIDEST = 200
"""A run that stands in more articles than this is boilerplate and counts for nothing."""

Located = tuple[str, Article]


def check_ids(articles: Sequence[Located]) -> Iterator[Finding]:
    """Two articles of one id are an error: neither figures nor records could tell them apart."""
    first: dict[str, Article] = {}
    for _, a in articles:
        id = a.document.id
        if id is not None and id in first:
            other = first[id].place(0)
            yield Finding(
                "error", CHECKS[0], a.place(0), f"the id {id!r} is that of {other}; give it another"
            )
        elif id is not None:
            first[id] = a


def check_overlap(articles: Sequence[Located]) -> Iterator[Finding]:
    """Equal texts, then pairs that share more than half of the runs of five syllables of the shorter.

    Equal texts in two splits are an error, everything else is a warning.
    """
    words = [syllables(a.document.text) for _, a in articles]
    same: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, w in enumerate(words):
        if w:
            same[tuple(w)].append(i)
    equal = {pair for group in same.values() for pair in combinations(group, 2)}
    for i, j in sorted(equal):
        yield _finding(articles[i], articles[j], "the text is that of", equal=True)
    for (i, j), share in sorted(shares(words).items()):
        if share > SHARE and (i, j) not in equal:
            yield _finding(articles[i], articles[j], f"{share:.0%} of the text is that of", equal=False)


def _finding(one: Located, two: Located, what: str, equal: bool) -> Finding:
    (split, a), (other, b) = one, two
    across = split != other
    check = CHECKS[2] if across else CHECKS[1]
    advice = f"keep it in {split} or {other}" if across else "keep one"
    return Finding(
        "error" if across and equal else "warning", check, b.place(0), f"{what} {a.place(0)}; {advice}"
    )


def syllables(text: str) -> list[str]:
    """The words of a text, letter case aside; white space and punctuation count for nothing."""
    return re.findall(r"\w+", unicodedata.normalize("NFC", text).casefold())


def shares(texts: Sequence[Sequence[str]]) -> Mapping[tuple[int, int], float]:
    """For pairs with ``FEWEST`` runs of ``GRAM`` words in common: how much of the shorter text's they share."""
    holders: dict[int, list[int]] = defaultdict(list)
    sizes = []
    for i, words in enumerate(texts):
        grams = {hash(tuple(words[k : k + GRAM])) for k in range(len(words) - GRAM + 1)}
        sizes.append(len(grams))
        for gram in grams:
            holders[gram].append(i)
    common: Counter[tuple[int, int]] = Counter()
    for group in holders.values():
        if 1 < len(group) <= WIDEST:
            common.update(combinations(group, 2))
    return {(i, j): n / min(sizes[i], sizes[j]) for (i, j), n in common.items() if n >= FEWEST}
