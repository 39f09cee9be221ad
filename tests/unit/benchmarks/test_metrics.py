"""The measures agree with hand-made cases, and with what must hold of any."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quality import metrics
from benchmarks.quality.metrics import Bin

IDS = st.lists(st.sampled_from("abcdefghij"), unique=True)
GOLD = st.sets(st.sampled_from("abcdefghij"), min_size=1)
FORECASTS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("found", "gold", "k", "recall", "hit"),
    [
        ("abc", "a", 1, 1.0, 1.0),
        ("abc", "cz", 2, 0.0, 0.0),
        ("abc", "cz", 3, 0.5, 1.0),
        ("", "a", 5, 0.0, 0.0),
    ],
)
def test_recall_and_hit(found: str, gold: str, k: int, recall: float, hit: float) -> None:
    assert metrics.recall_at(list(found), set(gold), k) == recall
    assert metrics.hit_at(list(found), set(gold), k) == hit


def test_ndcg_weighs_places() -> None:
    assert metrics.ndcg_at(["a", "b"], {"a", "b"}, 10) == 1
    assert metrics.ndcg_at(["x", "a"], {"a"}, 10) == pytest.approx(1 / math.log2(3))
    assert metrics.ndcg_at(["x", "y"], {"a"}, 10) == 0


@given(found=IDS, gold=GOLD, k=st.integers(1, 12))
def test_measures_stay_between_0_and_1_and_agree(found: list[str], gold: set[str], k: int) -> None:
    recall, hit = metrics.recall_at(found, gold, k), metrics.hit_at(found, gold, k)
    gained = metrics.ndcg_at(found, gold, k)

    assert 0 <= recall <= hit <= 1
    assert 0 <= gained <= 1 + 1e-9
    assert (gained > 0) == (hit > 0)
    assert recall <= metrics.recall_at(found, gold, k + 1)


@given(forecasts=FORECASTS, bins=st.integers(1, 12))
def test_bins_hold_everything_once_and_about_equally(
    forecasts: list[tuple[float, bool]], bins: int
) -> None:
    cut = metrics.equal_mass(forecasts, bins)

    assert sum(b.size for b in cut) == len(forecasts)
    assert max(b.size for b in cut) - min(b.size for b in cut) <= 1
    assert sum(b.size * b.share for b in cut) == pytest.approx(sum(true for _, true in forecasts))
    assert all(low.mean <= high.mean + 1e-9 for low, high in pairwise(cut))
    assert 0 <= metrics.calibration_error(cut) <= 1


def test_calibration_error_is_the_weighted_distance() -> None:
    bins = [Bin(3, 0.2, 0.2), Bin(1, 0.9, 0.5)]

    assert metrics.calibration_error(bins) == pytest.approx(0.1)


def test_brier_is_the_mean_squared_error() -> None:
    assert metrics.brier([(1.0, True), (0.5, False)]) == 0.125


@pytest.mark.parametrize(
    ("forecasts", "expected"),
    [
        ([(0.9, True), (0.1, False)], 1.0),
        ([(0.1, True), (0.9, False)], 0.0),
        ([(0.5, True), (0.5, False)], 0.5),
        ([(0.5, True)], None),
    ],
)
def test_auroc(forecasts: list[tuple[float, bool]], expected: float | None) -> None:
    assert metrics.auroc(forecasts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", 0), ("word", 1), ("words", 2), ("2023", 4), ("a, b", 3), ("–", 3)],
)
def test_tokens_are_estimated_from_above(text: str, expected: int) -> None:
    assert metrics.tokens(text) == expected


@given(a=st.text(), b=st.text())
def test_tokens_of_lines_add_up(a: str, b: str) -> None:
    assert metrics.tokens(f"{a}\n{b}") == metrics.tokens(a) + metrics.tokens(b)


@pytest.mark.parametrize(
    ("answer", "text", "expected"),
    [
        ("the cello and a bakery", "A CELLO!", 0.5),
        ("a cello", "celloist", 0.0),
        ("it is", "it is", None),
        ("", "anything", None),
    ],
)
def test_coverage_counts_words_that_carry_meaning(
    answer: str, text: str, expected: float | None
) -> None:
    assert metrics.coverage(answer, text) == expected
