"""Whole evaluations on small invented articles."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.errors import PhoihopError
from phoihop.data.readers import write_jsonl
from phoihop.data.records import Agreement, Official, Post, Records
from phoihop.eval.evaluate import evaluate, score
from phoihop.eval.report import report
from phoihop.eval.slips import entity_slips, relation_slips

TEXT = "Đại tá Vũ Đình Lộc, Chính ủy Lữ đoàn 71, chủ trì."
SPANS = {"r": ("Đại tá", "RANK"), "p": ("Vũ Đình Lộc", "PERSON"), "t": ("Chính ủy", "TITLE")} | {
    "u": ("Lữ đoàn 71", "UNIT")
}
TIES = [("p", "HAS_RANK", "r"), ("p", "HOLDS", "t"), ("t", "OF_UNIT", "u")]
RECORDS = Records((Official("Vũ Đình Lộc", "Đại tá", (Post("Chính ủy", "Lữ đoàn 71"),)),))


def article(
    id: str | None = "a",
    spans: dict[str, tuple[str, str]] | None = None,
    ties: list[tuple[str, str, str]] | None = None,
    records: Records | None = None,
) -> Document:
    entities = []
    for name, (surface, label) in (SPANS if spans is None else spans).items():
        start = TEXT.index(surface)
        entities.append(Entity(name, start, start + len(surface), label))
    relations = [Relation(*tie) for tie in (TIES if ties is None else ties)]
    return Document(TEXT, tuple(entities), tuple(relations), id, records)


@dataclass
class Lost:
    what: str
    key: tuple[object, ...]
    cause: str
    detail: str


class Parrot:
    """An extractor that gives back prepared documents by their place."""

    def __init__(self, answers: list[Document], lost: list[Lost] | None = None) -> None:
        self.answers, self.lost = answers, lost or []

    def predict_many(
        self, texts: Iterable[str], ids: Iterable[str | None] | None = None
    ) -> Iterator[Document]:
        for answer, text, id in zip(self.answers, texts, ids or (), strict=True):
            yield answer.replace(text=text, id=id)

    def unreachable(self, gold: Document) -> list[Lost]:
        return self.lost


def test_gold_against_itself_is_perfect() -> None:
    result = score([article()], [article(records=RECORDS)], {"a": RECORDS})
    assert list(result.tables) == [
        "entities",
        "entity_spans",
        "relations",
        "relation_spans",
        "relation_distance",
        "officials",
        "agreements",
    ]
    for name, table in result.tables.items():
        assert table.micro.f1 == (0.0 if name == "agreements" else 1.0)
    assert result.notes == ()


def test_a_wrong_label_costs_strict_entities_and_their_relations_but_not_borders() -> None:
    pred = article(spans=SPANS | {"t": ("Chính ủy", "RANK")})
    tables = score([article()], [pred]).tables
    assert (tables["entities"].micro.tp, tables["entity_spans"].micro.tp) == (3, 4)
    assert (tables["relations"].micro.tp, tables["relation_spans"].micro.tp) == (1, 3)
    assert tables["entities"].labels["RANK"].pred == 2
    assert tables["relations"].labels["HAS_RANK"].tp == 1


def test_a_moved_border_costs_both() -> None:
    pred = article(spans=SPANS | {"u": ("Lữ đoàn", "UNIT")})
    tables = score([article()], [pred]).tables
    assert tables["entities"].micro.tp == tables["entity_spans"].micro.tp == 3
    assert tables["relations"].micro.tp == tables["relation_spans"].micro.tp == 2


def test_reversed_relation_is_wrong() -> None:
    pred = article(ties=[("r", "HAS_RANK", "p"), *TIES[1:]])
    assert score([article()], [pred]).tables["relations"].micro.tp == 2


def test_records_count_by_fact() -> None:
    pred = Records(
        (Official("vũ đình lộc", "Thượng tá", (Post("Chính uỷ", "Lữ đoàn 71"), Post("Chủ nhiệm"))),),
        (Agreement("Quy chế phối hợp", ("Lữ đoàn 71",)),),
    )
    result = score([article()], [article(records=pred)], {"a": RECORDS})
    officials, agreements = result.tables["officials"].micro, result.tables["agreements"].micro
    assert (officials.tp, officials.pred, officials.gold) == (1, 3, 2)
    assert (agreements.tp, agreements.pred, agreements.gold) == (0, 2, 0)


def test_articles_pair_by_id_and_nothing_is_dropped_silently() -> None:
    gold = [article("a"), article("b"), article("c")]
    pred = [article("b"), article("x"), article("a", spans={}, ties=[])]
    result = score(gold, pred, {"a": RECORDS})
    assert result.tables["entities"].micro.tp == 4
    assert result.tables["entities"].micro.gold == 12
    assert [d.id for d in result.predicted] == ["a", "b", "c"]
    assert result.notes == (
        "articles without a prediction, counted as empty: 1 (c)",
        "predictions without an annotated article, left out: 1 (x)",
        "articles without annotated records, counted in no records table: 2 (b, c)",
        "predictions without records, counted as empty: 1 (a)",
    )


def test_predictions_on_another_text_are_refused() -> None:
    other = Document(TEXT.replace("Lộc", "Lực"), id="a")
    with pytest.raises(PhoihopError, match=r"article a: .* another text .* character 16"):
        score([article()], [other])


def test_no_articles_and_ids_twice_are_refused() -> None:
    with pytest.raises(PhoihopError, match="no annotated articles"):
        score([], [article()])
    with pytest.raises(PhoihopError, match="2 annotated articles have the id 'a'"):
        score([article(), article()], [article()])
    with pytest.raises(PhoihopError, match="2 predicted articles have the id 'a'"):
        score([article()], [article(), article()])


def test_unseen_surfaces() -> None:
    seen = Document("Chính uỷ họp với ĐẠI TÁ.", (Entity("x", 0, 8, "TITLE"), Entity("y", 17, 23, "RANK")))
    pred = article(spans={k: v for k, v in SPANS.items() if k != "u"}, ties=[])
    table = score([article()], [pred], seen=[seen]).tables["unseen"]
    assert (table.micro.tp, table.micro.pred, table.micro.gold) == (1, 1, 2)
    assert set(table.labels) == {"PERSON", "UNIT"}


def test_evaluate_runs_the_extractor_and_asks_for_what_it_cannot_reach() -> None:
    lost = Lost("entity", (0, 6, "RANK"), "tokens", "its end lies inside a token")
    parrot = Parrot([article(records=RECORDS), article(spans={}, ties=[])], [lost])
    result = evaluate(parrot, [article(None), article("b")], {"#1": RECORDS})  # type: ignore[arg-type]
    assert result.tables["entities"].micro.tp == 4
    assert result.tables["officials"].micro.f1 == 1.0
    assert result.unreachable == (("#1", lost), ("b", lost))
    assert result.speed is not None
    assert (result.speed.articles, result.speed.words) == (2, 2 * len(TEXT.split()))
    assert result.speed.seconds > 0


def test_to_dict_is_json_and_holds_the_figures() -> None:
    lost = Lost("relation", (), "candidates", "too far apart")
    result = evaluate(Parrot([article()], [lost]), [article()])  # type: ignore[arg-type]
    data = json.loads(json.dumps(result.to_dict()))
    assert data["articles"] == 1
    assert data["tables"]["entities"]["micro"]["f1"] == 1.0
    assert data["unreachable"]["causes"] == {"relation: candidates": 1}
    assert data["speed"]["words_per_second"] > 0


def test_report_prints_the_definition_above_each_table_and_the_causes() -> None:
    lost = Lost("entity", (0, 6, "RANK"), "tokens", "its end lies inside a token")
    pred = article(spans=SPANS | {"u": ("Lữ đoàn", "UNIT")})
    result = evaluate(Parrot([pred] * 2, [lost]), [article("a"), article("b")], {"a": RECORDS})  # type: ignore[arg-type]
    text = report(result, errors=1)
    for table in result.tables.values():
        lines = text.split(f"{table.title}\n  correct: ")
        assert len(lines) == 2
        assert " ".join(lines[1].split()).startswith(table.definition)
    assert "95 % interval of F1 75.0 to 75.0" in text
    assert "entity: 2 of 8 (25.00 %)" in text
    assert "tokens: 2, for example in a: its end lies inside a token" in text
    assert "entity errors: 2 (2 border)" in text
    assert "a border: UNIT “Lữ đoàn 71”, predicted UNIT “Lữ đoàn”" in text
    assert "… and 1 more" in text
    assert max(map(len, text.splitlines())) < 130


def test_slips_say_what_kind_of_error_it_is() -> None:
    pred = article(
        spans={
            "r": ("Đại tá", "TITLE"),
            "p": ("Đình Lộc", "PERSON"),
            "u": ("Lữ đoàn 71", "UNIT"),
            "x": ("chủ trì", "DATE"),
        },
        ties=[("p", "HOLDS", "u")],
    )
    kinds = [(s.kind, s.detail) for s in entity_slips(article(), pred)]
    assert kinds == [
        ("label", "RANK “Đại tá”, predicted TITLE “Đại tá”"),
        ("border", "PERSON “Vũ Đình Lộc”, predicted PERSON “Đình Lộc”"),
        ("missed", "TITLE “Chính ủy”"),
        ("wrong", "DATE “chủ trì”"),
    ]
    ends = [(s.kind, s.detail) for s in relation_slips(article(), pred)]
    assert ends[-1] == ("wrong", "PERSON “Đình Lộc” HOLDS UNIT “Lữ đoàn 71”, 3 words apart")
    assert [kind for kind, _ in ends] == ["missed end"] * 3 + ["wrong"]
    only_tie_lost = article(ties=TIES[1:])
    assert [s.kind for s in relation_slips(article(), only_tie_lost)] == ["missed"]


def test_predictions_can_be_read_back(tmp_path: Path) -> None:
    documents = [article("a", records=RECORDS), article("b", records=Records())]
    write_jsonl(documents, tmp_path / "p.jsonl")
    lines = (tmp_path / "p.jsonl").read_text(encoding="utf-8").splitlines()
    back = [Document.from_dict(json.loads(line)) for line in lines]
    assert back == documents
    assert [d.records for d in back] == [RECORDS, Records()]
    with pytest.raises(PhoihopError, match="cannot be written"):
        write_jsonl(documents, tmp_path / "no" / "p.jsonl")
