"""The model that comes along: exact offsets whatever form the caller's text has."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phoihop import Extractor
from phoihop.data.document import Document

BLANKS = "\u00a0\u2009\u202f\u3000\t"
INVISIBLE = "\u200b\u200d\u2060\ufeff\u00ad"


@pytest.fixture(scope="module")
def extractor() -> Extractor:
    return Extractor.load("default", threads=1)


@pytest.fixture(scope="module")
def article(root: Path) -> str:
    return (root / "data" / "samples" / "ky-ket-quy-che.txt").read_text(encoding="utf-8")


def plain(text: str) -> str:
    """What variants of one text share."""
    for c in INVISIBLE:
        text = text.replace(c, "")
    for c in BLANKS:
        text = text.replace(c, " ")
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n"))


def found(document: Document) -> list[tuple[str, str]]:
    return [(e.label, plain(document.surface(e))) for e in document.entities]


def tied(document: Document) -> list[tuple[str, str, str]]:
    return sorted((r.head, r.label, r.tail) for r in document.relations)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\u2028"])
def test_unicode_form_and_line_ends_change_nothing(extractor, article, form, line_end) -> None:  # type: ignore[no-untyped-def]
    expected = extractor.predict(article)
    variant = unicodedata.normalize(form, article).replace("\n", line_end)
    got = extractor.predict(variant)
    assert len(expected.entities) > 20
    assert found(got) == found(expected)
    assert tied(got) == tied(expected)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_odd_characters_change_nothing(extractor, article, data) -> None:  # type: ignore[no-untyped-def]
    text = article[:600]
    expected = extractor.predict(text)
    characters = list(text)
    for place in data.draw(st.lists(st.integers(0, len(text) - 1), max_size=40, unique=True)):
        if characters[place] == " ":
            characters[place] = data.draw(st.sampled_from(BLANKS))
        elif characters[place].isalpha():
            characters[place] += data.draw(st.sampled_from(INVISIBLE))
    got = extractor.predict("".join(characters))
    assert found(got) == found(expected)
    for e in got.entities:
        assert got.surface(e)[0] not in INVISIBLE and got.surface(e)[-1] not in INVISIBLE


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gives_a_valid_document(extractor, text) -> None:  # type: ignore[no-untyped-def]
    document = extractor.predict(text)
    assert document.text == text
    for e in document.entities:
        assert document.surface(e).strip() and 0.0 <= e.score <= 1.0


@pytest.mark.parametrize("text", ["", " \n\t ", "\u200b", "\ud800", "a" * 20000, "漢字" * 3000, "." * 5000])
def test_texts_without_articles(extractor, text) -> None:  # type: ignore[no-untyped-def]
    document = extractor.predict(text)
    assert document.text == text and document.relations == ()


def test_many_equals_one_by_one(extractor, article) -> None:  # type: ignore[no-untyped-def]
    texts = [article, "", article[:300], article[200:900]]
    together = list(extractor.predict_many(texts, ["a", "b", "c", "d"]))
    assert [d.id for d in together] == ["a", "b", "c", "d"]
    for text, document in zip(texts, together, strict=True):
        assert found(document) == found(extractor.predict(text))
