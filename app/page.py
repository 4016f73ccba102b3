"""Predictions as one self-contained HTML page: marked text with officials and agreements beside it.

No script, no resource from elsewhere; everything that comes from an article is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from phoihop.app.tables import counted, one_line, period_line
from phoihop.data.document import Document, Entity
from phoihop.data.records import Agreement, Official, Post, Records

_STYLE = """
:root { color-scheme: light dark; --fill: 75% 88%; --line: 45% 45%; --tag: 60% 28%;
  --soft: #8884; --dim: #777; }
@media (prefers-color-scheme: dark) {
  :root { --fill: 40% 26%; --line: 55% 65%; --tag: 60% 78%; --dim: #aaa; }
}
* { box-sizing: border-box; }
body { font: 16px/1.6 system-ui, "Noto Sans", sans-serif; margin: 0 auto; max-width: 84rem;
  padding: 1rem 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; }
h2 { font-size: 1.15rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h3 { font-size: .95rem; margin: 0 0 .25rem; }
h2 small { color: var(--dim); font-weight: normal; margin-left: .5rem; }
nav ol { columns: 14rem; font-size: .9rem; margin: .5rem 0; padding-left: 1.6rem; }
.legend { position: sticky; top: 0; z-index: 1; background: Canvas; border-bottom: 1px solid var(--soft);
  display: flex; flex-wrap: wrap; gap: .4rem .8rem; list-style: none; margin: 0; padding: .5rem 0; }
article { border-bottom: 1px solid var(--soft); padding: 1.2rem 0; scroll-margin-top: 3rem;
  display: grid; grid-template-columns: minmax(0, 1fr) minmax(18rem, 28rem);
  gap: 0 2rem; align-items: start; }
article > h2 { grid-column: 1 / -1; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; line-height: 1.9; }
mark { color: inherit; background: hsl(var(--hue) var(--fill));
  border-bottom: 2px solid hsl(var(--hue) var(--line));
  border-radius: .2rem; padding: .1em .15em; scroll-margin-top: 4rem; box-decoration-break: clone;
  -webkit-box-decoration-break: clone; }
mark[data-label]::after { content: attr(data-label); font-size: .6em; letter-spacing: .04em;
  margin-left: .35em; color: hsl(var(--hue) var(--tag)); }
mark:target { outline: 3px solid hsl(var(--hue) var(--line)); }
table { border-collapse: collapse; font-size: .88rem; line-height: 1.45; margin-bottom: 1.2rem; width: 100%; }
th, td { border-bottom: 1px solid var(--soft); padding: .3rem .5rem .3rem 0;
  text-align: left; vertical-align: top; }
th { color: var(--dim); font-weight: 600; }
td ul { list-style: none; margin: 0; padding: 0; }
td a { color: inherit; text-decoration-color: var(--dim); text-underline-offset: .2em; }
.none { color: var(--dim); font-size: .9rem; margin: 0 0 1.2rem; }
@media (max-width: 56rem) { article { grid-template-columns: minmax(0, 1fr); } aside { margin-top: 1rem; } }
@media print {
  .legend { position: static; }
  mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""


class Page:
    """A page that articles are added to; ``labels`` in the schema's order decide the colours."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels = list(labels)
        self._articles: list[str] = []
        self._contents: list[str] = []

    def add(self, document: Document) -> None:
        """Put an article at the end of the page."""
        place = len(self._articles) + 1
        name = escape(document.id or f"article {place}")
        numbers = f"{counted(len(document.entities), 'entity', 'entities')}, "
        numbers += counted(len(document.relations), "relation")
        records = document.records or Records()
        self._contents.append(f'<li><a href="#a{place}">{name}</a></li>')
        self._articles.append(
            f'<article id="a{place}">\n<h2>{name} <small>{numbers}</small></h2>\n'
            f'<p class="text" lang="vi">{self._marked(document, place)}</p>\n'
            f"<aside>\n{_officials(records.officials, place)}"
            f"{_agreements(records.agreements, place)}</aside>\n</article>\n"
        )

    def html(self) -> str:
        """The whole page."""
        title = f"phoihop: {counted(len(self._articles), 'article')}"
        contents = ""
        if len(self._contents) > 1:
            contents = f"<nav><ol>\n{chr(10).join(self._contents)}\n</ol></nav>\n"
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
            "style-src 'unsafe-inline'\">\n"
            f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
            f"<h1>{title}</h1>\n{contents}{self._legend()}{''.join(self._articles)}</body>\n</html>\n"
        )

    def _hue(self, label: str) -> str:
        """Hues spread evenly over the schema's labels; an unknown label gets the first one's."""
        at = self.labels.index(label) if label in self.labels else 0
        return f"--hue:{at * 360 // max(len(self.labels), 1)}"

    def _legend(self) -> str:
        items = (f'<li><mark style="{self._hue(label)}">{escape(label)}</mark></li>' for label in self.labels)
        return f'<ul class="legend">{"".join(items)}</ul>\n'

    def _marked(self, document: Document, place: int) -> str:
        parts, done = [], 0
        for e in document.entities:
            parts.append(escape(document.text[done : e.start]))
            parts.append(
                f'<mark id="{_anchor(place, e.id)}" data-label="{escape(e.label)}" '
                f'style="{self._hue(e.label)}" title="{escape(_tooltip(document, e))}">'
                f"{escape(document.surface(e))}</mark>"
            )
            done = e.end
        return "".join([*parts, escape(document.text[done:])])


def _anchor(place: int, entity: str) -> str:
    return escape(f"a{place}-{entity}")


def _tooltip(document: Document, entity: Entity) -> str:
    """Label and score, then the relations from and to this entity, a line each."""
    lines = [entity.label + _score(entity.score)]
    for r in document.relations:
        if r.head == entity.id:
            lines.append(f"{r.label} → {one_line(document.surface(r.tail))}{_score(r.score)}")
        elif r.tail == entity.id:
            lines.append(f"{one_line(document.surface(r.head))} → {r.label}{_score(r.score)}")
    return "\n".join(lines)


def _score(score: float | None) -> str:
    return "" if score is None else f" ({score:.2f})"


def _link(text: str | None, ids: Sequence[str], place: int) -> str:
    """The string, leading to the first mention it rests on."""
    shown = escape(one_line(text))
    return f'<a href="#{_anchor(place, ids[0])}">{shown}</a>' if ids and shown else shown


def _officials(officials: Iterable[Official], place: int) -> str:
    rows = [
        [_link(o.name, o.name_ids, place), _link(o.rank, o.rank_ids, place), _posts(o.posts, place)]
        for o in officials
    ]
    return _table("Officials", ["Name", "Rank", "Posts"], rows)


def _posts(posts: Iterable[Post], place: int) -> str:
    return _list(
        _link(p.title, p.title_ids, place) + (f" – {_link(p.unit, p.unit_ids, place)}" if p.unit else "")
        for p in posts
    )


def _agreements(agreements: Iterable[Agreement], place: int) -> str:
    rows = []
    for a in agreements:
        ids = a.party_ids or ((),) * len(a.parties)
        rows.append(
            [
                _link(a.kind, a.kind_ids, place),
                _list(_link(party, own, place) for party, own in zip(a.parties, ids, strict=True)),
                _link(period_line(a.period), a.period_ids, place),
                _link(a.signed_on, a.signed_on_ids, place),
            ]
        )
    return _table("Agreements", ["Kind", "Parties", "Period", "Signed on"], rows)


def _list(items: Iterable[str]) -> str:
    inner = "".join(f"<li>{item}</li>" for item in items)
    return f"<ul>{inner}</ul>" if inner else ""


def _table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return f'<h3>{title}</h3>\n<p class="none">none</p>\n'
    head = "".join(f'<th scope="col">{h}</th>' for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>\n" for row in rows)
    return (
        f"<h3>{title}</h3>\n<table>\n<thead><tr>{head}</tr></thead>\n"
        f'<tbody lang="vi">\n{body}</tbody>\n</table>\n'
    )
