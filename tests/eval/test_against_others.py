"""The same numbers from two others: the scorer of the real news, and seqeval."""

from __future__ import annotations

import importlib.util
import itertools
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.readers import read_documents, write_jsonl
from phoihop.data.records import Agreement, Official, Post, Records
from phoihop.data.schema import default_schema
from phoihop.eval.evaluate import score
from phoihop.eval.facts import agreement_counts, day, plain

SCHEMA = default_schema()
TITLES = {
    "entities": "entities (start, end, label)",
    "relations": "relations (label, both ends strict)",
    "officials": "officials (facts)",
    "agreements": "agreements (facts)",
}


@pytest.fixture(scope="module")
def scorer(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("referee", shared / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def gold(shared: Path, scorer: ModuleType) -> list[Document]:
    """The annotated articles, read by the scorer itself, with their records."""
    documents = []
    for path in sorted((shared / "real" / "dev").glob("*.ann.md")):
        data = scorer.read_gold(path)
        ids = {key: f"g{i}" for i, key in enumerate(sorted(data["entities"]))}
        entities = tuple(Entity(id, *key) for key, id in ids.items())
        relations = tuple(Relation(ids[h], r, ids[t]) for h, r, t in sorted(data["relations"]))
        records = Records.from_dict(data["records"])
        documents.append(Document(data["text"], entities, relations, path.name.split(".")[0], records))
    return documents


def worse(document: Document, rng: random.Random) -> Document:
    """The document with some of everything dropped, moved, renamed, added or written otherwise."""
    text = document.text
    spans: list[tuple[int, int, str, str]] = []
    end_before = 0
    for e in document.entities:
        start, end, label = e.key
        draw = rng.random()
        if draw < 0.1:
            continue
        if draw < 0.2:
            end = min(len(text), end + rng.randint(1, 6))
        elif draw < 0.3:
            start, end = start + 1, end + 1
        elif draw < 0.4:
            label = rng.choice(SCHEMA.labels)
        if end_before <= start < end <= len(text):
            spans.append((start, end, label, e.id))
            end_before = end
    kept = {id for *_, id in spans}
    ties = {(r.head, r.label, r.tail) for r in document.relations if rng.random() < 0.8}
    if kept:
        for _ in range(5):
            head, tail = rng.choice(sorted(kept)), rng.choice(sorted(kept))
            ties.add((head, rng.choice(SCHEMA.relations), tail))
    ties = {t for t in ties if t[0] in kept and t[2] in kept and t[0] != t[2]}
    return Document(
        text,
        tuple(Entity(id, s, e, label, rng.random()) for s, e, label, id in spans),
        tuple(Relation(*tie, rng.random()) for tie in sorted(ties)),
        document.id,
        worse_records(document.records or Records(), rng),
    )


def otherwise(text: str, rng: random.Random) -> str:
    """The string in another case, spacing or tone placement, now and then really changed."""
    way = rng.choice(["same", "same", "upper", "wide", "tones", "cut"])
    if way == "tones":
        return text.replace("òa", "oà").replace("ủy", "uỷ").replace("oà", "òa")
    return {"upper": text.upper(), "wide": text.replace(" ", "\u00a0 "), "cut": text[:-1]}.get(
        way, text
    ) or "?"


def worse_records(records: Records, rng: random.Random) -> Records:
    officials = []
    for o in records.officials:
        posts = tuple(
            Post(otherwise(p.title, rng), rng.choice([p.unit, p.unit, None]))
            for p in o.posts
            if rng.random() < 0.8
        )
        officials.append(
            Official(otherwise(o.name, rng), rng.choice([o.rank, o.rank, None, "Đại uý"]), posts)
        )
    agreements = []
    for a in records.agreements * rng.choice([1, 1, 2]):
        if rng.random() < 0.2:
            continue
        period = rng.choice([a.period, a.period, None, (2020, None)])
        parties = tuple(otherwise(p, rng) for p in a.parties if rng.random() < 0.8)
        agreements.append(
            Agreement(otherwise(a.kind, rng), parties, period, rng.choice([a.signed_on, "14/3"]))
        )
    rng.shuffle(agreements)
    return Records(tuple(officials), tuple(agreements))


def rows(printed: str) -> dict[str, dict[str, tuple[str, ...]]]:
    """What the scorer printed: {title: {label: (P, R, F1, gold)}}."""
    out: dict[str, dict[str, tuple[str, ...]]] = {}
    title = ""
    for line in printed.splitlines():
        if m := re.fullmatch(r"  (\S+) +P +(\S+)  R +(\S+)  F1 +(\S+)  gold (\d+)", line):
            out[title][m[1]] = (m[2], m[3], m[4], m[5])
        else:
            title = line
            out[title] = {}
    return out


def row(counts: Any) -> tuple[str, ...]:
    shares = (f"{100 * x:.1f}" for x in (counts.precision, counts.recall, counts.f1))
    return (*shares, str(counts.gold))


@pytest.mark.parametrize("seed", [1, 2])
def test_same_numbers_as_the_scorer(shared: Path, gold: list[Document], tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    pred = [worse(d, rng) for d in gold if rng.random() < 0.95]
    write_jsonl(pred, tmp_path / "p.jsonl")
    command = [
        sys.executable,
        str(shared / "score.py"),
        str(shared / "real" / "dev"),
        str(tmp_path / "p.jsonl"),
    ]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = rows(printed)
    ours = score(gold, pred, {str(d.id): d.records for d in gold if d.records}).tables
    assert 0.3 < ours["entities"].micro.f1 < 0.95
    assert 0.3 < ours["agreements"].micro.f1 < 0.95
    for key, title in TITLES.items():
        table = ours[key]
        assert theirs[title].pop("micro") == row(table.micro)
        if key == "agreements":
            continue  # one row there, a row for each field here
        assert theirs[title] == {label: row(table.labels[label]) for label in table.labels}


def test_gold_is_perfect_in_both(shared: Path, gold: list[Document], tmp_path: Path) -> None:
    write_jsonl(gold, tmp_path / "p.jsonl")
    command = [
        sys.executable,
        str(shared / "score.py"),
        str(shared / "real" / "dev"),
        str(tmp_path / "p.jsonl"),
    ]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ours = score(gold, gold, {str(d.id): d.records for d in gold if d.records}).tables
    for key, title in TITLES.items():
        assert ours[key].micro.f1 == 1.0
        assert rows(printed)[title]["micro"] == row(ours[key].micro)


def test_strings_and_days_compare_alike(scorer: ModuleType, gold: list[Document]) -> None:
    strings = {d.surface(e) for d in gold for e in d.entities}
    strings |= {
        "",
        "  Ngày 02-9 ",
        "2023-1-05",
        "12345-67-890",
        "ngày 3 tháng 2",
        "1 - 2",
        "Hoà UỶ\u00a0KHOẺ oàn",
    }
    for s in strings:
        assert plain(s) == scorer.plain(s)
        assert day(s) == scorer.day(s)


WORDS = st.lists(
    st.sampled_from(["Hòa", "hoà", "UỶ", "14/3", "ngày 2 tháng 9", "2020-01-31", "\u00a0", "quý", "x"]),
    max_size=5,
)


AGREEMENTS = st.lists(
    st.builds(
        Agreement,
        st.sampled_from(["quy chế", "Quy  chế", "kế hoạch"]),
        st.lists(st.sampled_from(["A", "B", "C"]), max_size=3).map(tuple),
        st.sampled_from([None, (2020, 2025), (None, 2025), (2021, None), (0, 2020)]),
        st.sampled_from([None, "", "14/3", "ngày 14 tháng 3"]),
    ),
    max_size=10,
)


@settings(max_examples=150, deadline=None)
@given(AGREEMENTS, AGREEMENTS, WORDS)
def test_agreements_count_alike(
    scorer: ModuleType, gold_side: list[Agreement], pred_side: list[Agreement], words: list[str]
) -> None:
    ours = agreement_counts(gold_side, pred_side)
    dicts = [Records((), tuple(side)).to_dict()["agreements"] for side in (gold_side, pred_side)]
    dicts = json.loads(json.dumps(dicts))
    assert tuple(c.total() for c in ours) == scorer.agreement_counts(*dicts)
    assert plain(" ".join(words)) == scorer.plain(" ".join(words))
    assert day(" ".join(words)) == scorer.day(" ".join(words))


@st.composite
def marked(draw: st.DrawFn) -> tuple[list[tuple[int, int, str]], list[tuple[int, int, str]]]:
    """Two sets of spans over a text of 30 characters, the second often like the first."""

    def spans() -> list[tuple[int, int, str]]:
        cuts = sorted(draw(st.sets(st.integers(0, 30), max_size=8)))
        pairs = itertools.pairwise(cuts)
        return [(a, b, draw(st.sampled_from(["X", "Y"]))) for a, b in pairs if draw(st.booleans())]

    first = spans()
    return first, draw(st.one_of(st.just(spans()), st.just([s for s in first if draw(st.booleans())])))


@settings(max_examples=60, deadline=None)
@given(st.lists(marked(), min_size=1, max_size=4))
def test_entities_as_seqeval_strict_counts_them(articles: list[Any]) -> None:
    seqeval = pytest.importorskip("seqeval.metrics")
    from seqeval.scheme import IOB2

    def document(id: int, spans: list[tuple[int, int, str]]) -> Document:
        return Document("x" * 30, tuple(Entity(f"e{i}", *s) for i, s in enumerate(spans)), id=str(id))

    def tags(spans: list[tuple[int, int, str]]) -> list[str]:
        out = ["O"] * 30
        for start, end, label in spans:
            out[start:end] = [f"B-{label}"] + [f"I-{label}"] * (end - start - 1)
        return out

    gold = [document(i, g) for i, (g, _) in enumerate(articles)]
    pred = [document(i, p) for i, (_, p) in enumerate(articles)]
    table = score(gold, pred).tables["entities"]
    y_true, y_pred = [tags(g) for g, _ in articles], [tags(p) for _, p in articles]
    if not table.labels:
        return
    theirs = seqeval.classification_report(
        y_true, y_pred, mode="strict", scheme=IOB2, output_dict=True, zero_division=0
    )
    for label, counts in table.labels.items():
        ours = (counts.precision, counts.recall, counts.f1, counts.gold)
        assert ours == pytest.approx(tuple(theirs[label].values()))
    micro = table.micro
    ours = (micro.precision, micro.recall, micro.f1, micro.gold)
    assert ours == pytest.approx(tuple(theirs["micro avg"].values()))
    assert table.macro == pytest.approx(tuple(theirs["macro avg"].values())[:3])


def test_our_reader_gives_the_gold_the_scorer_reads(shared: Path, gold: list[Document]) -> None:
    ours = read_documents(shared / "real" / "dev")
    assert [d.id for d in ours] == [d.id for d in gold]
    for our, their in zip(ours, gold, strict=True):
        assert our.entity_keys() == their.entity_keys()
        assert our.relation_keys() == their.relation_keys()
        assert our.records == their.records
