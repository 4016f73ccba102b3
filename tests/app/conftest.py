"""An extractor that looks words up, so that the command line can be tried without a trained model."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.errors import PhoihopError
from phoihop.data.records import Agreement, Official, Post, Records
from phoihop.data.schema import default_schema

WORDS = {
    "Đại tá": "RANK",
    "Trung tá": "RANK",
    "Vũ Đình Lộc": "PERSON",
    "Mai Thu Quyên": "PERSON",
    "Chính ủy": "TITLE",
    "Phó Bí thư": "TITLE",
    "Lữ đoàn 71": "UNIT",
    "Huyện ủy Sơn Trà": "UNIT",
    "Quy chế phối hợp": "AGREEMENT",
    "giai đoạn 2021-2025": "PERIOD",
    "ngày 5/4": "DATE",
}
# (head label, relation, tail label, where the tail is looked for: before or after the head)
TIES = [
    ("PERSON", "HAS_RANK", "RANK", -1),
    ("PERSON", "HOLDS", "TITLE", 1),
    ("TITLE", "OF_UNIT", "UNIT", 1),
    ("UNIT", "PARTY_TO", "AGREEMENT", 1),
    ("AGREEMENT", "VALID_FOR", "PERIOD", 1),
    ("AGREEMENT", "SIGNED_ON", "DATE", 1),
]
FINDER = re.compile("|".join(map(re.escape, WORDS)))


@dataclass(frozen=True)
class Lost:
    what: str
    key: tuple[Any, ...]
    cause: str
    detail: str


class LookUp:
    """Answers the calls of an Extractor: words from a list, ties between neighbours, records from those."""

    schema = default_schema()
    name, device = "look-up", "cpu"
    backend = "onnx"
    card: dict[str, Any] = {"name": "look-up"}  # noqa: RUF012

    @classmethod
    def load(cls, model: str | Path = "default", **_: object) -> LookUp:
        if str(model) != "default":
            raise PhoihopError(f"{model}: no such model folder; give one that holds model.json")
        return cls()

    def predict(self, text: str, id: str | None = None) -> Document:
        entities = tuple(
            Entity(f"e{i}", m.start(), m.end(), WORDS[m.group()], 0.9 if i % 2 else 0.6)
            for i, m in enumerate(FINDER.finditer(text), 1)
        )
        relations = []
        for at, e in enumerate(entities):
            for head, label, tail, step in TIES:
                reach = entities[at + 1 :] if step > 0 else entities[:at][::-1]
                near = next((x for x in reach if x.label == tail), None)
                if e.label == head and near is not None:
                    relations.append(Relation(e.id, label, near.id, 0.75))
        document = Document(text, entities, tuple(relations), id)
        return document.replace(records=records_of(document))

    def predict_many(
        self, texts: Iterable[str], ids: Iterable[str | None] | None = None
    ) -> Iterator[Document]:
        for text, id in zip(texts, ids or (), strict=True):
            yield self.predict(text, id)

    def unreachable(self, gold: Document) -> list[Lost]:
        return [
            Lost("entity", e.key, "tokens", f"a border of {e.id} lies inside a token")
            for e in gold.entities[:1]
        ]


def records_of(document: Document) -> Records:
    def tails(head: str, label: str) -> list[str]:
        return [r.tail for r in document.relations if r.head == head and r.label == label]

    def text(ids: list[str]) -> str | None:
        return document.surface(ids[0]) if ids else None

    officials, agreements = [], []
    for e in document.entities:
        if e.label == "PERSON":
            ranks, posts = tails(e.id, "HAS_RANK"), []
            for title in tails(e.id, "HOLDS"):
                units = tails(title, "OF_UNIT")
                posts.append(Post(document.surface(title), text(units), (title,), tuple(units)))
            officials.append(Official(document.surface(e), text(ranks), tuple(posts), (e.id,), tuple(ranks)))
        if e.label == "AGREEMENT":
            parties = [r.head for r in document.relations if r.label == "PARTY_TO" and r.tail == e.id]
            periods, days = tails(e.id, "VALID_FOR"), tails(e.id, "SIGNED_ON")
            agreements.append(
                Agreement(
                    document.surface(e),
                    tuple(document.surface(p) for p in parties),
                    (2021, 2025) if periods else None,
                    text(days),
                    (e.id,),
                    tuple((p,) for p in parties),
                    tuple(periods),
                    tuple(days),
                )
            )
    return Records(tuple(officials), tuple(agreements))


@pytest.fixture
def lookup() -> LookUp:
    """The extractor itself."""
    return LookUp()


@pytest.fixture
def phoihop(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line in this process, ``load`` giving the look-up extractor."""
    from phoihop.app.cli import app

    module = ModuleType("phoihop.model.predict")
    module.Extractor = LookUp  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "phoihop.model.predict", module)

    def run(*arguments: str | Path, stdin: str | bytes | None = None) -> Result:
        result = CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def article() -> str:
    """An invented article with one official, one agreement and a second person."""
    return (
        "Sáng qua, Đại tá Vũ Đình Lộc, Chính ủy Lữ đoàn 71, và Trung tá Mai Thu Quyên dự buổi gặp.\r\n"
        "Lữ đoàn 71 và Huyện ủy Sơn Trà sơ kết Quy chế phối hợp giai đoạn 2021-2025, ký ngày 5/4.\n"
    )
