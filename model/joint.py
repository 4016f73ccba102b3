"""The joint model: one encoder, a tag head over words, a relation head over pairs of spans.

Any ``AutoModel`` encoder fits; the embedded one is ``encoder.RecurrentEncoder``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.utils import ModelOutput

from phoihop.data.schema import Schema
from phoihop.model import encoder as _registers_the_embedded_encoder  # noqa: F401
from phoihop.model.auto import new_encoder
from phoihop.model.crf import CRF
from phoihop.model.decode import valid_transitions
from phoihop.model.layers import BiLSTM, Convolutions, SharedDropout
from phoihop.model.relation_head import RelationHead


class JointConfig(PretrainedConfig):  # type: ignore[misc]
    """Shape of the joint model.

    Args:
        encoder: the encoder's own configuration as a dictionary with its ``model_type``.
        task: the schema as in ``schema.toml``.
        token_head: ``"crf"`` or ``"linear"``; both predict with valid transitions only.
        convolution_size: units of the convolutions between encoder and heads; 0 leaves them out.
        convolution_layers: how many of them.
        recurrent_size: units each way of the LSTM between encoder and heads; 0 leaves it out.
        relation_size: units of the relation head's layers.
        dropout: share dropped before these layers and the heads.
        relation_weight: weight of the relation loss beside the tag loss.
    """

    model_type = "phoihop-joint"

    def __init__(
        self,
        encoder: dict[str, Any] | None = None,
        task: dict[str, Any] | None = None,
        token_head: str = "crf",
        recurrent_size: int = 256,
        relation_size: int = 192,
        dropout: float = 0.4,
        relation_dropout: float = 0.3,
        relation_weight: float = 1.0,
        convolution_size: int = 0,
        convolution_layers: int = 4,
        **kwargs: Any,
    ) -> None:
        self.encoder = encoder or {}
        self.task = task or {}
        self.token_head = token_head
        self.recurrent_size = recurrent_size
        self.relation_size = relation_size
        self.dropout = dropout
        self.relation_dropout = relation_dropout
        self.relation_weight = relation_weight
        self.convolution_size = convolution_size
        self.convolution_layers = convolution_layers
        super().__init__(**kwargs)


@dataclass
class JointOutput(ModelOutput):  # type: ignore[misc]
    """Losses (training only) and scores; see :meth:`JointModel.forward`."""

    loss: Tensor | None = None
    tag_loss: Tensor | None = None
    relation_loss: Tensor | None = None


class JointModel(PreTrainedModel):  # type: ignore[misc]
    """Tag scores for words and relation scores for pairs from one pass of the encoder."""

    config_class = JointConfig
    base_model_prefix = "encoder"

    def __init__(self, config: JointConfig) -> None:
        super().__init__(config)
        self.schema = Schema.from_dict(config.task)
        settings = dict(config.encoder)
        self.encoder = new_encoder(AutoConfig.for_model(settings.pop("model_type"), **settings))
        width = self.encoder.config.hidden_size
        self.drop_in = SharedDropout(config.dropout)
        self.convolutions: Convolutions | None = None
        if config.convolution_size:
            self.convolutions = Convolutions(width, config.convolution_size, config.convolution_layers)
            width = config.convolution_size
        self.recurrent = BiLSTM(width, config.recurrent_size) if config.recurrent_size else None
        self.state_size = 2 * config.recurrent_size or width
        self.drop_out = SharedDropout(config.dropout)
        self.tag_scores = nn.Linear(self.state_size, len(self.schema.tags))
        self.crf: CRF | None = None
        if config.token_head == "crf":
            allowed = valid_transitions(self.schema.tags)
            self.crf = CRF(len(self.schema.tags), torch.tensor(allowed.start), torch.tensor(allowed.step))
        self.relation_head: RelationHead | None = None
        if self.schema.relations:
            self.relation_head = RelationHead(
                self.state_size,
                len(self.schema.labels),
                len(self.schema.relations),
                config.relation_size,
                config.relation_dropout,
            )
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, CRF):
            # No weights and not saved: loading leaves them unset and then comes by here.
            allowed = valid_transitions(self.schema.tags)
            module.allowed_start.copy_(torch.tensor(allowed.start))
            module.allowed_step.copy_(torch.tensor(allowed.step))

    def states(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """States (windows, tokens, state_size) that both heads read."""
        hidden: Tensor = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        hidden = self.drop_in(hidden)
        for layer in (self.convolutions, self.recurrent):
            if layer is not None:
                hidden = self.drop_out(layer(hidden, attention_mask))
        return hidden

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        word_places: Tensor,
        word_mask: Tensor,
        tags: Tensor,
        spans: dict[str, Tensor],
        pairs: Tensor,
        pair_labels: Tensor,
        pair_mask: Tensor,
        totals: Tensor | None = None,
    ) -> JointOutput:
        """The training loss of a batch of whole articles.

        Args:
            input_ids, attention_mask: (windows, tokens), the windows of all articles in order.
            word_places: (windows, words) token of each owned word; word_mask the same shape.
            tags: (windows, words) tag numbers.
            spans: the entity arrays that ``RelationHead.forward`` takes.
            pairs: (pairs, 2); pair_labels, pair_mask: (pairs, relations) truth and what the schema allows.
            totals: (2,) words in entities and true pairs to divide the losses by, where this batch is a part of
                a larger one; those of the batch unless given.
        """
        words_total, pairs_total = (None, None) if totals is None else totals
        states = self.states(input_ids, attention_mask)
        index = word_places.unsqueeze(-1).expand(-1, -1, states.shape[-1])
        words = torch.gather(states, 1, index)
        tag_loss = self._tag_loss(self.tag_scores(words), tags, word_mask, words_total)
        relation_loss = tag_loss.new_zeros(())
        if self.relation_head is not None and len(pairs):
            logits = self.relation_head(words[word_mask], pairs=pairs, **spans)
            losses = nn.functional.binary_cross_entropy_with_logits(
                logits.float(), pair_labels.float(), reduction="none"
            )
            # One entity has many candidate pairs and few true ones: the mean over true pairs, not over
            # all, keeps the loss of one article on the scale of its facts.
            true = pair_labels.sum() if pairs_total is None else pairs_total
            relation_loss = (losses * pair_mask).sum() / true.clamp_min(1)
        loss = tag_loss + self.config.relation_weight * relation_loss
        return JointOutput(loss=loss, tag_loss=tag_loss.detach(), relation_loss=relation_loss.detach())

    def _tag_loss(self, scores: Tensor, tags: Tensor, mask: Tensor, total_words: Tensor | None) -> Tensor:
        count = ((mask & (tags > 0)).sum() if total_words is None else total_words).clamp_min(1)
        if self.crf is not None:
            total: Tensor = self.crf(scores, tags, mask)
            return total / count
        losses = nn.functional.cross_entropy(scores.float().flatten(0, 1), tags.flatten(), reduction="none")
        return (losses * mask.flatten()).sum() / count


AutoConfig.register("phoihop-joint", JointConfig)
AutoModel.register(JointConfig, JointModel)
