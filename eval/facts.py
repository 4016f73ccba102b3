"""Records taken apart into facts that can be compared: strings made plain, agreements paired."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache

from phoihop.data.records import Agreement, Official

Fact = tuple[object, ...]
Counts = Counter[str]

_TONES = "\N{COMBINING GRAVE ACCENT}\N{COMBINING ACUTE ACCENT}\N{COMBINING HOOK ABOVE}\N{COMBINING TILDE}" + (
    "\N{COMBINING DOT BELOW}"
)
_ISO_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_WRITTEN_DAY = re.compile(r"(\d{1,2})\s*(?:[/.\-]|tháng)\s*(\d{1,2})")

# Up to these sizes the pairing of agreements is exact; articles beyond them are not known to exist.
_EXACT_SHORT, _EXACT_LONG = 6, 8


def _old_tones() -> dict[str, str]:
    """``oà`` to ``òa`` and so on: the younger tone placement and the older one, for oa, oe and uy."""
    pairs = {}
    for first, second in ("oa", "oe", "uy"):
        for tone in _TONES:
            young = unicodedata.normalize("NFC", first + second + tone)
            pairs[young] = unicodedata.normalize("NFC", first + tone + second)
    return pairs


_OLD_TONES = _old_tones()
_YOUNG = re.compile("|".join(_OLD_TONES))


def plain(text: str | None) -> str:
    """The string without case, extra white space and tone-mark placement; ``None`` is empty.

    Meant for comparing, not for showing: the tone moves in closed syllables (``đoàn``) too.
    """
    text = " ".join(unicodedata.normalize("NFC", text or "").lower().split())
    return _YOUNG.sub(lambda match: _OLD_TONES[match.group()], text)


def day(text: str | None) -> tuple[int, int] | str:
    """(day, month) of a written or ISO date; the plain string where there is none."""
    text = plain(text)
    if iso := _ISO_DAY.search(text):
        return int(iso[3]), int(iso[2])
    if written := _WRITTEN_DAY.search(text):
        return int(written[1]), int(written[2])
    return text


def official_facts(officials: Iterable[Official]) -> set[Fact]:
    """(name, "rank", rank) and (name, "post", title, body) of each official, strings plain."""
    facts: set[Fact] = set()
    for official in officials:
        name = plain(official.name)
        if official.rank:
            facts.add((name, "rank", plain(official.rank)))
        facts.update((name, "post", plain(post.title), plain(post.unit)) for post in official.posts)
    return facts


def agreement_facts(agreement: Agreement) -> Counter[Fact]:
    """(field, value) of one agreement: kind, each party, first year, last year, day signed."""
    facts: Counter[Fact] = Counter([("kind", plain(agreement.kind))])
    facts.update(("party", plain(party)) for party in agreement.parties)
    first, last = agreement.period or (None, None)
    if first:
        facts["first year", first] += 1
    if last:
        facts["last year", last] += 1
    if agreement.signed_on:
        facts["signed", day(agreement.signed_on)] += 1
    return facts


def agreement_counts(gold: Sequence[Agreement], pred: Sequence[Agreement]) -> tuple[Counts, Counts, Counts]:
    """Facts by field (in common, predicted, gold) of one article's agreements.

    Each gold agreement is compared with at most one predicted one, in the pairing that has most
    facts in common.
    """
    gold_facts = [agreement_facts(a) for a in gold]
    pred_facts = [agreement_facts(a) for a in pred]
    common = [[(g & p).total() for p in pred_facts] for g in gold_facts]
    shared: Counts = Counter()
    for i, j in best_pairing(common):
        shared += _by_field(gold_facts[i] & pred_facts[j])
    return (
        shared,
        sum((_by_field(p) for p in pred_facts), Counter()),
        sum((_by_field(g) for g in gold_facts), Counter()),
    )


def _by_field(facts: Counter[Fact]) -> Counts:
    fields: Counts = Counter()
    for fact, times in facts.items():
        fields[str(fact[0])] += times
    return fields


def best_pairing(gain: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Pairs (row, column), each row and column once at most, with the greatest sum of ``gain``.

    Exact up to 6 by 8; beyond that the rows choose in the order of their best gain.
    """
    rows, columns = len(gain), len(gain[0]) if gain else 0
    if not columns:
        return []
    if min(rows, columns) > _EXACT_SHORT or max(rows, columns) > _EXACT_LONG:
        return _greedy_pairing(gain)
    if rows > columns:
        turned = [[gain[i][j] for i in range(rows)] for j in range(columns)]
        return sorted((i, j) for j, i in _exact_pairing(turned))
    return _exact_pairing(gain)


def _exact_pairing(gain: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """For rows <= columns: dynamic programming over the set of columns taken (one bit each)."""
    rows, columns = len(gain), len(gain[0]) if gain else 0

    @cache
    def best(row: int, taken: int) -> tuple[int, tuple[int, ...]]:
        if row == rows:
            return 0, ()
        options = []
        for column in range(columns):
            if not taken & 1 << column:
                rest, chosen = best(row + 1, taken | 1 << column)
                options.append((gain[row][column] + rest, (column, *chosen)))
        return max(options, key=lambda option: option[0])

    return list(enumerate(best(0, 0)[1]))


def _greedy_pairing(gain: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    free = list(range(len(gain[0])))
    pairs = []
    for row in sorted(range(len(gain)), key=lambda i: -max(gain[i])):
        if free:
            column = max(free, key=lambda j: gain[row][j])
            free.remove(column)
            pairs.append((row, column))
    return sorted(pairs)
