"""Whether spans begin and end where a word, and not a blank or a comma, does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from phoihop.data.article import Article
from phoihop.data.document import Entity
from phoihop.data.report import Finding, Severity

CHECKS = ("blank edges", "borders")
_PAIRS = {")": "(", "]": "[", "}": "{", "”": "“", "’": "‘", "»": "«", '"': '"', "'": "'"}
_ABBREVIATION = re.compile(r"(?:^|\W)\w{1,3}\.\Z")


def check_borders(article: Article) -> Iterator[Finding]:
    """Blank edges are errors; punctuation at an edge and an edge inside a word are warnings."""
    text = article.document.text
    for e in article.document.entities:
        surface = text[e.start : e.end]
        if _blank(surface[0]) or _blank(surface[-1]):
            yield _finding(article, e, "error", "blank edges", "begins or ends with a blank")
            continue
        if edge := _odd_punctuation(surface):
            yield _finding(article, e, "warning", "borders", f"begins or ends with {edge!r}")
        for at, where in ((e.start, "begins"), (e.end, "ends")):
            if 0 < at < len(text) and _inside_word(text, at):
                word = text[max(0, at - 8) : at] + "|" + text[at : at + 8]
                yield _finding(article, e, "warning", "borders", f"{where} inside a word ({word!r})")


def _finding(article: Article, e: Entity, severity: Severity, check: str, what: str) -> Finding:
    return Finding(
        severity, check, article.place(e.start), f"{e.label} {article.document.surface(e)!r} {what}"
    )


def _blank(char: str) -> bool:
    """White space and what shows as nothing, such as a zero-width space."""
    return char.isspace() or unicodedata.category(char) in ("Cf", "Cc")


def _odd_punctuation(surface: str) -> str | None:
    """The character at an edge that hardly belongs to a name; pairs inside and ``Jr.`` do."""
    first, last = surface[0], surface[-1]
    if _punctuation(first) and not any(c in surface[1:] for c, o in _PAIRS.items() if o == first):
        return first
    if (
        _punctuation(last)
        and _PAIRS.get(last, last) not in surface[:-1]
        and not _ABBREVIATION.search(surface)
    ):
        return last
    return None


def _punctuation(char: str) -> bool:
    return unicodedata.category(char)[0] == "P"


def _inside_word(text: str, at: int) -> bool:
    """Two letters or two digits meet, other than where words have run together (``ủyBan``, ``NAMBan``)."""
    before, after = text[at - 1], text[at]
    if unicodedata.combining(after):
        return True
    if before.isalpha() and after.isalpha():
        capital_starts_word = after.isupper() and (before.islower() or text[at + 1 : at + 2].islower())
        return not capital_starts_word
    return before.isdigit() and after.isdigit()
