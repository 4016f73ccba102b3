"""The schema: what it allows, what it says of a document, what it refuses to be."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema, default_schema


def test_the_default_allows_what_the_guide_tells(root: Path) -> None:
    schema = default_schema()
    guide = (root / "data" / "ANNOTATION.md").read_text(encoding="utf-8")
    rows = [[c.strip() for c in line.split("|")] for line in guide.splitlines() if line.startswith("| `")]
    told = {(c[1].strip("`"), *c[2].split(" → ")) for c in rows if "→" in c[2]}
    assert told == {(relation, head, tail) for head, relation, tail in schema.triples}
    assert [c[1].strip("`") for c in rows if "→" not in c[2]] == list(schema.labels)


def test_tags_and_pairs() -> None:
    schema = Schema(("A", "B"), (("A", "R", "B"), ("A", "S", "B"), ("B", "R", "A")))
    assert schema.tags == ("O", "B-A", "I-A", "B-B", "I-B")
    assert schema.relations == ("R", "S")
    assert schema.by_pair == {("A", "B"): ("R", "S"), ("B", "A"): ("R",)}


@pytest.mark.parametrize(
    ("labels", "triples", "words"),
    [
        ((), (), "empty"),
        (("A", "A"), (), "label stands twice"),
        (("A",), (("A", "R", "A"), ("A", "R", "A")), "triple stands twice"),
        (("A B",), (), "no name"),
        (("1A",), (), "no name"),
        (("A",), (("A", "R=", "A"),), "no name"),
        (("A",), (("A", "R", "B"),), "'B', which is not in"),
        (("A",), (("B", "R", "A"),), "'B', which is not in"),
    ],
)
def test_impossible_schemas(labels: tuple[str, ...], triples: Any, words: str) -> None:
    with pytest.raises(PhoihopError, match=words):
        Schema(labels, triples)


def test_faults_name_label_and_triple() -> None:
    d = Document(
        "a b", (Entity("x", 0, 1, "DATE"), Entity("y", 2, 3, "SHIP")), (Relation("x", "HOLDS", "y"),)
    )
    label, triple = default_schema().faults(d)
    assert "'SHIP'" in label
    assert "DATE HOLDS SHIP" in triple


@given(data=st.data())
def test_the_schema_of_documents_is_the_smallest_that_allows_them(
    data: st.DataObject, documents: st.SearchStrategy[Document]
) -> None:
    drawn = [d for d in data.draw(st.lists(documents, min_size=1, max_size=3)) if d.entities]
    if not drawn:
        return
    schema = Schema.from_documents(drawn)
    assert not any(schema.faults(d) for d in drawn)
    for label in schema.labels:
        rest = tuple(x for x in schema.labels if x != label)
        kept = tuple(t for t in schema.triples if label not in (t[0], t[2]))
        assert not rest or any(Schema(rest, kept).faults(d) for d in drawn)


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "schema.toml"
    path.write_text('labels = ["LOC"]\nrelations = [["LOC", "IN", "LOC"]]\n', encoding="utf-8")
    schema = Schema.load(path)
    assert schema == Schema(("LOC",), (("LOC", "IN", "LOC"),))
    assert Schema.from_dict(schema.to_dict()) == schema
    with pytest.raises(PhoihopError, match=r"absent\.toml: cannot be read"):
        Schema.load(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("labels = [", "no TOML"),
        ("labels = 3", "list of names"),
        ('labels = ["A"]\nrelation = []', "unknown key 'relation'"),
        ('labels = ["A"]\nrelations = [["A", "R"]]', "head label"),
        ("labels = []", "is empty"),
    ],
)
def test_broken_files_are_named(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "own.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PhoihopError, match=words) as caught:
        Schema.load(path)
    assert "own.toml" in str(caught.value)


def test_the_default_is_the_file_in_the_package(root: Path) -> None:
    data = tomllib.loads((root / "data" / "schema.toml").read_text(encoding="utf-8"))
    assert default_schema().to_dict() == data
