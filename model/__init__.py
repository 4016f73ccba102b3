"""Text in, document out: normalise, tokenise, encode, score, decode, build records."""
