"""Periods of the calendar as people name them: days, weekends, weeks, months, seasons, years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
#: First month of each season (northern hemisphere).
SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A stretch of the calendar, its end left out; no label where the words say it in full."""

    start: date
    end: date
    label: str | None


def day(when: date) -> Period:
    label = f"{when.day} {MONTHS[when.month - 1]} {when.year}"
    return Period(start=when, end=when + timedelta(days=1), label=label)


def weekend(saturday: date) -> Period:
    label = f"weekend of {day(saturday).label}"
    return Period(start=saturday, end=saturday + timedelta(days=2), label=label)


def week(when: date) -> Period:
    monday = when - timedelta(days=when.weekday())
    label = f"week of {day(monday).label}"
    return Period(start=monday, end=monday + timedelta(weeks=1), label=label)


def month(year: int, number: int) -> Period:
    """A month by number; numbers beyond 1..12 run into the years around."""
    start = _first_of(year, number)
    label = f"{MONTHS[start.month - 1]} {start.year}"
    return Period(start=start, end=_first_of(year, number + 1), label=label)


def season(year: int, name: str) -> Period:
    first = SEASONS[name]
    return Period(
        start=_first_of(year, first), end=_first_of(year, first + 3), label=f"{name} {year}"
    )


def year(number: int) -> Period:
    return Period(start=date(number, 1, 1), end=date(number + 1, 1, 1), label=str(number))


def _first_of(year: int, number: int) -> date:
    years, index = divmod(number - 1, 12)
    return date(year + years, index + 1, 1)
