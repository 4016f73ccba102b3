"""Neighbouring marks rewritten together: where a phrase fits, and what becomes of marks and relations."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.inline import parse
from phoihop.training.augment import Lexicon, apply_edits
from phoihop.training.augment.phrases import rewrite_phrases

PHRASES = """
[slots]
country = "Lào; Nga"
guest = "Ivan Petrov; Khamla Vongsa"
[mentions]
PERSON = "{guest}"
[[phrases]]
labels = "TITLE PERSON"
ways = "[Thủ tướng] {country} [{guest}]"
[[phrases]]
labels = "TITLE UNIT PERSON"
ways = "[Chủ tịch] [Hạ viện {country}] [{guest}]"
[[phrases]]
labels = "UNIT"
at_start = true
not_before = "Đoàn"
ways = "Đoàn [=]"
"""
TEXT = (
    "[Huyện ủy Thác Lài](UNIT) đón [Chủ tịch](TITLE#t1) [Hà Kim Tuế](PERSON HOLDS=t1).\n"
    "[Đoàn Thanh niên](UNIT) tặng hoa [Bí thư](TITLE#t2 OF_UNIT=u2) [Tỉnh ủy](UNIT#u2) [Lường Thị Nhạn]"
    "(PERSON HOLDS=t2). Ông [Tuế](PERSON) cảm ơn [Sở Y tế](UNIT), [Giám đốc](TITLE#t3 OF_UNIT=u3) "
    "[Vi Đình Khoát](PERSON HOLDS=t3) và "
    "[Hà Kim Tuế](PERSON). Ở [Trạm Y tế xã](UNIT#u3) có mưa."
)


@pytest.fixture
def lexicon(tmp_path: Path) -> Lexicon:
    path = tmp_path / "phrases.toml"
    path.write_text(PHRASES, encoding="utf-8")
    return Lexicon.load(path)


def rewritten(document: Document, lexicon: Lexicon, seed: int, share: float = 1.0) -> Document:
    return apply_edits(document, rewrite_phrases(document, lexicon, share, Random(seed)))


def surfaces(document: Document) -> list[str]:
    return [document.surface(e) for e in document.entities]


def test_phrases_are_rewritten_where_they_fit(lexicon: Lexicon) -> None:
    article = parse(TEXT, id="a")
    for seed in range(20):
        made = rewritten(article, lexicon, seed)
        found = surfaces(made)
        guest = found[2]
        assert guest in ("Ivan Petrov", "Khamla Vongsa")
        assert made.text.startswith("Đoàn Huyện ủy Thác Lài đón Thủ tướng ")
        assert found[:3] == ["Huyện ủy Thác Lài", "Thủ tướng", guest]
        # A body that begins so itself stays; the longest phrase wins over shorter ones in it.
        assert found[3] == "Đoàn Thanh niên" and "Đoàn Đoàn" not in made.text
        assert found[4] == "Chủ tịch" and found[5] in ("Hạ viện Lào", "Hạ viện Nga")
        # The exchanged name everywhere, its last word by the last word.
        assert found[7] == guest.split()[-1] and found[11] == guest
        # This office is a body's that stands elsewhere.
        assert found[9:11] == ["Giám đốc", "Vi Đình Khoát"]
        assert [(r.head, r.label, r.tail) for r in made.relations] == [
            (r.head, r.label, r.tail) for r in article.relations
        ]


def test_no_share_changes_nothing_and_a_part_of_it_some(lexicon: Lexicon) -> None:
    article = parse(TEXT, id="a")
    assert rewritten(article, lexicon, 1, 0.0) == article
    texts = {rewritten(article, lexicon, seed, 0.5).text for seed in range(30)}
    assert len(texts) > 4 and article.text in texts


def test_headlines_in_capitals_and_short_bodies_keep_their_words(lexicon: Lexicon) -> None:
    for marked in (
        "[HUYỆN ỦY THÁC LÀI](UNIT) ĐÓN KHÁCH",
        "[Hội](UNIT) đón khách",
        "Nay [Sở Y tế](UNIT) đón khách",
    ):
        article = parse(marked, id="a")
        assert rewritten(article, lexicon, 1) == article


def test_the_packages_phrases_leave_every_article_whole(root: Path) -> None:
    from phoihop.data.readers import read_documents

    lexicon = Lexicon.load()
    changed = 0
    for number, article in enumerate(read_documents(root / "data" / "articles" / "dev")):
        made = rewritten(article, lexicon, number, 0.5)
        changed += made != article
        assert len(made.entities) == len(article.entities)
        assert all(s == s.strip() and s for s in surfaces(made))
        assert [e.label for e in made.entities] == [e.label for e in article.entities]
    assert changed > 12


@pytest.mark.parametrize(
    "ways, words",
    [("[Thủ tướng] Lào", "2 marks"), ("[a] [b] c", "the last at its end"), ("[{sea}] [b]", "slot 'sea'")],
)
def test_a_phrase_that_cannot_be_is_refused(ways: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f'[[phrases]]\nlabels = "TITLE PERSON"\nways = "{ways}"\n', encoding="utf-8")
    with pytest.raises(PhoihopError, match=words):
        Lexicon.load(path)
    path.write_text('[[phrases]]\nlabels = "TITLE"\n', encoding="utf-8")
    with pytest.raises(PhoihopError, match="ways"):
        Lexicon.load(path)
