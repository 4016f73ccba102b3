"""Reading files without touching a character."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phoihop.data.errors import PhoihopError
from phoihop.data.text import decode, line_and_column, read_text, write_text


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_bytes_of_any_text(text: str) -> None:
    expected = text.removeprefix("\ufeff")
    assert decode(text.encode(), "x") == expected
    assert decode(b"\xef\xbb\xbf" + text.encode(), "x") == text


def test_line_ends_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    text = "một\r\nhai\rba\u2028bốn\n"
    write_text(path, text)
    assert path.read_bytes() == text.encode()
    assert read_text(path) == text


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"ab\0c", r"NUL at byte 2"),
        ("chữ".encode("utf-16"), "UTF-16"),
        (b"a\nb\xe1\xba", r"0xe1 at byte 3, line 2"),
        (b"\xef\xbb\xbfab\xff", r"0xff at byte 5, line 1"),
    ],
)
def test_what_is_no_text(tmp_path: Path, raw: bytes, words: str) -> None:
    path = tmp_path / "b.txt"
    path.write_bytes(raw)
    with pytest.raises(PhoihopError, match=words) as caught:
        read_text(path)
    assert str(path) in str(caught.value)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(PhoihopError, match=r"gone\.txt: cannot be read"):
        read_text(tmp_path / "gone.txt")
    with pytest.raises(PhoihopError, match="cannot be read"):
        read_text(tmp_path)
    with pytest.raises(PhoihopError, match="cannot be written"):
        write_text(tmp_path / "no" / "folder.txt", "a")
    with pytest.raises(PhoihopError, match=r"character 1 is half a surrogate pair \(U\+D800\)"):
        write_text(tmp_path / "a.txt", "a\ud800")


@given(st.text("a\n\r"), st.data())
def test_line_and_column(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    line, column = line_and_column(text, offset)
    lines = text.split("\n")
    assert sum(len(x) + 1 for x in lines[: line - 1]) + column - 1 == offset
