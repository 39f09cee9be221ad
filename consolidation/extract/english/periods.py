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
    """A stretch of the calendar by its first day; no label where the words say it in full."""

    start: date
    label: str | None


def day(when: date) -> Period:
    return Period(start=when, label=f"{when.day} {MONTHS[when.month - 1]} {when.year}")


def weekend(saturday: date) -> Period:
    return Period(start=saturday, label=f"weekend of {day(saturday).label}")


def week(when: date) -> Period:
    monday = when - timedelta(days=when.weekday())
    return Period(start=monday, label=f"week of {day(monday).label}")


def month(year: int, number: int) -> Period:
    """A month by number; numbers beyond 1..12 run into the years around."""
    years, index = divmod(number - 1, 12)
    start = date(year + years, index + 1, 1)
    return Period(start=start, label=f"{MONTHS[index]} {start.year}")


def season(year: int, name: str) -> Period:
    return Period(start=date(year, SEASONS[name], 1), label=f"{name} {year}")


def year(number: int) -> Period:
    return Period(start=date(number, 1, 1), label=str(number))
