"""Text in, document out, in one call.

text ──normalise──▶ clean copy + map back          normalise.py
     ──split──────▶ words, sentences               words.py, sentences.py
     ──tokenise───▶ sub-words                      tokenise.py
     ──cut────────▶ windows, each word owned once  windows.py, prepare.py
     ──encode─────▶ states, tag scores             backend.py (ONNX or torch)
     ──decode─────▶ entities                       decode.py
     ──pair───────▶ candidates ─▶ relations        candidates.py, backend.py
     ──map back───▶ Document in the caller's characters   extractor.py
     ──assemble───▶ officials, agreements          records/
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from phoihop.data.document import Document
from phoihop.model.extractor import Extractor
from phoihop.model.gold import Lost

__all__ = ["Extractor", "Lost", "predict", "predict_many"]


@lru_cache(maxsize=2)
def _loaded(model: str) -> Extractor:
    return Extractor.load(model)


def predict(text: str, model: str | Path = "default") -> Document:
    """Entities, relations, officials and agreements of one article.

    Args:
        text: the article; offsets of the result count its characters.
        model: ``"default"`` or a model folder.  It is loaded once and kept.

    Raises:
        PhoihopError: the model cannot be loaded.
    """
    return _loaded(str(model)).predict(text)


def predict_many(texts: Iterable[str], model: str | Path = "default") -> list[Document]:
    """:func:`predict` for several articles, in batches; results stand in the order of the texts."""
    return list(_loaded(str(model)).predict_many(texts))
