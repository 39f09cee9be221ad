"""Finds time expressions in a sentence and resolves them against the day it was said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from retrieval.understanding.periods import (
    MONTHS,
    SEASONS,
    WEEKDAYS,
    Period,
    day,
    month,
    season,
    week,
    weekend,
    year,
)
from retrieval.understanding.tense import Direction, direction

#: The named groups of a match that matched.
Words = dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """When an expression was said, and where it points if it is open ("on Friday")."""

    on: date
    towards: Direction

    @property
    def ahead(self) -> bool:
        return self.towards.ahead


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeExpression:
    """Words of a sentence that name a period, and the period."""

    start: int
    end: int
    period: Period
    looks_back: bool


_NUMBER_WORDS = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip
_NUMBERS = {word: n for n, word in enumerate(_NUMBER_WORDS, start=1)} | {
    "a": 1,
    "an": 1,
    "a couple of": 2,
    "couple of": 2,
    "a few": 3,
    "few": 3,
}
COUNT = r"(?:\d{1,3}|(?:a )?couple of|(?:a )?few|an?|" + "|".join(_NUMBER_WORDS) + ")"
MONTH = r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?"
MONTH += r"|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)"
WEEKDAY = "(?:" + "|".join(WEEKDAYS) + r"|Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun)"
UNIT = r"(?:days?|weeks?|weekends?|months?|years?)"
YEAR = r"(?:19|20)\d\d"
_NAMED = rf"(?:week(?:end)?|month|year|{'|'.join(SEASONS)}|{WEEKDAY}|{MONTH})"
# A part of the day stays inside the expression, so that the date stands behind both.
PART = r"(?:\s+(?:morning|afternoon|evening|night))?"
_PREPOSITION = r"(?:in|since|until|till|by|from|during|around|before|after|to)"

_EXPRESSION = re.compile(
    r"\b(?:"
    rf"(?P<near>the day (?:before yesterday|after tomorrow)|(?:yesterday|tomorrow){PART}"
    r"|today|tonight|last night|this (?:morning|afternoon|evening))"
    rf"|(?P<which>last|this(?: past| coming)?|next|past)\s+(?P<named>{_NAMED})\b(?!\s+\d){PART}"
    rf"|(?P<ago>{COUNT})\s+(?P<ago_unit>{UNIT})\s+ago"
    rf"|in\s+(?P<ahead>{COUNT})\s+(?P<ahead_unit>{UNIT})(?:'\s+time)?"
    rf"|(?P<iso>{YEAR}-\d\d-\d\d)"
    rf"|(?:the\s+)?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<m1>{MONTH})\b(?:\.(?=,?\s+\d))?"
    rf"(?:(?:,\s*|\s+)(?P<y1>{YEAR}))?"
    rf"|(?P<m2>{MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:(?:,\s*|\s+)(?P<y2>{YEAR}))?"
    rf"|(?:on|by|until|till|since|from|to)\s+(?P<weekday>{WEEKDAY})\b{PART}"
    rf"|{_PREPOSITION}\s+(?:early\s+|mid-?\s?|late\s+)?(?P<m3>{MONTH})\b"
    rf"(?!\.?\s+\d{{1,2}}(?:st|nd|rd|th)?\b)(?:\s+(?P<y3>{YEAR}))?"
    rf"|{_PREPOSITION}\s+(?P<y4>{YEAR})"
    r")(?![\w-])",
    re.IGNORECASE,
)
_SHORT_WEEKDAYS = frozenset({"mon", "tue", "tues", "wed", "thu", "thurs", "fri", "sat", "sun"})
_BACK = re.compile(r"\b(?:yesterday|last|past|ago)\b", re.IGNORECASE)
FRIDAY = 4
NEAR_DAYS = 120
# Cheap test that most sentences fail: every expression holds one of these.
_HINT = re.compile(
    r"\d|day|tomorrow|week|month|year|night|this|next|last|past|in |since |until |by |"
    r"from |during |around |before |after |to |till ",
    re.IGNORECASE,
)


def find_expressions(
    sentence: str, said_on: date, towards: Direction | None = None
) -> tuple[TimeExpression, ...]:
    """The time expressions of a sentence that can be resolved, in order.

    Where an open date ("on Friday") points is told by its clause, unless the caller knows.
    """
    if not _HINT.search(sentence):
        return ()
    found = []
    for match in _EXPRESSION.finditer(sentence):
        said = Said(on=said_on, towards=towards or direction(sentence, match.start()))
        period = _resolve(match, said)
        if period is not None:
            found.append(_expression(match, period))
    return tuple(found)


def _expression(match: re.Match[str], period: Period) -> TimeExpression:
    return TimeExpression(
        start=match.start(),
        end=match.end(),
        period=period,
        looks_back=bool(_BACK.search(match[0])),
    )


def leading_expression(sentence: str) -> int:
    """Where the sentence goes on behind a time expression that opens it; 0 if none does."""
    match = _EXPRESSION.match(sentence)
    return match.end() if match else 0


def _resolve(match: re.Match[str], said: Said) -> Period | None:
    words = {name: text for name, text in match.groupdict().items() if text is not None}
    # "May", "march" and "sun" are words, too: only a capital tells.
    if any(words[name][0].islower() for name in ("m1", "m2", "m3") if name in words):
        return None
    if words.get("named", words.get("weekday", "")) in _SHORT_WEEKDAYS:
        return None
    try:
        return _period(words, said)
    except (OverflowError, ValueError):
        return None  # no such day, or none that a calendar holds


def _period(words: Words, said: Said) -> Period | None:
    for name, resolve in _RESOLVERS.items():
        if name in words:
            return resolve(words, said)
    return None


def _near(words: Words, said: Said) -> Period:
    text = words["near"].lower()
    if "before yesterday" in text:
        return day(said.on - timedelta(days=2))
    if "after tomorrow" in text:
        return day(said.on + timedelta(days=2))
    offset = {"yesterday": -1, "last": -1, "tomorrow": 1}.get(text.split()[0], 0)
    return day(said.on + timedelta(days=offset))


def _which(words: Words, said: Said) -> Period | None:
    which, named = words["which"].lower().split(), words["named"].lower()
    # "This past Friday" and "the past week" look back, "this coming Friday" ahead.
    step = {"last": -1, "past": -1, "coming": 1, "next": 1}.get(which[-1], 0)
    return _unit_beside(named, said.on, step) or _named_beside(named, said, step)


def _unit_beside(unit: str, said_on: date, step: int) -> Period | None:
    if unit == "week":
        return week(said_on + timedelta(weeks=step))
    if unit == "month":
        return month(said_on.year, said_on.month + step)
    if unit == "year":
        return year(said_on.year + step)
    return None


def _named_beside(named: str, said: Said, step: int) -> Period:
    if named == "weekend":
        # On a Monday, "this weekend" in a telling of the past is the one just over.
        over = step == 0 and not said.ahead and said.on.weekday() < FRIDAY
        return weekend(weekend_day(said.on, -1 if over else step))
    if named in SEASONS:
        return season(_season_year(said.on, SEASONS[named], step), named)
    ahead = said.ahead if step == 0 else step > 0
    weekday = number_of_weekday(named)
    if weekday is not None:
        return day(beside(said.on, weekday, ahead=ahead, itself=step == 0))
    return _month_beside(named, said.on, step, ahead=ahead)


def weekend_day(said_on: date, step: int) -> date:
    to_saturday = 5 - said_on.weekday()
    return said_on + timedelta(days=to_saturday + 7 * step)


def _season_year(said_on: date, first_month: int, step: int) -> int:
    if step > 0:
        return said_on.year + (said_on.month >= first_month)
    if step < 0:
        return said_on.year - (said_on.month < first_month + 3)
    # In January "this winter" is the one that began in December.
    return said_on.year - (said_on.month + 12 < first_month + 3)


def _month_beside(named: str, said_on: date, step: int, *, ahead: bool) -> Period:
    number = number_of_month(named)
    if step == 0 and number == said_on.month:
        return month(said_on.year, number)
    if ahead:
        return month(said_on.year + (number <= said_on.month), number)
    return month(said_on.year - (number >= said_on.month), number)


def _ago(words: Words, said: Said) -> Period:
    return shifted(said.on, -count(words["ago"]), words["ago_unit"])


def _ahead(words: Words, said: Said) -> Period | None:
    # "I finished it in two weeks" is a duration.
    return shifted(said.on, count(words["ahead"]), words["ahead_unit"]) if said.ahead else None


def shifted(said_on: date, count: int, unit: str) -> Period:
    match unit.lower().rstrip("s"):
        case "day":
            return day(said_on + timedelta(days=count))
        case "week":
            return day(said_on + timedelta(weeks=count))
        case "weekend":
            return weekend(weekend_day(said_on, count))
        case "month":
            return month(said_on.year, said_on.month + count)
        case _:
            return year(said_on.year + count)


def _iso(words: Words, _said: Said) -> Period:
    return _in_full(day(date.fromisoformat(words["iso"])))


def _dated(number: str) -> Callable[[Words, Said], Period]:
    def resolve(words: Words, said: Said) -> Period:
        month_number, day_number = number_of_month(words[f"m{number}"]), int(words[f"d{number}"])
        if f"y{number}" in words:
            return _in_full(day(date(int(words[f"y{number}"]), month_number, day_number)))
        this_year = date(said.on.year, month_number, day_number)
        return day(_of_its_name(this_year, said))

    return resolve


def _of_its_name(this_year: date, said: Said) -> date:
    """The day in this year, the next or the last one, whichever is meant."""
    if _goes_ahead(this_year, said) and this_year < said.on:
        return this_year.replace(year=said.on.year + 1)
    if not _goes_ahead(this_year, said) and this_year > said.on:
        return this_year.replace(year=said.on.year - 1)
    return this_year


def _goes_ahead(this_year: date, said: Said) -> bool:
    # Nobody means a day eleven months off when the one of the same name is near, unless the
    # clause leaves no doubt.
    gap = (this_year - said.on).days
    if said.towards.certain or abs(gap) > NEAR_DAYS:
        return said.ahead
    return gap >= 0


def _on_weekday(words: Words, said: Said) -> Period | None:
    weekday = number_of_weekday(words["weekday"])
    if weekday is None:
        return None
    return day(beside(said.on, weekday, ahead=said.ahead, itself=False))


def _in_month(words: Words, said: Said) -> Period:
    if "y3" in words:
        return _in_full(month(int(words["y3"]), number_of_month(words["m3"])))
    this_year = date(said.on.year, number_of_month(words["m3"]), 1)
    ahead = _goes_ahead(this_year, said)
    return _month_beside(words["m3"], said.on, 0, ahead=ahead)


def _in_year(words: Words, _said: Said) -> Period:
    return _in_full(year(int(words["y4"])))


def _in_full(period: Period) -> Period:
    """A period that the words already say in full, so it needs no label."""
    return replace(period, label=None)


#: By the group of the expression that tells its form.
_RESOLVERS: dict[str, Callable[[Words, Said], Period | None]] = {
    "near": _near,
    "which": _which,
    "ago": _ago,
    "ahead": _ahead,
    "iso": _iso,
    "d1": _dated("1"),
    "d2": _dated("2"),
    "weekday": _on_weekday,
    "m3": _in_month,
    "y4": _in_year,
}


def count(words: str) -> int:
    return int(words) if words.isdigit() else _NUMBERS[" ".join(words.lower().split())]


def beside(said_on: date, weekday: int, *, ahead: bool, itself: bool) -> date:
    gap = (weekday - said_on.weekday()) % 7 if ahead else (said_on.weekday() - weekday) % 7
    if gap == 0 and not itself:
        gap = 7
    return said_on + timedelta(days=gap if ahead else -gap)


@lru_cache(maxsize=64)
def number_of_month(name: str) -> int:
    return next(n for n, full in enumerate(MONTHS, 1) if full[:3] == name.capitalize()[:3])


def number_of_weekday(name: str) -> int | None:
    start = name.capitalize()[:3]
    return next((n for n, full in enumerate(WEEKDAYS) if full.startswith(start)), None)
