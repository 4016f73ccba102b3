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

from phoihop.data.document import Document, Entity
from phoihop.data.records import Records
from phoihop.model.extractor import Extractor

SPANS = KEY = "phoihop"


@Language.factory(  # type: ignore[untyped-decorator]
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
        for name, getter in _GETTERS.items():
            if not Doc.has_extension(name):
                Doc.set_extension(name, getter=getter)

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
        doc.spans[SPANS] = [_span(doc, e) for e in document.entities]
        earlier: list[Span] = [] if self.overwrite_ents else list(doc.ents)
        taken = {token.i for span in earlier for token in span}
        free = [s for s in doc.spans[SPANS] if not any(token.i in taken for token in s)]
        doc.ents = [*earlier, *filter_spans(free)]
        doc.user_data[KEY] = document.to_dict()  # plain data: a doc can be stored and sent to other processes
        return doc


def _document(doc: Doc) -> Document | None:
    data = doc.user_data.get(KEY)
    return None if data is None else Document.from_dict(data)


def _relations(doc: Doc) -> list[tuple[Span, str, Span]]:
    document = _document(doc)
    if document is None:
        return []
    spans = {e.id: _span(doc, e) for e in document.entities}
    return [(spans[r.head], r.label, spans[r.tail]) for r in document.relations]


def _span(doc: Doc, entity: Entity) -> Span:
    """Every token that the entity touches."""
    return doc.char_span(entity.start, entity.end, label=entity.label, alignment_mode="expand")


def _records(doc: Doc) -> Records:
    document = _document(doc)
    return (document.records if document else None) or Records()


_GETTERS = {
    "phoihop": _document,
    "phoihop_relations": _relations,
    "officials": lambda doc: list(_records(doc).officials),
    "agreements": lambda doc: list(_records(doc).agreements),
}
