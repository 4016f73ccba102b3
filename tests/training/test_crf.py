"""The conditional random field against enumeration of all tag sequences."""

from __future__ import annotations

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from phoihop.data.schema import Schema
from phoihop.model.crf import CRF
from phoihop.model.decode import IMPOSSIBLE, Transitions, valid_transitions, viterbi

TAGS = ("O", "B-A", "I-A", "B-B", "I-B")


def random_crf(seed: int) -> CRF:
    generator = torch.Generator().manual_seed(seed)
    allowed = valid_transitions(TAGS)
    crf = CRF(len(TAGS), torch.tensor(allowed.start), torch.tensor(allowed.step))
    with torch.no_grad():
        for weight in crf.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator))
    return crf


@torch.no_grad()
def score(crf: CRF, emissions: Tensor, path: tuple[int, ...]) -> float:
    """The score of one sequence, from the definition: start, steps, end and emissions."""
    total = float(crf.start[path[0]] + crf.allowed_start[path[0]] + crf.end[path[-1]])
    for before, after in pairwise(path):
        total += float(crf.step[before, after] + crf.allowed_step[before, after])
    return total + sum(float(emissions[t, tag]) for t, tag in enumerate(path))


def is_valid(path: tuple[int, ...]) -> bool:
    names = [TAGS[t] for t in path]
    return all(
        not name.startswith("I-") or (t > 0 and names[t - 1] in (f"B-{name[2:]}", name))
        for t, name in enumerate(names)
    )


def valid_paths(length: int) -> list[tuple[int, ...]]:
    return [p for p in product(range(len(TAGS)), repeat=length) if is_valid(p)]


@pytest.mark.parametrize("seed", range(4))
def test_the_loss_is_minus_the_log_share_of_gold_among_valid_sequences(seed: int) -> None:
    crf = random_crf(seed)
    generator = torch.Generator().manual_seed(100 + seed)
    lengths = [1, 4, 2, 3]
    emissions = 2 * torch.randn(4, 4, len(TAGS), generator=generator)
    mask = torch.arange(4) < torch.tensor(lengths).unsqueeze(1)
    gold = torch.randint(len(TAGS), (4, 4), generator=generator)  # what stands in the padding must not matter
    expected = 0.0
    for row, length in enumerate(lengths):
        paths = valid_paths(length)
        chosen = paths[int(torch.randint(len(paths), (1,), generator=generator))]
        gold[row, :length] = torch.tensor(chosen)
        weights = torch.tensor([score(crf, emissions[row], p) for p in paths], dtype=torch.float64)
        expected += float(torch.logsumexp(weights, 0)) - score(crf, emissions[row], chosen)
    loss = crf(emissions, gold, mask)
    assert loss.item() == pytest.approx(expected, abs=1e-3)
    changed = torch.where(mask.unsqueeze(2), emissions, torch.full_like(emissions, 7.0))
    assert crf(changed, gold, mask).item() == pytest.approx(loss.item(), abs=1e-4)


def test_the_gradient_is_finite_and_falls_to_the_gold_tags() -> None:
    crf = random_crf(5)
    emissions = (50 * torch.randn(3, 6, len(TAGS))).requires_grad_()
    gold = torch.tensor([[0, 1, 2, 2, 0, 0], [3, 4, 0, 1, 3, 4], [0, 0, 0, 0, 0, 0]])
    mask = torch.tensor([[1] * 6, [1] * 6, [1] + [0] * 5], dtype=torch.bool)
    crf(emissions, gold, mask).backward()
    assert emissions.grad is not None
    for gradient in [emissions.grad, *(w.grad for w in crf.parameters())]:
        assert gradient is not None and torch.isfinite(gradient).all()
    # d loss / d emission is what the model expects of a tag less what gold says: rows sum to nothing.
    assert torch.allclose(emissions.grad.sum(-1), torch.zeros(3, 6), atol=1e-4)
    assert (emissions.grad.gather(2, gold.unsqueeze(2)) <= 1e-4).all()
    assert emissions.grad[2, 1:].abs().max() == 0


@pytest.mark.parametrize("seed", range(6))
def test_decoding_finds_the_sequence_that_the_field_scores_highest(seed: int) -> None:
    crf = random_crf(seed)
    emissions = torch.randn(4, len(TAGS), generator=torch.Generator().manual_seed(seed))
    for length in (1, 2, 4):
        part = emissions[:length]
        best = max(product(range(len(TAGS)), repeat=length), key=lambda p: score(crf, part, p))
        assert is_valid(best)
        learned = Transitions(*(w.detach().numpy() for w in (crf.start, crf.step, crf.end)))
        assert tuple(viterbi(part.numpy(), valid_transitions(TAGS, learned))) == best


def test_a_saved_model_keeps_what_its_field_forbids(tmp_path: Path) -> None:
    # The forbidding scores are no weights and are not saved; a loaded model must make them again.
    from phoihop.model.joint import JointConfig, JointModel

    schema = Schema(("A", "B"))
    encoder = {"model_type": "phoihop-recurrent", "vocab_size": 9, "form_count": 9, "state_size": 0}
    model = JointModel(JointConfig(encoder=encoder, task=schema.to_dict(), recurrent_size=0))
    model.save_pretrained(tmp_path)
    loaded = JointModel.from_pretrained(tmp_path)
    assert loaded.crf is not None
    forbidden = valid_transitions(schema.tags)
    assert np.array_equal(loaded.crf.allowed_start.numpy(), forbidden.start)
    assert np.array_equal(loaded.crf.allowed_step.numpy(), forbidden.step)
    assert (forbidden.step == IMPOSSIBLE).sum() == 2 * (len(schema.tags) - 2)
