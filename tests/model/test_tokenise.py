"""Sub-words: every word has some, none crosses a word; forms and shapes of the vocabulary."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from phoihop.data.errors import PhoihopError
from phoihop.model.normalise import normalise_text
from phoihop.model.tokenise import SHAPES, SPECIAL, SubwordTokenizer, factors, shape_of
from phoihop.model.words import split_words

texts = st.lists(
    st.one_of(st.text(max_size=8), st.sampled_from(["Ủy ban", "<s>", "</s>", "\ud800"])), max_size=8
)


@settings(max_examples=300, deadline=None)
@given(texts.map(" ".join))
def test_every_word_has_the_subwords_it_has_alone(subwords: SubwordTokenizer, text: str) -> None:
    clean = normalise_text(text)
    words = [clean[a:b] for a, b in split_words(clean).tolist()]
    encoding = subwords.encode(words)
    alone = [subwords.encode([word]).ids.tolist() for word in words]
    assert all(alone)
    assert encoding.ids.tolist() == [i for ids in alone for i in ids]
    assert encoding.first.tolist() == [sum(map(len, alone[:k])) for k in range(len(words))]
    # An article that talks about <s> is not read as a border.
    assert not {subwords.pad_id, subwords.start_id, subwords.end_id} & set(encoding.ids.tolist())


def test_known_words_are_put_together_again(subwords: SubwordTokenizer) -> None:
    names = {i: token for token, i in subwords.backend.get_vocab().items()}
    for word in ("Ủy", "ban", "Thượng", "2021", "phối"):
        tokens = [names[i] for i in subwords.encode([word]).ids.tolist()]
        assert "".join(token.removeprefix("##") for token in tokens) == word
        assert [token.startswith("##") for token in tokens] == [False] + [True] * (len(tokens) - 1)
    unknown = subwords.backend.token_to_id("<unk>")
    assert subwords.encode(["漢字"]).ids.tolist() == [unknown, unknown]


def test_saved_and_loaded(subwords: SubwordTokenizer, tmp_path: Path) -> None:
    subwords.backend.save(str(tmp_path / "tokenizer.json"))
    loaded = SubwordTokenizer.load(tmp_path / "tokenizer.json")
    words = ["Ủy", "ban", "xã", "<pad>", "12"]
    assert loaded.encode(words).ids.tolist() == subwords.encode(words).ids.tolist()
    assert (loaded.size, loaded.pad_id) == (subwords.size, subwords.pad_id)


def test_what_is_no_tokenizer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    with pytest.raises(PhoihopError, match=r"tokenizer\.json.*lacks its tokenizer"):
        SubwordTokenizer.load(path)
    for damaged in ("", "{", "[]", "{}"):
        path.write_text(damaged, encoding="utf-8")
        with pytest.raises(PhoihopError, match=r"tokenizer\.json: no tokenizer file"):
            SubwordTokenizer.load(path)


@pytest.mark.parametrize("lacking", SPECIAL)
def test_a_vocabulary_without_a_special_token_is_refused(lacking: str, tmp_path: Path) -> None:
    names = [token for token in (*SPECIAL, "a") if token != lacking]
    other = Tokenizer(models.BPE(vocab={token: i for i, token in enumerate(names)}, merges=[]))
    other.save(str(tmp_path / "other.json"))
    with pytest.raises(PhoihopError, match=f"other.json: the tokenizer has no {lacking}"):
        SubwordTokenizer.load(tmp_path / "other.json")


@pytest.mark.parametrize(
    ("token", "shape"),
    [
        ("<pad>", "special"), ("</s>", "special"), ("ủy", "lower"), ("##ủy", "lower"), ("Ủy", "title"),
        ("ỦY", "upper"), ("##Y", "letter"), ("Ủ", "letter"), ("ủ", "lower"), ("tP", "mixed"), ("TPh", "mixed"),
        ("1", "digit1"), ("##12", "digit2"), ("123", "digit3"), ("2021", "digit4"), ("12345", "digits"),
        (".", "mark"), ("…", "mark"), ("##", "mark"),
    ],
)  # fmt: skip
def test_shapes(token: str, shape: str) -> None:
    assert SHAPES[shape_of(token)] == shape


def test_factors_tie_the_ways_to_write_a_token() -> None:
    vocabulary = {"<pad>": 0, "ủy": 2, "Ủy": 1, "ỦY": 4, "##Ủy": 3, "7": 5, "##ủy": 6}
    forms, form_ids, shape_ids = factors(vocabulary)
    assert forms == ["<pad>", "ủy", "##ủy", "7"]
    assert form_ids == [0, 1, 1, 2, 1, 3, 2]
    assert [SHAPES[s] for s in shape_ids] == [
        "special", "title", "lower", "title", "upper", "digit1", "lower",
    ]  # fmt: skip


def test_factors_cover_a_whole_vocabulary(subwords: SubwordTokenizer) -> None:
    forms, form_ids, shape_ids = factors(subwords.backend.get_vocab())
    assert len(form_ids) == len(shape_ids) == subwords.size
    assert sorted(set(form_ids)) == list(range(len(forms)))
