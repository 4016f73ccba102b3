"""Batches against a plain computation from the annotated articles."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from phoihop.data.document import Document
from phoihop.data.schema import Schema
from phoihop.model.decode import spans_of
from phoihop.model.prepare import Reading
from phoihop.model.tokenise import SPECIAL, SubwordTokenizer
from phoihop.training.examples import (
    Collator,
    Example,
    describe_lost,
    hide_words,
    learn_reach,
    make_examples,
    split_documents,
)

READINGS = [Reading(), Reading(length=48, overlap=6)]  # one window an article, and several


@pytest.fixture(params=READINGS, ids=["one window", "several"])
def examples(
    request: pytest.FixtureRequest, articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> list[Example]:
    found, _ = make_examples(articles[:5], tokenizer, request.param, schema)
    assert all((len(x.prepared.windows) > 1) == (request.param.length < 100) for x in found)
    return found


def test_tags_decode_back_to_the_annotated_spans(
    examples: list[Example], articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    batch = Collator(tokenizer, schema, {})(examples)
    row = 0
    for example, document in zip(examples, articles, strict=False):
        found = set()
        for window in example.prepared.windows:
            owned = batch["tags"][row][batch["word_mask"][row]].tolist()
            assert len(owned) == window.own_end - window.own_start
            for first, last, label in spans_of(owned, schema.tags):
                place = example.prepared.span(first + window.own_start, last + window.own_start)
                found.add((*place, label))
            row += 1
        lost = {x.key for x in example.gold.lost if x.what == "entity"}
        assert found == document.entity_keys() - lost
    assert row == len(batch["tags"])


def test_word_places_point_to_the_first_sub_word_of_each_word(
    examples: list[Example], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    batch = Collator(tokenizer, schema, {})(examples)
    row = 0
    for example in examples:
        text = example.prepared.normalised.text
        for window in example.prepared.windows:
            places = batch["word_places"][row][batch["word_mask"][row]]
            ids = batch["input_ids"][row][places]
            assert batch["attention_mask"][row][places].all()
            for word, got in zip(range(window.own_start, window.own_end), ids.tolist(), strict=True):
                a, b = example.prepared.words[word]
                assert got == tokenizer.encode([text[a:b]]).ids[0]
            length = int(batch["attention_mask"][row].sum())
            assert batch["input_ids"][row, 0] == tokenizer.start_id
            assert batch["input_ids"][row, length - 1] == tokenizer.end_id
            assert (batch["input_ids"][row, length:] == tokenizer.pad_id).all()
            row += 1


def test_pairs_and_their_truth_are_those_of_the_articles(
    examples: list[Example], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    reach = {"PERSON RANK": 4, "TITLE UNIT": 9}
    batch = Collator(tokenizer, schema, reach)(examples)
    spans = [(x, *s) for x, example in enumerate(examples) for s in example.gold.spans]
    expected = {}
    for h, (article, head_first, head_last, head_label) in enumerate(spans):
        for t, (other, tail_first, tail_last, tail_label) in enumerate(spans):
            far = max(tail_first - head_last, head_first - tail_last)
            if (
                h != t
                and article == other
                and (head_label, tail_label) in schema.by_pair
                and far <= reach.get(f"{head_label} {tail_label}", 200)
            ):
                expected[h, t] = {
                    r: (h, r, t) in numbered(examples) for r in schema.by_pair[head_label, tail_label]
                }
    got = {}
    for (h, t), truth, allowed in zip(
        batch["pairs"].tolist(), batch["pair_labels"].tolist(), batch["pair_mask"].tolist(), strict=True
    ):
        got[h, t] = {r: truth[i] for i, r in enumerate(schema.relations) if allowed[i]}
    assert got == expected
    # The words that the spans point to, in the batch's words laid one after the other.
    words = [x.prepared.normalised.text[a:b] for x in examples for a, b in x.prepared.words.tolist()]
    surfaces = [
        (
            x.prepared.normalised.text[x.prepared.words[f, 0] : x.prepared.words[f, 1]],
            x.prepared.normalised.text[x.prepared.words[last, 0] : x.prepared.words[last, 1]],
        )
        for x in examples
        for f, last, _ in x.gold.spans
    ]
    ends = zip(batch["spans"]["first"].tolist(), batch["spans"]["last"].tolist(), strict=True)
    assert [(words[f], words[last]) for f, last in ends] == surfaces
    flat = batch["spans"]["rows"].flatten()[batch["spans"]["place"]]
    assert flat.tolist() == list(range(len(spans)))
    assert int(batch["spans"]["row_mask"].sum()) == len(spans)


def numbered(examples: list[Example]) -> set[tuple[int, str, int]]:
    """Gold relations with entities numbered through all examples."""
    out, start = set(), 0
    for x in examples:
        out |= {(h + start, r, t + start) for h, r, t in x.gold.relations}
        start += len(x.gold.spans)
    return out


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_only_words_are_hidden(
    share: float, articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    examples, _ = make_examples(articles, tokenizer, Reading(), schema)
    whole = Collator(tokenizer, schema, {})(examples)["input_ids"]
    before = whole.clone()
    torch.manual_seed(0)
    hidden = hide_words(whole, share, tokenizer)
    assert torch.equal(whole, before)
    changed = whole != hidden
    special = torch.isin(whole, torch.tensor([tokenizer.backend.token_to_id(s) for s in SPECIAL]))
    assert not (changed & special).any()
    assert (hidden[changed] == tokenizer.backend.token_to_id("<unk>")).all()
    assert share - 0.05 <= changed[~special].float().mean() <= share + 0.05
    torch.manual_seed(0)
    assert torch.equal(hidden, hide_words(whole, share, tokenizer))


def test_articles_without_words_are_left_out(tokenizer: SubwordTokenizer, schema: Schema) -> None:
    examples, lost = make_examples(
        [Document(""), Document(" \n\u200b"), Document("Mưa.")], tokenizer, Reading(), schema
    )
    assert len(examples) == 1 and not lost


def test_gold_inside_words_is_told_of(
    articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    d = articles[0]
    e = next(e for e in d.entities if e.label == "PERSON")
    cut = [x if x.id != e.id else type(x)(x.id, x.start + 1, x.end, x.label) for x in d.entities]
    tied = sum(e.id in (r.head, r.tail) for r in d.relations)
    examples, lost = make_examples([d.replace(entities=tuple(cut))], tokenizer, Reading(), schema)
    assert len(examples[0].gold.spans) == len(d.entities) - 1
    assert describe_lost(lost) == f"gold out of reach: 1 entity by tokens, {tied} relations by tokens"
    assert describe_lost([]) == "all gold entities and relations can be reached"


def test_the_reach_covers_all_related_pairs(
    articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    examples, _ = make_examples(articles, tokenizer, Reading(), schema)
    reach = learn_reach(examples, schema)
    longest: dict[str, int] = {}
    for x in examples:
        for h, _, t in x.gold.relations:
            (hf, hl, head), (tf, tl, tail) = x.gold.spans[h], x.gold.spans[t]
            key = f"{head} {tail}"
            longest[key] = max(longest.get(key, 0), tf - hl, hf - tl)
    assert reach == {key: -(-n * 5 // 4) + 5 for key, n in longest.items()}
    batch = Collator(tokenizer, schema, reach)(examples)
    assert int(batch["pair_labels"].sum()) == sum(len(d.relations) for d in articles)


@pytest.mark.parametrize("count, share", [(20, 0.1), (20, 0.0), (3, 0.5), (2, 0.9), (5, 0.99)])
def test_a_share_is_set_aside(articles: list[Document], count: int, share: float) -> None:
    learn, held = split_documents(articles[:count], share, seed=4)
    assert learn and held
    assert len(held) == min(count - 1, max(1, round(share * count)))
    ids = [d.id for d in learn] + [d.id for d in held]
    assert sorted(map(str, ids)) == sorted(str(d.id) for d in articles[:count])
    assert split_documents(articles[:count], share, seed=4) == (learn, held)


def test_making_a_batch_leaves_all_generators_of_chance_alone(
    articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    # Batches are made ahead of their step; a resumed run restores the generators at the step.
    examples, _ = make_examples(articles[:4], tokenizer, Reading(), schema)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()
    Collator(tokenizer, schema, {})(examples)
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert np.array_equal(before[2], np.random.get_state()[1])


def test_labels_that_repeat_constantly_are_learnt(tokenizer: SubwordTokenizer, schema: Schema) -> None:
    from phoihop.data.inline import parse
    from phoihop.training import examples as room
    from phoihop.training.examples import learn_repeats

    bodies = "[Lữ đoàn 917](UNIT) gặp [Lữ đoàn 917](UNIT) và [Hà Kim Tuế](PERSON). "
    texts = [bodies * 10 + ("Hà Kim Tuế về. " if n % 2 else "") for n in range(6)]
    made, _ = make_examples([parse(t) for t in texts], tokenizer, Reading(128, 16), schema)
    # 114 repeated bodies and 54 repeated people marked, 3 people unmarked: 54 of 57 is less than 97 %.
    assert learn_repeats(made, schema) == ("UNIT",)
    assert learn_repeats(made[::2], schema) == ("UNIT",)  # 27 people are too few to tell
    assert room.LEAST_REPEATS == 50 and room.CONSTANT == 0.97
    assert learn_repeats([], schema) == ()
