"""PhoBERT's sub-words: ids equal to those of transformers' own tokenizer, on a vocabulary made on the spot."""

from __future__ import annotations

import json
import pickle
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from phoihop.data.errors import PhoihopError
from phoihop.data.splits import read_splits
from phoihop.model import FastPhobertTokenizer
from phoihop.model.phobert import Repair, as_token, phobert_tokenizer

ARTICLES = Path(__file__).parents[2] / "data" / "articles"
# Control characters are white space to Python but not to Unicode; no line ends: PhoBERT's own tokenizer glues
# them to the word before.
PLAIN = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")) | st.sampled_from("aănđọ_@ </w>s"), max_size=40
)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [" ".join(d.text.split()) for d in read_splits([ARTICLES])["dev"]]


@pytest.fixture(scope="module", params=[1.0, 0.7])
def folder(
    request: pytest.FixtureRequest, texts: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """``vocab.txt`` and ``bpe.codes`` learnt from articles; at 0.7, many symbols that merges make are no tokens."""
    trained = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    trained.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=1500, end_of_word_suffix="</w>", show_progress=False)
    trained.train_from_iterator(texts, trainer)
    model = json.loads(trained.to_str())["model"]
    chance = random.Random(1)
    symbols = [s for s in model["vocab"] if chance.random() < request.param]
    written = [s.removesuffix("</w>") if s.endswith("</w>") else s + "@@" for s in symbols]
    out = tmp_path_factory.mktemp("phobert")
    lines = "".join(f"{token} {9000 - i}\n" for i, token in enumerate(written))
    (out / "vocab.txt").write_text(lines, encoding="utf-8")
    (out / "bpe.codes").write_text("".join(f"{a} {b} 7\n" for a, b in model["merges"]), encoding="utf-8")
    return out


def both(folder: Path, text: str) -> tuple[list[int], list[int]]:
    """Ids by transformers and by us."""
    from transformers import PhobertTokenizer

    slow = PhobertTokenizer(str(folder / "vocab.txt"), str(folder / "bpe.codes"))
    fast = phobert_tokenizer(folder / "vocab.txt", folder / "bpe.codes")
    repair = Repair(fast)
    assert repair.size == len(slow)
    return slow(text)["input_ids"], repair(np.array(fast.encode(text).ids)).tolist()


def test_ids_are_those_of_transformers_on_articles(folder: Path, texts: list[str]) -> None:
    slow, fast = both(folder, " ".join(texts))
    assert slow == fast
    assert len(set(slow)) > 300


@settings(max_examples=60, deadline=None)
@given(st.lists(PLAIN, min_size=1, max_size=8))
def test_ids_are_those_of_transformers_on_anything(folder: Path, parts: list[str]) -> None:
    slow, fast = both(folder, " ".join(" ".join(parts).split()))
    assert slow == fast


def test_offsets_cover_every_word(folder: Path, texts: list[str]) -> None:
    text = texts[0]
    tokenizer = phobert_tokenizer(folder / "vocab.txt", folder / "bpe.codes")
    encoding = tokenizer.encode(text, add_special_tokens=False)
    assert "".join(text[a:b] for a, b in encoding.offsets) == text.replace(" ", "")


def test_the_tokenizer_on_its_own_and_in_transformers_gives_the_same_ids_and_offsets(
    folder: Path, texts: list[str]
) -> None:
    mine = FastPhobertTokenizer.from_folder(folder)
    wrapped = mine.for_transformers()
    batch = wrapped(texts[:3], return_offsets_mapping=True, truncation=False)
    for number, text in enumerate(texts[:3]):
        ids, offsets = mine.encode(text)
        slow, _ = both(folder, text)
        assert ids == slow == batch["input_ids"][number]
        assert offsets == [tuple(pair) for pair in batch["offset_mapping"][number]]
        assert offsets[0] == offsets[-1] == (0, 0)
        first = [text[a:b] for (a, b), w in zip(offsets, batch.word_ids(number), strict=True) if w == 0]
        assert "".join(first) == text.split()[0]


def test_the_transformers_form_shows_what_the_slow_tokenizer_shows(
    folder: Path, texts: list[str], tmp_path: Path
) -> None:
    from transformers import PhobertTokenizer

    from phoihop.model.phobert_hf import PhobertTokenizerFast

    slow = PhobertTokenizer(str(folder / "vocab.txt"), str(folder / "bpe.codes"))
    fast = FastPhobertTokenizer.from_folder(folder).for_transformers()
    assert len(fast) == len(slow) and fast.get_vocab() == slow.get_vocab()
    ids = slow(texts[0])["input_ids"]
    assert max(ids) < len(fast)
    tokens = slow.convert_ids_to_tokens(ids)
    assert fast.convert_ids_to_tokens(ids) == tokens and fast.convert_tokens_to_ids(tokens) == ids
    assert fast.convert_ids_to_tokens(ids, skip_special_tokens=True)[0] == tokens[1]
    assert fast.tokenize(texts[1]) == fast.convert_ids_to_tokens(slow(texts[1])["input_ids"])[1:-1]
    for skip in (False, True):
        assert fast.decode(ids, skip_special_tokens=skip) == slow.decode(ids, skip_special_tokens=skip)
    assert fast.convert_tokens_to_string(tokens) == slow.convert_tokens_to_string(tokens)
    with pytest.raises(ValueError, match="takes no new tokens"):
        fast.add_tokens(["[E1]"])
    assert fast.convert_tokens_to_ids("không-có@@") == fast.unk_token_id == slow.unk_token_id

    # Symbols that merges make and PhoBERT does not know are unknown here, too.
    pipeline = fast.backend_tokenizer.get_vocab()
    beyond = [as_token(symbol) for symbol, number in pipeline.items() if number >= len(fast)]
    assert fast.convert_tokens_to_ids(beyond) == slow.convert_tokens_to_ids(beyond)

    fast.save_pretrained(tmp_path)
    again = PhobertTokenizerFast.from_pretrained(tmp_path)
    assert pickle.loads(pickle.dumps(fast))(texts[:2])["input_ids"] == again(texts[:2])["input_ids"]
    assert again(texts[0])["input_ids"] == ids and again.get_vocab() == slow.get_vocab()
    assert again.pad_token == "<pad>" and again.model_max_length == 256


def test_the_pipeline_survives_saving(folder: Path, texts: list[str], tmp_path: Path) -> None:
    tokenizer = phobert_tokenizer(folder / "vocab.txt", folder / "bpe.codes")
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    loaded = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    ids = np.array(tokenizer.encode(texts[1]).ids)
    assert np.array_equal(ids, np.array(loaded.encode(texts[1]).ids))
    assert np.array_equal(Repair(tokenizer)(ids), Repair(loaded)(ids))


@pytest.mark.parametrize(
    "name, line, message",
    [
        ("vocab.txt", "xin", r"vocab\.txt:3: no `token count`"),
        ("vocab.txt", "của 4", r"vocab\.txt:3: twice"),
        ("bpe.codes", "x y z w", r"bpe\.codes:3: no merge"),
    ],
)
def test_a_damaged_file_is_named_with_its_line(name: str, line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("của 9\nvà 8\n", encoding="utf-8")
    (tmp_path / "bpe.codes").write_text("c ủ 9\ncủ a</w> 8\n", encoding="utf-8")
    with (tmp_path / name).open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")
    with pytest.raises(PhoihopError, match=message):
        phobert_tokenizer(tmp_path / "vocab.txt", tmp_path / "bpe.codes")
    (tmp_path / name).unlink()
    with pytest.raises(PhoihopError, match="missing"):
        phobert_tokenizer(tmp_path / "vocab.txt", tmp_path / "bpe.codes")
