"""The articles that come along are clean and can be read."""

from __future__ import annotations

from pathlib import Path

from phoihop.data.check import check_paths
from phoihop.data.readers import read_documents


def test_the_check_finds_no_error(root: Path) -> None:
    report = check_paths([root / "data" / "articles"])
    assert [f.message for f in report.findings if f.severity == "error"] == []


def test_every_article_says_who_or_what(root: Path) -> None:
    documents = read_documents(root / "data" / "articles")
    assert len({d.id for d in documents}) == len(documents) > 0
    for document in documents:
        assert 60 <= len(document.text.split()) <= 1000, document.id
        assert document.entities and document.relations, document.id
