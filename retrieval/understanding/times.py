"""Finds the times a question names and turns them into intervals, seen from a moment.

`dates` finds what people say in passing ("last Friday", "on 3 May"), `expressions` what takes more
words. Here they become parts ("the first week of May"), days beside other days ("the weekend
before 5 August"), spans ("from 17 to 20 April"), and are told with their open sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo

from retrieval.understanding.dates import (
    COUNT,
    MONTH,
    YEAR,
    beside,
    count,
    find_expressions,
    number_of_weekday,
    shifted,
)
from retrieval.understanding.expressions import long_expressions
from retrieval.understanding.periods import SEASONS, WEEKDAYS, Period, day, week, weekend
from retrieval.understanding.records import Relation, TimeConstraint
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
from retrieval.understanding.tense import Direction, is_plan

#: More times than this no question names; the rest of a long text is left alone.
_MOST = 16
SATURDAY = 5
#: Characters before an expression that are looked at for what it belongs to.
_WINDOW = 48


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundTime:
    """A constraint and where it stands in the question."""

    start: int
    end: int
    constraint: TimeConstraint


def find_times(text: str, reference: datetime) -> tuple[FoundTime, ...]:
    """The times a question names, in order; those no calendar holds are left out.

    Days are those of the reference's own time zone; the intervals are told in UTC.
    """
    said = _plain(text)
    if not _HINT.search(said):
        return ()
    here = reference if reference.tzinfo else reference.replace(tzinfo=UTC)
    now = Now(on=here.date(), ahead=is_plan(said) and not _PAST.search(said))
    found = _apart([*long_expressions(said, now), *_short(said, now)])
    found = _apart([s for stretch in found for s in _grown(said, stretch)])
    found = _spans(said, found)
    return tuple(
        t for stretch in found[:_MOST] if (t := _told(text, said, stretch, here.tzinfo or UTC))
    )


_HINT = re.compile(
    rf"\d|\b(?:{'|'.join(WEEKDAYS)}|{'|'.join(SEASONS)}|{MONTH})\b|day|tomorrow|week|month|year|"
    r"night|morning|evening|noon|christmas|easter|halloween",
    re.IGNORECASE,
)
_PAST = re.compile(r"\b(?:did|was|were|had|been)\b", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|“[^”]*”|«[^»]*»|(?<!\w)['‘](?=\S)[^'’]*['’](?!\w)")
_SURE_MONTHS = "january|february|april|june|july|august|september|october|november|december"
_LOWER_MONTH = re.compile(
    rf"\b(?:{_SURE_MONTHS})\b(?!')|\b(?:may|march)\b(?=,?\s+{YEAR}\b|\s+\d{{1,2}}(?:st|nd|rd|th))"
    r"|(?<=\b\dst )(?:may|march)\b|(?<=\b\dnd )(?:may|march)\b|(?<=\b\drd )(?:may|march)\b"
    r"|(?<=\dth )(?:may|march)\b|(?<=th of )(?:may|march)\b|(?<=\bin )(?:may|march)\b"
    r"|(?<=\bsince )(?:may|march)\b|(?<=\bduring )(?:may|march)\b"
    rf"|\b(?:{'|'.join(WEEKDAYS)})\b"
)


def _plain(text: str) -> str:
    """The question, character for character, without quotations, months and days in capitals."""
    said = text.replace("’", "'")
    if said.isupper() and len(said.lower()) == len(said):
        said = said.lower()
    said = _QUOTED.sub(lambda match: "_" * len(match[0]), said)
    return _LOWER_MONTH.sub(lambda match: match[0].capitalize(), said)


# "Last Night in Soho" is a film: the words for times are capitals only in a title.
_TITLE = re.compile(
    r"(?<!^)\b(?:Last|Next|This|Past|Night|Today|Tomorrow|Yesterday|Tonight|Weekend|Week|Morning|"
    r"Evening|Afternoon)\b"
)
_WEEKS_AGO = re.compile(r"\bweeks?\s+ago$", re.IGNORECASE)
# "From May" alone may be a friend's present, "to May" one for her.
_FOR_SOMEBODY = re.compile(rf"(?:from|to)\s+{MONTH}$", re.IGNORECASE)


def _short(said: str, now: Now) -> Iterator[Stretch]:
    """What a sentence says in passing."""
    towards = Direction(ahead=now.ahead, certain=True)
    for found in find_expressions(said, now.on, towards):
        words = said[found.start : found.end]
        if _titled(said, found.start, found.end) or _FOR_SOMEBODY.match(words):
            continue
        period = week(found.period.start) if _WEEKS_AGO.search(words) else found.period
        start = bare_start(said, found.start, found.end)
        stretch = _stretch(start, found.end, period)
        part = PART_OF_DAY.search(words)
        yield in_part(stretch, part[1]) if part else stretch


def _titled(said: str, start: int, end: int) -> bool:
    return bool(_TITLE.search(said[start:end])) or (start > 0 and bool(_TITLE.match(said, start)))


def _stretch(start: int, end: int, period: Period) -> Stretch:
    since, until = days(period)
    return Stretch(start=start, end=end, since=since, until=until)


def _apart(found: Sequence[Stretch]) -> list[Stretch]:
    """Of those that overlap the longest, of equal ones the first, in order."""
    kept: list[Stretch] = []
    for stretch in sorted(found, key=lambda s: (s.start - s.end, s.start)):
        if all(stretch.end <= other.start or other.end <= stretch.start for other in kept):
            kept.append(stretch)
    return sorted(kept, key=lambda s: s.start)


# What precedes an expression and makes another of it, at the end of the words before it.
_PART = re.compile(
    r"(?:\b(?P<rough>early|mid|middle|midpoint|late|beginning|start|end)(?:-|\s+(?:part\s+)?(?:of\s+|in\s+)?)"
    r"|\b(?P<nth>first|second|third|fourth|last|final|1st|2nd|3rd|4th)\s+"
    rf"(?P<unit>week|weekend|half|quarter|day|few\s+days|days|month|{'|'.join(WEEKDAYS)})\s+(?:of|in)\s+"
    r"|\b(?:in|on)\s+the\s+(?P<part>morning|afternoon|evening|night)\s+(?:of|on)\s+)(?:the\s+)?$",
    re.IGNORECASE,
)
_ROUGHLY = re.compile(r"(?P<rough>early|mid|late)[\s-](?P<nth>)(?P<unit>)(?P<part>)", re.IGNORECASE)
_BESIDE = re.compile(
    rf"\b(?:the\s+)?(?:(?P<count>{COUNT}|last|first|next|previous)\s+)?"
    rf"(?P<unit>days?|nights?|mornings?|evenings?|weeks?|weekends?|months?|years?|{'|'.join(WEEKDAYS)})"
    r"\s+(?P<side>before|after|prior\s+to|following|preceding)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_DAYS_TO = re.compile(
    r"(?P<open>\b(?:between|from|on|during)\s+)?(?:the\s+)?\b(?P<day>\d{1,2})(?:st|nd|rd|th)?\s*"
    r"(?P<link>-|–|—|to|and|until|till|through)\s*(?:the\s+)?$",
    re.IGNORECASE,
)
_TO_DAY = re.compile(
    rf"\s*(?:-|–|—|to\s|and\s|through\s|until\s)\s*(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"
    rf"(?!\s*(?:{MONTH}|of|[/.:]\d))(?:,?\s+(?P<year>{YEAR}))?",
    re.IGNORECASE,
)
_ONE_DAY = timedelta(days=1)


def _grown(said: str, stretch: Stretch) -> Iterator[Stretch]:
    """The expression, or what it makes with the words before and after it."""
    try:
        grown = _days_of_a_month(said, stretch) or _part_of(said, stretch) or stretch
        yield _beside(said, grown) or grown
    except (OverflowError, ValueError):
        yield stretch


def _before(said: str, position: int) -> tuple[str, int]:
    first = max(0, position - _WINDOW)
    return said[first:position], first


def _part_of(said: str, stretch: Stretch) -> Stretch | None:
    words, offset = _before(said, stretch.start)
    match = _PART.search(words)
    start = offset + match.start() if match else stretch.start
    # "In early May" is one expression already.
    match = match or _ROUGHLY.match(said, stretch.start, stretch.end)
    if match is None:
        return None
    if match["part"]:
        return replace(in_part(stretch, match["part"]), start=start)
    if match["rough"]:
        since, until = _third(stretch, match["rough"].lower())
    else:
        since, until = _nth_part(stretch, match["nth"].lower(), match["unit"].lower())
    if not stretch.since <= since < until <= stretch.until:
        return None  # "the third week of yesterday"
    vague = stretch.vague or bool(match["rough"])
    return replace(stretch, start=start, since=since, until=until, vague=vague)


def _third(stretch: Stretch, which: str) -> tuple[datetime, datetime]:
    length = (stretch.until - stretch.since) // _ONE_DAY
    first, second = length // 3, length - length // 3
    match which:
        case "early" | "beginning" | "start":
            bounds = (0, first)
        case "mid" | "middle" | "midpoint":
            bounds = (first, second)
        case _:
            bounds = (second, length)
    return stretch.since + bounds[0] * _ONE_DAY, stretch.since + bounds[1] * _ONE_DAY


_NTH = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3}


def _nth_part(stretch: Stretch, nth: str, unit: str) -> tuple[datetime, datetime]:
    if unit == "weekend" or _day_named(unit) is not None:
        return _nth_named(stretch, nth, unit)
    if unit == "half":
        middle = midnight((stretch.since + (stretch.until - stretch.since) / 2).date())
        return (stretch.since, middle) if nth in {"first", "1st"} else (middle, stretch.until)
    step = {
        "week": delta(1, "weeks"),
        "quarter": delta(3, "months"),
        "month": delta(1, "months"),
        "day": delta(1, "days"),
    }.get(unit, delta(3, "days"))
    if nth in {"last", "final"}:
        return stretch.until - step, stretch.until
    since = stretch.since + step * _NTH[nth]
    return since, since + step


def _day_named(unit: str) -> int | None:
    return number_of_weekday(unit) if unit.capitalize() in WEEKDAYS else None


def _nth_named(stretch: Stretch, nth: str, unit: str) -> tuple[datetime, datetime]:
    """The n-th weekend or day of the week of a month."""
    named = _day_named(unit)
    number = SATURDAY if named is None else named
    if nth in {"last", "final"}:
        start = beside(stretch.until.date() - _ONE_DAY, number, ahead=False, itself=True)
    else:
        first = beside(stretch.since.date(), number, ahead=True, itself=True)
        start = first + timedelta(weeks=_NTH[nth])
    return days(weekend(start) if named is None else day(start))


def _beside(said: str, stretch: Stretch) -> Stretch | None:
    """ "The weekend before", "two days after" another day."""
    words, offset = _before(said, stretch.start)
    match = _BESIDE.search(words)
    if match is None:
        return None
    later = match["side"].lower() in {"after", "following"}
    unit = match["unit"].lower()
    number = (match["count"] or "").lower()
    if number in {"last", "first", "next", "previous"}:
        number = ""
    since, until = (
        _counted(stretch, count(number), unit, later=later)
        if number and _day_named(unit) is None
        else _adjoining(stretch, unit, later=later)
    )
    return replace(stretch, start=offset + match.start(), since=since, until=until)


def _counted(stretch: Stretch, number: int, unit: str, *, later: bool) -> tuple[datetime, datetime]:
    anchor = (stretch.until - _ONE_DAY if later else stretch.since).date()
    period = shifted(anchor, number if later else -number, unit)
    return days(week(period.start) if unit.startswith("week") and "end" not in unit else period)


def _adjoining(stretch: Stretch, unit: str, *, later: bool) -> tuple[datetime, datetime]:
    edge = stretch.until if later else stretch.since
    named = _day_named(unit)
    if unit.startswith("weekend"):
        nearest = edge.date() if later else edge.date() - timedelta(days=2)
        return days(weekend(beside(nearest, SATURDAY, ahead=later, itself=True)))
    if named is not None:
        nearest = edge.date() if later else edge.date() - _ONE_DAY
        start = midnight(beside(nearest, named, ahead=later, itself=True))
        return start, start + _ONE_DAY
    other = edge + delta(1, unit) if later else edge - delta(1, unit)
    return (edge, other) if later else (other, edge)


def _days_of_a_month(said: str, stretch: Stretch) -> Stretch | None:
    """ "17 to 20 April", "April 17-20, 2024": the other day has no month of its own."""
    if stretch.until - stretch.since != _ONE_DAY or not _DATED.search(
        said, stretch.start, stretch.end
    ):
        return None
    words, offset = _before(said, stretch.start)
    match = _DAYS_TO.search(words)
    if (
        match
        and (match["open"] or match["link"].lower() != "and")
        and not _MONTH_LAST.search(words[: match.start()])
    ):
        first = stretch.since.replace(day=int(match["day"]))
        if first <= stretch.since:
            start = offset + match.start() + len(match["open"] or "")
            return replace(stretch, start=start, since=first)
    if _DAY_LAST.search(said, stretch.start, stretch.end) and (
        match := _TO_DAY.match(said, stretch.end)
    ):
        return _to_day(stretch, match)
    return None


_DATED = re.compile(rf"\b{MONTH}\b", re.IGNORECASE)
_MONTH_LAST = re.compile(rf"\b{MONTH}\.?\s+$", re.IGNORECASE)
_DAY_LAST = re.compile(rf"{MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?$", re.IGNORECASE)


def _to_day(stretch: Stretch, match: re.Match[str]) -> Stretch | None:
    year_there = int(match["year"] or stretch.since.year)
    since = stretch.since.replace(year=year_there)
    until = since.replace(day=int(match["day"])) + _ONE_DAY
    return replace(stretch, end=match.end(), since=since, until=until) if since < until else None


_LINK = re.compile(
    r"\s*(?P<word>-|–|—|to|until|till|through|and)\s*(?:on\s+)?(?:the\s+)?", re.IGNORECASE
)
_OPEN = re.compile(r"\b(?:between|from)\s+(?:the\s+)?$", re.IGNORECASE)


def _spans(said: str, found: Sequence[Stretch]) -> list[Stretch]:
    """With every pair "from … to …" made one."""
    spans: list[Stretch] = []
    for stretch in found:
        if spans and (joined := _joined(said, spans[-1], stretch)):
            spans[-1] = joined
        else:
            spans.append(stretch)
    return spans


def _joined(said: str, first: Stretch, last: Stretch) -> Stretch | None:
    link = _LINK.fullmatch(said, first.end, last.start)
    if link is None:
        return None
    words, _ = _before(said, first.start)
    word, opened = link["word"].lower(), bool(_OPEN.search(words))
    dated = all(_DATED.search(said, s.start, s.end) for s in (first, last))
    if not opened and (word == "and" or (word in {"to", "until", "till"} and not dated)):
        return None
    if dated:
        first, last = _in_one_year(said, first, last)
    elif first.since > last.since:
        first = replace(
            first, since=first.since - timedelta(weeks=1), until=first.until - timedelta(weeks=1)
        )
    if first.since > last.since:
        return None
    return replace(first, end=last.end, until=max(first.until, last.until))


def _in_one_year(said: str, first: Stretch, last: Stretch) -> tuple[Stretch, Stretch]:
    """A date without a year is of the year of the other; of two, the first tells."""
    has_year = [bool(_YEAR.search(said, s.start, s.end)) for s in (first, last)]
    if all(has_year):
        return first, last
    if has_year[1]:
        moved = _moved(first, last.since.year - first.since.year)
        return (_moved(moved, -1) if moved.since > last.since else moved), last
    moved = _moved(last, first.since.year - last.since.year)
    return first, _moved(moved, 1) if moved.since < first.since else moved


_YEAR = re.compile(YEAR)


def _moved(stretch: Stretch, years: int) -> Stretch:
    return replace(
        stretch,
        since=stretch.since + delta(years, "years"),
        until=stretch.until + delta(years, "years"),
    )


# ---- the side that is meant ----

_SIDE = re.compile(
    r"\b(?:(?P<before>before|prior\s+to|earlier\s+than|ahead\s+of)|(?P<until>up\s+(?:to|until)|until|till|by)"
    r"|(?P<after>after|following|later\s+than)|(?P<since>since|starting(?:\s+(?:in|on|from))?)"
    r"|(?P<around>around|(?<![Ww]hat )(?<![Hh]ow )about|circa|roughly|approximately|near)"
    r"|(?P<during>in|on|at|during|over|within|throughout|for|from|between|of))\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_ONWARDS = re.compile(
    r"\s+(?:on|onwards?|and\s+(?:later|after))\b(?=\s*(?:[?.,!]|$))", re.IGNORECASE
)


_COUNTED = re.compile(rf"\d|{COUNT}\b", re.IGNORECASE)


def _told(text: str, said: str, stretch: Stretch, here: tzinfo) -> FoundTime | None:
    words, offset = _before(said, stretch.start)
    side = _SIDE.search(words)
    start = offset + side.start() if side else stretch.start
    kind = side.lastgroup if side else None
    if side and side[0].lower().startswith("about") and not _COUNTED.match(said, stretch.start):
        kind = "during"  # "what Oskar said about the summer", not "about two weeks ago"
    end = stretch.end
    if kind in {None, "during"} and (onwards := _ONWARDS.match(said, end)):
        kind, end = "since", onwards.end()
    relation, since, until = _sided(stretch, kind)
    try:
        constraint = TimeConstraint(
            text=text[start:end],
            since=_in_utc(since, here),
            until=_in_utc(until, here),
            relation=relation,
        )
    except (OverflowError, ValueError):
        return None  # beyond the years that can be told
    return FoundTime(start=start, end=end, constraint=constraint)


def _sided(stretch: Stretch, kind: str | None) -> tuple[Relation, datetime | None, datetime | None]:
    match kind:
        case "before":
            return Relation.BEFORE, None, stretch.since
        case "until":
            return Relation.BEFORE, None, stretch.until
        case "after":
            return Relation.AFTER, stretch.until, None
        case "since":
            return Relation.AFTER, stretch.since, None
        case _:
            vague = stretch.vague or kind == "around"
            return (Relation.AROUND if vague else Relation.DURING), stretch.since, stretch.until


def _in_utc(moment: datetime | None, here: tzinfo) -> datetime | None:
    return moment and moment.replace(tzinfo=here).astimezone(UTC)
