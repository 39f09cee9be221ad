"""What speaks for a memory whatever is asked lifts or lowers it, and never silences it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.prior import LEAST, MOST, TIERS, prior
from retrieval.understanding.records import Question
from tests.fixtures.candidates import found, row
from tests.fixtures.records import MOMENT

_TIER = st.sampled_from([*TIERS, "a tier of tomorrow"])
_QUESTION = st.sampled_from(list(Question))
_TRUST = st.floats(0, 1)
_USED = st.integers(0, 10**6)
_AGE = st.integers(-400, 40_000)


def _factor(question: Question = Question.FACT, *, age_days: float = 0, **of: Any) -> float:
    candidate = row(1, "soup", moment=MOMENT - timedelta(days=age_days), **of)
    return float(prior(found("soup", [candidate]), question, MOMENT)[0])


@given(_QUESTION, _TRUST, _TIER, _USED, _AGE)
def test_a_factor_is_bounded(
    question: Question, trust: float, tier: str, used: int, age_days: int
) -> None:
    factor = _factor(question, trust=trust, tier=tier, used=used, age_days=age_days)
    assert LEAST == 0.2 <= factor <= 2.0 == MOST


def test_of_what_nothing_is_known_nothing_is_said() -> None:
    assert _factor() == pytest.approx(1)
    assert _factor(age_days=4000) == pytest.approx(1)


@given(_QUESTION, _TRUST, _TRUST, _TIER, _USED, _AGE)
def test_more_trust_never_lowers(
    question: Question, one: float, other: float, tier: str, used: int, age_days: int
) -> None:
    less, more = sorted([one, other])
    rest: dict[str, Any] = {"tier": tier, "used": used, "age_days": age_days}
    assert _factor(question, trust=less, **rest) <= _factor(question, trust=more, **rest)


@given(_QUESTION, _TRUST, _TIER, _USED, _USED)
def test_more_use_never_lowers(
    question: Question, trust: float, tier: str, one: int, other: int
) -> None:
    less, more = sorted([one, other])
    rest: dict[str, Any] = {"trust": trust, "tier": tier}
    assert _factor(question, used=less, **rest) <= _factor(question, used=more, **rest)


@given(_TRUST, _AGE, _AGE)
def test_where_the_present_is_asked_for_the_newer_comes_first(
    trust: float, one: int, other: int
) -> None:
    newer, older = sorted([one, other])
    now = Question.RECENCY
    assert _factor(now, trust=trust, age_days=newer) >= _factor(now, trust=trust, age_days=older)


@pytest.mark.parametrize("question", [q for q in Question if q is not Question.RECENCY])
def test_age_counts_nowhere_else(question: Question) -> None:
    assert _factor(question, age_days=0) == _factor(question, age_days=2000)


def test_a_colder_tier_counts_for_less() -> None:
    factors = [_factor(tier=tier) for tier in ("hot", "warm", "cold", "archived")]
    assert factors == sorted(factors, reverse=True)
    assert len(set(factors)) == 4


def test_each_candidate_has_its_own() -> None:
    rows = [row(1, "soup", trust=0.9), row(2, "soup", trust=0.1), row(3, "soup", tier="archived")]
    trusted, doubted, archived = prior(found("soup", rows), Question.FACT, MOMENT)
    assert trusted > doubted > archived
    assert np.all(prior(found("soup", rows), Question.RECENCY, MOMENT) >= LEAST)
