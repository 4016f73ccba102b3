"""Officials and agreements put together from marks."""

from __future__ import annotations

import ast
import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phoihop.data.document import Document, Entity, Relation, number
from phoihop.data.inline import parse
from phoihop.data.records import Records
from phoihop.model.records import build_records


def officials(marked: str) -> list[tuple[str, str | None, list[tuple[str, str | None]]]]:
    records = build_records(parse(marked))
    return [(o.name, o.rank, [(p.title, p.unit) for p in o.posts]) for o in records.officials]


def test_one_official_from_many_mentions() -> None:
    marked = (
        "[ĐẠI TÁ](RANK#r0) [LÊ VĂN ĐỊNH](PERSON HAS_RANK=r0) THĂM BỘ ĐỘI\n"
        "[Đại tá](RANK#r1) [Lê Văn Định](PERSON HAS_RANK=r1 HOLDS=t1,t2), [Bí thư](TITLE#t1 OF_UNIT=u1) "
        "[Đảng ủy](UNIT#u1), [Chính ủy](TITLE#t2 OF_UNIT=u2) [Quân khu 5](UNIT#u2), dự.\n"
        "Ông [Định](PERSON HOLDS=t3), [chính ủy](TITLE#t3 OF_UNIT=u3) [Quân khu](UNIT#u3), phát biểu. "
        "Ảnh: [Hà An](PERSON)"
    )
    assert officials(marked) == [
        ("Lê Văn Định", "Đại tá", [("Bí thư", "Đảng ủy"), ("Chính ủy", "Quân khu 5")])
    ]
    (official,) = build_records(parse(marked)).officials
    document = parse(marked)
    assert [document.surface(i) for i in official.name_ids] == ["LÊ VĂN ĐỊNH", "Lê Văn Định", "Định"]
    assert official.rank_ids == ("r0", "r1")
    assert official.posts[1].title_ids == ("t2", "t3") and official.posts[1].unit_ids == ("u2", "u3")


def test_the_form_of_the_characters_does_not_matter() -> None:
    marked = (
        "[Tỉnh uỷ Hoà Sơn](UNIT) họp. Ông [Lê Hoà](PERSON HOLDS=t1), [Bí thư](TITLE#t1 OF_UNIT=u1) [Tỉnh ủy](UNIT#u1), "
        "và bà [Vũ Hòa](PERSON HAS_RANK=r), [đại uý](RANK#r). Ông [Hòa](PERSON HOLDS=t2) là [Uỷ viên](TITLE#t2). "
        "[Chương trình](AGREEMENT) với tỉnh Hoà Sơn. [Chương trình](AGREEMENT) với tỉnh Long Giang."
    )
    expected = [
        ("Lê Hoà", None, [("Bí thư", "Tỉnh uỷ Hoà Sơn"), ("Uỷ viên", None)]),
        ("Vũ Hòa", "đại uý", []),
    ]
    assert officials(marked) == expected
    decomposed = unicodedata.normalize("NFD", marked)
    found = officials(decomposed)
    assert found != expected  # strings stay those of the article
    assert ast.literal_eval(unicodedata.normalize("NFC", repr(found))) == expected
    assert (
        len(build_records(parse(decomposed)).agreements) == len(build_records(parse(marked)).agreements) == 2
    )


def test_nobody_without_rank_or_post() -> None:
    assert officials("Bài và ảnh: [Trần Hải](PERSON). [Thủ tướng](TITLE) yêu cầu.") == []


@pytest.mark.parametrize(
    ("marked", "names"),
    [
        # by the end of the name, the nearest one before
        (
            "[Đại tá](RANK#r1) [Lê Văn Hà](PERSON HAS_RANK=r1) và [Thiếu tá](RANK#r2) [Vũ Thu Hà](PERSON HAS_RANK=r2). "
            "Bà [Hà](PERSON HOLDS=t) là [Bí thư](TITLE#t).",
            {"Lê Văn Hà": [], "Vũ Thu Hà": ["Bí thư"]},
        ),
        # ... unless ông and bà tell them apart
        (
            "Ông [Lê Văn Hà](PERSON HOLDS=t1), [Giám đốc](TITLE#t1), và bà [Vũ Thu Hà](PERSON HOLDS=t2), "
            "[Phó Giám đốc](TITLE#t2). Ông [Hà](PERSON HOLDS=t3) là [Bí thư](TITLE#t3).",
            {"Lê Văn Hà": ["Giám đốc", "Bí thư"], "Vũ Thu Hà": ["Phó Giám đốc"]},
        ),
        # a headline may shorten what the body says later
        (
            "[Bí thư](TITLE#t1) [Sơn](PERSON HOLDS=t1) nói gì?\n[Cao Thái Sơn](PERSON HOLDS=t2), [Chủ tịch](TITLE#t2).",
            {"Cao Thái Sơn": ["Bí thư", "Chủ tịch"]},
        ),
        # a teaser that breaks off
        (
            "[Tư lệnh](TITLE#t1) [Phan Quốc](PERSON HOLDS=t1) ...\n"
            "[Phan Quốc Tú](PERSON HOLDS=t2), [Ủy viên](TITLE#t2).",
            {"Phan Quốc Tú": ["Tư lệnh", "Ủy viên"]},
        ),
        # without dots these are two people
        (
            "[Tư lệnh](TITLE#t1) [Phan Quốc](PERSON HOLDS=t1) và [Phan Quốc Tú](PERSON HOLDS=t2), [Ủy viên](TITLE#t2).",
            {"Phan Quốc": ["Tư lệnh"], "Phan Quốc Tú": ["Ủy viên"]},
        ),
        # foreign names: accents come and go, the family name may stand alone
        (
            "[Tổng thống](TITLE#t1) [Pablo Gómez](PERSON HOLDS=t1) đến. Ông [Pablo Gomez](PERSON HOLDS=t2) là "
            "[Chủ tịch](TITLE#t2) đảng. Ông [Gomez](PERSON) cảm ơn.",
            {"Pablo Gómez": ["Tổng thống", "Chủ tịch"]},
        ),
        (
            "[Lý Gia Minh](PERSON) đến. Ông [Lý](PERSON HOLDS=t1) là [Thủ tướng](TITLE#t1).",
            {"Lý Gia Minh": ["Thủ tướng"]},
        ),
        # accents tell Vietnamese names apart
        (
            "[Lê Tuấn](PERSON HOLDS=t1), [Bí thư](TITLE#t1); [Lê Tuân](PERSON HOLDS=t2), [Giám đốc](TITLE#t2).",
            {"Lê Tuấn": ["Bí thư"], "Lê Tuân": ["Giám đốc"]},
        ),
        # another name in brackets
        (
            "[Đỗ Hùng](PERSON) (tên thật [Vi Văn Páo](PERSON HOLDS=t1)), [Bí thư](TITLE#t1).",
            {"Đỗ Hùng": ["Bí thư"]},
        ),
    ],
)
def test_who_is_who(marked: str, names: dict[str, list[str]]) -> None:
    assert {name: [title for title, _ in posts] for name, _, posts in officials(marked)} == names


@pytest.mark.parametrize(
    ("ranks", "rank"),
    [
        (["tướng", "Trung tướng"], "Trung tướng"),
        (["thượng tá", "Đại tá", "đại tá"], "Đại tá"),
        (["Trung tá", "Trung tá QNCN"], "Trung tá QNCN"),
        (["Thiếu tướng", "Chuẩn Đô đốc Hải quân"], "Thiếu tướng"),
        (["Tướng"], "Tướng"),
    ],
)
def test_the_highest_rank(ranks: list[str], rank: str) -> None:
    marked = "\n".join(f"[{r}](RANK#r{i}) [Lê Anh](PERSON HAS_RANK=r{i}) nói." for i, r in enumerate(ranks))
    assert officials(marked) == [("Lê Anh", rank, [])]
    both = "".join(f"[{r}](RANK#r{i}) " for i, r in enumerate(ranks))
    ids = ",".join(f"r{i}" for i in range(len(ranks)))
    assert officials(f"{both}[Lê Anh](PERSON HAS_RANK={ids})") == [("Lê Anh", rank, [])]


def posts(*held: tuple[str, str | None]) -> list[tuple[str, str | None]]:
    """The posts of somebody whom each sentence gives one of these."""
    sentences = [
        f"Ông [Lê Anh](PERSON HOLDS=t{i}) là [{title}](TITLE#t{i}"
        + (f" OF_UNIT=u{i}) [{unit}](UNIT#u{i})." if unit else ").")
        for i, (title, unit) in enumerate(held)
    ]
    ((_, _, found),) = officials("\n".join(sentences))
    return found


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([("Bí thư", None), ("Bí thư", "Thành ủy Hải Đông")], [("Bí thư", "Thành ủy Hải Đông")]),
        ([("Bộ trưởng Công an", None), ("Bộ trưởng", "Bộ Công an")], [("Bộ trưởng", "Bộ Công an")]),
        ([("Bộ trưởng", None), ("Bộ trưởng Công an", None)], [("Bộ trưởng Công an", None)]),
        ([("nguyên Bí thư", "Huyện ủy"), ("Bí thư", "Huyện ủy")], [("nguyên Bí thư", "Huyện ủy")]),
        ([("PGĐ", "Sở Y tế"), ("Phó Giám đốc", "Sở Y tế")], [("Phó Giám đốc", "Sở Y tế")]),
        (
            [("Phó Chủ tịch", "UBND xã"), ("Phó Chủ tịch Thường trực", "UBND xã")],
            [("Phó Chủ tịch Thường trực", "UBND xã")],
        ),
        ([("Trưởng", "Ban Dân vận"), ("Trưởng ban", "Ban Dân vận")], [("Trưởng ban", "Ban Dân vận")]),
        ([("Chủ tịch", "Quốc hội"), ("Chủ tịch", "Quốc hội Lào")], [("Chủ tịch", "Quốc hội Lào")]),
        ([("Uỷ viên", "Bộ Chính trị"), ("ủy viên", "bộ chính trị")], [("Uỷ viên", "Bộ Chính trị")]),
        # different posts stay so
        ([("Giám đốc", "Công an tỉnh A"), ("Giám đốc", "Công an tỉnh B")], None),
        ([("Phó Tư lệnh", "Quân khu 5"), ("Tư lệnh", "Quân khu 5")], None),
        ([("Ủy viên", "Bộ Chính trị"), ("Ủy viên", "Trung ương Đảng")], None),
        ([("Thứ trưởng", None), ("Phó Chủ tịch", "Quốc hội")], None),
    ],
)
def test_posts_said_twice(
    held: list[tuple[str, str | None]], expected: list[tuple[str, str | None]] | None
) -> None:
    assert posts(*held) == (held if expected is None else expected)


def test_a_list_of_posts_gives_the_place() -> None:
    marked = (
        "[Tỉnh ủy Sơn Bình](UNIT) họp. Ông [Lê Anh](PERSON HOLDS=t1,t2), "
        "[Bí thư](TITLE#t1 OF_UNIT=u1) [Tỉnh ủy](UNIT#u1), "
        "[Chủ tịch](TITLE#t2 OF_UNIT=u2) [HĐND tỉnh Long Giang](UNIT#u2), dự."
    )
    assert officials(marked)[0][2] == [("Bí thư", "Tỉnh ủy"), ("Chủ tịch", "HĐND tỉnh Long Giang")]
    assert officials(marked.replace("Sơn Bình", "Long Giang"))[0][2][0] == ("Bí thư", "Tỉnh ủy Long Giang")


def test_a_title_in_two_bodies_is_two_posts() -> None:
    marked = "[Lê Anh](PERSON HOLDS=t), [Ủy viên](TITLE#t OF_UNIT=u1,u2) [Ban Bí thư](UNIT#u1), [Bộ Chính trị](UNIT#u2)"
    assert officials(marked)[0][2] == [("Ủy viên", "Ban Bí thư"), ("Ủy viên", "Bộ Chính trị")]


def test_a_title_of_several_people() -> None:
    marked = (
        "Các [Phó Chủ tịch](TITLE#t OF_UNIT=u) [Hội Nông dân tỉnh](UNIT#u): "
        "[Lê An](PERSON HOLDS=t), [Vũ Bình](PERSON HOLDS=t)."
    )
    post = [("Phó Chủ tịch", "Hội Nông dân tỉnh")]
    assert officials(marked) == [("Lê An", None, post), ("Vũ Bình", None, post)]


def test_nothing_from_nothing() -> None:
    assert build_records(Document("")) == Records()
    assert build_records(Document("Không có ai ở đây.")) == Records()


def test_labels_of_another_task_give_nothing() -> None:
    text = "Chính ủy Lê Anh"
    entities = (Entity("a", 0, 8, "POST"), Entity("b", 9, 15, "PER"))
    assert build_records(Document(text, entities, (Relation("b", "HOLDS", "a"),))) == Records()
    # the relation's name alone is not enough
    entities = (Entity("a", 0, 8, "UNIT"), Entity("b", 9, 15, "PERSON"))
    assert build_records(Document(text, entities, (Relation("b", "HOLDS", "a"),))) == Records()


_SURFACES = {
    "PERSON": ["Lê Anh", "Anh", "LÊ ANH", "Vũ Lê Anh", "Lê", "Pablo Gómez", "NTH"],
    "RANK": ["Đại tá", "tướng", "thiếu tướng", "Bậc ba"],
    "TITLE": ["Bí thư", "nguyên Bí thư", "Trưởng ban", "Bộ trưởng Công an", "Trưởng", "&", "và"],
    "UNIT": [
        "Quân khu",
        "Quân khu 5",
        "Bộ Công an",
        "(A)",
        "Tỉnh ủy",
        "Tỉnh ủy Hải Đông",
        "Ban (BX) tỉnh",
        "()",
        "&",
    ],
    "AGREEMENT": ["quy chế", "Quy chế phối hợp", "thỏa thuận", "&"],
    "PERIOD": ["2020-2025", "đến năm 2030", "5 năm"],
    "DATE": ["ngày 5/6", "5/6/2024", "tháng một"],
}
_GAPS = [" ", ", ", ". ", "\n", " (", "...\n", " với tỉnh Hải Đông ", "- "]
_TRIPLES = [
    ("PERSON", "HAS_RANK", "RANK"),
    ("PERSON", "HOLDS", "TITLE"),
    ("TITLE", "OF_UNIT", "UNIT"),
    ("UNIT", "PARTY_TO", "AGREEMENT"),
    ("AGREEMENT", "VALID_FOR", "PERIOD"),
    ("AGREEMENT", "SIGNED_ON", "DATE"),
]


@st.composite
def _noisy(draw: st.DrawFn) -> Document:
    """A document as a poor model might predict it."""
    text, spans = "", []
    labels = draw(st.lists(st.sampled_from(sorted(_SURFACES)), max_size=14))
    for label in labels:
        text += draw(st.sampled_from(_GAPS))
        surface = draw(st.sampled_from(_SURFACES[label]))
        spans.append((len(text), len(text) + len(surface), label, None))
        text += surface
    entities = number(spans)
    possible = [
        Relation(a.id, name, b.id)
        for head, name, tail in _TRIPLES
        for a in entities
        for b in entities
        if a.label == head and b.label == tail
    ]
    chosen = draw(st.lists(st.sampled_from(possible), unique=True)) if possible else []
    return Document(text, entities, tuple(chosen))


@settings(max_examples=150, deadline=None)
@given(_noisy(), st.randoms())
def test_every_string_stands_in_the_article(document: Document, random: random.Random) -> None:
    records = build_records(document)
    stated = [
        pair
        for o in records.officials
        for pair in [(o.name, o.name_ids), (o.rank, o.rank_ids)]
        + [pair for p in o.posts for pair in [(p.title, p.title_ids), (p.unit, p.unit_ids)]]
    ] + [
        pair
        for a in records.agreements
        for pair in [
            (a.kind, a.kind_ids),
            (a.signed_on, a.signed_on_ids),
            *zip(a.parties, a.party_ids, strict=True),
        ]
    ]
    for string, ids in stated:
        surfaces = [document.surface(i) for i in ids]
        assert string in surfaces if string is not None else not ids
        assert [document.by_id[i].start for i in ids] == sorted({document.by_id[i].start for i in ids})
    # each mention of a person or agreement (of one period) belongs to one record at most
    named = [i for o in records.officials for i in o.name_ids]
    assert len(named) == len(set(named))
    assert {i for a in records.agreements for i in a.kind_ids} == {
        e.id for e in document.entities if e.label == "AGREEMENT"
    }
    # nothing hangs on the order of relations
    shuffled = list(document.relations)
    random.shuffle(shuffled)
    assert build_records(document.replace(relations=tuple(shuffled))) == records


@settings(max_examples=50, deadline=None)
@given(_noisy())
def test_no_rank_or_post_is_lost(document: Document) -> None:
    records = build_records(document)
    held = {r.tail for r in document.relations if r.label == "HOLDS"}
    assert {i for o in records.officials for p in o.posts for i in p.title_ids} == held
    bear = {r.head for r in document.relations if r.label in ("HOLDS", "HAS_RANK")}
    assert bear <= {i for o in records.officials for i in o.name_ids}
