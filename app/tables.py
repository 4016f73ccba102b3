"""An article's records as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from phoihop.data.document import Document
from phoihop.data.records import Agreement, Official, Post, Records


def article_tables(document: Document) -> RenderableType:
    """A line on the article, then its officials and its agreements, where there are any."""
    records = document.records or Records()
    parts: list[RenderableType] = [_headline(document)]
    if records.officials:
        parts.append(_officials(records.officials))
    if records.agreements:
        parts.append(_agreements(records.agreements))
    if not records.officials and not records.agreements:
        parts.append(Padding(Text("no officials, no agreements", style="dim"), (0, 0, 0, 2)))
    return Group(*parts, Text())


def counted(number: int, thing: str, things: str | None = None) -> str:
    """``1 entity``, ``2 entities``."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def one_line(text: str | None) -> str:
    """A string of the article without its line breaks; nothing for ``None``."""
    return " ".join((text or "").split())


def post_line(post: Post) -> str:
    """``Chính ủy – Quân khu 5``, or the title alone."""
    return f"{one_line(post.title)} – {one_line(post.unit)}" if post.unit else one_line(post.title)


def period_line(period: tuple[int | None, int | None] | None) -> str:
    """``2023–2026``, ``2023``, ``from 2023``, ``until 2026`` or nothing."""
    first, last = period or (None, None)
    if first and last:
        return f"{first}" if first == last else f"{first}–{last}"
    if first:
        return f"from {first}"
    return f"until {last}" if last else ""


def _headline(document: Document) -> Text:
    numbers = ", ".join(
        [
            counted(len(document.entities), "entity", "entities"),
            counted(len(document.relations), "relation"),
        ]
    )
    return Text.assemble((document.id or "(no id)", "bold"), (f"  {numbers}", "dim"))


def _officials(officials: Iterable[Official]) -> RenderableType:
    table = _table("Name", "Rank", "Posts")
    for o in officials:
        table.add_row(*_cells(o.name, o.rank, "\n".join(post_line(p) for p in o.posts)))
    return _titled("Officials", table)


def _agreements(agreements: Iterable[Agreement]) -> RenderableType:
    table = _table("Kind", "Parties", "Period", "Signed on")
    table.columns[2].no_wrap = True
    for a in agreements:
        parties = "\n".join(one_line(p) for p in a.parties)
        table.add_row(*_cells(a.kind, parties, period_line(a.period), a.signed_on))
    return _titled("Agreements", table)


def _table(*heads: str) -> Table:
    """As wide as it must be; long cells wrap at the terminal's width."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table


def _titled(title: str, table: Table) -> RenderableType:
    return Padding(Group(Text(title, style="italic"), table), (1, 0, 0, 2))


def _cells(*texts: str | None) -> list[Text]:
    """Cells that show brackets as they are: article text is no markup."""
    return [Text("\n".join(one_line(line) for line in (text or "").split("\n"))) for text in texts]
