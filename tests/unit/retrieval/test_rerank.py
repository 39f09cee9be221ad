"""The model of ranking: its weights, what a space adds to them, and what a score promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.features import FEATURES
from retrieval.rerank import MODEL
from stores.records import Learned

_SCORES = st.lists(st.floats(-50, 50), min_size=1, max_size=20).map(np.array)


def _learned(base: str, *, by: float = 0.5) -> Learned:
    return Learned(version=1, base=base, weights=(by,) * len(MODEL.weights))


def test_a_score_is_a_weighted_sum() -> None:
    features = np.eye(len(MODEL.features))
    assert list(MODEL.scores(features)) == list(MODEL.weights)
    assert MODEL.scores(features.sum(axis=0, keepdims=True)) == pytest.approx(sum(MODEL.weights))


def test_a_space_adds_what_it_learned_to_the_same_model() -> None:
    expected = np.array(MODEL.weights) + 0.5
    assert MODEL.weights_with(_learned(MODEL.name)) == pytest.approx(expected)


@pytest.mark.parametrize("learned", [None, _learned("a model of yesterday")])
def test_what_was_learned_for_another_model_is_left_aside(learned: Learned | None) -> None:
    assert list(MODEL.weights_with(learned)) == list(MODEL.weights)


def test_a_space_that_has_learned_nothing_changes_nothing() -> None:
    learned = Learned(version=1, base=MODEL.name, weights=MODEL.unchanged)
    assert list(MODEL.weights_with(learned)) == list(MODEL.weights)


@given(_SCORES)
def test_a_higher_score_is_never_less_likely(scores: np.ndarray) -> None:
    likely = MODEL.probabilities(scores)
    assert likely.min() >= 0
    assert likely.max() <= 1
    order = np.argsort(scores)
    assert np.all(np.diff(likely[order]) >= 0)


@given(_SCORES)
def test_the_best_of_a_good_answer_is_likelier_than_that_of_a_bad_one(scores: np.ndarray) -> None:
    assert MODEL.probabilities(scores + 5).max() > MODEL.probabilities(scores).max()


def test_of_nothing_nothing_is_likely() -> None:
    assert MODEL.probabilities(np.zeros(0)).shape == (0,)


def test_the_packaged_model_is_whole() -> None:
    assert len(MODEL.features) == len(MODEL.weights) == len(set(MODEL.features))
    assert set(MODEL.features) <= set(FEATURES)
    assert MODEL.score > 0
    assert MODEL.lead >= 0
