"""The two parts of BM25: what a term is worth, and how often it has to occur."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.bm25 import K1, idf, saturation


@given(st.integers(0, 10**6), st.lists(st.integers(0, 10**6), max_size=5))
def test_no_term_is_worth_less_than_nothing(parts: int, counts: list[int]) -> None:
    assert np.all(idf(parts, counts) > 0)


def test_a_rarer_term_is_worth_more() -> None:
    worth = idf(100, [0, 1, 10, 50, 99, 100])
    assert list(worth) == sorted(worth, reverse=True)
    assert len(set(worth.tolist())) == 6


@given(st.integers(1, 10**4), st.integers(1, 10**4), st.floats(1, 10**4))
def test_repeating_a_term_counts_ever_less(times: int, length: int, mean: float) -> None:
    found = saturation(
        np.array([[times], [times + 1], [times + 2]]), np.full(3, length), np.full(3, mean)
    )[:, 0]
    assert 0 < found[0] < found[1] < found[2] < K1 + 1
    assert found[1] - found[0] > found[2] - found[1]


def test_a_long_text_must_say_it_more_often() -> None:
    [short, long] = saturation(np.array([[1], [1]]), np.array([5, 50]), np.array([10.0, 10.0]))
    assert short > long
    assert saturation(np.array([[0]]), np.array([5]), np.array([10.0])) == pytest.approx(0)
