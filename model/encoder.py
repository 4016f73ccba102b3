"""The embedded encoder: factored syllable embeddings and two language-model LSTMs, one each way.

A token is embedded by its form and its shape (see ``tokenise``).  One LSTM reads left to right, the
other right to left; the output of a token is its embedding and both states.  The two directions
never see each other, so both can be learnt from raw text by guessing each token from its left
and right context (Peters et al. 2018, section 3.1; Melamud et al. 2016, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import BaseModelOutput

from phoihop.model.tokenise import SHAPES, SubwordTokenizer, factors


class RecurrentConfig(PretrainedConfig):  # type: ignore[misc]
    """Shape of the embedded encoder.

    Args:
        vocab_size: tokens of the tokenizer.
        form_count: distinct forms among them.
        embedding_size: numbers per form.
        shape_size: numbers per shape.
        state_size: units of each direction's LSTM; 0 leaves static embeddings alone.
        max_position_embeddings: tokens of the longest window.
        dropout: share of the embedding's and the output's numbers that training drops.
    """

    model_type = "phoihop-recurrent"

    def __init__(
        self,
        vocab_size: int = 20000,
        form_count: int = 14000,
        embedding_size: int = 200,
        shape_size: int = 24,
        state_size: int = 384,
        max_position_embeddings: int = 512,
        dropout: float = 0.1,
        pad_token_id: int = 0,
        **kwargs: Any,
    ) -> None:
        self.vocab_size = vocab_size
        self.form_count = form_count
        self.embedding_size = embedding_size
        self.shape_size = shape_size
        self.state_size = state_size
        self.max_position_embeddings = max_position_embeddings
        self.dropout = dropout
        self.hidden_size = embedding_size + shape_size + 2 * state_size
        super().__init__(pad_token_id=pad_token_id, **kwargs)


@dataclass
class Directions:
    """Embeddings (batch, length, e) and the states of each direction (batch, length, s); ``right``
    at a place has read that place and all to its right."""

    embedded: Tensor
    left: Tensor
    right: Tensor


class RecurrentEncoder(PreTrainedModel):  # type: ignore[misc]
    """``input_ids`` (batch, length) to ``last_hidden_state`` (batch, length, hidden_size)."""

    config_class = RecurrentConfig
    base_model_prefix = "encoder"
    form_of: Tensor
    shape_of: Tensor

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config)
        width = config.embedding_size + config.shape_size
        self.form_embedding = nn.Embedding(config.form_count, config.embedding_size)
        self.shape_embedding = nn.Embedding(len(SHAPES), config.shape_size)
        # Saved with the weights: they belong to the vocabulary the weights were learnt with.
        self.register_buffer("form_of", torch.zeros(config.vocab_size, dtype=torch.long))
        self.register_buffer("shape_of", torch.zeros(config.vocab_size, dtype=torch.long))
        self.dropout = nn.Dropout(config.dropout)
        if config.state_size:
            self.left_lstm = nn.LSTM(width, config.state_size, batch_first=True)
            self.right_lstm = nn.LSTM(width, config.state_size, batch_first=True)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.1)
        elif isinstance(module, nn.LSTM):
            init_lstm(module)

    @classmethod
    def for_tokenizer(cls, tokenizer: SubwordTokenizer, **shape: Any) -> RecurrentEncoder:
        """A new encoder with random weights for a vocabulary; ``shape`` as in the configuration."""
        forms, form_ids, shape_ids = factors(tokenizer.backend.get_vocab())
        config = RecurrentConfig(tokenizer.size, len(forms), pad_token_id=tokenizer.pad_id, **shape)
        encoder = cls(config)
        encoder.form_of.copy_(torch.tensor(form_ids))
        encoder.shape_of.copy_(torch.tensor(shape_ids))
        return encoder

    def embed(self, input_ids: Tensor) -> Tensor:
        """Form and shape embeddings, joined."""
        form = self.form_embedding(self.form_of[input_ids])
        return torch.cat([form, self.shape_embedding(self.shape_of[input_ids])], dim=-1)

    def directions(self, input_ids: Tensor, attention_mask: Tensor) -> Directions:
        """Embeddings and both directions' states.  Padding stands at the right end."""
        embedded = self.dropout(self.embed(input_ids))
        # Reversing each row within its own length keeps the padding at the end, where an LSTM that
        # reads forward never meets it before real tokens.
        back = reversal(attention_mask)
        left, _ = self.left_lstm(embedded)
        reverse, _ = self.right_lstm(take(embedded, back))
        return Directions(embedded, left, take(reverse, back))

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None, **_: Any) -> BaseModelOutput:
        """Encode; ``attention_mask`` (batch, length) is 1 for tokens, 0 for padding."""
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        if self.config.state_size == 0:
            return BaseModelOutput(last_hidden_state=self.dropout(self.embed(input_ids)))
        d = self.directions(input_ids, attention_mask)
        return BaseModelOutput(last_hidden_state=torch.cat([d.embedded, d.left, d.right], dim=-1))


def reversal(attention_mask: Tensor) -> Tensor:
    """For each row the places of its tokens from last to first, padding left where it is."""
    length = attention_mask.shape[1]
    places = torch.arange(length, device=attention_mask.device).unsqueeze(0)
    count = attention_mask.sum(dim=1, keepdim=True)
    return torch.where(places < count, count - 1 - places, places)


def take(values: Tensor, places: Tensor) -> Tensor:
    """``values[b, places[b, t]]`` for (batch, length, width) and (batch, length)."""
    return torch.gather(values, 1, places.unsqueeze(-1).expand(-1, -1, values.shape[-1]))


def init_lstm(lstm: nn.LSTM) -> None:
    """Orthogonal recurrent weights, forget gates open at the start (Jozefowicz et al. 2015, section 4)."""
    for name, weight in lstm.named_parameters():
        if name.startswith("weight_hh"):
            for block in weight.data.chunk(4, dim=0):
                nn.init.orthogonal_(block)
        elif name.startswith("weight_ih"):
            nn.init.xavier_uniform_(weight.data)
        else:
            nn.init.zeros_(weight.data)
            if name.startswith("bias_ih"):
                size = weight.shape[0] // 4
                weight.data[size : 2 * size] = 1.0


AutoConfig.register("phoihop-recurrent", RecurrentConfig)
AutoModel.register(RecurrentConfig, RecurrentEncoder)
