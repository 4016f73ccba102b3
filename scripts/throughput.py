"""How fast fine-tuning runs beside what the device can do: tokens a second against its matrix multiplication.

    python scripts/throughput.py                        # an encoder of PhoBERT-base's size, random weights
    python scripts/throughput.py --encoder vinai/phobert-base-v2 --batches 8 16 32
    python scripts/throughput.py --layers 6 --hidden 384 --heads 6 --float32

Whole training steps are timed (forward, backward, clipping, AdamW) of the joint model that ``phoihop train`` makes by
default, over annotated articles, in batches as training makes them.  Operations of a step are counted as 6 per weight
of the encoder's matrices and place, and 12 per layer, unit, place and place attended to (Chowdhery et al. 2022,
appendix B); the layers above are left out of the count, so the share of the ceiling is a lower bound.  The ceiling is
the best of several square multiplications in the same numbers on the same device.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import RobertaConfig

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.data.readers import read_documents
from phoihop.data.schema import default_schema
from phoihop.model.auto import longest_window, new_encoder
from phoihop.model.joint import JointConfig, JointModel
from phoihop.model.normalise import normalise_text
from phoihop.model.prepare import Reading
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.config import TrainConfig
from phoihop.training.device import device_name, use_bf16
from phoihop.training.encoders import open_encoder
from phoihop.training.examples import Collator, learn_reach, make_examples
from phoihop.training.raw.vocabulary import learn_vocabulary

PHOBERT_VOCABULARY = 64001
WARM = 2  # steps before the clock runs


@dataclass(frozen=True)
class Row:
    """What a batch size came to."""

    articles: int
    places: float  # tokens of a step, padding included
    tokens: float  # a second, without padding
    operations: float  # a second
    memory: float  # bytes, at most


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    options = _parser().parse_args(arguments)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.float32 if options.float32 or not use_bf16("auto") else torch.bfloat16
    try:
        documents = read_documents(options.articles)
        encoder, tokenizer = _encoder(options, documents)
        rows = [
            _measure(encoder, tokenizer, documents, size, options.steps, device, dtype)
            for size in options.batches
        ]
    except PhoihopError as error:
        raise SystemExit(f"throughput: {error}") from None
    ceiling = matmul_ceiling(device, dtype, options.matrix)
    numbers = str(dtype).removeprefix("torch.")
    print(f"{device_name()}, torch {torch.__version__}, {numbers}; {_size(encoder)}")
    print(f"ceiling: {ceiling / 1e12:.3g} TFLOP/s in {numbers} products of {options.matrix}²\n")
    print("\n".join(table(rows, ceiling)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").partition("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    default = Path(__file__).parent.parent / "data" / "articles" / "train"
    parser.add_argument("--articles", type=Path, default=default, help="annotated articles to read")
    parser.add_argument("--encoder", help="folder or hub model; without it random weights of the size below")
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--batches", type=int, nargs="+", default=[4, 8, 16], help="articles a step")
    parser.add_argument("--steps", type=int, default=5, help="steps that are timed")
    parser.add_argument("--matrix", type=int, default=4096, help="rows of the ceiling's matrices")
    parser.add_argument("--float32", action="store_true", help="even where the device computes in bfloat16")
    return parser


def _encoder(options: argparse.Namespace, documents: Sequence[Document]) -> tuple[Any, SubwordTokenizer]:
    if options.encoder:
        return open_encoder(options.encoder)
    tokenizer = learn_vocabulary((normalise_text(d.text) for d in documents), 8000, 2)
    config = RobertaConfig(
        vocab_size=PHOBERT_VOCABULARY, hidden_size=options.hidden, num_hidden_layers=options.layers,
        num_attention_heads=options.heads, intermediate_size=4 * options.hidden, max_position_embeddings=258,
        type_vocab_size=1, pad_token_id=1,
    )  # fmt: skip
    return new_encoder(config), tokenizer


def _measure(
    encoder: Any,
    tokenizer: SubwordTokenizer,
    documents: Sequence[Document],
    size: int,
    steps: int,
    device: torch.device,
    dtype: torch.dtype,
) -> Row:
    """Time training steps of ``size`` articles each; articles come round again where they are too few."""
    schema = default_schema()
    reading = Reading(min(longest_window(encoder), 512), 32)
    settings = encoder.config.to_dict() | {"model_type": encoder.config.model_type}
    model = JointModel(
        JointConfig(encoder=settings, task=schema.to_dict(), recurrent_size=TrainConfig.load().recurrent_size)
    )
    model.encoder.load_state_dict(encoder.state_dict())
    model.to(device).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-5)
    needed = (steps + WARM) * size
    chosen = [documents[i % len(documents)] for i in range(needed)]
    examples, _ = make_examples(chosen, tokenizer, reading, schema)
    collate = Collator(tokenizer, schema, learn_reach(examples, schema))
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    seconds, operations, places, tokens = 0.0, 0.0, 0, 0
    for number in range(steps + WARM):
        batch = collate(examples[number * size : (number + 1) * size])
        took = _clock(device, partial(_step, model, optimiser, batch, device, dtype))
        if number >= WARM:
            seconds += took
            count, length = batch["input_ids"].numel(), int(batch["input_ids"].shape[1])
            places += count
            operations += count * operations_per_place(model.encoder, length)
            tokens += int(batch["attention_mask"].sum())
    memory = torch.cuda.max_memory_allocated() if device.type == "cuda" else _resident()
    return Row(size, places / steps, tokens / seconds, operations / seconds, memory)


def _step(
    model: JointModel,
    optimiser: torch.optim.Optimizer,
    batch: dict[str, Any],
    device: torch.device,
    dtype: torch.dtype,
) -> None:
    there = {name: _moved(value, device) for name, value in batch.items()}
    mixed = torch.autocast(device.type, dtype) if dtype == torch.bfloat16 else contextlib.nullcontext()
    with mixed:
        loss = model(**there).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad()


def _moved(value: Any, device: torch.device) -> Any:
    if isinstance(value, dict):
        return {name: tensor.to(device) for name, tensor in value.items()}
    return value.to(device)


def operations_per_place(encoder: Any, length: int) -> float:
    """Operations of forward and backward pass for one place of a window of ``length`` tokens."""
    config = encoder.config
    tables = {id(m.weight) for m in encoder.modules() if isinstance(m, torch.nn.Embedding)}
    matrices = sum(w.numel() for w in encoder.parameters() if w.ndim == 2 and id(w) not in tables)
    layers = getattr(config, "num_hidden_layers", 0)
    return 6.0 * matrices + 12.0 * layers * config.hidden_size * length


def matmul_ceiling(device: torch.device, dtype: torch.dtype, size: int, tries: int = 5) -> float:
    """Operations a second of the fastest of some products of two ``size`` x ``size`` matrices."""
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    torch.matmul(a, b)
    best = min(_clock(device, lambda: torch.matmul(a, b)) for _ in range(tries))
    return 2.0 * size**3 / best


def _clock(device: torch.device, work: Callable[[], Any]) -> float:
    """Seconds that some work takes, until the device is done with it."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def _resident() -> float:
    """The most memory this process has held, in bytes: on the CPU all of it, Python and earlier sizes included."""
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _size(encoder: Any) -> str:
    weights = sum(w.numel() for w in encoder.parameters())
    return f"{encoder.config.model_type} encoder, {weights / 1e6:.0f} M weights"


def table(rows: Sequence[Row], ceiling: float) -> list[str]:
    """Markdown lines."""
    lines = [
        "| articles a step | tokens a step | tokens a second | TFLOP/s | share of the ceiling | memory |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        lines.append(
            f"| {row.articles} | {row.places:,.0f} | {row.tokens:,.0f} | {row.operations / 1e12:.3g} | "
            f"{100 * row.operations / ceiling:.0f} % | {row.memory / 1e9:.1f} GB |"
        )
    return lines


if __name__ == "__main__":
    main()
