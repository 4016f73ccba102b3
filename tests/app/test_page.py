"""The HTML page: whole, escaped, self-contained."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.app.page import Page
from phoihop.app.tables import period_line
from phoihop.data.document import Document, Entity, number
from phoihop.data.records import Agreement, Official, Post, Records

VOID = {"meta"}


class Reader(HTMLParser):
    """Reads a page back: balanced tags, texts of the articles, marks, links, anchors."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []
        self.marks: list[dict[str, str | None]] = []
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.attributes: set[str] = set()
        self.tags: set[str] = set()
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.attributes.update(given)
        if tag not in VOID:
            self.open.append(tag)
        if given.get("class") == "text":
            self.texts.append("")
        if tag == "mark" and "id" in given:
            self.marks.append(given)
        if "href" in given:
            self.links.add(given["href"] or "")
        if given.get("id"):
            assert given["id"] not in self.anchors
            self.anchors.add(given["id"] or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "p" in self.open and "article" in self.open and "aside" not in self.open:
            self.texts[-1] += data


def page_of(*documents: Document) -> str:
    page = Page(["PERSON", "RANK", "UNIT"])
    for document in documents:
        page.add(document)
    return page.html()


@given(
    st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs", "Cc"]), max_size=40), st.data()
)
def test_the_text_can_be_read_back_whatever_it_holds(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    spans = [(a, b, "PERSON", 0.5) for a, b in zip(cuts[::2], cuts[1::2], strict=False)]
    document = Document(text, number(spans), id=text)
    reader = Reader(page_of(document, document))
    assert reader.texts == [text, text]
    assert len(reader.marks) == 2 * len(spans)


def test_nothing_from_elsewhere_and_nothing_that_runs() -> None:
    evil = '</p><script src="https://x.example/a.js"></script><img src=x onerror=alert(1)>" onclick="x'
    records = Records((Official(evil, evil, (Post(evil, evil),)),), (Agreement(evil, (evil,), None, evil),))
    page = page_of(Document(evil, (Entity('e"1', 4, len(evil), "PERSON"),), id=evil, records=records))
    reader = Reader(page)
    assert not reader.tags & {"script", "img", "link", "iframe"}
    assert not {a for a in reader.attributes if a.startswith("on") or a == "src"}
    assert all(link.startswith("#") for link in reader.links)
    assert "url(" not in page
    assert "@import" not in page
    assert reader.texts == [evil]


def test_tables_lead_to_the_mentions(lookup: object, article: str) -> None:
    documents = [lookup.predict(article, name) for name in ("một", "hai")]  # type: ignore[attr-defined]
    page = page_of(*documents)
    reader = Reader(page)
    assert {link.removeprefix("#") for link in reader.links} <= reader.anchors
    assert {"#a1", "#a2", "#a1-e2", "#a2-e2"} <= reader.links
    tooltips = [mark["title"] for mark in reader.marks]
    assert "PERSON (0.60)\nHAS_RANK → Đại tá (0.75)\nHOLDS → Chính ủy (0.75)" in tooltips
    assert "RANK (0.90)\nVũ Đình Lộc → HAS_RANK (0.75)" in tooltips
    assert "phoihop: 2 articles" in page
    assert re.search(r"<td>.*2021–2025.*</td>", page)


def test_labels_have_colours_of_their_own() -> None:
    page = page_of(Document("abc", (Entity("x", 0, 1, "PERSON"), Entity("y", 1, 2, "UNIT"))))
    hues = {mark["data-label"]: mark["style"] for mark in Reader(page).marks}
    assert hues["PERSON"] != hues["UNIT"]
    assert all(f'<mark style="{hue}">{label}</mark>' in page for label, hue in hues.items())


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ((2021, 2025), "2021–2025"),
        ((2021, 2021), "2021"),
        ((2021, None), "from 2021"),
        ((None, 2030), "until 2030"),
        ((None, None), ""),
        (None, ""),
    ],
)
def test_period(period: tuple[int | None, int | None] | None, expected: str) -> None:
    assert period_line(period) == expected
