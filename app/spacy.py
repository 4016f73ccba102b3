"""``nlp.add_pipe("phoihop")``: the extractor as a component of a spaCy pipeline (extra ``spacy``).

Entities become ``doc.ents`` and ``doc.spans["phoihop"]``; relations and records stand in extensions:
``doc._.phoihop_relations``, ``doc._.officials``, ``doc._.agreements``, and ``doc._.phoihop``, the document as phoihop
gives it, with offsets into ``doc.text``.
"""

from __future__ import annotations

from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from phoihop.data.document import Document
from phoihop.model.extractor import Extractor

SPANS = "phoihop"


@Language.factory(
    "phoihop",
    assigns=["doc.ents", "doc.spans"],
    default_config={"model": "default", "backend": "auto", "threads": None, "overwrite_ents": True},
)
def make_phoihop(
    nlp: Language, name: str, model: str, backend: str, threads: int | None, overwrite_ents: bool
) -> PhoihopComponent:
    """The component; ``model`` is ``"default"`` or a folder, ``overwrite_ents`` whether earlier entities go."""
    return PhoihopComponent(Extractor.load(model, backend=backend, threads=threads), overwrite_ents)


class PhoihopComponent:
    """Reads ``doc.text`` as it is: which tokenizer the pipeline has does not matter to the model.

    A span of ``doc.spans["phoihop"]`` covers every token that the entity touches; its exact characters are in
    ``doc._.phoihop``.
    """

    def __init__(self, extractor: Extractor, overwrite_ents: bool = True) -> None:
        self.extractor, self.overwrite_ents = extractor, overwrite_ents
        for extension in ("phoihop", "phoihop_relations", "officials", "agreements"):
            if not Doc.has_extension(extension):
                Doc.set_extension(extension, default=None)

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one document."""
        return self._annotate(doc, self.extractor.predict(doc.text))

    def pipe(self, stream: Any, batch_size: int = 32) -> Any:
        """Annotate many, short ones in batches."""
        from itertools import tee

        docs, texts = tee(stream)
        found = self.extractor.predict_many(doc.text for doc in texts)
        for doc, document in zip(docs, found, strict=True):
            yield self._annotate(doc, document)

    def _annotate(self, doc: Doc, document: Document) -> Doc:
        spans = {
            e.id: doc.char_span(e.start, e.end, label=e.label, alignment_mode="expand")
            for e in document.entities
        }
        doc.spans[SPANS] = [span for span in spans.values() if span is not None]
        earlier: list[Span] = [] if self.overwrite_ents else list(doc.ents)
        taken = {token.i for span in earlier for token in span}
        free = [s for s in doc.spans[SPANS] if not any(token.i in taken for token in s)]
        doc.ents = [*earlier, *filter_spans(free)]
        doc._.phoihop = document
        doc._.phoihop_relations = [(spans[r.head], r.label, spans[r.tail]) for r in document.relations]
        records = document.records
        doc._.officials = list(records.officials) if records else []
        doc._.agreements = list(records.agreements) if records else []
        return doc
