"""Folders, blocks and JSON Lines: what is read, how it is called, what is refused."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity
from phoihop.data.errors import PhoihopError
from phoihop.data.folder import split_blocks
from phoihop.data.inline import parse
from phoihop.data.readers import load, read_documents, write_inline_folder, write_jsonl
from phoihop.data.records import Official, Records
from phoihop.data.schema import Schema, default_schema


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def test_a_folder_is_read_in_order_with_ids_from_its_names(tmp_path: Path) -> None:
    put(tmp_path / "b" / "x.ann.md", "ba\n")
    put(tmp_path / "a" / "x.ann.md", "[hai](UNIT)\r\n")
    put(tmp_path / "a" / "b.c.ann.md", "\ufeff[một](UNIT)")
    put(tmp_path / "a" / "note.md", "[x](NOTHING)")
    documents = read_documents(tmp_path)
    assert [(d.id, d.text) for d in documents] == [
        ("b.c", "một"),
        ("a/x", "hai\r\n"),
        ("b/x", "ba\n"),
    ]
    assert documents[0].surface(documents[0].entities[0]) == "một"


def test_records_beside_an_article_come_along(tmp_path: Path) -> None:
    put(tmp_path / "x.ann.md", "[Tạ Quang Bưởi](PERSON)\n")
    put(tmp_path / "x.records.json", '{"officials": [{"name": "Tạ Quang Bưởi"}], "agreements": []}')
    put(tmp_path / "y.ann.md", "không\n")
    one, other = read_documents(tmp_path)
    assert one.records == Records((Official("Tạ Quang Bưởi"),))
    assert other.records is None
    put(tmp_path / "x.records.json", "{")
    with pytest.raises(PhoihopError, match=r"x\.records\.json:1:2: no JSON"):
        read_documents(tmp_path)


def test_blocks_with_and_without_headings(tmp_path: Path) -> None:
    text = "# K1: lời giải thích\n[a](UNIT)\n---\nb\n\n---  \n\n---\n# K3:\n# c\n---\n"
    path = put(tmp_path / "hard.ann.md", text)
    assert [(d.id, d.text) for d in read_documents(path)] == [
        ("K1", "a\n"),
        ("hard-2", "b\n\n"),
        ("K3", "# c\n"),
    ]
    assert [block.line for block in split_blocks(text)] == [2, 4, 10]


def test_without_a_separator_a_heading_is_text(tmp_path: Path) -> None:
    path = put(tmp_path / "a.ann.md", "# K1: lời\n--- \t-\nx ---\n ---\n")
    assert read_documents(path) == [Document("# K1: lời\n--- \t-\nx ---\n ---\n", id="a")]


def test_errors_in_blocks_count_lines_of_the_file(tmp_path: Path) -> None:
    path = put(tmp_path / "h.ann.md", "# A: x\nx\n---\n# B: y\nok\n[x](SHIP)\n---\n# A: z\nz\n---\nend\n")
    found = list(load(path))
    assert [type(f).__name__ for f in found] == ["Article", "PhoihopError", "PhoihopError", "Article"]
    assert str(found[1]).startswith(f"{path}:6:5: unknown label SHIP")
    assert f"{path}:9: a second block 'A'" in str(found[2])
    with pytest.raises(PhoihopError, match="unknown label SHIP"):
        read_documents(path)


@pytest.mark.parametrize("content", ["---\n", "\n---\n---\n"])
def test_a_file_without_articles(tmp_path: Path, content: str) -> None:
    with pytest.raises(PhoihopError, match="no article in it"):
        read_documents(put(tmp_path / "e.ann.md", content))


def test_paths_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(PhoihopError, match=r"holds no \*\.ann\.md file"):
        read_documents(tmp_path)
    with pytest.raises(PhoihopError, match="no such file or folder"):
        read_documents(tmp_path / "gone")
    with pytest.raises(PhoihopError, match="not a kind of file"):
        read_documents(put(tmp_path / "a.txt", "x"))
    with pytest.raises(PhoihopError, match="no article in it"):
        read_documents(put(tmp_path / "a.jsonl", "\n"))
    (tmp_path / "b.ann.md").write_bytes(b"\xff")
    with pytest.raises(PhoihopError, match=r"b\.ann\.md: not UTF-8"):
        read_documents(tmp_path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_jsonl_and_back(data: st.DataObject, bracketed: st.SearchStrategy[Document]) -> None:
    documents = [d.replace(id=f"d{n}") for n, d in enumerate(data.draw(st.lists(bracketed, min_size=1)))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "all.jsonl"
        write_jsonl(documents, path)
        assert read_documents(path, default_schema()) == documents


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_written_folder_and_back(data: st.DataObject, documents: st.SearchStrategy[Document]) -> None:
    drawn = [d.replace(id=f"{n % 3}/d{n}") for n, d in enumerate(data.draw(st.lists(documents, min_size=1)))]
    with tempfile.TemporaryDirectory() as folder:
        write_inline_folder(drawn, folder)
        again = {d.id: d for d in read_documents(folder)}
    assert len(again) == len(drawn)
    for d in drawn:
        other = again[str(d.id).split("/")[1]]
        # a byte order mark is none of the text; the strategy draws none
        assert (other.text, other.entity_keys(), other.relation_keys()) == (
            d.text,
            d.entity_keys(),
            d.relation_keys(),
        )


def test_writing_a_folder_keeps_records_and_touches_nothing_that_is_there(
    tmp_path: Path, meeting: Document
) -> None:
    document = meeting.replace(records=Records((Official("Vũ Khắc Miên", "Thượng tá"),)))
    (path,) = write_inline_folder([document], tmp_path / "new")
    assert path == tmp_path / "new" / "m1.ann.md"
    (again,) = read_documents(tmp_path / "new")
    assert again.records == document.records
    assert set(again.relations) == set(parse(path.read_text(encoding="utf-8")).relations)
    with pytest.raises(PhoihopError, match="the file exists"):
        write_inline_folder([document.replace(text=meeting.text.upper())], tmp_path / "new")
    assert read_documents(tmp_path / "new")[0].text == meeting.text
    write_inline_folder([document.replace(text=meeting.text.upper())], tmp_path / "new", overwrite=True)
    assert read_documents(tmp_path / "new")[0].text == meeting.text.upper()


@pytest.mark.parametrize(
    ("documents", "words"),
    [
        ([Document("a")], "has no id"),
        ([Document("a", id="x"), Document("b", id="x")], "two documents have the id 'x'"),
        ([Document("a", id="x"), Document("b", id="../x")], "makes no file name"),
        ([Document("a", id="x"), Document("b", id="/x")], "makes no file name"),
        (
            [Document("a", id="x"), Document("a\n---\nb", id="y")],
            "document y: a line of the text is just '---'",
        ),
        (
            [Document("a", id="x"), Document("[", (Entity("e", 0, 1, "UNIT"),), id="y")],
            "document y: .* bracket",
        ),
    ],
)
def test_a_folder_that_cannot_be_written_is_not_begun(
    tmp_path: Path, documents: list[Document], words: str
) -> None:
    with pytest.raises(PhoihopError, match=words):
        write_inline_folder(documents, tmp_path / "out")
    assert not list(tmp_path.rglob("*"))


ENTITY = {"id": "e", "start": 0, "end": 2, "label": "UNIT"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "no JSON .* at column 2"),
        ("[" * 100_000, "no JSON|nested too deeply"),
        ("[]", "expected an object"),
        ("null", "expected an object"),
        ({"id": "k"}, "'text' is missing"),
        ({"text": "ab", "entities": [ENTITY | {"text": "abc"}]}, "'e' says 'abc' but 0:2 is 'ab'"),
        ({"text": "ab", "entities": [ENTITY | {"start": 0.5}]}, "offsets 0.5 and 2"),
        ({"text": "ab", "entities": [ENTITY | {"start": True}]}, "offsets True and 2"),
        ({"text": "ab", "entities": [ENTITY | {"end": "2"}]}, "offsets 0 and '2'"),
        ({"text": "ab", "entities": [3]}, "entity 3 is no object"),
        ({"text": "ab", "entities": [ENTITY | {"end": 3}]}, "outside the text"),
        ({"text": "ab", "entities": 7}, "not iterable"),
        ({"id": "one", "text": "ab"}, "'one' stands in line 1 already"),
    ],
)
def test_broken_lines_are_named_and_the_others_read(tmp_path: Path, line: object, words: str) -> None:
    bad = line if isinstance(line, str) else json.dumps(line)
    path = put(tmp_path / "a.jsonl", '{"id": "one", "text": "x"}\n\n' + bad + '\n{"text": "y\u2028"}\n')
    with pytest.raises(PhoihopError, match=words) as caught:
        read_documents(path)
    assert str(caught.value).startswith(f"{path}:3: ")
    first, _, last = load(path)
    assert not isinstance(first, PhoihopError) and not isinstance(last, PhoihopError)
    assert (first.document.id, last.document.id, last.document.text) == ("one", "a-4", "y\u2028")


def test_a_given_schema_is_enforced(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl([Document("a", (Entity("e", 0, 1, "SHIP"),), id="k")], path)
    assert read_documents(path)[0].entities[0].label == "SHIP"
    assert read_documents(path, Schema(("SHIP",)))
    with pytest.raises(PhoihopError, match=r"a\.jsonl:1: document k: .*'SHIP', which the schema"):
        read_documents(path, default_schema())
