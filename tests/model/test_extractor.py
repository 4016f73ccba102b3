"""The extractor with a back end that is a table: what it does around the scores, exactly."""

from __future__ import annotations

import itertools
import tracemalloc
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema, default_schema
from phoihop.model import extractor as room
from phoihop.model.backend import ENCODER_FILE
from phoihop.model.candidates import DEFAULT_REACH, GAP, Mentions
from phoihop.model.card import TOKENIZER_FILE, ModelCard
from phoihop.model.extractor import Extractor
from phoihop.model.normalise import normalise_text
from phoihop.model.prepare import Reading, prepare
from phoihop.model.tokenise import SubwordTokenizer

SCHEMA = default_schema()
ARTICLE = """HỘI NGHỊ KÝ KẾT QUY CHẾ
Sáng 12/3, Ủy ban nhân dân xã Cẩm Lý và Đồn Biên phòng Bản Ngà ký quy chế phối hợp giai đoạn 2021-2025.
Dự lễ có Thượng tá Đinh Công Luận, Chính ủy Trung đoàn 88; bà Hồ Thị Mến, Chủ tịch Hội Phụ nữ huyện.
Đại tá, bác sĩ Lù A Páo nói: “Mưa lớn kéo dài, đường lầy, đoàn xe phải quay lại hai lần.”
"""


class Table:
    """Scores looked up by sub-word, so that a word has the same ones in every window.

    A pair's logits rest on its two ends, the words that lead to them, their labels and their gap:
    all that does not change with the block the pair is scored in.
    """

    name, device = "table", "cpu"

    def __init__(self, schema: Schema, size: int, width: int = 6, seed: int = 5) -> None:
        generator = np.random.default_rng(seed)
        self.scores = (2 * generator.normal(size=(size, len(schema.tags)))).astype(np.float32)
        self.states = generator.normal(size=(size, width)).astype(np.float32)
        self.mix = generator.normal(size=(4 * width, len(schema.relations))).astype(np.float32)
        self.windows: list[int] = []
        self.kept: list[int] = []
        self.pairs = 0

    def encode(
        self, input_ids: NDArray[np.int64], attention_mask: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        assert input_ids.shape == attention_mask.shape and input_ids.dtype == np.int64
        self.windows.append(len(input_ids))
        return self.states[input_ids], self.scores[input_ids]

    def relate(
        self, states: NDArray[np.float32], mentions: Mentions, pairs: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        assert len(pairs) and mentions.last.max() < len(states) and mentions.gap_end.max() <= len(states)
        self.kept.append(len(states))
        self.pairs += len(pairs)
        leads = np.array(
            [states[a:b].sum(axis=0) for a, b in zip(mentions.gap_start, mentions.first, strict=True)]
        )
        ends = np.concatenate([states[mentions.first] + states[mentions.last], leads], axis=1)
        head, tail = pairs.T
        gap = (mentions.first[tail] - mentions.first[head])[:, None] % 7 - 3
        # Less 4, so that few of the many pairs are relations, as in an article.
        return np.concatenate([ends[head], ends[tail]], axis=1) @ self.mix + gap.astype(np.float32) - 4


def first_id(subwords: SubwordTokenizer, word: str) -> int:
    """The sub-word whose scores and states stand for ``word``."""
    return int(subwords.encode([word]).ids[0])


def table(subwords: SubwordTokenizer, schema: Schema = SCHEMA) -> Table:
    return Table(schema, subwords.size)


def build(
    subwords: SubwordTokenizer,
    reading: Reading | None = None,
    reach: Mapping[str, int] | None = None,
    schema: Schema = SCHEMA,
    thresholds: Mapping[str, float] | None = None,
) -> Extractor:
    card = ModelCard(schema, reading or Reading(), reach or {}, thresholds or {})
    return Extractor(table(subwords, schema), subwords, card, "table")


def found(document: Document) -> list[tuple[str, str, float | None]]:
    """Entities in reading order, the same for every way to write the text."""
    return [(e.label, normalise_text(document.surface(e)), e.score) for e in document.entities]


def tied(document: Document) -> list[tuple[str, str, str, float | None]]:
    return sorted((r.head, r.label, r.tail, r.score) for r in document.relations)


def check(document: Document, schema: Schema = SCHEMA) -> None:
    """What holds for every document, beyond what ``Document`` itself refuses."""
    assert schema.faults(document) == []
    assert [e.id for e in document.entities] == [f"e{i}" for i in range(1, len(document.entities) + 1)]
    for e in document.entities:
        assert normalise_text(document.surface(e)).strip() == normalise_text(document.surface(e)) != ""
        assert e.score is not None and 0.0 <= e.score <= 1.0
    for r in document.relations:
        assert r.score is not None and 0.5 <= r.score <= 1.0
    assert document.records is not None


def test_entities_are_the_words_the_table_labels(subwords: SubwordTokenizer) -> None:
    """With one label and no doubt, an entity is a word of the list and whatever stands beside it."""
    schema = Schema(("X",))
    scorer = table(subwords, schema)
    scorer.scores[:] = [20, 0, 0]
    for word, row in (("Ủy", [0, 20, 0]), ("ban", [10, 0, 20]), ("88", [0, 20, 0])):
        scorer.scores[first_id(subwords, word)] = row
    extractor = Extractor(scorer, subwords, ModelCard(schema), "table")
    text = "Ủy\u200b  ban họp, uỷ viên 88; ban 88 U\u0309y\u00a0ban"
    document = extractor.predict(text)
    assert [document.surface(e) for e in document.entities] == [
        "Ủy\u200b  ban", "88", "88", "U\u0309y\u00a0ban",
    ]  # fmt: skip
    assert all(e.score is not None and e.score > 0.99 for e in document.entities)
    assert document.relations == () and document.text == text


VARIANTS = {
    "NFD": lambda t: unicodedata.normalize("NFD", t),
    "carriage returns": lambda t: t.replace("\n", "\r\n"),
    "line separators": lambda t: t.replace("\n", "\u2028"),
    "zero-width": lambda t: "".join(c + "\u200b" * c.isalnum() for c in t),
    "byte order mark": lambda t: "\ufeff" + t,
    "soft hyphens": lambda t: t.replace("n", "n\u00ad"),
    "no-break blanks": lambda t: t.replace(" ", "\u00a0"),
    "tabs": lambda t: t.replace(" ", "\t"),
    "old tone marks": lambda t: t.replace("Ủy", "Uỷ").replace("ủy", "uỷ"),
    "all at once": lambda t: (
        "\ufeff"
        + unicodedata.normalize("NFD", t.replace("ủy", "uỷ")).replace(" ", "\u2009\u200b").replace("\n", "\r\n")
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("reading", [Reading(), Reading(40, 8)])
def test_the_way_a_text_is_written_changes_nothing(
    subwords: SubwordTokenizer, name: str, reading: Reading
) -> None:
    extractor = build(subwords, reading)
    expected = extractor.predict(ARTICLE)
    assert len(expected.entities) > 10 and len(expected.relations) > 5
    variant = VARIANTS[name](ARTICLE)
    assert variant != ARTICLE
    got = extractor.predict(variant)
    check(got)
    assert got.text == variant
    assert found(got) == found(expected)
    assert tied(got) == tied(expected)


PIECES = (*ARTICLE.split(), "\n", "\r\n", "e\u0301", "\ud800", "1\ufe0f")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=60),
    st.sampled_from([Reading(), Reading(24, 4), Reading(6, 1)]),
)  # fmt: skip
def test_any_text_gives_a_valid_document(
    subwords: SubwordTokenizer, pieces: list[str], reading: Reading
) -> None:
    text = " ".join(pieces)
    document = build(subwords, reading).predict(text)
    assert document.text == text
    check(document)


@pytest.mark.parametrize("text", ["", " ", "\n\r\n\t", "\u200b\ufeff\u00a0"])
def test_blank_text_gives_an_empty_document(subwords: SubwordTokenizer, text: str) -> None:
    extractor = build(subwords)
    document = extractor.predict(text, "blank")
    assert (document.text, document.id, document.entities, document.relations) == (text, "blank", (), ())
    assert document.records is not None and document.records.officials == ()
    assert extractor._scorer.windows == [], "nothing to score"  # type: ignore[attr-defined]


REACHES: dict[str, dict[str, int]] = {
    "none given": {},
    "all near": {f"{h} {t}": 9 for h, t in SCHEMA.by_pair},
    "some far": {f"{h} {t}": 9 for h, t in SCHEMA.by_pair} | {"UNIT AGREEMENT": 150},
    "some not given": {f"{h} {t}": 3 for h, t in SCHEMA.by_pair if h != "PERSON"},
    "none": {f"{h} {t}": 0 for h, t in SCHEMA.by_pair},
}


@pytest.mark.parametrize("reach", REACHES)
@pytest.mark.parametrize("block", [1, 20, 100, 333])
def test_blocks_give_the_relations_of_one_block(
    subwords: SubwordTokenizer, monkeypatch: pytest.MonkeyPatch, reach: str, block: int
) -> None:
    monkeypatch.setattr(room, "build_records", lambda document: None)  # they come after all blocks
    words = ARTICLE.split(" ")
    text = " ".join(" ".join(words[i % 13 :]) for i in range(10))
    whole, parts = (build(subwords, Reading(40, 8), REACHES[reach]) for _ in range(2))
    one, several = whole._scorer, parts._scorer
    assert isinstance(one, Table) and isinstance(several, Table)
    for scorer in (one, several):
        scorer.scores[:, 0] += 3  # fewer entities, so that words lead to them
    monkeypatch.setattr(room, "BLOCK_WORDS", 10**9)
    expected = whole.predict(text)
    monkeypatch.setattr(room, "BLOCK_WORDS", block)
    got = parts.predict(text)
    assert len(one.kept) <= 1 and one.pairs == several.pairs, "each pair is scored once"
    assert found(got) == found(expected)
    assert [(r[:3]) for r in tied(got)] == [r[:3] for r in tied(expected)]
    for a, b in zip(tied(got), tied(expected), strict=True):
        assert a[3] == pytest.approx(b[3], abs=1e-5)
    if reach == "none":
        assert expected.relations == ()
    else:
        assert len(expected.relations) > 30 and len(several.kept) > 2


def test_a_far_pair_is_found_across_blocks(
    subwords: SubwordTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two entities as far apart as the default reach allows, blocks of a window between them."""
    schema = Schema(("A", "B"), (("A", "R", "B"),))
    first, last = first_id(subwords, "Đại"), first_id(subwords, "Chủ")
    monkeypatch.setattr(room, "BLOCK_WORDS", 30)
    for apart, expected in ((DEFAULT_REACH, 1), (DEFAULT_REACH + 1, 0)):
        scorer = table(subwords, schema)
        scorer.scores[:] = [9, 0, 0, 0, 0]
        scorer.scores[first], scorer.scores[last] = [0, 9, 0, 0, 0], [0, 0, 0, 9, 0]
        scorer.mix[:] = 0
        extractor = Extractor(scorer, subwords, ModelCard(schema, Reading(40, 4), {}, {"R": 0.0}), "table")
        document = extractor.predict("Đại " + "xã " * (apart - 1) + "Chủ")
        assert [e.label for e in document.entities] == ["A", "B"]
        assert len(document.relations) == expected


def test_a_bracket_left_open_is_closed(subwords: SubwordTokenizer) -> None:
    """The scores end the mention before the closing bracket."""
    schema = Schema(("X",))
    scorer = table(subwords, schema)
    scorer.scores[:] = [20, 0, 0]
    for word, row in (("Ủy", [0, 20, 0]), ("(", [10, 0, 20]), ("ban", [10, 0, 20])):
        scorer.scores[first_id(subwords, word)] = row
    document = Extractor(scorer, subwords, ModelCard(schema), "table").predict("Xã Ủy (ban) và Ủy ban.")
    assert [document.surface(e) for e in document.entities] == ["Ủy (ban)", "Ủy ban"]


def test_many_in_order_with_their_ids(subwords: SubwordTokenizer) -> None:
    extractor = build(subwords, Reading(40, 8))
    texts = [ARTICLE, "", "Mưa.", ARTICLE * 5, " ", ARTICLE[:90], "\u200b", ARTICLE[60:]] * 2
    documents = list(extractor.predict_many(texts, map(str, range(len(texts)))))
    assert [d.text for d in documents] == texts
    assert [d.id for d in documents] == [str(i) for i in range(len(texts))]
    for document, text in zip(documents, texts, strict=True):
        check(document)
        alone = extractor.predict(text)
        assert found(document) == found(alone)
        assert [r[:3] for r in tied(document)] == [r[:3] for r in tied(alone)]
    assert [d.id for d in extractor.predict_many(["a", "b", "c"], ["x"])] == ["x", None, None]
    assert [d.id for d in extractor.predict_many(["a", "b"])] == [None, None]
    assert list(extractor.predict_many([])) == []


def test_short_articles_share_batches(subwords: SubwordTokenizer) -> None:
    extractor = build(subwords)
    list(extractor.predict_many(["Mưa lớn."] * 20))
    assert extractor._scorer.windows == [8, 8, 4]  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["Mưa lớn.", "", ARTICLE * 3])
def test_texts_are_read_as_they_are_needed(subwords: SubwordTokenizer, text: str) -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield text

    documents = build(subwords).predict_many(endless())
    assert len(list(itertools.islice(documents, 20))) == 20
    assert read <= 20 + room.BATCH_WINDOWS


def test_a_long_text_needs_bounded_memory(subwords: SubwordTokenizer) -> None:
    """300,000 words whose states together would fill 300 MB."""
    schema = Schema(("A", "B"), (("A", "R", "B"),))
    scorer = Table(schema, subwords.size, width=256)
    scorer.scores[:] = [9, 0, 0, 0, 0]
    first, last = first_id(subwords, "Đại"), first_id(subwords, "Chủ")
    scorer.scores[first], scorer.scores[last] = [0, 9, 0, 0, 0], [0, 0, 0, 9, 0]
    extractor = Extractor(scorer, subwords, ModelCard(schema, reach={"A B": 300}), "table")
    stretch = "Đại xã, xã Chủ. " + "xã xã xã xã.\n" * 1200
    copies = 50
    text = stretch * copies
    assert len(prepare(text, subwords, Reading()).words) == copies * 6006 > 300_000
    tracemalloc.start()
    document = extractor.predict(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(document.entities) == 2 * copies
    assert max(scorer.kept) <= room.BLOCK_WORDS + 510 + 300 + GAP + 2
    assert peak < 200e6, f"{peak / 1e6:.0f} MB"


def test_temperatures_change_scores_and_not_what_is_found(subwords: SubwordTokenizer) -> None:
    extractor = build(subwords)
    low = dict.fromkeys(SCHEMA.relations, 0.0)
    plain = extractor.with_card(ModelCard(SCHEMA, thresholds=low)).predict(ARTICLE)
    heat = {"entities": 3.0, "relations": 2.0}
    other = extractor.with_card(ModelCard(SCHEMA, thresholds=low, temperature=heat)).predict(ARTICLE)
    assert plain.entity_keys() == other.entity_keys() and plain.relation_keys() == other.relation_keys()
    assert any(abs(a.score - b.score) > 0.05 for a, b in zip(plain.entities, other.entities, strict=True))  # type: ignore[operator]
    for a, b in zip(plain.relations, other.relations, strict=True):
        if not 0.001 < float(a.score or 0) < 0.999:
            continue  # their odds are lost in single precision
        odds = [np.log(x.score / (1 - x.score)) for x in (a, b)]  # type: ignore[operator]
        assert odds[0] / 2 == pytest.approx(odds[1], rel=1e-2, abs=1e-3)


def test_span_scores_are_those_of_the_prediction_at_each_temperature(subwords: SubwordTokenizer) -> None:
    extractor = build(subwords)
    text = "\n".join([ARTICLE] * 9)  # several batches of windows
    scores = extractor.span_scores(text, [1.0, 3.0])
    for place, heat in enumerate((1.0, 3.0)):
        card = ModelCard(SCHEMA, temperature={"entities": heat})
        found = extractor.with_card(card).predict(text)
        assert {e.key for e in found.entities} == set(scores)
        for e in found.entities:
            assert scores[e.key][place] == pytest.approx(e.score, abs=1e-6)


def test_thresholds_are_the_cards(subwords: SubwordTokenizer) -> None:
    extractor = build(subwords)
    some = extractor.predict(ARTICLE)
    all_of_one = extractor.with_card(ModelCard(SCHEMA, thresholds={"HOLDS": 0.0})).predict(ARTICLE)
    none_of_one = extractor.with_card(ModelCard(SCHEMA, thresholds={"HOLDS": 1.1})).predict(ARTICLE)

    def count(document: Document, label: str) -> int:
        return sum(r.label == label for r in document.relations)

    people = [sum(e.label == label for e in some.entities) for label in ("PERSON", "TITLE")]
    assert count(none_of_one, "HOLDS") == 0 < count(some, "HOLDS") < count(all_of_one, "HOLDS")
    assert count(all_of_one, "HOLDS") == people[0] * people[1]
    for label in ("OF_UNIT", "PART_OF"):
        assert count(none_of_one, label) == count(some, label) == count(all_of_one, label)
    assert found(none_of_one) == found(some)


def test_what_a_model_finds_it_can_reach(subwords: SubwordTokenizer) -> None:
    extractor = build(subwords, Reading(40, 8), {f"{h} {t}": 12 for h, t in SCHEMA.by_pair})
    document = extractor.predict(unicodedata.normalize("NFD", ARTICLE) * 3)
    assert len(document.relations) > 20 and extractor.unreachable(document) == []
    nearer = extractor.with_card(
        ModelCard(SCHEMA, Reading(40, 8), {f"{h} {t}": 6 for h, t in SCHEMA.by_pair})
    )
    lost = nearer.unreachable(document)
    assert {(x.what, x.cause) for x in lost} == {("relation", "candidates")}
    assert {x.key for x in lost} == document.relation_keys() - nearer.predict(document.text).relation_keys()


def test_load_names_what_is_missing(subwords: SubwordTokenizer, tmp_path: Path) -> None:
    with pytest.raises(PhoihopError, match="no such model folder"):
        Extractor.load(tmp_path / "none")
    with pytest.raises(PhoihopError, match=r"model\.json is missing"):
        Extractor.load(tmp_path)
    ModelCard(SCHEMA).save(tmp_path)
    with pytest.raises(PhoihopError, match="lacks its tokenizer"):
        Extractor.load(tmp_path)
    subwords.backend.save(str(tmp_path / TOKENIZER_FILE))
    with pytest.raises(PhoihopError, match="unknown back end 'tensor'; choose auto, onnx or torch"):
        Extractor.load(tmp_path, backend="tensor")
    with pytest.raises(PhoihopError, match=r"encoder\.onnx: the model folder lacks this file"):
        Extractor.load(tmp_path, backend="onnx", threads=1)
    (tmp_path / ENCODER_FILE).write_bytes(b"no model")
    with pytest.raises(PhoihopError, match=r"encoder\.onnx: not a model that this ONNX Runtime can load"):
        Extractor.load(tmp_path, threads=1)
