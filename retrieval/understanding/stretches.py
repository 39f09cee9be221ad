"""A stretch of time that words of a question name, on the asker's own clock."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from dateutil.relativedelta import relativedelta

from retrieval.understanding.periods import Period

PART_OF_DAY = re.compile(r"\b(morning|afternoon|evening|night|tonight)\b", re.IGNORECASE)
#: Hours of the asker's day; a night ends the next morning.
_HOURS = {
    "morning": (5, 12),
    "afternoon": (12, 18),
    "evening": (17, 23),
    "night": (18, 30),
    "tonight": (18, 30),
}


_PREPOSITION = re.compile(
    r"(?:in|on|since|until|till|by|from|during|around|about|before|after|over|to|the|of)\s+",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """Words from `start` to `end`, and the time they name."""

    start: int
    end: int
    since: datetime
    until: datetime
    #: Named only roughly: "the end of May", "the other day".
    vague: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Now:
    """From when the question is seen, and whether it looks ahead."""

    on: date
    ahead: bool


def bare_start(said: str, start: int, end: int) -> int:
    """Where an expression begins behind its prepositions."""
    while match := _PREPOSITION.match(said, start, end):
        start = match.end()
    return start


def midnight(when: date) -> datetime:
    return datetime.combine(when, time())


def days(period: Period) -> tuple[datetime, datetime]:
    return midnight(period.start), midnight(period.end)


def in_part(stretch: Stretch, part: str) -> Stretch:
    """Only the morning, the evening, … of a day."""
    first, last = _HOURS[part.lower()]
    start = stretch.since
    return replace(
        stretch, since=start + timedelta(hours=first), until=start + timedelta(hours=last)
    )


def delta(number: int, unit: str) -> relativedelta:
    """So many days, weeks, months or years."""
    match unit.lower().rstrip("s"):
        case "day" | "night" | "morning" | "evening" | "afternoon":
            return relativedelta(days=number)
        case "month":
            return relativedelta(months=number)
        case "year":
            return relativedelta(years=number)
        case _:
            return relativedelta(weeks=number)
