"""How far two annotations of the same articles agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.eval.evaluate import Evaluation, score


def compare_annotations(first: Sequence[Document], second: Sequence[Document]) -> Evaluation:
    """Entities and relations of two annotators, the first in the place of gold.

    F1 does not change when they change places; precision and recall do.

    Args:
        first, second: annotated articles, paired by id.  Articles of one side alone are left out, which
            the notes say.

    Raises:
        PhoihopError: no article in common, an id twice on one side, or two texts under one id.
    """
    ids = {d.id for d in second}
    both = [d for d in first if d.id in ids]
    if not both:
        raise PhoihopError(
            "the two annotations have no article in common; articles are paired by their names, so give the "
            "same file names to both"
        )
    names = {d.id for d in both}
    result = score(both, [d for d in second if d.id in names])
    alone = [f"{d.id}" for d in (*first, *second) if d.id not in names]
    note = f"articles that one side alone annotated, left out: {len(alone)} ({', '.join(alone[:5])})"
    return replace(result, notes=(*result.notes, note)) if alone else result
