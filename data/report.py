"""What a check of annotated articles found: counts, findings and a tally."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from phoihop.data.document import Document

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong (``error``: training or figures would be) or worth a look (``warning``)."""

    severity: Severity
    check: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.place + ': ' if self.place else ''}{self.message}"


@dataclass(frozen=True)
class Counts:
    """How much a split holds: articles, entities by label, relations by name."""

    articles: int
    entities: Mapping[str, int]
    relations: Mapping[str, int]

    @classmethod
    def of(cls, documents: Iterable[Document]) -> Counts:
        """Count the marks of these documents."""
        documents = list(documents)
        return cls(
            len(documents),
            Counter(e.label for d in documents for e in d.entities),
            Counter(r.label for d in documents for r in d.relations),
        )


@dataclass(frozen=True)
class Report:
    """The outcome of a check.

    ``counts`` has one entry a split, ``checks`` names everything that was looked at and ``labels`` and
    ``relations`` give the order of the rows in the tables.
    """

    counts: Mapping[str, Counts]
    findings: tuple[Finding, ...]
    checks: tuple[str, ...]
    labels: tuple[str, ...]
    relations: tuple[str, ...]

    @property
    def errors(self) -> int:
        """How many findings are errors."""
        return sum(f.severity == "error" for f in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are warnings."""
        return sum(f.severity == "warning" for f in self.findings)

    @property
    def passed(self) -> int:
        """How many checks found nothing."""
        return len(set(self.checks) - {f.check for f in self.findings})

    @property
    def exit_code(self) -> int:
        """1 where there are errors, else 0."""
        return 1 if self.errors else 0

    @property
    def header(self) -> list[str]:
        """The head of :meth:`rows`: what is counted, then the splits."""
        return ["", *self.counts]

    def rows(self) -> list[list[str]]:
        """Counts as table rows: articles, then each label and relation of the schema or the documents."""
        splits = list(self.counts.values())
        rows = [["articles", *(str(c.articles) for c in splits)]]
        for names, part in ((self.labels, "entities"), (self.relations, "relations")):
            tables = [getattr(c, part) for c in splits]
            others = sorted({name for t in tables for name in t} - set(names))
            rows.append([part, *(str(sum(t.values())) for t in tables)])
            rows += [[f"  {name}", *(str(t.get(name, 0)) for t in tables)] for name in (*names, *others)]
        return rows

    @property
    def tally(self) -> str:
        """The last line: checks passed, warnings, errors."""
        passed = f"{self.passed} of {len(self.checks)} checks passed"
        return f"{passed} / {self.warnings} warnings / {self.errors} errors"

    def lines(self) -> list[str]:
        """The report as plain text: the table of counts, the findings, errors first, and the tally."""
        table = [self.header, *self.rows()]
        widths = [max(len(row[i]) for row in table) for i in range(len(self.header))]
        out = []
        for row in table:
            cells = [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
            out.append("  ".join(cells).rstrip())
        if self.findings:
            out += ["", *map(str, self.findings)]
        return [*out, "", self.tally]

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and dictionaries, ready for JSON."""
        return {
            "splits": {
                name: {
                    "articles": c.articles,
                    "entities": dict(c.entities),
                    "relations": dict(c.relations),
                }
                for name, c in self.counts.items()
            },
            "findings": [
                {"severity": f.severity, "check": f.check, "place": f.place, "message": f.message}
                for f in self.findings
            ],
            "passed": self.passed,
            "warnings": self.warnings,
            "errors": self.errors,
        }
