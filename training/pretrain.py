"""Learning the embedded encoder from raw text: form embeddings first, then both LSTMs.

1. word2vec (CBOW, Mikolov et al. 2013) over forms gives the embeddings a start in minutes.
2. Each token's form is guessed from the left LSTM's state before it and the right LSTM's state
   after it (context2vec, Melamud et al. 2016, section 3), against a sample of other forms drawn
   from the text, each logit corrected by the log of its chance to be drawn (Jean et al. 2015,
   section 3).
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from phoihop.data.errors import PhoihopError
from phoihop.model.encoder import RecurrentEncoder
from phoihop.model.tokenise import SPECIAL, SubwordTokenizer, factors
from phoihop.training.config import PretrainConfig
from phoihop.training.corpus import encode_documents, sample_documents
from phoihop.training.encoders import open_encoder
from phoihop.training.vocabulary import learn_vocabulary

SETTLING = 300
"""Steps at the start that teach the new guessing layers alone when an encoder is gone on from."""


class ContextModel(nn.Module):
    """Guess each token's form from the states on its two sides."""

    log_drawn: Tensor

    def __init__(self, encoder: RecurrentEncoder, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        config = encoder.config
        self.mix = nn.Sequential(
            nn.Linear(2 * config.state_size, 2 * config.embedding_size),
            nn.GELU(),
            nn.Dropout(dropout),
            nn.Linear(2 * config.embedding_size, config.embedding_size),
            nn.LayerNorm(config.embedding_size),
        )
        self.bias = nn.Parameter(torch.zeros(config.form_count))
        self.register_buffer("log_drawn", torch.zeros(config.form_count))

    def set_sampling(self, counts: Tensor, draws: int) -> None:
        """Note each form's chance to be among the negatives, from its count in the text."""
        chance = 1 - (1 - counts.double() / counts.sum()) ** draws
        self.log_drawn.copy_(chance.clamp_min(1e-12).log())

    def contexts(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        """Context vectors (places, embedding) and form ids (places,) of all but the row's ends."""
        d = self.encoder.directions(ids, torch.ones_like(ids))
        context = self.mix(torch.cat([d.left[:, :-2], d.right[:, 2:]], dim=-1))
        return context.flatten(0, 1), self.encoder.form_of[ids[:, 1:-1]].flatten()

    def loss(self, ids: Tensor, negatives: Tensor | None) -> Tensor:
        """Mean cross-entropy, against all forms or against a sample of them, in nats."""
        context, gold = self.contexts(ids)
        table = self.encoder.form_embedding.weight
        if negatives is None:
            return F.cross_entropy(F.linear(context, table, self.bias), gold)
        bias = self.bias - self.log_drawn
        right = (context * table[gold]).sum(-1, keepdim=True) + bias[gold].unsqueeze(1)
        wrong = F.linear(context, table[negatives], bias[negatives])
        wrong = wrong.masked_fill(negatives.unsqueeze(0) == gold.unsqueeze(1), -1e4)
        return F.cross_entropy(torch.cat([right, wrong.float()], 1), torch.zeros_like(gold))


def pretrain(config: PretrainConfig, sources: Sequence[str | Path], output: str | Path) -> dict[str, Any]:
    """Learn vocabulary, embeddings and LSTMs from raw text, and save the encoder in ``output``.

    Args:
        config: settings.
        sources: text files, JSONL files (``.zst`` too) or folders of them; see ``corpus.read_raw``.
        output: a new or empty folder.

    Returns:
        what was done: settings, tokens seen, minutes, held-out perplexity.

    Raises:
        PhoihopError: a source cannot be read, too little text, a folder in use.
    """
    output = Path(output)
    if output.exists() and any(output.iterdir()):
        raise PhoihopError(f"{output}: the folder is not empty; choose another")
    earlier, known = open_encoder(config.start) if config.start else (None, None)
    if earlier is not None and not isinstance(earlier, RecurrentEncoder):
        raise PhoihopError(
            f"start {config.start!r}: a {earlier.config.model_type} encoder; only one that `phoihop pretrain` wrote "
            "can be gone on from"
        )
    documents = sample_documents(sources, config.words, config.seed, config.other_text)
    tokenizer = known or learn_vocabulary(documents[: len(documents) // 3 + 1], config.vocab_size)
    ids = encode_documents(documents, tokenizer)
    print(f"{tokenizer.size} tokens in the vocabulary, {len(ids)} in the text", flush=True)
    return pretrain_encoder(ids, tokenizer, config, output, earlier)


def pretrain_encoder(
    ids: NDArray[np.uint16],
    tokenizer: SubwordTokenizer,
    config: PretrainConfig,
    output: Path,
    earlier: RecurrentEncoder | None = None,
) -> dict[str, Any]:
    """Learn an encoder from token ids (one row) and save it with its tokenizer in ``output``.

    Args:
        ids: the text, at least four rows of ``config.length``.
        tokenizer: what made the ids.
        config: settings.
        output: the folder, made if need be.
        earlier: the encoder to go on from, whose vocabulary is ``tokenizer``'s; ``None`` begins anew.

    Returns:
        what was done: tokens seen, minutes, held-out perplexity.
    """
    if len(ids) < 4 * config.length:
        raise PhoihopError(f"only {len(ids)} tokens of raw text; pre-training needs far more")
    torch.manual_seed(config.seed)
    encoder = earlier or RecurrentEncoder.for_tokenizer(
        tokenizer,
        embedding_size=config.embedding_size,
        shape_size=config.shape_size,
        state_size=config.state_size,
        dropout=config.dropout,
    )
    held = max(config.length, min(config.held_out, len(ids) // 10))
    learn, check = ids[:-held], ids[-held:]
    if encoder.config.state_size and len(_starts(learn, config)) < config.batch:
        raise PhoihopError(
            f"only {len(learn)} tokens of raw text to learn from; pre-training needs at least a batch of "
            f"{config.batch} rows of {config.length} tokens: give more text or lower 'batch'"
        )
    report: dict[str, Any] = {"config": config.to_dict(), "tokens_available": len(learn)}
    if config.embedding_passes and earlier is None:
        vectors = word_vectors(learn, tokenizer, config)
        encoder.form_embedding.weight.data.copy_(vectors)
    save_encoder(encoder, tokenizer, output, report)
    if encoder.config.state_size:
        model = ContextModel(encoder, config.dropout)
        report |= _run(
            model, learn, check, config, lambda r: save_encoder(encoder, tokenizer, output, report | r)
        )
    save_encoder(encoder, tokenizer, output, report)
    return report


def save_encoder(
    encoder: RecurrentEncoder, tokenizer: SubwordTokenizer, output: Path, report: dict[str, Any]
) -> None:
    """Write weights in half precision, configuration, tokenizer and the report of how they were learnt."""
    output.mkdir(parents=True, exist_ok=True)
    # Half the size; what fine-tuning adds is far larger than the rounding.
    halves = {k: v.half() if v.is_floating_point() else v for k, v in encoder.state_dict().items()}
    encoder.save_pretrained(output, state_dict=halves)
    tokenizer.backend.save(str(output / "tokenizer.json"), pretty=False)
    (output / "pretrain.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def word_vectors(ids: NDArray[np.uint16], tokenizer: SubwordTokenizer, config: PretrainConfig) -> Tensor:
    """CBOW vectors (forms, embedding_size), scaled to the spread of fresh embeddings."""
    from gensim.models import Word2Vec

    forms, form_ids, _ = factors(tokenizer.backend.get_vocab())
    names = np.array([str(i) for i in range(len(forms))], dtype=object)
    row = names[np.array(form_ids)[ids]]
    sentences = [row[i : i + 1000].tolist() for i in range(0, len(row), 1000)]
    model = Word2Vec(
        sentences,
        vector_size=config.embedding_size,
        window=5,
        min_count=1,
        negative=8,
        sample=1e-4,
        sg=0,
        epochs=config.embedding_passes,
        workers=torch.get_num_threads(),
        seed=config.seed,
    )
    table = torch.randn(len(forms), config.embedding_size) * 0.1
    for name in model.wv.index_to_key:
        table[int(name)] = torch.tensor(model.wv[name])
    table[: len(SPECIAL)] = 0.0
    table = table - table.mean(0)
    return table / table.std() * 0.1


def _starts(ids: NDArray[np.uint16], config: PretrainConfig) -> NDArray[np.int64]:
    """Where rows begin: they overlap by two tokens, so that every token is guessed once."""
    return np.arange(0, len(ids) - config.length + 1, config.length - 2)


def _rows(ids: NDArray[np.uint16], config: PretrainConfig, number: int = 0) -> Iterator[Tensor]:
    """Batches (batch, length) of rows in random order; the last one may have fewer rows."""
    starts = _starts(ids, config)
    np.random.default_rng((config.seed, number)).shuffle(starts)
    for i in range(0, len(starts), config.batch):
        rows = [ids[s : s + config.length] for s in starts[i : i + config.batch]]
        yield torch.from_numpy(np.stack(rows).astype(np.int64))


def _run(
    model: ContextModel,
    learn: NDArray[np.uint16],
    check: NDArray[np.uint16],
    config: PretrainConfig,
    save: Any,
) -> dict[str, Any]:
    optimiser = torch.optim.AdamW(
        model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
    )
    forms = model.encoder.form_of.numpy()
    generator = np.random.default_rng(config.seed)
    counts = torch.from_numpy(np.bincount(forms[learn], minlength=model.bias.numel()))
    model.set_sampling(counts, config.draws)
    total = config.passes * math.ceil(len(_starts(learn, config)) / config.batch)
    began, seen, mean = time.monotonic(), 0, 0.0
    budget = 60 * config.minutes
    settling = min(SETTLING, total // 10) if config.start else 0
    model.encoder.requires_grad_(settling == 0)
    batches = (b for n in range(config.passes) for b in _rows(learn, config, n))
    for step, ids in enumerate(batches):
        spent = time.monotonic() - began
        # The rate follows whichever ends first, the text or the time, so that it always reaches its end.
        done = max(step / total, spent / budget)
        if done >= 1.0:
            break
        rate = _rate(done, config)
        for group in optimiser.param_groups:
            group["lr"] = rate if step >= settling else config.learning_rate
        if step == settling:
            model.encoder.requires_grad_(True)
        drawn = forms[learn[generator.integers(0, len(learn), config.draws)]]
        negatives = torch.from_numpy(np.unique(drawn))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = model.loss(ids, negatives)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        seen += ids.numel()
        mean = loss.item() if not step else 0.99 * mean + 0.01 * loss.item()
        if step % 100 == 0:
            print(
                f"{seen / 1e6:.1f} M tokens, {seen / max(1e-9, spent):.0f}/s, loss {mean:.3f}, {done:.0%}",
                flush=True,
            )
        if step % 2000 == 1999:
            save({"tokens_seen": seen, "minutes": spent / 60})
    held_out = held_out_loss(model, check, config)
    minutes = (time.monotonic() - began) / 60
    return {
        "tokens_seen": seen,
        "minutes": round(minutes, 1),
        "held_out_perplexity": round(math.exp(held_out), 2),
    }


def _rate(done: float, config: PretrainConfig) -> float:
    if done < config.warmup:
        return config.learning_rate * (0.1 + 0.9 * done / config.warmup)
    return config.learning_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


@torch.no_grad()
def held_out_loss(model: ContextModel, ids: NDArray[np.uint16], config: PretrainConfig) -> float:
    """Mean cross-entropy over all forms of text not learnt from, in nats."""
    model.eval()
    losses = [(len(batch), model.loss(batch, None).item()) for batch in _rows(ids, config)]
    model.train()
    return sum(n * loss for n, loss in losses) / sum(n for n, _ in losses)
