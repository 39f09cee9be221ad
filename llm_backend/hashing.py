"""A deterministic embedder without a model: words and letters hashed into buckets, for tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b

import numpy as np

from llm_backend.protocols import EmbeddingModel, Vectors

_WORD = re.compile(r"\w+")


class HashBackend:
    """Texts that share words, or parts of words, are similar; meaning is beyond it."""

    def __init__(self, *, dimensions: int = 64) -> None:
        self.model = EmbeddingModel(name=f"hash-{dimensions}", dimensions=dimensions)

    def load(self) -> None:
        """There is nothing to load."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector per text."""
        vectors = np.zeros((len(texts), self.model.dimensions), dtype=np.float32)
        for text, vector in zip(texts, vectors, strict=True):
            _fill(vector, text)
        return vectors

    def close(self) -> None:
        """There is nothing to let go of."""


def _fill(vector: Vectors, text: str) -> None:
    for feature in _features(text):
        digest = int.from_bytes(blake2b(feature.encode("utf-8", "replace"), digest_size=8).digest())
        sign = 1.0 if digest & 1 else -1.0
        vector[(digest >> 1) % len(vector)] += sign
    if not vector.any():  # no words at all, or features that cancel each other
        vector[0] = 1.0
    vector /= np.linalg.norm(vector)


def _features(text: str) -> Iterator[str]:
    for word in _WORD.findall(text.lower()):
        yield f"word {word}"
        padded = f"<{word}>"
        for start in range(len(padded) - 2):
            yield f"part {padded[start : start + 3]}"
