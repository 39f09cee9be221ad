"""Since when and until when a statement holds, as far as it says so."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from consolidation.extract.english.found import Found
from retrieval.understanding.dates import TimeExpression

# Their end is what the date tells, not the beginning of what is stated.
_ENDING_AT = re.compile(r"(?:until|till|by|before|to)\b", re.IGNORECASE)
_UNTIL = re.compile(r"(?:until|till|to)\b", re.IGNORECASE)
_SINCE = re.compile(r"(?:since|from|in|during)\b|last\b|this\b", re.IGNORECASE)
_NUMBERS = {word: n for n, word in enumerate(
    ("a", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), start=1
)}  # fmt: skip
_LASTED = re.compile(
    r"(?:\b(?:have|has)|['’](?:ve|s)) (?:\w+ )?(?:been|lived|worked|had|known|played|owned|taught|"
    r"studied|rented)\b[^.;]*? for (?:(?:about|over|more than|the (?:last|past)) )?"
    rf"(?P<number>{'|'.join(_NUMBERS)}|\d{{1,3}}) (?:whole |full )?(?P<unit>year|month|week|"
    rf"day)s?\b"
)
_ENDED_THEN = re.compile(r"\b(?:stopped|quit|no longer)\b", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """When something is true in the world; an open side is not known."""

    valid_at: datetime | None
    invalid_at: datetime | None = None


def begun(sentence: str, expressions: Sequence[TimeExpression], said_at: datetime) -> datetime:
    """Since when a fact holds: the first time it names, unless that is an end or lies ahead."""
    if lasting := _lasting(sentence, said_at):
        return lasting
    for expression in expressions:
        began = _at(expression.period.start)
        if began <= said_at and not _ENDING_AT.match(sentence, expression.start):
            return began
    return said_at


def _lasting(sentence: str, said_at: datetime) -> datetime | None:
    """ "I've been vegan for six years": since the year that was six years ago."""
    match = _LASTED.search(sentence)
    if match is None:
        return None
    number = _NUMBERS.get(match["number"]) or int(match["number"])
    if match["unit"] == "year":
        return _at(date(max(said_at.year - number, 1), 1, 1))
    if match["unit"] == "month":
        months = max(said_at.year * 12 + said_at.month - 1 - number, 12)
        return _at(date(months // 12, months % 12 + 1, 1))
    days = number * (7 if match["unit"] == "week" else 1)
    return _at(said_at.date() - timedelta(days=min(days, 36500)))


def ending(sentence: str, expressions: Sequence[TimeExpression]) -> datetime | None:
    """Until when a state holds: "until June", "till Friday"."""
    return next(
        (_at(e.period.start) for e in expressions
         if re.match(r"(?:until|till)\b", sentence[e.start :], re.IGNORECASE)),
        None,
    )  # fmt: skip


def then(
    found: Found, sentence: str, expressions: Sequence[TimeExpression], said_at: datetime
) -> tuple[Found, Interval] | None:
    """A state told in the past with its interval, as ended if only that is known, or nothing."""
    start, end = _interval(sentence, expressions)
    ended_then = _ENDED_THEN.search(sentence) is not None
    if not ended_then and end is not None and (start is None or start < end) and end <= said_at:
        claim = replace(found.claim, negated=False)
        return replace(found, claim=claim, main=False), Interval(valid_at=start, invalid_at=end)
    if not found.claim.negated:
        return None
    return found, Interval(valid_at=begun(sentence, expressions, said_at))


def _interval(
    sentence: str, expressions: Sequence[TimeExpression]
) -> tuple[datetime | None, datetime | None]:
    start = end = None
    for expression in expressions:
        if _UNTIL.match(sentence, expression.start):
            end = _at(expression.period.start)
        elif _SINCE.match(sentence, expression.start):
            start = _at(expression.period.start)
            end = _at(expression.period.end)
    return start, end


def _at(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
