"""Static vectors of forms, the start that the contextual objectives go on from."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from phoihop.model.tokenise import SPECIAL, SubwordTokenizer, factors


def word_vectors(
    ids: NDArray[np.uint16], tokenizer: SubwordTokenizer, size: int, passes: int, seed: int
) -> Tensor:
    """CBOW vectors (forms, size) of a row of token ids (Mikolov et al. 2013), scaled to the spread of
    fresh embeddings."""
    from gensim.models import Word2Vec

    forms, form_ids, _ = factors(tokenizer.backend.get_vocab())
    names = np.array([str(i) for i in range(len(forms))], dtype=object)
    row = names[np.array(form_ids)[ids]]
    sentences = [row[i : i + 1000].tolist() for i in range(0, len(row), 1000)]
    model = Word2Vec(
        sentences,
        vector_size=size,
        window=5,
        min_count=1,
        negative=8,
        sample=1e-4,
        sg=0,
        epochs=passes,
        workers=torch.get_num_threads(),
        seed=seed,
    )
    table = torch.randn(len(forms), size) * 0.1
    for name in model.wv.index_to_key:
        table[int(name)] = torch.tensor(model.wv[name])
    table[: len(SPECIAL)] = 0.0
    table = table - table.mean(0)
    return table / table.std() * 0.1
