"""The embedded encoder and the recurrent layer: padding, directions, what is saved."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoModel

from phoihop.data.document import Document
from phoihop.model.encoder import RecurrentEncoder, reversal
from phoihop.model.layers import BiLSTM, SharedDropout, bucket
from phoihop.model.tokenise import SPECIAL, SubwordTokenizer, factors

LENGTHS = (9, 1, 4, 12)


@pytest.fixture(scope="module")
def encoder(tokenizer: SubwordTokenizer) -> RecurrentEncoder:
    torch.manual_seed(0)
    return RecurrentEncoder.for_tokenizer(tokenizer, embedding_size=10, shape_size=3, state_size=7).eval()


def padded(size: int, pad: int) -> tuple[Tensor, Tensor]:
    """Random ids in rows of ``LENGTHS`` and their mask."""
    ids = torch.randint(4, size, (len(LENGTHS), max(LENGTHS)), generator=torch.Generator().manual_seed(1))
    mask = (torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS).unsqueeze(1)).long()
    return ids.where(mask.bool(), torch.tensor(pad)), mask


@torch.no_grad()
def test_a_row_alone_is_encoded_as_in_a_padded_batch(encoder: RecurrentEncoder) -> None:
    ids, mask = padded(encoder.config.vocab_size, encoder.config.pad_token_id)
    together = encoder(ids, mask).last_hidden_state
    assert together.shape == (4, 12, encoder.config.hidden_size) == (4, 12, 10 + 3 + 2 * 7)
    for row, length in enumerate(LENGTHS):
        alone = encoder(ids[row : row + 1, :length]).last_hidden_state
        assert torch.allclose(together[row : row + 1, :length], alone, atol=1e-6)


@torch.no_grad()
def test_neither_direction_sees_what_lies_ahead_of_it(encoder: RecurrentEncoder) -> None:
    ids, mask = padded(encoder.config.vocab_size, encoder.config.pad_token_id)
    before = encoder.directions(ids, mask)
    changed = ids.clone()
    changed[0, 5] = (ids[0, 5] + 1 - 4) % (encoder.config.vocab_size - 4) + 4
    after = encoder.directions(changed, mask)
    assert torch.equal(before.left[0, :5], after.left[0, :5])
    assert torch.equal(before.right[0, 6:9], after.right[0, 6:9])
    for t in range(5, 9):
        assert not torch.equal(before.left[0, t], after.left[0, t])
    for t in range(6):
        assert not torch.equal(before.right[0, t], after.right[0, t])
    assert torch.equal(before.left[1:], after.left[1:]) and torch.equal(before.right[1:], after.right[1:])


@torch.no_grad()
def test_the_right_states_read_from_the_last_token_to_the_first(encoder: RecurrentEncoder) -> None:
    ids, mask = padded(encoder.config.vocab_size, encoder.config.pad_token_id)
    for row, length in enumerate(LENGTHS):
        tokens = encoder.embed(ids[row : row + 1, :length])
        states, _ = encoder.right_lstm(tokens.flip(1))
        expected = states.flip(1)
        assert torch.allclose(
            encoder.directions(ids, mask).right[row : row + 1, :length], expected, atol=1e-6
        )


def test_places_are_reversed_within_each_row() -> None:
    mask = torch.tensor([[1, 1, 1, 0], [1, 0, 0, 0], [1, 1, 1, 1]])
    assert reversal(mask).tolist() == [[2, 1, 0, 3], [0, 1, 2, 3], [3, 2, 1, 0]]


@pytest.mark.parametrize("state_size", [0, 7])
def test_what_is_saved_comes_back(tokenizer: SubwordTokenizer, state_size: int, tmp_path: Path) -> None:
    torch.manual_seed(3)
    encoder = RecurrentEncoder.for_tokenizer(
        tokenizer, embedding_size=10, shape_size=3, state_size=state_size
    ).eval()
    forms, form_ids, shape_ids = factors(tokenizer.backend.get_vocab())
    encoder.save_pretrained(tmp_path)
    loaded = AutoModel.from_pretrained(tmp_path).eval()
    assert isinstance(loaded, RecurrentEncoder)
    assert loaded.form_of.tolist() == form_ids and loaded.shape_of.tolist() == shape_ids
    assert max(form_ids) + 1 == len(forms) == loaded.config.form_count
    assert loaded.config.state_size == state_size
    before, after = encoder.state_dict(), loaded.state_dict()
    assert before.keys() == after.keys()
    for name in before:
        assert torch.equal(before[name], after[name]), name
    ids = torch.arange(tokenizer.size).unsqueeze(0)
    assert torch.equal(encoder(ids).last_hidden_state, loaded(ids).last_hidden_state)


def test_case_changes_the_shape_and_not_the_form(
    encoder: RecurrentEncoder, tokenizer: SubwordTokenizer, articles: list[Document]
) -> None:
    small, great = (tokenizer.backend.token_to_id(t) for t in ("h", "H"))
    assert small is not None and great is not None
    assert encoder.form_of[small] == encoder.form_of[great]
    assert encoder.shape_of[small] != encoder.shape_of[great]
    specials = [tokenizer.backend.token_to_id(t) for t in SPECIAL]
    assert len({int(encoder.form_of[i]) for i in specials}) == len(SPECIAL)


def test_new_lstms_start_with_open_forget_gates(encoder: RecurrentEncoder) -> None:
    size = encoder.config.state_size
    for lstm in (encoder.left_lstm, encoder.right_lstm):
        gates = (lstm.bias_ih_l0 + lstm.bias_hh_l0).reshape(4, size)
        assert gates.tolist() == [[0.0] * size, [1.0] * size, [0.0] * size, [0.0] * size]
        for block in lstm.weight_hh_l0.chunk(4):
            assert torch.allclose(block @ block.T, torch.eye(size), atol=1e-5)


@torch.no_grad()
def test_the_recurrent_layer_equals_a_packed_bidirectional_one() -> None:
    torch.manual_seed(0)
    ours, theirs = BiLSTM(5, 6), nn.LSTM(5, 6, batch_first=True, bidirectional=True)
    for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"):
        getattr(theirs, name).copy_(getattr(ours.forwards, name))
        getattr(theirs, f"{name}_reverse").copy_(getattr(ours.backwards, name))
    values = torch.randn(len(LENGTHS), max(LENGTHS), 5)
    mask = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS).unsqueeze(1)
    packed = nn.utils.rnn.pack_padded_sequence(
        values, torch.tensor(LENGTHS), batch_first=True, enforce_sorted=False
    )
    expected, _ = nn.utils.rnn.pad_packed_sequence(theirs(packed)[0], batch_first=True)
    out = ours(values, mask.long())
    for row, length in enumerate(LENGTHS):
        assert torch.allclose(out[row, :length], expected[row, :length], atol=1e-6)


def test_shared_dropout_drops_the_same_numbers_along_a_row() -> None:
    torch.manual_seed(0)
    dropout = SharedDropout(0.5)
    out = dropout(torch.ones(3, 5, 200))
    assert set(out.unique().tolist()) == {0.0, 2.0}
    assert torch.equal(out, out[:, :1].expand_as(out))
    assert 0.4 < (out[:, 0] > 0).float().mean() < 0.6
    assert torch.equal(dropout.eval()(torch.ones(1, 2, 3)), torch.ones(1, 2, 3))


def test_distances_fall_into_signed_buckets() -> None:
    values = torch.tensor([-9, -3, -2, -1, 0, 1, 2, 3, 9])
    assert bucket(values, (1, 3, 5)).tolist() == [0, 1, 2, 2, 3, 4, 4, 5, 6]
