"""What raw text asks of the embedded encoder: five objectives with one interface.

``context``   each token from the left state before it and the right state after it
              (context2vec, Melamud et al. 2016, section 3)
``next``      each token from the left state before it, and again from the right state after it
              (ELMo, Peters et al. 2018, section 3.1)
``masked``    hidden tokens from all that stands around them (BERT, Devlin et al. 2019, section 3.1)
``hybrid``    ``context`` on half of the rows, ``masked`` on the others (GPT-BERT, Charpentier and
              Samuel 2024, section 2)
``replaced``  of each token whether it was swapped for another (ELECTRA, Clark et al. 2020, section 2,
              with other tokens of the batch in place of a generator's)
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.tokenise import SPECIAL, UNK

HIDDEN_SHARE = 0.15
"""Share of the tokens that ``masked`` hides and ``replaced`` swaps (Devlin et al. 2019, section 3.1)."""


UNKNOWN = SPECIAL.index(UNK)
"""Shown in a hidden token's place, as fine-tuning's word dropout does; vocabularies begin with the special
tokens."""


class Guess(nn.Module):
    """Guess forms from states, against all forms or against a sample of them.

    Each logit of a sample is corrected by the log of its form's chance to be in it (Jean et al. 2015,
    section 3).

    Args:
        width: numbers per state.
        encoder: whose form embeddings are the output embeddings too.
        dropout: share dropped of the hidden layer.
    """

    log_drawn: Tensor

    def __init__(self, width: int, encoder: RecurrentEncoder, dropout: float) -> None:
        super().__init__()
        size = encoder.config.embedding_size
        self.mix = nn.Sequential(
            nn.Linear(width, 2 * size),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * size, size),
            nn.LayerNorm(size),
        )
        self.bias = nn.Parameter(torch.zeros(encoder.config.form_count))
        self.register_buffer("log_drawn", torch.zeros(encoder.config.form_count))

    def set_sampling(self, counts: Tensor, draws: int) -> None:
        """Note each form's chance to be among the negatives, from its count in the text."""
        chance = 1 - (1 - counts.double() / counts.sum()) ** draws
        self.log_drawn.copy_(chance.clamp_min(1e-12).log())

    def forward(self, states: Tensor, gold: Tensor, table: Tensor, negatives: Tensor | None) -> Tensor:
        """Mean cross-entropy in nats.

        Args:
            states: (places, width).
            gold: (places,) the forms to guess.
            table: (forms, size) the form embeddings.
            negatives: (sample,) distinct forms that stand for all others; ``None`` takes all.
        """
        context = self.mix(states)
        if negatives is None:
            return F.cross_entropy(F.linear(context, table, self.bias).float(), gold)
        bias = self.bias - self.log_drawn
        right = (context * table[gold]).sum(-1, keepdim=True) + bias[gold].unsqueeze(1)
        wrong = F.linear(context, table[negatives], bias[negatives])
        wrong = wrong.masked_fill(negatives.unsqueeze(0) == gold.unsqueeze(1), -1e4)
        return F.cross_entropy(torch.cat([right, wrong], 1).float(), torch.zeros_like(gold))


class Objective(nn.Module, ABC):
    """An encoder and the layers that raw text teaches it through.

    ``forward(ids, negatives)`` takes rows of token ids (rows, length) without padding and gives the mean
    loss in nats; ``negatives`` as in :class:`Guess`.  Chance comes from torch's global generator.
    """

    guesses = True
    """Whether the loss is a guess among forms, so that its exponential is a perplexity."""

    def __init__(self, encoder: RecurrentEncoder, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.build(encoder.config.state_size, encoder.config.hidden_size, dropout)

    @abstractmethod
    def build(self, state_size: int, hidden_size: int, dropout: float) -> None:
        """Make the layers above the encoder."""

    def set_sampling(self, counts: Tensor, draws: int) -> None:
        """Pass on to every guess how often each form stands in the text; see :class:`Guess`."""
        for part in self.modules():
            if isinstance(part, Guess):
                part.set_sampling(counts, draws)

    def states(self, ids: Tensor) -> Tensor:
        """What fine-tuning reads of each token (rows, length, hidden_size)."""
        hidden: Tensor = self.encoder(input_ids=ids).last_hidden_state
        return hidden


class Context(Objective):
    """Each token from the states on its two sides; a row's first and last token are only read."""

    def build(self, state_size: int, hidden_size: int, dropout: float) -> None:
        """See :class:`Objective`."""
        self.guess = Guess(2 * state_size, self.encoder, dropout)

    def forward(self, ids: Tensor, negatives: Tensor | None) -> Tensor:
        """See :class:`Objective`."""
        d = self.encoder.directions(ids, torch.ones_like(ids))
        sides = torch.cat([d.left[:, :-2], d.right[:, 2:]], dim=-1).flatten(0, 1)
        gold = self.encoder.form_of[ids[:, 1:-1]].flatten()
        loss: Tensor = self.guess(sides, gold, self.encoder.form_embedding.weight, negatives)
        return loss


class Next(Objective):
    """Each token from the left alone, and from the right alone."""

    def build(self, state_size: int, hidden_size: int, dropout: float) -> None:
        """See :class:`Objective`."""
        self.after = Guess(state_size, self.encoder, dropout)
        self.before = Guess(state_size, self.encoder, dropout)

    def forward(self, ids: Tensor, negatives: Tensor | None) -> Tensor:
        """See :class:`Objective`."""
        d = self.encoder.directions(ids, torch.ones_like(ids))
        table, forms = self.encoder.form_embedding.weight, self.encoder.form_of[ids]
        after = self.after(d.left[:, :-1].flatten(0, 1), forms[:, 1:].flatten(), table, negatives)
        before = self.before(d.right[:, 1:].flatten(0, 1), forms[:, :-1].flatten(), table, negatives)
        loss: Tensor = (after + before) / 2
        return loss


class Masked(Objective):
    """Hidden tokens from everything else."""

    def build(self, state_size: int, hidden_size: int, dropout: float) -> None:
        """See :class:`Objective`."""
        self.guess = Guess(hidden_size, self.encoder, dropout)

    def forward(self, ids: Tensor, negatives: Tensor | None) -> Tensor:
        """See :class:`Objective`."""
        chosen = pick(ids, HIDDEN_SHARE)
        states = self.states(ids.masked_fill(chosen, UNKNOWN))[chosen]
        gold = self.encoder.form_of[ids[chosen]]
        loss: Tensor = self.guess(states, gold, self.encoder.form_embedding.weight, negatives)
        return loss


class Hybrid(Objective):
    """The first half of the rows in ``Context``'s way, the rest in ``Masked``'s, with layers of each."""

    def build(self, state_size: int, hidden_size: int, dropout: float) -> None:
        """See :class:`Objective`."""
        self.context = Context(self.encoder, dropout)
        self.masked = Masked(self.encoder, dropout)

    def forward(self, ids: Tensor, negatives: Tensor | None) -> Tensor:
        """See :class:`Objective`."""
        half = (len(ids) + 1) // 2
        loss: Tensor = self.context(ids[:half], negatives)
        if half < len(ids):
            loss = (loss + self.masked(ids[half:], negatives)) / 2
        return loss


class Replaced(Objective):
    """Of each token, whether it is the writer's."""

    guesses = False

    def build(self, state_size: int, hidden_size: int, dropout: float) -> None:
        """See :class:`Objective`."""
        size = self.encoder.config.embedding_size
        self.judge = nn.Sequential(
            nn.Linear(hidden_size, size), nn.GELU(), nn.Dropout(dropout), nn.Linear(size, 1)
        )

    def forward(self, ids: Tensor, negatives: Tensor | None) -> Tensor:
        """See :class:`Objective`; ``negatives`` are not used."""
        others = ids.flatten()[torch.randperm(ids.numel(), device=ids.device)].view_as(ids)
        shown = torch.where(pick(ids, HIDDEN_SHARE), others, ids)
        logits = self.judge(self.states(shown)).squeeze(-1)
        return F.binary_cross_entropy_with_logits(logits.float(), (shown != ids).float())


OBJECTIVES: dict[str, type[Objective]] = {
    "context": Context,
    "next": Next,
    "masked": Masked,
    "hybrid": Hybrid,
    "replaced": Replaced,
}


def pick(ids: Tensor, share: float) -> Tensor:
    """A mask (rows, length) of a share of the tokens, each by chance, one at least."""
    chosen = torch.rand(ids.shape, device=ids.device) < share
    if not bool(chosen.any()):
        chosen[0, 0] = True
    return chosen
