"""A candidate fits a time by when it was said, or by what it says of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrieval.timefit import OBSERVED, time_fit
from retrieval.understanding.records import Relation, TimeConstraint
from tests.fixtures.candidates import found, row

_MONDAY = datetime(2024, 5, 20, 10, tzinfo=UTC)
_DAY = timedelta(days=1)


def _time(since: datetime | None, until: datetime | None) -> TimeConstraint:
    return TimeConstraint(text="then", since=since, until=until, relation=Relation.DURING)


def _midnight(day: int, month: int = 5, year: int = 2024) -> datetime:
    return datetime(year, month, day, tzinfo=UTC)


def _day(day: int) -> TimeConstraint:
    return _time(_midnight(day), _midnight(day) + _DAY)


_WEEK_BEFORE = _time(_midnight(13), _midnight(20))
_ALL_2024 = _time(_midnight(1, 1), _midnight(1, 1, 2025))


def _fit(said: str, moment: datetime, *times: TimeConstraint) -> float:
    return float(time_fit(found("soup", [row(1, said, moment=moment)]), times)[0])


@pytest.mark.parametrize(
    ("said", "times", "expected"),
    [
        ("we had soup", [], 0),
        ("we had soup", [_day(20)], OBSERVED),
        ("we had soup", [_time(_midnight(13), _midnight(27))], OBSERVED),
        ("we had soup", [_ALL_2024], OBSERVED / 2),
        ("we had soup", [_time(_midnight(1, 1, 2022), _midnight(1, 1, 2023))], 0),
        ("we had soup", [_time(_midnight(1), None)], OBSERVED / 2),
        ("we had soup", [_time(None, _midnight(1))], 0),
        ("we had soup yesterday", [_day(19)], 1),
        ("we had soup today", [_day(20)], 1),
        ("we had soup last week", [_WEEK_BEFORE], 1),
        ("we had soup last year", [_time(_midnight(1, 1, 2023), _midnight(1, 1))], 0.5),
    ],
)
def test_what_is_said_when_fits(said: str, times: list[TimeConstraint], expected: float) -> None:
    assert _fit(said, _MONDAY, *times) == pytest.approx(expected)


def test_the_nearest_of_several_times_counts() -> None:
    far, near = _day(1), _day(20)
    assert (
        _fit("soup", _MONDAY, far, near) == _fit("soup", _MONDAY, near) > _fit("soup", _MONDAY, far)
    )


def test_a_time_that_is_told_narrows_what_was_asked_better_than_a_long_one() -> None:
    assert _fit("soup yesterday", _MONDAY, _day(19)) > _fit("soup last month", _MONDAY, _day(19))


def test_a_longer_period_forgives_more_days() -> None:
    month = _time(_midnight(1, 4), _midnight(1, 5))
    ends_alike = _time(_midnight(30, 4), _midnight(1, 5))
    assert _fit("soup", _midnight(10), month) > _fit("soup", _midnight(10), ends_alike)


def test_only_the_text_that_tells_of_a_time_gains_by_it() -> None:
    rows = [
        row(1, "soup", moment=_MONDAY),
        row(2, "soup yesterday", moment=_MONDAY),
        row(3, "soup two weeks ago", moment=_MONDAY),
    ]
    plain, yesterday, earlier = time_fit(found("soup", rows), [_day(19)])
    assert yesterday > plain
    assert earlier == plain


def test_a_text_that_was_not_fetched_is_judged_by_its_moment() -> None:
    rows = [row(1, "soup yesterday", moment=_MONDAY, content=None)]
    assert time_fit(found("soup", rows), [_day(20)])[0] == pytest.approx(OBSERVED)


@given(st.integers(0, 400), st.integers(1, 400))
def test_fit_falls_with_the_days_between_and_stays_within_bounds(off: int, length: int) -> None:
    asked = _time(_midnight(1, 1), _midnight(1, 1) + length * _DAY)
    days = [asked.until + (off + more) * _DAY for more in (0, 1, 30)]  # type: ignore[operator]
    near, next_day, later = (_fit("soup", day, asked) for day in days)
    assert 1 >= near >= next_day >= later >= 0
    mirrored = _fit("soup", asked.since - (off + 1) * _DAY, asked)  # type: ignore[operator]
    assert mirrored == pytest.approx(near)


def test_without_a_time_asked_for_nothing_fits_better_than_anything() -> None:
    rows = [row(n, "soup yesterday", moment=_MONDAY) for n in range(1, 4)]
    assert np.all(time_fit(found("soup", rows), []) == 0)
