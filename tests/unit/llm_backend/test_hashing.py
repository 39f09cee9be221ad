"""The stand-in for a model is deterministic, normalised, and sees shared words."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from llm_backend.hashing import HashBackend

_TEXTS = st.lists(st.text(max_size=60), min_size=1, max_size=5)


@given(_TEXTS, st.integers(min_value=1, max_value=300))
def test_vectors_have_length_one(texts: list[str], dimensions: int) -> None:
    vectors = HashBackend(dimensions=dimensions).encode(texts)
    assert vectors.shape == (len(texts), dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@given(_TEXTS)
def test_a_vector_depends_on_its_text_alone(texts: list[str]) -> None:
    backend = HashBackend()
    together = backend.encode(texts)
    alone = np.concatenate([backend.encode([text]) for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_vectors_do_not_change_between_releases() -> None:
    """Stored vectors of a test database stay comparable."""
    assert np.flatnonzero(HashBackend(dimensions=8).encode([""])[0]).tolist() == [0]
    np.testing.assert_array_equal(
        HashBackend(dimensions=8).encode(["Ab"]), HashBackend(dimensions=8).encode(["aB!"])
    )


def test_shared_words_make_texts_similar() -> None:
    dog, walk, tax = HashBackend(dimensions=256).encode(
        ["Anna walks her dog", "the dog walks with Anna", "quarterly tax forms are due"]
    )
    assert dog @ walk > dog @ tax + 0.2
