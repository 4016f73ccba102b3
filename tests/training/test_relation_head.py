"""The relation head and the joint model: articles do not disturb each other, empty ones work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from phoihop.data.document import Document
from phoihop.data.schema import Schema
from phoihop.model.backend import relation_inputs
from phoihop.model.candidates import Mentions, candidate_pairs, gaps, mentions_of
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.joint import JointConfig, JointModel
from phoihop.model.prepare import Reading
from phoihop.model.relation_head import RelationHead
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.examples import Collator, Example, make_examples

WIDTH = 12


@pytest.fixture(scope="module")
def head(schema: Schema) -> RelationHead:
    torch.manual_seed(0)
    return RelationHead(WIDTH, len(schema.labels), len(schema.relations), 16, 0.3).eval()


@pytest.fixture(scope="module")
def joint(tokenizer: SubwordTokenizer) -> Callable[[Schema, str], JointModel]:
    def build(schema: Schema, token_head: str = "crf") -> JointModel:
        torch.manual_seed(0)
        encoder = RecurrentEncoder.for_tokenizer(tokenizer, embedding_size=8, shape_size=2, state_size=6)
        settings = encoder.config.to_dict() | {"model_type": encoder.config.model_type}
        config = JointConfig(settings, schema.to_dict(), token_head, recurrent_size=6, relation_size=16)
        model = JointModel(config)
        model.encoder.load_state_dict(encoder.state_dict())
        return model.eval()

    return build


def examples_of(documents: list[Document], tokenizer: SubwordTokenizer, schema: Schema) -> list[Example]:
    examples, lost = make_examples(documents, tokenizer, Reading(), schema)
    assert not lost
    return examples


def logits_of(head: RelationHead, states: Tensor, batch: dict[str, Any]) -> Tensor:
    out: Tensor = head(states, pairs=batch["pairs"], **batch["spans"])
    return out


@torch.no_grad()
def test_an_article_scores_the_same_alone_and_in_a_batch(
    head: RelationHead, articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    examples = examples_of(articles[:6], tokenizer, schema)
    collate = Collator(tokenizer, schema, {})
    states = [torch.randn(len(x.prepared.words), WIDTH) for x in examples]
    together = logits_of(head, torch.cat(states), collate(examples))
    alone = [logits_of(head, s, collate([x])) for s, x in zip(states, examples, strict=True)]
    assert torch.allclose(together, torch.cat(alone), atol=1e-4)
    # and as prediction hands one article over
    x = examples[0]
    mentions = mentions_of(x.gold.spans, schema, x.prepared.sentence)
    pairs = candidate_pairs(mentions, schema, {})
    inputs = relation_inputs(states[0].numpy(), mentions, pairs)
    predicted = head(**{k: torch.from_numpy(v) for k, v in inputs.items()})
    assert torch.allclose(predicted, alone[0], atol=1e-5)


@torch.no_grad()
def test_articles_without_entities_leave_the_others_alone(
    head: RelationHead, articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    bare = Document("Chiều muộn, gió đổi hướng và thuyền về bến sớm hơn mọi ngày.")
    single = Document(articles[0].text, articles[0].entities[:1])
    examples = examples_of([bare, articles[0], bare, single, articles[1]], tokenizer, schema)
    collate = Collator(tokenizer, schema, {})
    states = [torch.randn(len(x.prepared.words), WIDTH) for x in examples]
    together = logits_of(head, torch.cat(states), collate(examples))
    first = logits_of(head, states[1], collate([examples[1]]))
    last = logits_of(head, states[4], collate([examples[4]]))
    assert torch.allclose(together, torch.cat([first, last]), atol=1e-4)


@torch.no_grad()
def test_no_pairs_give_no_scores(
    head: RelationHead, articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    (example,) = examples_of([articles[0]], tokenizer, schema)
    batch = Collator(tokenizer, schema, {})([example]) | {"pairs": torch.zeros(0, 2, dtype=torch.long)}
    states = torch.randn(len(example.prepared.words), WIDTH)
    assert logits_of(head, states, batch).shape == (0, len(schema.relations))


def many_mentions(schema: Schema, count: int) -> Mentions:
    """Entities of one word each, every third word, labels in turn."""
    spans = [(3 * i, 3 * i, schema.labels[i % 2]) for i in range(count)]
    return mentions_of(spans, schema, np.arange(3 * count, dtype=np.int64) // 20)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_entities_between_two_others_are_counted_by_label(
    head: RelationHead, schema: Schema, dtype: torch.dtype
) -> None:
    mentions = many_mentions(schema, 600)  # more than bfloat16 can count
    generator = np.random.default_rng(0)
    pairs = generator.integers(0, 600, (400, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    kinds = torch.nn.functional.one_hot(torch.from_numpy(mentions.label), len(schema.labels)).to(dtype)
    found = head._passed(kinds, torch.from_numpy(pairs[:, 0]), torch.from_numpy(pairs[:, 1]))
    edges = np.array([1, 2, 3, 5, 8])
    for (a, b), row in zip(pairs.tolist(), found.float().numpy(), strict=True):
        between = mentions.label[min(a, b) + 1 : max(a, b)]
        counts = np.bincount(between, minlength=len(schema.labels))
        assert np.array_equal(row.reshape(-1, 5), counts[:, None] >= edges)


def test_the_head_measures_the_same_gaps_as_the_choice_of_candidates(
    head: RelationHead, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    from phoihop.model import relation_head

    seen: list[Tensor] = []

    def spy(values: Tensor, edges: tuple[int, ...]) -> Tensor:
        seen.append(values)
        return torch.zeros_like(values)

    monkeypatch.setattr(relation_head, "bucket", spy)
    mentions = many_mentions(schema, 40)
    pairs = candidate_pairs(mentions, schema, {})
    inputs = relation_inputs(np.zeros((120, WIDTH), np.float32), mentions, pairs)
    head(**{k: torch.from_numpy(v) for k, v in inputs.items()})
    assert np.array_equal(seen[0].numpy(), gaps(mentions, pairs))
    sentence = mentions.sentence
    assert np.array_equal(seen[1].numpy(), sentence[pairs[:, 1]] - sentence[pairs[:, 0]])


@pytest.mark.parametrize("token_head", ["crf", "linear"])
def test_the_joint_model_trains_on_articles_without_entities(
    joint: Callable[..., JointModel], tokenizer: SubwordTokenizer, schema: Schema, token_head: str
) -> None:
    bare = Document("Sáng nay trời quang.\nThuyền ra khơi từ sớm, biển lặng.")
    model = joint(schema, token_head)
    output = model(**Collator(tokenizer, schema, {})(examples_of([bare, bare], tokenizer, schema)))
    output.loss.backward()
    assert torch.isfinite(output.loss) and output.relation_loss == 0 and output.tag_loss > 0
    assert model.encoder.form_embedding.weight.grad.abs().sum() > 0


def test_the_loss_of_relations_is_the_mean_over_true_pairs_of_what_the_schema_allows(
    joint: Callable[..., JointModel], articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    model = joint(schema)
    examples = examples_of(articles[:3], tokenizer, schema)
    batch = Collator(tokenizer, schema, {})(examples)
    output = model(**batch)
    with torch.no_grad():
        states = model.states(batch["input_ids"], batch["attention_mask"])
        rows = [states[i, batch["word_places"][i][batch["word_mask"][i]]] for i in range(len(examples))]
        logits = logits_of(model.relation_head, torch.cat(rows), batch)
    total = 0.0
    for p, (head, tail) in enumerate(batch["pairs"].tolist()):
        labels = [schema.labels[batch["spans"]["label"][e]] for e in (head, tail)]
        for relation in schema.by_pair[labels[0], labels[1]]:
            r = schema.relations.index(relation)
            chance = torch.sigmoid(logits[p, r])
            total -= float(torch.log(chance if batch["pair_labels"][p, r] else 1 - chance))
    true = sum(len(d.relations) for d in articles[:3])
    assert output.relation_loss.item() == pytest.approx(total / true, rel=1e-3)
    assert output.loss.item() == pytest.approx(output.tag_loss.item() + output.relation_loss.item(), rel=1e-5)


def test_a_schema_without_relations_has_no_relation_head(
    joint: Callable[..., JointModel], articles: list[Document], tokenizer: SubwordTokenizer, schema: Schema
) -> None:
    plain = Schema(schema.labels)
    model = joint(plain)
    assert model.relation_head is None
    bare = [d.replace(relations=()) for d in articles[:2]]
    output = model(**Collator(tokenizer, plain, {})(examples_of(bare, tokenizer, plain)))
    assert output.loss == output.tag_loss and torch.isfinite(output.loss)
