"""The objectives of pre-training against their definitions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.config import OBJECTIVE_NAMES
from phoihop.training.raw import objectives
from phoihop.training.raw.objectives import OBJECTIVES, UNKNOWN, Context, Guess, Objective, pick


def build(name: str, tokenizer: SubwordTokenizer) -> Objective:
    torch.manual_seed(0)
    encoder = RecurrentEncoder.for_tokenizer(
        tokenizer, embedding_size=6, shape_size=2, state_size=5, dropout=0.0
    )
    model = OBJECTIVES[name](encoder, 0.0)
    with torch.no_grad():
        for part in model.modules():
            if isinstance(part, Guess):
                part.bias.normal_()
    return model.eval()


@pytest.fixture
def guess(tokenizer: SubwordTokenizer) -> tuple[Guess, torch.Tensor, torch.Tensor, torch.Tensor]:
    """A guess, states, gold forms and the table of forms."""
    model = build("context", tokenizer)
    assert isinstance(model, Context)
    generator = torch.Generator().manual_seed(2)
    states = torch.randn(21, 10, generator=generator)
    gold = torch.randint(4, model.encoder.config.form_count, (21,), generator=generator)
    return model.guess, states, gold, model.encoder.form_embedding.weight


def rows(model: Objective, count: int = 4, length: int = 9) -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    return torch.randint(4, model.encoder.config.vocab_size, (count, length), generator=generator)


def test_every_named_objective_exists() -> None:
    assert tuple(OBJECTIVES) == OBJECTIVE_NAMES


def test_the_full_loss_is_that_of_all_forms(guess: Any) -> None:
    layer, states, gold, table = guess
    expected = F.cross_entropy(layer.mix(states) @ table.T + layer.bias, gold)
    assert layer(states, gold, table, None).item() == pytest.approx(expected.item(), rel=1e-5)


def test_with_all_forms_drawn_the_sampled_loss_is_the_full_one(guess: Any) -> None:
    layer, states, gold, table = guess
    forms = torch.arange(layer.bias.numel())
    full = layer(states, gold, table, None).item()
    assert layer(states, gold, table, forms).item() == pytest.approx(full, rel=1e-5)
    # Drawn so often that no form can be missed, the correction vanishes.
    layer.set_sampling(torch.full((len(forms),), 10), 10_000_000)
    assert layer(states, gold, table, forms).item() == pytest.approx(full, rel=1e-5)


def test_the_chance_to_be_drawn_is_that_of_the_draws(guess: Any) -> None:
    layer = guess[0]
    n = layer.bias.numel()
    counts = np.arange(n)
    layer.set_sampling(torch.from_numpy(counts), 40)
    generator = np.random.default_rng(0)
    trials = 3000
    seen = np.zeros(n)
    for _ in range(trials):
        seen[np.unique(generator.choice(n, 40, p=counts / counts.sum()))] += 1
    chance = layer.log_drawn.exp().numpy()
    assert np.abs(seen / trials - chance)[1:].max() < 0.05
    assert chance[0] < 1e-9


@torch.no_grad()
def test_the_sampled_loss_is_a_choice_among_gold_and_the_drawn_corrected_by_chance(guess: Any) -> None:
    layer, states, gold, table = guess
    n = layer.bias.numel()
    layer.set_sampling(torch.arange(1, n + 1), 30)
    negatives = torch.arange(0, n, 3)
    corrected = layer.mix(states) @ table.T + layer.bias - layer.log_drawn
    expected = 0.0
    for row, form in zip(corrected, gold.tolist(), strict=True):
        choices = sorted({form, *negatives.tolist()})  # gold counts once though it be drawn
        expected += float(torch.logsumexp(row[choices], 0) - row[form])
    assert any(form in negatives for form in gold) and not all(form in negatives for form in gold)
    assert layer(states, gold, table, negatives).item() == pytest.approx(expected / len(gold), rel=1e-4)


class Seen:
    """What a guess was asked: the states and the gold of each call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[torch.Tensor, torch.Tensor]] = []
        original = Guess.forward

        def noted(layer: Guess, states: torch.Tensor, gold: torch.Tensor, *rest: Any) -> torch.Tensor:
            self.calls.append((states.detach(), gold))
            return original(layer, states, gold, *rest)

        monkeypatch.setattr(Guess, "forward", noted)


def other_token(model: Objective, ids: torch.Tensor, place: int) -> torch.Tensor:
    changed = ids.clone()
    changed[0, place] = 4 + (int(ids[0, place]) - 3) % (model.encoder.config.vocab_size - 4)
    assert changed[0, place] != ids[0, place]
    return changed


def test_context_guesses_a_token_from_what_stands_on_its_two_sides(
    tokenizer: SubwordTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, seen = build("context", tokenizer), Seen(monkeypatch)
    ids = rows(model, 1, 9)
    model(ids, None)
    model(other_token(model, ids, 4), None)
    (states, gold), (others, _) = seen.calls
    assert gold.tolist() == model.encoder.form_of[ids[0, 1:-1]].tolist()
    same = [torch.equal(a, b) for a, b in zip(states, others, strict=True)]
    assert same == [place == 3 for place in range(7)]  # the third guess is of token 4 itself


def test_next_guesses_from_either_side_alone(
    tokenizer: SubwordTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, seen = build("next", tokenizer), Seen(monkeypatch)
    ids = rows(model, 1, 9)
    model(ids, None)
    model(other_token(model, ids, 4), None)
    (after, follows), (before, precedes), (after2, _), (before2, _) = seen.calls
    forms = model.encoder.form_of[ids[0]].tolist()
    assert follows.tolist() == forms[1:] and precedes.tolist() == forms[:-1]
    # The left state of places 0 to 3 has not read token 4, nor has the right state of places 5 to 8.
    assert [torch.equal(a, b) for a, b in zip(after, after2, strict=True)] == [p < 4 for p in range(8)]
    assert [torch.equal(a, b) for a, b in zip(before, before2, strict=True)] == [p > 4 for p in range(1, 9)]


def test_masked_guesses_hidden_tokens_and_never_sees_them(
    tokenizer: SubwordTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, seen = build("masked", tokenizer), Seen(monkeypatch)
    ids = rows(model, 6, 30)
    shown: list[torch.Tensor] = []
    original = RecurrentEncoder.forward

    def noted(self: RecurrentEncoder, input_ids: torch.Tensor, **more: Any) -> Any:
        shown.append(input_ids)
        return original(self, input_ids, **more)

    monkeypatch.setattr(RecurrentEncoder, "forward", noted)
    torch.manual_seed(3)
    model(ids, None)
    hidden = shown[0] != ids
    assert 0.05 < hidden.float().mean() < 0.3
    assert (shown[0][hidden] == UNKNOWN).all()
    assert seen.calls[0][1].tolist() == model.encoder.form_of[ids[hidden]].tolist()


def test_hybrid_is_context_on_half_of_the_rows_and_masked_on_the_rest(
    tokenizer: SubwordTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, seen = build("hybrid", tokenizer), Seen(monkeypatch)
    ids = rows(model, 5, 9)
    torch.manual_seed(1)
    loss = model(ids, None)
    (_, first), (_, second) = seen.calls
    assert first.tolist() == model.encoder.form_of[ids[:3, 1:-1]].flatten().tolist()
    torch.manual_seed(1)
    chosen = pick(ids[3:], objectives.HIDDEN_SHARE)
    assert second.tolist() == model.encoder.form_of[ids[3:][chosen]].tolist()
    torch.manual_seed(1)
    parts = [model.context(ids[:3], None), model.masked(ids[3:], None)]  # type: ignore[operator]
    assert loss.item() == pytest.approx((parts[0].item() + parts[1].item()) / 2, rel=1e-5)
    # A single row has no other half.
    assert model(ids[:1], None).item() == pytest.approx(model.context(ids[:1], None).item())  # type: ignore[operator]


def test_replaced_asks_of_every_token_whether_it_was_swapped(
    tokenizer: SubwordTokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = build("replaced", tokenizer)
    assert not model.guesses
    ids = rows(model, 6, 30)
    asked: list[tuple[torch.Tensor, torch.Tensor]] = []
    original = F.binary_cross_entropy_with_logits

    def noted(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
        asked.append((logits, truth))
        return original(logits, truth)

    monkeypatch.setattr(objectives.F, "binary_cross_entropy_with_logits", noted)
    shown: list[torch.Tensor] = []
    states = model.states
    monkeypatch.setattr(model, "states", lambda given: shown.append(given) or states(given))
    model(ids, None)
    logits, truth = asked[0]
    assert logits.shape == truth.shape == ids.shape
    assert torch.equal(truth.bool(), shown[0] != ids)
    assert 0.05 < truth.mean() < 0.3
    assert set(shown[0].flatten().tolist()) <= set(ids.flatten().tolist())


@pytest.mark.parametrize("name", OBJECTIVE_NAMES)
def test_each_objective_teaches_every_weight(name: str, tokenizer: SubwordTokenizer) -> None:
    model = build(name, tokenizer)
    ids = rows(model, 6, 30)
    torch.manual_seed(0)
    model(ids, torch.arange(0, model.encoder.config.form_count, 2)).backward()
    without = [n for n, w in model.named_parameters() if w.grad is None or not w.grad.abs().sum()]
    # A bias of a recurrent layer's input doubles that of its state; nothing else may be left out.
    assert not without


def test_at_least_one_token_is_picked() -> None:
    assert pick(torch.zeros(2, 5), 0.0).sum() == 1
