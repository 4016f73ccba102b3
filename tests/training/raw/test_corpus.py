"""Raw text: what is read, what is kept, how it becomes ids."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from phoihop.data.errors import PhoihopError
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.raw.corpus import domain_share, encode_documents, read_raw, sample_documents

GENRE = "Đại tá Hà Kim Tuế, Chính ủy Lữ đoàn, ký kết quy chế phối hợp với Tỉnh ủy. " * 4
SPORT = "Trận đấu muộn kết thúc với tỉ số hòa, khán giả ra về trong mưa bụi. " * 4


def test_text_files_json_lines_and_packed_ones_are_read(tmp_path: Path) -> None:
    import zstandard

    (tmp_path / "a.txt").write_text("Một\nhai.", encoding="utf-8")
    lines = "\n".join(
        json.dumps({"id": i, "text": t}, ensure_ascii=False) for i, t in enumerate(["Ba.", "Bốn."])
    )
    (tmp_path / "b.jsonl").write_text(lines + "\n\n", encoding="utf-8")
    deeper = tmp_path / "more"
    deeper.mkdir()
    (deeper / "c.jsonl.zst").write_bytes(zstandard.compress(lines.replace("B", "N").encode()))
    (deeper / "notes.md").write_text("not read", encoding="utf-8")
    assert list(read_raw([tmp_path])) == ["Một\nhai.", "Ba.", "Bốn.", "Na.", "Nốn."]
    assert list(read_raw([tmp_path / "b.jsonl", tmp_path / "a.txt"])) == ["Ba.", "Bốn.", "Một\nhai."]


def missing(folder: Path) -> Path:
    return folder / "none.txt"


def empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def other_kind(folder: Path) -> Path:
    (folder / "a.docx").write_bytes(b"PK")
    return folder / "a.docx"


def latin(folder: Path) -> Path:
    (folder / "a.txt").write_bytes("Nguyễn é".encode("utf-16"))
    return folder / "a.txt"


def latin_lines(folder: Path) -> Path:
    (folder / "a.jsonl").write_bytes(b'{"text": "\xe9"}\n')
    return folder / "a.jsonl"


def no_json(folder: Path) -> Path:
    (folder / "a.jsonl").write_text('{"text": "Một."}\nhai\n', encoding="utf-8")
    return folder / "a.jsonl"


def no_text(folder: Path) -> Path:
    (folder / "a.jsonl").write_text('{"text": "Một."}\n{"body": "Hai."}\n', encoding="utf-8")
    return folder / "a.jsonl"


def number_for_text(folder: Path) -> Path:
    (folder / "a.jsonl").write_text('{"text": "Một."}\n{"text": 2}\n', encoding="utf-8")
    return folder / "a.jsonl"


def not_packed(folder: Path) -> Path:
    (folder / "a.jsonl.zst").write_text('{"text": "Một."}\n', encoding="utf-8")
    return folder / "a.jsonl.zst"


@pytest.mark.parametrize(
    "make, line",
    [
        *((make, "") for make in (missing, empty, other_kind, latin, latin_lines, not_packed)),
        *((make, ":2") for make in (no_json, no_text, number_for_text)),
    ],
    ids=lambda x: getattr(x, "__name__", x),
)
def test_a_bad_source_is_named(make: Callable[[Path], Path], line: str, tmp_path: Path) -> None:
    path = make(tmp_path)
    with pytest.raises(PhoihopError, match=re.escape(f"{path}{line}")) as raised:
        sample_documents([path], 1000, seed=1)
    assert "\n" not in str(raised.value)


def test_texts_of_the_genre_are_told_from_others() -> None:
    assert domain_share(SPORT) == 0
    assert domain_share("") == 0
    assert domain_share(GENRE) > 3
    assert domain_share(GENRE.upper()) == domain_share(GENRE)


def test_more_of_the_genre_is_kept_and_the_choice_follows_the_seed(tmp_path: Path) -> None:
    rows = [{"text": f"{n}. {GENRE if n % 2 else SPORT}"} for n in range(400)]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in rows), encoding="utf-8")
    kept = sample_documents([path], 10**9, seed=3)
    genre = sum("Chính ủy" in t for t in kept)
    assert genre == 200 and 10 < len(kept) - genre < 60
    assert sample_documents([path], 10**9, seed=3) == kept
    assert sample_documents([path], 10**9, seed=4) != kept
    assert kept != sorted(kept)


def test_about_as_many_words_are_taken_as_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join([json.dumps({"text": GENRE})] * 50), encoding="utf-8")
    length = GENRE.count(" ") + 1
    kept = sample_documents([path], 5 * length, seed=1)
    assert len(kept) == 5


def test_texts_are_normalised(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((GENRE + "uỷ ban\u200b\r\nhoà").encode())
    (kept,) = sample_documents([path], 1000, seed=1)
    assert kept.endswith("ủy ban\nhòa")


def test_each_text_becomes_its_ids_and_an_end(tokenizer: SubwordTokenizer) -> None:
    texts = ["Huyện ủy Thác Lài, 2021", " ", "Trời mưa."]
    row = encode_documents(texts, tokenizer)
    first = tokenizer.encode(["Huyện", "ủy", "Thác", "Lài", ",", "2021"]).ids.tolist()
    last = tokenizer.encode(["Trời", "mưa", "."]).ids.tolist()
    assert row.tolist() == [*first, tokenizer.end_id, *last, tokenizer.end_id]
    assert encode_documents([], tokenizer).tolist() == []
