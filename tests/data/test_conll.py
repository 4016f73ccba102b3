"""CoNLL columns: strict IOB2, its relatives when asked, there and back."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.conll import read_conll, write_conll
from phoihop.data.document import Document, Entity
from phoihop.data.errors import PhoihopError
from phoihop.data.readers import read_documents
from phoihop.data.schema import Schema, default_schema

SAMPLE = (
    "-DOCSTART- -X- O O\n\n"
    "Ông\tN\tO\nĐỗ_Văn\tNp\tB-PER\nRíu\tNp\tI-PER\nở\tE\tO\nVinh\tNp\tB-LOC\n\n"
    "Bà\tN\tO\nSen\tNp\tB-PER\r\n"
    "-DOCSTART- -X- O O\n"
    "Huế\tNp\tB-LOC\nHuế\tNp\tB-LOC\n"
)


def put(folder: Path, text: str) -> Path:
    path = folder / "s.conll"
    path.write_bytes(text.encode())
    return path


def marks(d: Document) -> list[tuple[str, str]]:
    return [(d.surface(e), e.label) for e in d.entities]


def test_documents_sentences_and_labels(tmp_path: Path) -> None:
    path = put(tmp_path, SAMPLE)
    one, two = read_documents(path)
    assert (one.id, one.text) == ("s-1", "Ông Đỗ_Văn Ríu ở Vinh\nBà Sen")
    assert marks(one) == [("Đỗ_Văn Ríu", "PER"), ("Vinh", "LOC"), ("Sen", "PER")]
    assert (two.id, two.text) == ("s-2", "Huế Huế")
    assert marks(two) == [("Huế", "LOC"), ("Huế", "LOC")]
    assert read_conll(path, split_words=True)[0].text == "Ông Đỗ Văn Ríu ở Vinh\nBà Sen"
    assert marks(read_conll(path, split_words=True)[0])[0] == ("Đỗ Văn Ríu", "PER")


def test_blanks_part_columns_and_a_lone_underscore_stays(tmp_path: Path) -> None:
    path = put(tmp_path, "a_b   X  B-A-B\n_ X O\n__c X I-Z" + "\n")
    with pytest.raises(PhoihopError, match=r"s\.conll:3: 'I-Z' does not go on"):
        read_conll(path)
    (d,) = read_conll(path, repair=True, split_words=True)
    assert (d.id, d.text) == ("s", "a b _ __c")
    assert marks(d) == [("a b", "A-B"), ("__c", "Z")]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("I-P I-P O I-P", ["a b", "d"]),
        ("I-P B-P I-P O", ["a", "b c"]),
        ("B-P E-P S-P S-P", ["a b", "c", "d"]),
        ("B-P I-P L-P U-P", ["a b c", "d"]),
        ("B-P I-Q I-Q O", ["a", "b c"]),
    ],
)
def test_relatives_are_read_when_asked(tmp_path: Path, labels: str, expected: list[str]) -> None:
    path = put(tmp_path, "".join(f"{w} {x}\n" for w, x in zip("abcd", labels.split(), strict=True)))
    assert [surface for surface, _ in marks(read_conll(path, repair=True)[0])] == expected
    with pytest.raises(PhoihopError, match=r"repair=True|no IOB2 label"):
        read_conll(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a O\nb\n", ":2: one column"),
        ("a\tO\nb\t\t\n", ":2: one column"),
        ("\tO\n", ":1: the token is empty"),
        ("a B\n", ":1: 'B' is no IOB2 label"),
        ("a B-\n", ":1: 'B-' is no IOB2 label"),
        ("a o\n", ":1: 'o' is no IOB2 label"),
        ("a S-X\n", ":1: 'S-X' is no IOB2 label"),
        ("a O\n\nb I-X\n", ":3: 'I-X' does not go on"),
        ("a B-X\n\nb I-X\n", ":3: 'I-X' does not go on"),
        ("\n \n", "no tokens"),
    ],
)
def test_errors_name_the_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(PhoihopError, match=words):
        read_conll(put(tmp_path, text))


def test_a_given_schema_is_enforced(tmp_path: Path) -> None:
    path = put(tmp_path, SAMPLE)
    assert len(read_documents(path, Schema(("PER", "LOC")))) == 2
    with pytest.raises(PhoihopError, match=r"s\.conll:1: document s-1: .*'PER', which the schema"):
        read_documents(path, default_schema())


def test_relations_are_not_lost_unasked(tmp_path: Path, meeting: Document) -> None:
    path = tmp_path / "m.conll"
    with pytest.raises(PhoihopError, match="document m1: CoNLL holds no relations and 6 would be lost"):
        write_conll([meeting], path)
    assert not path.exists()
    write_conll([meeting], path, drop_relations=True)
    assert path.read_text(encoding="utf-8").splitlines()[2:7] == [
        "Sáng\tO",
        "5/4\tB-DATE",
        ",\tO",
        "Đại\tB-RANK",
        "tá\tI-RANK",
    ]
    (again,) = read_documents(path)
    assert marks(again) == marks(meeting)
    assert again.text.count("\n") == meeting.text.count("\n")


@settings(max_examples=200, deadline=None)
@given(data=st.data(), punctuation=st.booleans())
def test_there_and_back(
    data: st.DataObject, bracketed: st.SearchStrategy[Document], punctuation: bool
) -> None:
    drawn = [d.replace(relations=()) for d in data.draw(st.lists(bracketed, min_size=1, max_size=3))]
    drawn = [d.replace(entities=tuple(e for e in d.entities if d.surface(e).strip())) for d in drawn]

    def characters(text: str) -> str:
        return "".join(text.split())

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.conll"
        write_conll(drawn, path, split_punctuation=punctuation)
        first = read_documents(path)
        written = path.read_bytes()
        write_conll(first, path, split_punctuation=punctuation)
        assert path.read_bytes() == written
    assert len(first) == len(drawn)
    for old, new in zip(drawn, first, strict=True):
        assert characters(new.text) == characters(old.text)
        assert [(characters(s), x) for s, x in marks(new)] == [(characters(s), x) for s, x in marks(old)]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (Document("a \n", (Entity("e", 1, 3, "X"),)), "'e' has no characters"),
        (Document("a", (Entity("e", 0, 1, "X Y"),)), "label with blanks"),
        (Document("a -DOCSTART- b"), "starts a document"),
    ],
)
def test_what_columns_cannot_hold(tmp_path: Path, document: Document, words: str) -> None:
    with pytest.raises(PhoihopError, match=words):
        write_conll([document], tmp_path / "a.conll", split_punctuation=False)
