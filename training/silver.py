"""Silver articles: raw news of the genre with marks that models made, for self-training.

A student that learns from what an ensemble of teachers finds in many unmarked articles meets names and
bodies that no marked article holds (Yarowsky 1995; Xie et al. 2020, "noisy student", section 2).
"""

from __future__ import annotations

import heapq
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from phoihop.data.document import Document
from phoihop.data.errors import PhoihopError
from phoihop.model.extractor import Extractor
from phoihop.model.normalise import normalise_text
from phoihop.training.raw.corpus import domain_share, read_raw

LEAST_DOMAIN = 1.5  # genre words in a hundred
WORDS = (80, 1200)  # of an article
AGREEMENT_WEIGHT = 3.0  # how much likelier an article is taken that tells of an agreement: few do
_AGREEMENT = re.compile(
    r"ký kết|quy chế phối hợp|chương trình phối hợp|kế hoạch phối hợp|thỏa thuận hợp tác"
    r"|biên bản ghi nhớ|nghị quyết liên tịch|kết nghĩa",
    re.IGNORECASE,
)


def choose_texts(sources: Sequence[str | Path], articles: int, seed: int) -> list[str]:
    """Raw articles of the genre, at random, those with more genre words and with agreements more readily.

    One pass over the text in bounded memory: weighted sampling without replacement (Efraimidis and Spirakis
    2006, algorithm A-ES).

    Raises:
        PhoihopError: a source cannot be read, or nothing in it is of the genre.
    """
    generator = random.Random(seed)
    kept: list[tuple[float, int, str]] = []
    for number, text in enumerate(read_raw(sources)):
        weight = weight_of(text)
        if weight <= 0:
            continue
        item = (generator.random() ** (1 / weight), number, text)
        if len(kept) < articles:
            heapq.heappush(kept, item)
        else:
            heapq.heappushpop(kept, item)
    if not kept:
        raise PhoihopError("no article of the genre in the raw text; give more text, or news of this genre")
    return [text for _, _, text in sorted(kept, reverse=True)]


def weight_of(text: str) -> float:
    """How readily an article is taken; 0 for one that is not of the genre, or too short or too long."""
    if not WORDS[0] <= text.count(" ") + text.count("\n") + 1 <= WORDS[1]:
        return 0.0
    text = normalise_text(text)  # one way of writing tone marks
    share = domain_share(text)
    if share < LEAST_DOMAIN:
        return 0.0
    return share * (AGREEMENT_WEIGHT if _AGREEMENT.search(text) else 1.0)


def label_texts(
    extractor: Extractor, texts: Iterable[str], least_entities: int = 3, least_score: float = 0.7
) -> Iterator[Document]:
    """Articles with what the extractor finds in them, named ``silver-<n>``.

    Left out are articles with fewer than ``least_entities`` entities, and those whose entities have a mean
    probability below ``least_score``: there the teachers guess.
    """
    for number, document in enumerate(extractor.predict_many(texts), 1):
        scores = [e.score if e.score is not None else 1.0 for e in document.entities]
        if len(scores) >= least_entities and sum(scores) / len(scores) >= least_score:
            yield document.replace(id=f"silver-{number}", records=None)
