"""How memories fall into groups by their embeddings; no I/O."""
