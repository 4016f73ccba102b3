"""What the check of annotated articles finds, and what it leaves in peace."""

from __future__ import annotations

import unicodedata
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data import check as room
from phoihop.data.check import check, check_paths
from phoihop.data.document import Document, Entity
from phoihop.data.inline import parse
from phoihop.data.overlap import FEWEST, GRAM, shares
from phoihop.data.readers import write_jsonl
from phoihop.data.report import Finding, Report
from phoihop.data.schema import Schema


def found(report: Report, name: str) -> list[Finding]:
    assert name in report.checks
    return [f for f in report.findings if f.check == name]


def of(*marked: str) -> Report:
    return check({"all": [parse(text, id=f"a{n}") for n, text in enumerate(marked, 1)]})


def words(first: int, count: int) -> str:
    """A text of ``count`` words none of which comes twice."""
    return " ".join(f"từ{n}" for n in range(first, first + count))


@pytest.mark.parametrize(
    "text",
    [
        "[ Ban A](UNIT)",
        "[Ban A ](UNIT)",
        "[Ban A\n](UNIT)",
        "[\u200bBan A](UNIT)",
        "[Ban A\u00a0](UNIT)",
        "[ ](UNIT)",
    ],
)
def test_blank_edges_are_errors(text: str) -> None:
    (finding,) = found(of("dòng đầu\n" + text), "blank edges")
    assert (finding.severity, finding.place) == ("error", "all/a1:2")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[, Ban A](UNIT)", "','"),
        ("[Ban A,](UNIT)", "','"),
        ("[Ban A –](UNIT)", "'–'"),
        ("[Ban A)](UNIT)", "'\\)'"),
        ("[(Ban A](UNIT)", "'\\('"),
        ("[Ban Tuyên giáo.](UNIT)", "'.'"),
        ("[VĂN M](PERSON)ÂY", "ends inside a word"),
        ("m[ột](UNIT)", "begins inside a word"),
        ("[mộ](UNIT)t", "ends inside a word"),
        ("[năm 202](PERIOD)3", "ends inside a word"),
    ],
)
def test_odd_borders_are_warnings(text: str, word: str) -> None:
    (finding,) = found(of(text), "borders")
    assert finding.severity == "warning"
    assert word.replace("\\", "") in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "[Ban A](UNIT)[Ban B](UNIT)",
        "[Quận ủy](UNIT)Ban và [VĂN MÂY](PERSON)Sáng",
        "[Công ty X (CTX)](UNIT), [Ban “Về nguồn”](UNIT). ([Ban C](UNIT))",
        "[Gil Prado Jr.](PERSON)",
        "[Quận](UNIT)8 và K[5](UNIT)",
    ],
)
def test_good_borders(text: str) -> None:
    report = of(text)
    assert not found(report, "borders") + found(report, "blank edges")


def test_one_surface_with_two_labels() -> None:
    report = of("[Ban A](UNIT) x [ban  a](UNIT)", "y\n\n[BAN A](TITLE) [Ban B](UNIT)")
    (finding,) = found(report, "one label")
    assert finding.place == "all/a2:3"
    assert "'ban a' is marked as UNIT ×2, TITLE ×1" in finding.message


def test_left_unmarked() -> None:
    often = (
        "[Ban Mai Lan](UNIT), [Ban Mai Lan](UNIT), [Ban Mai Lan](UNIT); [Mai](UNIT) [Mai](UNIT) [Mai](UNIT)"
    )
    report = of(
        often,
        "x Ban Mai Lan\nBan  Mai\nLan. Mai",
        "BanMai Lan, Ban Mai Lanh, ban mai lan, [Ban Mai Lan](UNIT)",
    )
    (finding,) = found(report, "left unmarked")
    assert finding.place == "all/a2:1"
    assert "(2 times in all), elsewhere 4 times as UNIT; also all/a2:2" in finding.message
    assert not found(of("[Ban A](UNIT) [Ban A](UNIT) Ban A"), "left unmarked")
    assert not found(of("[Ban A](UNIT) [Ban A](UNIT) [Ban A](UNIT) [Ban A](TITLE) Ban A"), "left unmarked")


def test_the_longest_name_counts() -> None:
    marked = "[Ban Dân vận](UNIT) " * 3 + "[Ban Dân vận Thị ủy](UNIT) " * 3
    (finding,) = found(of(marked + "Ban Dân vận Thị ủy"), "left unmarked")
    assert "'Ban Dân vận Thị ủy'" in finding.message


def test_forms_of_unicode() -> None:
    plain = of("Lữ đoàn\nphối hợp")
    assert not found(plain, "NFC")
    text = "Lữ đoàn\n" + unicodedata.normalize("NFD", "phối hợp")
    (finding,) = found(check({"s": [Document(text, id="k")]}), "NFC")
    assert (finding.severity, finding.place) == ("warning", "s/k:2")


def test_schema_faults_in_files_that_name_their_labels(tmp_path: Path) -> None:
    d = Document("a b", (Entity("x", 0, 1, "SHIP"), Entity("y", 2, 3, "BOAT")), id="k")
    write_jsonl([d], tmp_path / "a.jsonl")
    report = check_paths([tmp_path / "a.jsonl"])
    first, second = found(report, "schema")
    assert "'SHIP'" in first.message and "'BOAT'" in second.message
    assert first.place == f"{tmp_path / 'a.jsonl'}:1 (k)"
    assert report.exit_code == 1
    assert not check_paths([tmp_path / "a.jsonl"], Schema(("SHIP", "BOAT"))).errors


def test_empty_articles() -> None:
    report = of(" \n", "không có gì", "[Ban A](UNIT)")
    assert [f.place for f in found(report, "empty articles")] == ["all/a1:1", "all/a2:1"]


def test_too_few_examples_and_none_in_a_split() -> None:
    marked = parse("[A b](UNIT) " * 20, id="x")
    report = check(
        {"train": [marked], "dev": [parse("[Bà Lý](PERSON)", id="y")]}, Schema(("UNIT", "PERSON", "SHIP"))
    )
    told = {(f.place, f.message.split(",")[0].split(";")[0]) for f in found(report, "enough examples")}
    assert told == {
        ("", "PERSON has 1 examples"),
        ("", "SHIP has 0 examples"),
        ("train", "no PERSON"),
        ("dev", "no UNIT"),
    }


def test_the_same_article_twice() -> None:
    a, b, c = (Document(words(n, 40), id=f"d{n}") for n in (0, 100, 200))
    assert not found(check({"train": [a, b], "dev": [c]}), "leaks between splits")
    shouted = Document("  " + a.text.upper().replace(" ", "\n"), id="e")
    within = found(check({"train": [a, b, shouted]}), "duplicates")
    assert [(f.severity, f.place) for f in within] == [("warning", "train/e:1")]
    across = found(check({"train": [a, b], "dev": [shouted]}), "leaks between splits")
    assert [(f.severity, f.place) for f in across] == [("error", "dev/e:1")]


def test_nearly_the_same_article() -> None:
    a = Document(words(0, 60), id="a")
    near = Document(words(20, 60), id="near")
    far = Document(words(40, 60), id="far")
    (finding,) = found(check({"train": [a], "dev": [near]}), "leaks between splits")
    # 56 runs of five each, 36 in common
    assert (finding.severity, finding.message[:3]) == ("warning", "64%")
    assert not found(check({"train": [a], "dev": [far]}), "leaks between splits")
    # a short article that stands whole inside a long one
    inside = Document(words(10, 20), id="inside")
    assert len(found(check({"train": [a, inside]}), "duplicates")) == 1


@settings(max_examples=100)
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=30), max_size=5))
def test_shares_by_brute_force(texts: list[list[str]]) -> None:
    runs = [{tuple(t[i : i + GRAM]) for i in range(len(t) - GRAM + 1)} for t in texts]
    expected = {
        (i, j): len(runs[i] & runs[j]) / min(len(runs[i]), len(runs[j]))
        for i, j in combinations(range(len(texts)), 2)
        if len(runs[i] & runs[j]) >= FEWEST
    }
    assert shares(texts) == expected


def test_an_id_twice_is_an_error() -> None:
    report = check(
        {"train": [Document("a", id="k")], "dev": [Document("b", id="k"), Document("c"), Document("d")]}
    )
    (finding,) = found(report, "ids")
    assert (finding.severity, finding.place) == ("error", "dev/k:1")
    assert "train/k:1" in finding.message


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_broken_files_are_errors_and_the_others_are_checked(tmp_path: Path) -> None:
    put(tmp_path / "a.ann.md", "[x](SHIP)")
    put(tmp_path / "b.ann.md", "dòng\n[Ban A ](UNIT)")
    (tmp_path / "c.ann.md").write_bytes(b"\0")
    report = check_paths([tmp_path, tmp_path / "gone"])
    unread = found(report, "reading")
    assert [f.place for f in unread] == [
        f"{tmp_path}/a.ann.md:1:5",
        f"{tmp_path}/c.ann.md",
        f"{tmp_path}/gone",
    ]
    assert [f.place for f in found(report, "blank edges")] == [f"{tmp_path}/b.ann.md:2"]
    assert report.errors == 4
    assert list(report.counts) == [tmp_path.name]


def test_splits_are_paths_or_sub_folders(tmp_path: Path) -> None:
    for place in ("train/a", "train/deep/b", "test/a", "extra/c", "d"):
        put(tmp_path / "news" / f"{place}.ann.md", f"[Ban {place}](UNIT)")
    (tmp_path / "news" / "dev").mkdir()
    counts = check_paths([tmp_path / "news"]).counts
    assert {name: c.articles for name, c in counts.items()} == {"train": 2, "test": 1, "news": 2}
    assert found(check_paths([tmp_path / "news"]), "ids")[0].place == f"{tmp_path}/news/test/a.ann.md:1"
    put(tmp_path / "more" / "train" / "z.ann.md", "z")
    twice = check_paths([tmp_path / "news" / "train", tmp_path / "more" / "train"]).counts
    assert list(twice) == ["train", str(tmp_path / "more" / "train")]


def test_a_file_without_articles_is_an_error(tmp_path: Path) -> None:
    put(tmp_path / "a.jsonl", "")
    report = check_paths([tmp_path / "a.jsonl"])
    assert [f.message for f in found(report, "reading")] == ["no article in it"]


def test_the_report_in_lines(meeting: Document) -> None:
    bad = parse("x [Ban A ](UNIT)", id="bad")
    report = check({"train": [meeting], "dev": [bad]})
    lines = report.lines()
    assert lines[0].split() == ["train", "dev"]
    assert lines[1].split() == ["articles", "1", "1"]
    assert ["UNIT", "1", "1"] in [line.split() for line in lines]
    assert ["HAS_RANK", "2", "0"] in [line.split() for line in lines]
    severities = [line.split(":")[0] for line in lines if line.startswith(("error", "warning"))]
    assert severities == sorted(severities) and severities[0] == "error"
    clean = len(room.CHECKS) - len({f.check for f in report.findings})
    assert lines[-1] == f"{clean} of {len(room.CHECKS)} checks passed / {report.warnings} warnings / 1 errors"
    assert report.to_dict()["errors"] == 1
    assert report.to_dict()["splits"]["train"]["entities"]["RANK"] == 2


def test_labels_outside_the_schema_are_counted_too() -> None:
    report = check({"s": [Document("a", (Entity("x", 0, 1, "SHIP"),), id="k")]})
    assert ["  SHIP", "1"] in report.rows()
