"""Time expressions that questions have beyond those of sentences: spans, holidays, rolling weeks.

Like those in `dates`, they are seen from a day; a year that is left out is the last one that fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from retrieval.understanding.dates import (
    COUNT,
    MONTH,
    YEAR,
    beside,
    count,
    number_of_month,
    number_of_weekday,
    weekend_day,
)
from retrieval.understanding.holidays import HOLIDAY, feast
from retrieval.understanding.periods import (
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
from retrieval.understanding.stretches import (
    PART_OF_DAY,
    Now,
    Stretch,
    bare_start,
    days,
    delta,
    in_part,
    midnight,
)

#: Characters before an expression that tell whether it is a habit or a title.
_WINDOW = 48
Words = dict[str, str]

_SPAN = r"\s*(?:and|to|until|till|through|-|–|—)\s*"
_SEASON = "(?:" + "|".join(SEASONS) + ")"
_LONG = re.compile(
    r"\b(?:"
    rf"(?P<roll>last|past|previous|next|coming)\s+(?P<roll_count>{COUNT}|several)\s+"
    r"(?P<roll_unit>days?|weeks?|weekends?|months?|years?)(?!\s+of\b)"
    r"|the\s+(?P<roll_one>last|past)\s+(?P<roll_one_unit>week|month|year)(?!\s+of\b)"
    r"|the\s+(?P<before_last>week|weekend|month|year)\s+before\s+last"
    rf"|(?P<from_month>{MONTH})\.?(?:,?\s+(?P<from_year>{YEAR}))?{_SPAN}(?P<to_month>{MONTH})\b\.?"
    rf"(?!\s+\d{{1,2}}\b)(?:,?\s+(?P<to_year>{YEAR}))?"
    rf"|(?P<days_month>{MONTH})\.?\s+(?P<first_day>\d{{1,2}})(?:st|nd|rd|th)?\s*(?:-|–|—|to|through)\s*"
    rf"(?P<last_day>\d{{1,2}})(?:st|nd|rd|th)?(?!\s*(?:{MONTH}|of\b|[/.:]\d))(?:,?\s+(?P<days_year>{YEAR}))?"
    rf"|(?P<first_year>{YEAR}){_SPAN}(?P<last_year>{YEAR})"
    rf"|(?P<month>{MONTH})\.?,?\s+(?:of\s+)?(?P<month_year>{YEAR})"
    rf"|(?P<iso_year>{YEAR})-(?P<iso_month>\d\d)(?!-?\d)"
    rf"|(?:(?:of|the|about)\s+|(?:early|mid|late)[\s-])(?P<bare_month>{MONTH})\b(?!'|,?\s+{YEAR}|\.?\s+\d)"
    rf"|(?P<season>{_SEASON})\s+(?:of\s+)?(?P<season_year>{YEAR})"
    rf"|(?:in|during|since|until|before|after|over|by|about)\s+(?:the\s+)?(?P<bare_season>{_SEASON})"
    rf"\b(?!\s+(?:camp|school|in\b|of\b|{YEAR}))"
    rf"|(?P<holiday>{HOLIDAY})(?:\s+(?:of\s+|in\s+)?(?P<holiday_year>{YEAR}))?"
    rf"|Q(?P<quarter>[1-4])\b(?:\s+(?:of\s+|in\s+)?(?P<quarter_year>{YEAR}))?"
    rf"|(?:the\s+year|of|about)\s+(?P<year>{YEAR})"
    r"|the\s+(?P<decade>19[0-9]0|20[0-2]0|[5-9]0)'?s"
    rf"|(?P<weekday>{'|'.join(WEEKDAYS)})(?:\s+(?:morning|afternoon|evening|night))?(?!\s+[A-Z])"
    r"|on\s+the\s+(?P<nth>\d{1,2})(?:st|nd|rd|th)(?=\s*(?:[?.,!;]|$))"
    r"|(?P<other_day>the\s+other\s+day)"
    r")(?![\w-])",
    re.IGNORECASE,
)
# At the end of what precedes: a weekday is a habit, a month a title, a holiday no date.
_HABIT = re.compile(r"(?:\b(?:every|each|most|on an?)|\b(?!On)[A-Z][a-z]+)\s+$")
_AT = re.compile(
    r"\b(?:at|on|over|during|before|after|since|until|till|around|by|this|last|about)\s+"
    r"(?:the\s+)?$",
    re.IGNORECASE,
)


def long_expressions(said: str, now: Now) -> Iterator[Stretch]:
    """What takes more words, or fewer: with a year, without a preposition, spans, holidays."""
    for match in _LONG.finditer(said):
        words = {name: text for name, text in match.groupdict().items() if text is not None}
        form = next(name for name in words if name in _FORMS)
        if _is_trap(said, match, words):
            continue
        try:
            since, until = _FORMS[form](words, now)
        except (OverflowError, ValueError):
            continue  # no such day, or none that a calendar holds
        stretch = Stretch(
            start=bare_start(said, match.start(), match.end()),
            end=match.end(),
            since=since,
            until=until,
            vague=form == "other_day",
        )
        part = PART_OF_DAY.search(match[0])
        yield in_part(stretch, part[1]) if part else stretch


_DAY_BEFORE = re.compile(r"\b\d{1,2}(?:st|nd|rd|th)?\s+(?:of\s+)?$", re.IGNORECASE)
_MONTH_GROUPS = ("from_month", "to_month", "days_month", "month", "bare_month")


def _is_trap(said: str, match: re.Match[str], words: Words) -> bool:
    months = [words[n] for n in _MONTH_GROUPS if n in words]
    if any(name[0].islower() for name in months):
        return True
    before = said[max(0, match.start() - _WINDOW) : match.start()]
    if "from_month" in words and re.search(r"\band\b", match[0]):
        return not re.search(r"\bbetween\s+$", before)
    if "month" in words and _DAY_BEFORE.search(before):
        return True  # "31 February 2023" is no day, and not all of February
    if "weekday" in words:
        return words["weekday"][0].islower() or bool(_HABIT.search(before))
    if "holiday" in words:
        return "holiday_year" not in words and not _AT.search(before)
    return (
        "bare_month" in words
        and match[0].startswith("about")
        and match.end() < len(said.rstrip(" ?.!"))
    )


def _rolling(words: Words, now: Now) -> tuple[datetime, datetime]:
    number = words["roll_count"].lower()
    unit = words["roll_unit"].lower()
    span = delta(3 if number == "several" else count(number), unit)
    today = midnight(now.on)
    if words["roll"].lower() in {"next", "coming"}:
        return today, today + span + timedelta(days=1)
    return today - span, today + timedelta(days=1)


def _rolling_one(words: Words, now: Now) -> tuple[datetime, datetime]:
    today = midnight(now.on)
    return today - delta(1, words["roll_one_unit"]), today + timedelta(days=1)


def _before_last(words: Words, now: Now) -> tuple[datetime, datetime]:
    match words["before_last"].lower():
        case "week":
            return days(week(now.on - timedelta(weeks=2)))
        case "weekend":
            return days(weekend(weekend_day(now.on, -2)))
        case "month":
            return days(month(now.on.year, now.on.month - 2))
        case _:
            return days(year(now.on.year - 2))


def _months(words: Words, now: Now) -> tuple[datetime, datetime]:
    first, last = number_of_month(words["from_month"]), number_of_month(words["to_month"])
    if "to_year" in words:
        end_year = int(words["to_year"])
        start_year = int(words.get("from_year", end_year - (first > last)))
    elif "from_year" in words:
        start_year = int(words["from_year"])
        end_year = start_year + (first > last)
    else:
        start_year = now.on.year - (first > now.on.month)
        end_year = start_year + (first > last)
    return _ordered(month(start_year, first), month(end_year, last))


def _days_of_month(words: Words, now: Now) -> tuple[datetime, datetime]:
    number = number_of_month(words["days_month"])
    first = date(now.on.year, number, int(words["first_day"]))
    in_year = int(words.get("days_year", now.on.year - (first > now.on and not now.ahead)))
    last = first.replace(year=in_year, day=int(words["last_day"]))
    return _ordered(day(first.replace(year=in_year)), day(last))


def _ordered(first: Period, last: Period) -> tuple[datetime, datetime]:
    if last.start < first.start:
        first, last = last, first
    return midnight(first.start), midnight(last.end)


def _season(words: Words, now: Now) -> tuple[datetime, datetime]:
    name = words.get("season", words.get("bare_season", "")).lower()
    if "season_year" in words:
        return days(season(int(words["season_year"]), name))
    begun = (now.on.month, now.on.day) >= (SEASONS[name], 1)
    return days(season(now.on.year - (not begun) + now.ahead, name))


def _bare_month(words: Words, now: Now) -> tuple[datetime, datetime]:
    number = number_of_month(words["bare_month"])
    if now.ahead:
        return days(month(now.on.year + (number < now.on.month), number))
    return days(month(now.on.year - (number > now.on.month), number))


def _holiday(words: Words, now: Now) -> tuple[datetime, datetime]:
    if "holiday_year" in words:
        return feast(words["holiday"], int(words["holiday_year"]))
    since, until = feast(words["holiday"], now.on.year)
    if since.date() > now.on and not now.ahead:
        return feast(words["holiday"], now.on.year - 1)
    return since, until


def _iso_month(words: Words, _now: Now) -> tuple[datetime, datetime]:
    return days(month(int(words["iso_year"]), int(words["iso_month"])))


def _quarter(words: Words, now: Now) -> tuple[datetime, datetime]:
    first = 3 * int(words["quarter"]) - 2
    in_year = int(words.get("quarter_year", now.on.year - (first > now.on.month)))
    return midnight(month(in_year, first).start), midnight(month(in_year, first + 2).end)


def _decade(words: Words, _now: Now) -> tuple[datetime, datetime]:
    first = int(words["decade"]) + (1900 if len(words["decade"]) == 2 else 0)
    return midnight(date(first, 1, 1)), midnight(date(first + 10, 1, 1))


def _bare_weekday(words: Words, now: Now) -> tuple[datetime, datetime]:
    number = number_of_weekday(words["weekday"])
    return days(day(beside(now.on, number or 0, ahead=now.ahead, itself=False)))


def _nth(words: Words, now: Now) -> tuple[datetime, datetime]:
    this_month = now.on.replace(day=int(words["nth"]))
    months = (this_month < now.on) if now.ahead else -(this_month > now.on)
    return days(day(this_month + delta(int(months), "months")))


def _other_day(_words: Words, now: Now) -> tuple[datetime, datetime]:
    return midnight(now.on - timedelta(days=7)), midnight(now.on)


def _year(words: Words, _now: Now) -> tuple[datetime, datetime]:
    return days(year(int(words["year"])))


def _years(words: Words, _now: Now) -> tuple[datetime, datetime]:
    return _ordered(year(int(words["first_year"])), year(int(words["last_year"])))


def _month_of_year(words: Words, _now: Now) -> tuple[datetime, datetime]:
    return days(month(int(words["month_year"]), number_of_month(words["month"])))


#: By the group of the expression that tells its form.
_FORMS: dict[str, Callable[[Words, Now], tuple[datetime, datetime]]] = {
    "roll": _rolling,
    "roll_one": _rolling_one,
    "before_last": _before_last,
    "from_month": _months,
    "days_month": _days_of_month,
    "first_year": _years,
    "month": _month_of_year,
    "iso_year": _iso_month,
    "bare_month": _bare_month,
    "season": _season,
    "bare_season": _season,
    "holiday": _holiday,
    "quarter": _quarter,
    "year": _year,
    "decade": _decade,
    "weekday": _bare_weekday,
    "nth": _nth,
    "other_day": _other_day,
}
