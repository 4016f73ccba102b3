"""From annotated articles to training batches."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from phoihop.data.document import Document
from phoihop.data.schema import Schema
from phoihop.model.candidates import allowed_relations, candidate_pairs, gaps, mentions_of
from phoihop.model.consistency import Names
from phoihop.model.decode import Span
from phoihop.model.gold import Aligned, Lost, align
from phoihop.model.prepare import Prepared, Reading, batch_windows, prepare
from phoihop.model.tokenise import SubwordTokenizer

MAX_REACH = 1000  # words: farther pairs are never candidates
CONSTANT, LEAST_REPEATS = 0.97, 50  # see learn_repeats


@dataclass(frozen=True)
class Example:
    """An article, prepared, and the reachable part of its annotation."""

    document: Document
    prepared: Prepared
    gold: Aligned


def make_examples(
    documents: Sequence[Document], tokenizer: SubwordTokenizer, reading: Reading, schema: Schema
) -> tuple[list[Example], list[Lost]]:
    """Prepare and align; articles without words are left out.

    Returns:
        the examples, and every gold entity or relation that could not be laid on words.
    """
    examples: list[Example] = []
    lost: list[Lost] = []
    for document in documents:
        borders = {place for e in document.entities for place in (e.start, e.end)}
        prepared = prepare(document.text, tokenizer, reading, borders)
        if not len(prepared.words):
            continue
        gold = align(document, prepared, schema)
        examples.append(Example(document, prepared, gold))
        lost += gold.lost
    return examples, lost


def learn_reach(examples: Sequence[Example], schema: Schema) -> dict[str, int]:
    """Words between the ends of related pairs, per pair of labels: the longest seen and a quarter more."""
    seen: defaultdict[str, int] = defaultdict(int)
    for example in examples:
        if not example.gold.relations:
            continue
        mentions = mentions_of(example.gold.spans, schema, example.prepared.sentence)
        pairs = np.array([(h, t) for h, _, t in example.gold.relations], dtype=np.int64)
        for (h, t), gap in zip(pairs.tolist(), gaps(mentions, pairs).tolist(), strict=True):
            key = f"{example.gold.spans[h][2]} {example.gold.spans[t][2]}"
            seen[key] = max(seen[key], abs(gap))
    return {key: min(MAX_REACH, math.ceil(longest * 1.25) + 5) for key, longest in sorted(seen.items())}


def learn_repeats(examples: Sequence[Example], schema: Schema) -> tuple[str, ...]:
    """Labels whose mentions of two words or more bear them wherever the article repeats the words.

    Of all places where the words of a mention stand again and no other mention does, the share that is
    marked must reach ``CONSTANT``; labels with fewer than ``LEAST_REPEATS`` such places are left out.
    """
    marked, unmarked = Counter[str](), Counter[str]()
    for example in examples:
        words = example.prepared.surfaces(0, len(example.prepared.words))
        spans = [Span(first, last, label, 1.0) for first, last, label in example.gold.spans]
        names = Names(schema.labels)
        names.learn(words, spans)
        distinct = {(tuple(words[s.first : s.last + 1]), s.label) for s in spans if s.last > s.first}
        marked.update(s.label for s in spans if s.last > s.first)
        marked.subtract(label for _, label in distinct)
        extra = names.bonus(words, spans, schema.tags)
        if extra is not None:
            begins = {f"B-{label}": label for label in schema.labels}
            for number, tag in enumerate(schema.tags):
                if tag in begins:
                    unmarked[begins[tag]] += int((extra[:, number] > 0).sum())
    return tuple(
        label
        for label in schema.labels
        if (places := marked[label] + unmarked[label]) >= LEAST_REPEATS and marked[label] >= CONSTANT * places
    )


class Collator:
    """Batches whole articles: windows, tags, spans, candidate pairs with their truth.

    Nothing in it is left to chance: batches are made ahead of the step that uses them, and a resumed run
    makes some of them twice.
    """

    def __init__(self, tokenizer: SubwordTokenizer, schema: Schema, reach: Mapping[str, int]) -> None:
        self.subwords, self.schema, self.reach = tokenizer, schema, reach
        self.tag_number = {tag: i for i, tag in enumerate(schema.tags)}

    def __call__(self, examples: Sequence[Example]) -> dict[str, Any]:
        """Arguments of ``JointModel.forward``."""
        items = [(x.prepared, w) for x in examples for w in x.prepared.windows]
        batch = batch_windows(items, self.subwords)
        rows = [self._tags(x)[w.own_start : w.own_end] for x in examples for w in x.prepared.windows]
        mask = np.arange(batch.word_places.shape[1]) < batch.word_counts[:, None]
        tags = np.zeros(mask.shape, dtype=np.int64)
        tags[mask] = np.concatenate(rows)
        spans, pairs, labels, allowed = self._pairs(examples)
        return {
            "input_ids": torch.from_numpy(batch.input_ids),
            "attention_mask": torch.from_numpy(batch.attention_mask),
            "word_places": torch.from_numpy(batch.word_places),
            "word_mask": torch.from_numpy(mask),
            "tags": torch.from_numpy(tags),
            "spans": spans,
            "pairs": torch.from_numpy(pairs),
            "pair_labels": torch.from_numpy(labels),
            "pair_mask": torch.from_numpy(allowed),
        }

    def _tags(self, example: Example) -> NDArray[np.int64]:
        tags = np.zeros(len(example.prepared.words), dtype=np.int64)
        for first, last, label in example.gold.spans:
            tags[first] = self.tag_number[f"B-{label}"]
            tags[first + 1 : last + 1] = self.tag_number[f"I-{label}"]
        return tags

    def _pairs(self, examples: Sequence[Example]) -> tuple[dict[str, torch.Tensor], Any, Any, Any]:
        """Entity arrays, candidate pairs and their truth, numbered through the whole batch."""
        parts: list[dict[str, NDArray[np.int64]]] = []
        pairs, labels, allowed = [], [], []
        word, entity = 0, 0
        for x in examples:
            m = mentions_of(x.gold.spans, self.schema, x.prepared.sentence)
            if len(m):
                found = candidate_pairs(m, self.schema, self.reach)
                pairs.append(found + entity)
                labels.append(self._truth(x, found))
                allowed.append(allowed_relations(m, found, self.schema))
                part = {k: getattr(m, k) + word for k in ("first", "last", "gap_start", "gap_end")}
                parts.append(part | {"label": m.label, "sentence": m.sentence})
            word, entity = word + len(x.prepared.words), entity + len(m)
        width = len(self.schema.relations)
        if not parts:
            return {}, np.zeros((0, 2), np.int64), np.zeros((0, width), bool), np.zeros((0, width), bool)
        spans = {k: torch.from_numpy(np.concatenate([p[k] for p in parts])) for k in parts[0]}
        spans |= _rows([len(p["first"]) for p in parts])
        return spans, np.concatenate(pairs), np.concatenate(labels), np.concatenate(allowed)

    def _truth(self, example: Example, pairs: NDArray[np.int64]) -> NDArray[np.bool_]:
        number = {(h, t): i for i, (h, t) in enumerate(map(tuple, pairs.tolist()))}
        truth = np.zeros((len(pairs), len(self.schema.relations)), dtype=bool)
        for head, relation, tail in example.gold.relations:
            if (head, tail) in number:
                truth[number[head, tail], self.schema.relations.index(relation)] = True
        return truth


def hide_words(ids: torch.Tensor, share: float, tokenizer: SubwordTokenizer) -> torch.Tensor:
    """Replace a share of the sub-words, special ones never, by the mask or, where there is none, the unknown
    token, so that names are known by their context too."""
    hidden = torch.rand(ids.shape, device=ids.device) < share
    hidden &= ~torch.isin(ids, torch.tensor(tokenizer.special_ids, device=ids.device))
    return ids.masked_fill(hidden, tokenizer.mask_id)


def _rows(counts: Sequence[int]) -> dict[str, torch.Tensor]:
    """Each article's entities in a row of its own; see ``RelationHead.forward``."""
    longest = max(counts)
    rows = torch.zeros(len(counts), longest, dtype=torch.long)
    mask = torch.zeros(len(counts), longest, dtype=torch.long)
    place, start = [], 0
    for row, count in enumerate(counts):
        rows[row, :count] = torch.arange(start, start + count)
        mask[row, :count] = 1
        place.append(torch.arange(count) + row * longest)
        start += count
    return {"rows": rows, "row_mask": mask, "place": torch.cat(place)}


def describe_lost(lost: Sequence[Lost]) -> str:
    """One line: how much gold is out of reach, by kind and cause."""
    if not lost:
        return "all gold entities and relations can be reached"
    counts = Counter((x.what, x.cause) for x in lost)
    many = {"entity": "entities", "relation": "relations"}
    parts = [
        f"{n} {what if n == 1 else many[what]} by {cause}" for (what, cause), n in sorted(counts.items())
    ]
    return "gold out of reach: " + ", ".join(parts)


def split_documents(
    documents: Sequence[Document], share: float, seed: int
) -> tuple[list[Document], list[Document]]:
    """Articles for training and, at random, a share of them for development: one at least on either side,
    if there are two."""
    order = list(range(len(documents)))
    random.Random(seed).shuffle(order)
    held = set(order[: min(len(documents) - 1, max(1, round(share * len(documents))))])
    return (
        [d for i, d in enumerate(documents) if i not in held],
        [d for i, d in enumerate(documents) if i in held],
    )
