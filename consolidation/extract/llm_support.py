"""Whether what a model wrote has its names, numbers and dates from what was said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce

import Stemmer

from consolidation.extract.llm_event import name_of
from consolidation.extract.llm_numbers import numbers, offered_numbers
from consolidation.extract.protocol import Utterance
from retrieval.understanding.dates import TimeExpression, find_expressions
from retrieval.understanding.periods import MONTHS, Period, day, month
from retrieval.understanding.words import COMMON_VERBS, EMPTY_WORDS, NOT_NAMES

_WORD = re.compile(r"[^\W\d_]+(?:'(?!s\b)[^\W\d_]+)?")
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s+|\n)[\W_]*$")
_MONTH = re.compile(rf"\b(?P<month>{'|'.join(MONTHS)}),? (?P<year>[12]\d{{3}})\b")
_COMMON = NOT_NAMES | EMPTY_WORDS | COMMON_VERBS
#: Time zones move a day, and weeks and weekends are told by their first day.
_SLACK = timedelta(days=-1)
_SHORT_PERIOD = timedelta(days=7)
_YEAR = timedelta(days=365)


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What may be taken up from turns: their words, their numbers, the times they name."""

    stems: frozenset[str]
    numbers: frozenset[str]
    periods: tuple[Period, ...]
    #: The day by which a date without a year is understood.
    on: date

    def __or__(self, other: Said) -> Said:
        return Said(
            stems=self.stems | other.stems,
            numbers=self.numbers | other.numbers,
            periods=(*self.periods, *other.periods),
            on=max(self.on, other.on),
        )


def said_in(turn: Utterance) -> Said:
    """What one turn offers, the name of its speaker and the day it was said on included."""
    text = _plain(f"{name_of(turn)}: {turn.content}")
    on = turn.occurred_at.date()
    periods = (day(on), *(e.period for e in _expressions(text, on)))
    return Said(
        stems=stems_of([text]),
        numbers=offered_numbers(text) | {str(period.start.year) for period in periods},
        periods=periods,
        on=on,
    )


def stems_of(texts: Iterable[str]) -> frozenset[str]:
    """The stems of all their words."""
    return frozenset(_stems(match[0] for text in texts for match in _WORD.finditer(_plain(text))))


def together(parts: Sequence[Said]) -> Said:
    """What several turns offer."""
    return reduce(Said.__or__, parts)


def is_supported(text: str, said: Said) -> bool:
    """Whether every date, number and proper name of the text was said."""
    text = _plain(text)
    for expression in reversed(_expressions(text, said.on)):
        if is_dated(expression.period, said):
            blank = " " * (expression.end - expression.start)
            text = text[: expression.start] + blank + text[expression.end :]
        elif not _is_plain_year(expression.period):
            return False
    return said.numbers >= numbers(text) and said.stems.issuperset(_stems(_names(text)))


def is_dated(period: Period, said: Said) -> bool:
    """Whether a time that was named lies in the period, or the period begins within such a week."""
    return any(_tells(period, named) for named in said.periods)


def _tells(period: Period, named: Period) -> bool:
    if named.start - period.start >= _SLACK and period.end - named.end >= _SLACK:
        return True
    is_short = named.end - named.start <= _SHORT_PERIOD
    return is_short and named.start <= period.start < named.end


def _expressions(text: str, on: date) -> tuple[TimeExpression, ...]:
    """The times of a text; a month with its year also where no word before it says so."""
    found = find_expressions(text, on)
    months = (
        TimeExpression(
            start=match.start(),
            end=match.end(),
            period=month(int(match["year"]), MONTHS.index(match["month"]) + 1),
            looks_back=True,
        )
        for match in _MONTH.finditer(text)
        if not any(e.start < match.end() and match.start() < e.end for e in found)
    )
    return tuple(sorted((*found, *months), key=lambda e: e.start))


def _is_plain_year(period: Period) -> bool:
    """Whether the words say a year as such, which is a number like others: "the 1964 Olympics"."""
    return period.label is None and period.end - period.start >= _YEAR


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).replace("’", "'")


def _names(text: str) -> Iterator[str]:
    """Capitalised words, where a sentence begins only those that are not common."""
    for match in _WORD.finditer(text):
        word = match[0]
        if not word[0].isupper() or word == "I":
            continue
        begins = _SENTENCE_START.search(text, 0, match.start()) is not None
        if not (begins and word.lower() in _COMMON):
            yield word


def _stems(words: Iterable[str]) -> list[str]:
    stems: list[str] = Stemmer.Stemmer("english").stemWords([word.lower() for word in words])
    return stems
