"""Text in, document out: normalise, tokenise, encode, score, decode, build records."""

from phoihop.model.phobert import FastPhobertTokenizer

__all__ = ["FastPhobertTokenizer"]
