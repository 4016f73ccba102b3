"""Learning from raw text: reading it, the vocabulary, embeddings, objectives, and the loop over steps.

corpus       files to documents to token ids
vocabulary   byte-pair encoding
embeddings   word2vec vectors of forms
objectives   what the encoder is asked about a row of tokens
rows         batches of rows, and the forms drawn as wrong answers
checkpoint   everything a run needs to go on as if it had not stopped
loop         the steps, on one device or several
"""
