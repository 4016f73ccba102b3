"""The sub-word vocabulary: the same from the same text, in whatever process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from phoihop.data.document import Document
from phoihop.model.normalise import normalise_text
from phoihop.model.tokenise import CONTINUATION, SPECIAL, SubwordTokenizer
from phoihop.training.raw.vocabulary import learn_vocabulary


def test_every_process_learns_the_same_vocabulary(articles: list[Document], tmp_path: Path) -> None:
    # Resuming a run with a fresh encoder learns it again: other ids would give other words other weights.
    texts = [normalise_text(d.text) for d in articles]
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    code = (
        "import json, sys, hashlib; from phoihop.training.raw.vocabulary import learn_vocabulary\n"
        "texts = json.load(open('texts.json', encoding='utf-8'))\n"
        "print(hashlib.sha256(learn_vocabulary(texts, 400, 2).backend.to_str().encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            timeout=120,
            check=True,
        ).stdout
        for _ in range(3)
    }
    assert len(digests) == 1


def test_the_size_is_kept_and_special_tokens_come_first(articles: list[Document]) -> None:
    texts = [normalise_text(d.text) for d in articles]
    found = learn_vocabulary(texts, 350, 2)
    assert found.size == 350
    assert [found.backend.token_to_id(s) for s in SPECIAL] == [0, 1, 2, 3]
    assert sorted(found.backend.get_vocab().values()) == list(range(350))


def test_frequent_words_become_one_token_and_unknown_characters_the_unknown_one() -> None:
    texts = ["quân khu ký quân khu"] * 20
    found = learn_vocabulary(texts, 300, 2)
    encoded = found.encode(["quân", "ký", "qhu", "☂", "k☂"])
    tokens = [found.backend.id_to_token(i) for i in encoded.ids.tolist()]
    assert tokens[:2] == ["quân", "ký"]
    assert encoded.first.tolist()[:3] == [0, 1, 2]
    assert "".join(t.removeprefix(CONTINUATION) for t in tokens[2 : encoded.first[3]]) == "qhu"
    assert tokens[encoded.first[3] :] == ["<unk>", "k", "<unk>"]


def test_rare_characters_do_not_crowd_out_the_others() -> None:
    rare = [chr(0x4E00 + i) for i in range(1500)]
    found = learn_vocabulary(["bờ biển lặng sóng " * 50, " ".join(rare)], 3000, 2)
    vocabulary = found.backend.get_vocab()
    assert {"bờ", "biển", "lặng", "sóng"} <= vocabulary.keys()
    assert 900 <= sum(c in vocabulary for c in rare) <= 1000


def test_a_saved_vocabulary_reads_the_same(
    tokenizer: SubwordTokenizer, articles: list[Document], tmp_path: Path
) -> None:
    tokenizer.backend.save(str(tmp_path / "t.json"))
    loaded = SubwordTokenizer.load(tmp_path / "t.json")
    words = articles[0].text.split()
    assert loaded.encode(words).ids.tolist() == tokenizer.encode(words).ids.tolist()
    assert loaded.backend.get_vocab() == tokenizer.backend.get_vocab()
