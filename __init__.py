"""phoihop: officials and agreements from Vietnamese news, each with its place in the text.

>>> import phoihop
>>> document = phoihop.predict("Thiếu tướng Trần Quốc Bảo, Chính ủy Quân khu 5.")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phoihop.data.document import Document, Entity, Relation
from phoihop.data.errors import PhoihopError

if TYPE_CHECKING:
    from phoihop.model.predict import Extractor, predict, predict_many

__version__ = "0.1.0"
__all__ = [
    "Document",
    "Entity",
    "Extractor",
    "PhoihopError",
    "Relation",
    "__version__",
    "predict",
    "predict_many",
]

_FROM_PREDICT = ("Extractor", "predict", "predict_many")


def __getattr__(name: str) -> Any:
    """Import the extractor on first use, so that ``import phoihop`` stays instant."""
    if name in _FROM_PREDICT:
        from phoihop.model import predict as module

        return getattr(module, name)
    raise AttributeError(f"module 'phoihop' has no attribute {name!r}")
