"""Learning: embeddings from raw text, fine-tuning on annotated articles, export."""
