"""Quantiles of durations that are kept in buckets only."""

from __future__ import annotations

from collections import Counter
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stores.timings import FACTOR, FIRST_S, LAST, bucket_of, quantile

durations = st.floats(FIRST_S * 1.01, 3600)


@given(st.lists(durations, min_size=1, max_size=200), st.sampled_from([0.5, 0.95, 0.99, 1.0]))
def test_a_quantile_is_true_to_a_tenth(seconds: list[float], share: float) -> None:
    found = quantile(Counter(map(bucket_of, seconds)), share)
    true = sorted(seconds)[ceil(share * len(seconds)) - 1]
    assert found == pytest.approx(true, rel=0.1)


@given(durations, durations)
def test_what_takes_longer_lies_in_no_earlier_bucket(one: float, other: float) -> None:
    assert (bucket_of(one) <= bucket_of(other)) or one > other


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (FIRST_S, 0), (FIRST_S * FACTOR * 0.999, 1), (FIRST_S * FACTOR * 1.001, 2),
     (1e9, LAST)],
)  # fmt: skip
def test_the_ends_of_the_buckets(seconds: float, bucket: int) -> None:
    assert bucket_of(seconds) == bucket


def test_of_no_calls_there_is_no_quantile() -> None:
    assert quantile({}, 0.5) is None
