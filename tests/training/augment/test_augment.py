"""Variants of articles: what changes, and that nothing else does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from phoihop.data.article import Article
from phoihop.data.borders import check_borders
from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.inline import parse
from phoihop.data.readers import read_documents
from phoihop.data.schema import default_schema
from phoihop.model.prepare import Reading
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.augment import Augmenter, Lexicon, apply_edits, writing
from phoihop.training.augment.dataset import VariedExamples
from phoihop.training.augment.mentions import Mentions, change_days, shift_years, swap_parts
from phoihop.training.config import TrainConfig
from phoihop.training.examples import make_examples
from phoihop.training.finetune import train

ARTICLE = parse(
    "[BỘ CHQS TỈNH HÀ NAM](UNIT) KÝ QUY CHẾ\n"
    "Sáng [5/4/2021](DATE), ở tỉnh Hà Nam, [Đại tá](RANK#r1) [Lương Gia Bách](PERSON#p1 HAS_RANK=r1 HOLDS=t1), "
    "[Chính ủy](TITLE#t1 OF_UNIT=u1) [Bộ CHQS tỉnh Hà Nam](UNIT#u1), nói về [giai đoạn 2021 - 2025](PERIOD). "
    "Ông [Bách](PERSON) gặp [Hội Nông dân tỉnh Hà Nam](UNIT) - đơn vị bạn, và bà [Trần Hà Nam](PERSON).",
    id="a",
)


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.load()


@pytest.fixture(scope="module")
def own(root: Path) -> list[Document]:
    """Annotated articles of the package."""
    return read_documents(root / "data" / "articles" / "dev")


def surfaces(document: Document, label: str) -> list[str]:
    return [document.surface(e) for e in document.entities if e.label == label]


def test_every_variant_of_our_articles_keeps_its_marks(lexicon: Lexicon, own: list[Document]) -> None:
    augmenter = Augmenter(1.0, lexicon, own)
    changed = 0
    for number, document in enumerate(own):
        for seed in range(3):
            variant = augmenter(document, f"{seed} {number}")
            assert [(e.id, e.label) for e in variant.entities] == [(e.id, e.label) for e in document.entities]
            assert variant.relations == document.relations
            assert not [f for f in check_borders(Article(variant, Path("x"))) if f.severity == "error"]
            for e in variant.entities:
                assert variant.surface(e).strip() == variant.surface(e) != ""
            changed += variant.text != document.text
    assert changed > 2.5 * len(own)


def test_the_same_seed_gives_the_same_variant_and_another_another(lexicon: Lexicon) -> None:
    one, two = (Augmenter(1.0, lexicon, [ARTICLE]) for _ in range(2))
    assert one(ARTICLE, "7") == two(ARTICLE, "7")
    assert len({one(ARTICLE, str(seed)).text for seed in range(20)}) > 15


def test_share(lexicon: Lexicon) -> None:
    assert all(Augmenter(0.0, lexicon, [ARTICLE])(ARTICLE, str(i)) is ARTICLE for i in range(50))
    half = Augmenter(0.5, lexicon, [ARTICLE])
    assert 25 < sum(half(ARTICLE, str(i)) is ARTICLE for i in range(100)) < 75


def test_a_name_is_exchanged_everywhere_by_one_of_as_many_words(lexicon: Lexicon) -> None:
    mentions = Mentions(lexicon, [ARTICLE])
    for seed in range(20):
        full, short, other = surfaces(
            apply_edits(ARTICLE, mentions.swap(ARTICLE, 1.0, Random(seed))), "PERSON"
        )
        assert len(full.split()) == len(other.split()) == 3
        assert full.split()[-1] == short
        assert full != "Lương Gia Bách"


def test_bodies_keep_their_first_word_and_their_capitals(lexicon: Lexicon) -> None:
    mentions = Mentions(lexicon, [ARTICLE])
    seen = set()
    for seed in range(20):
        changed = apply_edits(ARTICLE, mentions.swap(ARTICLE, 1.0, Random(seed)))
        headline, command, farmers = surfaces(changed, "UNIT")
        assert headline.isupper()
        assert command.startswith("Bộ ")
        assert farmers.startswith("Hội ")
        seen.add(command)
    assert len(seen) > 5


def test_short_forms_stay(lexicon: Lexicon) -> None:
    document = parse("[Đảng ủy](UNIT), [Quân khu](UNIT) và [Thành ủy viên](TITLE)")
    assert Mentions(lexicon, [document]).swap(document, 1.0, Random(1)) == []


def test_a_place_is_exchanged_inside_bodies_and_outside_but_not_in_names(lexicon: Lexicon) -> None:
    changed = apply_edits(ARTICLE, swap_parts(ARTICLE, lexicon, 1.0, Random(3)))
    place = surfaces(changed, "UNIT")[1].removeprefix("Bộ CHQS tỉnh ")
    assert place in lexicon.slots["province"] and place != "Hà Nam"
    assert f"ở tỉnh {place}," in changed.text
    assert "Trần Hà Nam" in surfaces(changed, "PERSON")


def test_years_move_together_and_days_alike() -> None:
    changed = apply_edits(ARTICLE, shift_years(ARTICLE, Random(1)))
    first, last = map(int, re.findall(r"\d{4}", surfaces(changed, "PERIOD")[0]))
    assert last - first == 4 and first != 2021
    assert surfaces(changed, "DATE")[0] == f"5/4/{first}"
    day = surfaces(apply_edits(ARTICLE, change_days(ARTICLE, Random(1))), "DATE")[0]
    assert re.fullmatch(r"\d{1,2}/\d{1,2}/2021", day)


@pytest.mark.parametrize(
    "change",
    [
        writing.capital_headline,
        writing.bare_headline,
        writing.other_dashes,
        writing.other_case,
        writing.wrapped_lines,
    ],
)
def test_other_writing_reads_the_same(change: Callable[[Document, Random], list[object]]) -> None:
    def read(text: str) -> str:
        plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D")).casefold()
        return re.sub(r"[\s–—-]|[\u0300-\u036f]", "", plain)

    for seed in range(10):
        changed = apply_edits(ARTICLE, change(ARTICLE, Random(seed)))  # type: ignore[arg-type]
        assert read(changed.text) == read(ARTICLE.text)
        assert [read(changed.surface(e)) for e in changed.entities] == [
            read(ARTICLE.surface(e)) for e in ARTICLE.entities
        ]


def test_a_dash_between_words_keeps_a_blank() -> None:
    document = parse("[Đại tá](RANK) [An](PERSON) - [Chính ủy](TITLE), [2021-2025](PERIOD)")
    for seed in range(20):
        text = apply_edits(document, writing.other_dashes(document, Random(seed))).text
        assert re.search(r"An(?: [-–—] ?|[-–—] )Chính", text)


def test_page_noise_stays_outside_the_marks(lexicon: Lexicon) -> None:
    for seed in range(20):
        changed = apply_edits(ARTICLE, writing.page_noise(ARTICLE, lexicon.noise, Random(seed)))
        assert [changed.surface(e) for e in changed.entities] == [
            ARTICLE.surface(e) for e in ARTICLE.entities
        ]


def test_examples_differ_from_epoch_to_epoch_and_not_within_one(
    lexicon: Lexicon, tokenizer: SubwordTokenizer, articles: list[Document]
) -> None:
    reading, schema = Reading(128, 16), default_schema()
    examples, _ = make_examples(articles, tokenizer, reading, schema)
    data = VariedExamples(examples, Augmenter(0.8, lexicon, articles), tokenizer, reading, schema, 1)
    first = [data[i].document.text for i in range(len(data))]
    assert first == [data[i].document.text for i in range(len(data))]
    data.epoch = 1
    second = [data[i].document.text for i in range(len(data))]
    assert sum(a != b for a, b in zip(first, second, strict=True)) > len(data) / 2
    for i in range(len(data)):
        assert len(data[i].gold.spans) >= len(examples[i].gold.spans)


def test_each_epoch_reads_other_silver_articles_in_turn(
    articles: list[Document], tokenizer: SubwordTokenizer, lexicon: Lexicon
) -> None:
    reading, schema = Reading(128, 16), default_schema()
    examples, _ = make_examples(articles, tokenizer, reading, schema)
    marked, silver = examples[:6], examples[6:]  # fourteen

    def epochs(augmenter: Augmenter | None, seed: int) -> list[list[str | None]]:
        data = VariedExamples(marked, augmenter, tokenizer, reading, schema, seed, silver, 0.7)
        found = []
        for epoch in range(7):
            data.epoch = epoch
            found.append([data[i].document.id for i in range(len(data))])
        return found

    plain = epochs(None, 3)
    assert all(row[:6] == [x.document.id for x in marked] and len(row) == 10 for row in plain)
    read = [name for row in plain for name in row[6:]]
    assert sorted(read) == sorted(2 * [str(x.document.id) for x in silver])
    assert set(read[:14]) == {x.document.id for x in silver}
    assert epochs(Augmenter(1.0, lexicon, articles), 3) == plain  # varied, but the same articles
    assert epochs(None, 4) != plain
    alone = VariedExamples(marked, None, tokenizer, reading, schema, 3, (), 0.7)
    assert len(alone) == 6


def test_a_lexicon_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "ships.toml"
    path.write_text(
        '[slots]\nsea = ["Nam", "Bắc"]\n[mentions]\nSHIP = "Tàu biển {sea} {n}; Tàu {sea}"\n',
        encoding="utf-8",
    )
    lexicon = Lexicon.load(path)
    assert re.fullmatch(r"Tàu biển (Nam|Bắc) \d+", lexicon.fill(lexicon.mentions["SHIP"][0], Random(0)))


@pytest.mark.parametrize(
    "content, words",
    [
        ("[mentions]\nUNIT = '{sea}'", "slot 'sea'"),
        ("parts = ['sea']", "slot 'sea'"),
        ("[mentions]\nUNIT = 3", "list of strings"),
        ("mentions = 3", "no lexicon"),
        ("][", "no lexicon"),
    ],
)
def test_a_bad_lexicon_is_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PhoihopError, match=words) as error:
        Lexicon.load(path)
    assert str(path) in str(error.value)
    with pytest.raises(PhoihopError, match="cannot be read"):
        Lexicon.load(tmp_path / "none.toml")


def test_training_varies_its_articles(
    articles: list[Document],
    small_encoder: Path,
    settings: Callable[..., TrainConfig],
    tmp_path: Path,
) -> None:
    weights = []
    for share in (0, 1):
        config = settings(encoder=small_encoder, epochs=1, augment=share)
        train(config, articles[:8], articles[8:10], tmp_path / str(share))
        weights.append((tmp_path / str(share) / "model" / "model.safetensors").read_bytes())
    assert weights[0] != weights[1]


def test_a_lexicon_that_is_not_there_leaves_no_run_behind(
    articles: list[Document], settings: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    with pytest.raises(PhoihopError, match="cannot be read"):
        train(settings(lexicon=tmp_path / "none.toml"), articles[:8], articles[8:10], tmp_path / "run")
    assert not (tmp_path / "run").exists()
