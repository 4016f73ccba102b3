"""The extractor: runs a back end over windows and decodes documents, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.errors import PhoihopError
from phoihop.data.schema import Schema
from phoihop.model.backend import Backend
from phoihop.model.candidates import DEFAULT_REACH, GAP, allowed_relations, candidate_pairs, mentions_of
from phoihop.model.card import ModelCard
from phoihop.model.consistency import Names
from phoihop.model.decode import Floats, Span, balance_brackets, decode
from phoihop.model.ensemble import EnsembleBackend, JointFeatures, joint_card, joint_features, joint_tokenizer
from phoihop.model.features import FeatureScorer
from phoihop.model.gold import Lost, align
from phoihop.model.hub import push
from phoihop.model.loading import MODEL_FILES, copy_model, load_parts
from phoihop.model.prepare import Prepared, batch_windows, prepare
from phoihop.model.records import build_records
from phoihop.model.tokenise import SubwordTokenizer
from phoihop.model.windows import Window

BATCH_WINDOWS = 8  # windows scored at once
BLOCK_WORDS = 4096  # words whose states are kept before their relations are scored
DEFAULT_THRESHOLD = 0.5


class Extractor:
    """A loaded model; keep one for repeated use.

    Args:
        backend: computes the scores.
        tokenizer: the vocabulary the backend was trained with.
        card: schema, windows, thresholds.
        name: what messages call it.
        features: a second opinion on tags, weighed by ``card.feature_weight``.
        folder: where the model was loaded from; without it, it cannot be saved.
    """

    def __init__(
        self,
        backend: Backend,
        tokenizer: SubwordTokenizer,
        card: ModelCard,
        name: str,
        features: FeatureScorer | JointFeatures | None = None,
        folder: Path | None = None,
    ) -> None:
        self._folder = folder
        self._scorer = backend
        self._tokenizer = tokenizer
        self._features = features
        self.card = card
        self.name = name
        self.backend, self.device = backend.name, backend.device
        self.schema: Schema = card.schema
        weighed = features if card.feature_weight else None
        self._transitions = card.transitions(weighed.transitions if weighed else None)
        self._longest_reach = max(
            (card.reach.get(f"{head} {tail}", DEFAULT_REACH) for head, tail in self.schema.by_pair), default=0
        )
        self._threshold = np.array(
            [card.thresholds.get(r, DEFAULT_THRESHOLD) for r in self.schema.relations], np.float32
        )
        self._heat = {what: card.temperature.get(what, 1.0) for what in ("entities", "relations")}

    @classmethod
    def load(
        cls,
        model: str | Path | Sequence[str | Path] = "default",
        backend: str = "auto",
        threads: int | None = None,
        segmenter: str | None = None,
        device: str | None = None,
        revision: str | None = None,
    ) -> Extractor:
        """Load the model that comes with the package (``"default"``), a model folder, or one of the hub.

        Args:
            model: ``"default"``, a folder, or a hub model ``owner/name``, fetched unless the hub's cache has
                its newest files; or several, which then read together: their scores are averaged.
            backend: ``"onnx"``, ``"torch"``, or ``"auto"``: torch for a GPU, else ONNX where the folder has it.
            threads: for ONNX on the CPU; all cores unless given.
            segmenter: instead of the one the model was trained with, such as ``"given"`` for text whose words
                are joined by ``_`` already.
            device: where torch computes, such as ``"cpu"`` or ``"cuda:1"``; the first GPU, if there is one, unless
                given.  ONNX computes on the CPU.
            revision: a branch, tag or commit of a hub model, instead of the newest.

        Raises:
            PhoihopError: no such model, a file of it missing or damaged, an unknown back end, models that
                cannot read together.
        """
        names = [str(model)] if isinstance(model, str | Path) else [str(m) for m in model]
        if not names:
            raise PhoihopError("no model given; name a model folder, or 'default'")
        parts = [load_parts(name, backend, threads, segmenter, device, revision) for name in names]
        if len(parts) == 1:
            one = parts[0]
            return cls(one.backend, one.tokenizer, one.card, names[0], one.features, one.folder)
        scorer = EnsembleBackend([part.backend for part in parts])
        tokenizer = joint_tokenizer([part.tokenizer for part in parts], names)
        card = joint_card([part.card for part in parts], names)
        features = joint_features([(part.features, part.card.feature_weight) for part in parts])
        return cls(scorer, tokenizer, card, " + ".join(names), features)

    @classmethod
    def from_pretrained(cls, model: str | Path = "default", **options: Any) -> Extractor:
        """:meth:`load` by the name that users of transformers expect."""
        return cls.load(model, **options)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the model folder anew: the files it was loaded from, with the settings that it has now; another
        phoihop model in that folder is replaced.

        Raises:
            PhoihopError: several models read together, which have no folder; the model's own is gone; the folder
                is that one, holds files of something else, or cannot be written.
        """
        copy_model(self._own_folder(), self.card, Path(folder))

    def push_to_hub(
        self, name: str, private: bool = False, token: str | None = None, message: str | None = None
    ) -> str:
        """Upload the model, with the settings that it has now, to the Hugging Face hub; the commit's address.

        Args:
            name: ``owner/name``; the model is made there unless it is.
            private: whether a model that is made now is seen by its owner alone.
            token: an access token; that of ``hf auth login`` or ``$HF_TOKEN`` unless given.
            message: of the commit.

        Raises:
            PhoihopError: as :meth:`save_pretrained`, or the hub refuses.
        """
        with TemporaryDirectory() as folder:
            self.save_pretrained(folder)
            return push(Path(folder), name, MODEL_FILES, private, token, message)

    def _own_folder(self) -> Path:
        if self._folder is None:
            raise PhoihopError(f"{self.name}: only a single model loaded from a folder can be saved")
        return self._folder

    def with_card(self, card: ModelCard) -> Extractor:
        """The same scores decoded with other settings."""
        return Extractor(self._scorer, self._tokenizer, card, self.name, self._features, self._folder)

    def predict(self, text: str, id: str | None = None) -> Document:
        """Entities, relations and records of one article; blank text gives an empty document."""
        return next(self.predict_many([text], [id]))

    def predict_many(
        self, texts: Iterable[str], ids: Iterable[str | None] | None = None
    ) -> Iterator[Document]:
        """Documents in the order of the texts, each as soon as it is done; short articles share batches.

        An int8 model scales its activations by batch, so a score may differ in its last digits from that of
        the article alone, and a doubtful mention or relation may fall on the other side.
        """
        group: list[_Article] = []
        waiting = 0
        for text, name in zip(texts, chain(ids if ids is not None else (), repeat(None)), strict=False):
            prepared = prepare(text, self._tokenizer, self.card.reading)
            group.append(_Article(text, name, prepared, Names(self.card.repeats)))
            waiting += max(1, len(prepared.windows))  # a stream of blank texts is not held back either
            if waiting >= BATCH_WINDOWS:
                yield from self._finish(group)
                group, waiting = [], 0
        yield from self._finish(group)

    def span_scores(
        self, text: str, temperatures: Sequence[float]
    ) -> dict[tuple[int, int, str], list[float]]:
        """The entities of a text by start, end and label, each with its probability at several temperatures."""
        prepared = prepare(text, self._tokenizer, self.card.reading)
        opinion = self._opinion(prepared)
        out: dict[tuple[int, int, str], list[float]] = {}
        for i in range(0, len(prepared.windows), BATCH_WINDOWS):
            windows = prepared.windows[i : i + BATCH_WINDOWS]
            batch = batch_windows([(prepared, w) for w in windows], self._tokenizer)
            _, scores = self._scorer.encode(batch.input_ids, batch.attention_mask)
            for row, w in enumerate(windows):
                own = scores[row, batch.word_places[row, : batch.word_counts[row]]]
                own = own if opinion is None else own + opinion[w.own_start : w.own_end]
                for temperature in temperatures:
                    for s in self._spans(prepared, w, own, temperature):
                        start, end = prepared.span(s.first + w.own_start, s.last + w.own_start)
                        out.setdefault((start, end, s.label), []).append(s.score)
        return out

    def unreachable(self, gold: Document) -> list[Lost]:
        """Annotated entities and relations that this model can never predict, with the cause."""
        prepared = prepare(gold.text, self._tokenizer, self.card.reading)
        return list(align(gold, prepared, self.schema, self.card.reach).lost)

    def _finish(self, group: Sequence[_Article]) -> Iterator[Document]:
        items = [(article, w) for article in group for w in article.prepared.windows]
        for i in range(0, len(items), BATCH_WINDOWS):
            self._read(items[i : i + BATCH_WINDOWS])
        for article in group:
            self._relate(article, final=True)
            yield self._document(article)

    def _read(self, items: Sequence[tuple[_Article, Window]]) -> None:
        """Score some windows."""
        batch = batch_windows([(a.prepared, w) for a, w in items], self._tokenizer)
        states, scores = self._scorer.encode(batch.input_ids, batch.attention_mask)
        for row, (article, window) in enumerate(items):
            places = batch.word_places[row, : batch.word_counts[row]]
            if article.opinion is None:
                article.opinion = self._opinion(article.prepared)
            own = scores[row, places]
            if article.opinion is not None:
                own = own + article.opinion[window.own_start : window.own_end]
            article.scored.append((window, own))
            article.states.append(states[row, places])
            article.waiting += len(places)
            if article.waiting >= BLOCK_WORDS:
                self._relate(article, final=False)

    def _decode(self, article: _Article) -> None:
        """Find the entities of the windows scored since the last time; names among them help each other."""
        heat = self._heat["entities"]
        found = []
        for window, scores in article.scored:
            words = article.prepared.surfaces(window.own_start, window.own_end)
            spans = self._spans(article.prepared, window, scores, heat)
            article.names.learn(words, spans)
            found.append((window, scores, words, spans))
        article.scored = []
        for window, scores, words, spans in found:
            extra = article.names.bonus(words, spans, self.schema.tags)
            if extra is not None:
                spans = self._spans(article.prepared, window, scores + extra, heat)
            for s in spans:
                shifted = Span(s.first + window.own_start, s.last + window.own_start, s.label, s.score)
                article.spans.append(shifted)

    def _opinion(self, prepared: Prepared) -> Floats | None:
        """What the features of an article's words add to its tag scores (words, tags)."""
        if self._features is None or not self.card.feature_weight:
            return None
        starts = np.flatnonzero(np.diff(prepared.sentence, prepend=-1))
        words = prepared.surfaces(0, len(prepared.words))
        return self._features(words, starts) * np.float32(self.card.feature_weight)

    def _spans(self, prepared: Prepared, window: Window, scores: Floats, temperature: float) -> list[Span]:
        """What the tag scores of a window's own words say, counted from the window's first own word."""
        found = decode(scores, self.schema.tags, self._transitions, temperature)
        return balance_brackets(found, prepared.surfaces(window.own_start, window.own_end))

    def _relate(self, article: _Article, final: bool) -> None:
        """Find entities, score the pairs whose later end is new, then forget states too far back for later ones."""
        self._decode(article)
        states = np.concatenate(article.states) if article.states else None
        spans = article.spans[article.kept_span :]
        if self.schema.relations and states is not None and len(spans) > 1:
            begin = article.kept_word
            local = [(s.first - begin, s.last - begin, s.label) for s in spans]
            mentions = mentions_of(local, self.schema, article.prepared.sentence[begin : begin + len(states)])
            pairs = candidate_pairs(mentions, self.schema, self.card.reach)
            pairs = pairs[pairs.max(axis=1) >= article.new_span - article.kept_span]
            if len(pairs):
                logits = self._scorer.relate(states, mentions, pairs)
                allowed = allowed_relations(mentions, pairs, self.schema)
                article.relations += self._chosen(logits, allowed, pairs + article.kept_span)
        article.new_span, article.waiting = len(article.spans), 0
        if not final and states is not None:
            self._forget(article, states)

    def _chosen(
        self, logits: Floats, allowed: NDArray[np.bool_], pairs: NDArray[np.int64]
    ) -> list[tuple[int, str, int, float]]:
        scores = 1.0 / (1.0 + np.exp(-np.clip(logits / self._heat["relations"], -50, 50)))
        rows, columns = np.nonzero(allowed & (scores >= self._threshold))
        return [
            (int(pairs[i, 0]), self.schema.relations[j], int(pairs[i, 1]), float(scores[i, j]))
            for i, j in zip(rows.tolist(), columns.tolist(), strict=True)
        ]

    def _forget(self, article: _Article, states: Floats) -> None:
        """Keep the entities that a later one may be tied to, and the words from what leads to the first."""
        end = article.kept_word + len(states)
        kept = article.kept_span
        while kept < len(article.spans) and end - article.spans[kept].last > self._longest_reach:
            kept += 1
        first = article.spans[kept].first if kept < len(article.spans) else end
        before = article.spans[kept - 1].last + 1 if kept else 0
        begin = max(article.kept_word, before, first - GAP)
        # A copy: a slice would hold on to all states.
        article.states = [states[begin - article.kept_word :].copy()]
        article.kept_word, article.kept_span = begin, kept

    def _document(self, article: _Article) -> Document:
        entities = []
        for number, span in enumerate(article.spans, 1):
            start, end = article.prepared.span(span.first, span.last)
            entities.append(Entity(f"e{number}", start, end, span.label, span.score))
        relations = tuple(
            Relation(f"e{head + 1}", label, f"e{tail + 1}", score)
            for head, label, tail, score in sorted(article.relations)
        )
        document = Document(article.text, tuple(entities), relations, article.id)
        return document.replace(records=build_records(document))


@dataclass
class _Article:
    """An article on its way.  Spans before ``kept_span`` and words before ``kept_word`` are done with."""

    text: str
    id: str | None
    prepared: Prepared
    names: Names
    opinion: Floats | None = None
    scored: list[tuple[Window, Floats]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    states: list[Floats] = field(default_factory=list)
    relations: list[tuple[int, str, int, float]] = field(default_factory=list)
    kept_word: int = 0
    kept_span: int = 0
    new_span: int = 0
    waiting: int = 0
