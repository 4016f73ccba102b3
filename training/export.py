"""From trained weights to ONNX files that need no torch."""

from __future__ import annotations

import logging
import shutil
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.model.backend import ENCODER_FILE, RELATIONS_FILE, TorchBackend, relation_inputs
from phoihop.model.candidates import candidate_pairs, mentions_of
from phoihop.model.card import TOKENIZER_FILE, ModelCard
from phoihop.model.extractor import Extractor
from phoihop.model.features import FEATURES_FILE
from phoihop.model.joint import JointModel
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.training.onnx_lstm import replace_lstms, translations

OPSET = 20


class _Encoder(nn.Module):
    """States and tag scores in one graph."""

    def __init__(self, model: JointModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor]:
        states = self.model.states(input_ids, attention_mask)
        return states, self.model.tag_scores(states)


def export_onnx(source: str | Path, output: str | Path, int8: bool = True) -> dict[str, int]:
    """Write the ONNX form of a trained model folder.

    Args:
        source: a folder with ``model.safetensors`` and ``model.json``, such as ``RUN/model``.
        output: the new model folder: ``encoder.onnx``, ``relations.onnx``, tokenizer, ``model.json``.
        int8: store matrices as 8-bit integers, a quarter of the size; the figures hardly move, but measure.

    Returns:
        bytes of each file written.

    Raises:
        PhoihopError: the source is no trained model, or lacks a file; the output is the source.
    """
    source, output = Path(source), Path(output)
    card = ModelCard.load(source)
    SubwordTokenizer.load(source / TOKENIZER_FILE)  # refused now rather than after minutes of work
    if output.resolve() == source.resolve():
        raise PhoihopError(
            f"{output}: that is the trained model itself; give another folder for its ONNX form"
        )
    model = TorchBackend.load(source, device="cpu").model
    output.mkdir(parents=True, exist_ok=True)
    for name in (FEATURES_FILE, RELATIONS_FILE):  # of an earlier export, which this model may not have
        (output / name).unlink(missing_ok=True)
    with _quietly():
        _export_encoder(model, output / ENCODER_FILE)
        if model.relation_head is not None:
            _export_relations(model, card, output / RELATIONS_FILE)
        if int8:
            for name in (ENCODER_FILE, RELATIONS_FILE):
                if (output / name).is_file():
                    _quantise(output / name)
    for name in (TOKENIZER_FILE, FEATURES_FILE, "README.md"):
        if (source / name).is_file():
            shutil.copyfile(source / name, output / name)
    replace(card, about={**card.about, "weights": "int8" if int8 else "float32"}).save(output)
    return {p.name: p.stat().st_size for p in sorted(output.iterdir())}


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the exporter's and the quantiser's notes on their own internals."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _export_encoder(model: JointModel, path: Path) -> None:
    ids = torch.full((2, 24), 5, dtype=torch.long)
    mask = torch.ones_like(ids)
    mask[1, 20:] = 0
    axes = {0: torch.export.Dim("windows"), 1: torch.export.Dim("tokens", min=2)}
    _export(
        _Encoder(model).eval(),
        {"input_ids": ids, "attention_mask": mask},
        {"input_ids": axes, "attention_mask": axes},
        ["states", "scores"],
        path,
    )


def _export_relations(model: JointModel, card: ModelCard, path: Path) -> None:
    schema = card.schema
    head, _, tail = schema.triples[0]
    spans = [(0, 1, head), (3, 4, tail), (6, 6, head), (8, 9, tail), (12, 12, head)]
    mentions = mentions_of(spans, schema, np.zeros(20, dtype=np.int64))
    pairs = candidate_pairs(mentions, schema, {})
    states = np.random.default_rng(0).standard_normal((20, model.state_size)).astype(np.float32)
    inputs = {k: torch.from_numpy(v) for k, v in relation_inputs(states, mentions, pairs).items()}
    words, entities = torch.export.Dim("words", min=2), torch.export.Dim("entities", min=2)
    shapes: dict[str, Any] = {k: {0: entities} for k in inputs}
    shapes |= {"states": {0: words}, "pairs": {0: torch.export.Dim("pairs", min=1)}}
    shapes |= {"rows": {1: entities}, "row_mask": {1: entities}}
    assert model.relation_head is not None
    _export(model.relation_head.eval(), inputs, shapes, ["logits"], path)


def _export(
    module: nn.Module, inputs: dict[str, Tensor], shapes: dict[str, Any], outputs: list[str], path: Path
) -> None:
    torch.onnx.export(
        replace_lstms(module),
        kwargs=inputs,
        f=str(path),
        input_names=list(inputs),
        output_names=outputs,
        dynamic_shapes=shapes,
        opset_version=OPSET,
        dynamo=True,
        custom_translation_table=translations(),
        external_data=False,
        verbose=False,
    )
    _drop_notes(path)


def _drop_notes(path: Path) -> None:
    """Take out what the exporter notes at each node: where in the source, with the folders of this computer."""
    import onnx

    model = onnx.load(path)
    graph = model.graph
    del model.metadata_props[:]
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, path)


def _quantise(path: Path) -> None:
    """Dynamic int8: matrices and tables stored as integers, activations scaled as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    whole = path.with_suffix(".float.onnx")
    path.rename(whole)
    quantize_dynamic(
        whole, path, weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm", "LSTM", "Gather"]
    )
    whole.unlink()


def compare(first: Extractor, second: Extractor, documents: Sequence[Document]) -> dict[str, float]:
    """How alike two extractors are on the same texts: shared entities and relations, as F1 of one against the other.

    Raises:
        PhoihopError: no documents.
    """
    if not documents:
        raise PhoihopError("no articles to compare on")
    texts = [d.text for d in documents]
    shared = np.zeros((2, 2))
    for a, b in zip(first.predict_many(texts), second.predict_many(texts), strict=True):
        shared[0] += [2 * len(a.entity_keys() & b.entity_keys()), len(a.entities) + len(b.entities)]
        shared[1] += [2 * len(a.relation_keys() & b.relation_keys()), len(a.relations) + len(b.relations)]
    entities, relations = (float(x / y) if y else 1.0 for x, y in shared)
    return {"entities": entities, "relations": relations}
