"""Understands a question by rules: what it asks, about whom, when, and what it leans on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from retrieval.understanding.beliefs import find_sought
from retrieval.understanding.follow_up import complete
from retrieval.understanding.language import ENGLISH, language_of
from retrieval.understanding.names import Name, find_names, quotations
from retrieval.understanding.numbers import find_numbers
from retrieval.understanding.orders import find_order
from retrieval.understanding.periods import WEEKDAYS
from retrieval.understanding.phrases import find_phrases
from retrieval.understanding.questions import Kind, kind_of, kind_of_foreign
from retrieval.understanding.records import Order, Understanding
from retrieval.understanding.spelling import Word, words_of
from retrieval.understanding.subject import find_subject
from retrieval.understanding.times import FoundTime, find_times

#: Characters that are read; what asks is at the beginning.
LONGEST = 4000
_WEEKDAY_ALONE = re.compile(
    rf"(?:on\s+(?:an?\s+|the\s+)?|of\s+)?(?:{'|'.join(WEEKDAYS)})$", re.IGNORECASE
)


def understand(text: str, *, reference: datetime, recent: Sequence[str] = ()) -> Understanding:
    """What can be told of a question without a model.

    `reference` is when it is asked, taken for UTC if it has no time zone. `recent` are the turns
    before it, the most recent last; if the question leans on them, all but `follow_up`,
    `completed` and `language` is of the completed question.
    """
    language = language_of(text)
    reading = _read(text, reference)
    if language != ENGLISH:
        return _understood(reading, kind_of_foreign(text), language=language)
    completed = complete(text, reading.names, reading.subject, recent, reference)
    if completed.text != text:
        reading = _read(completed.text, reference)
    if completed.unclear:
        reading = replace(reading, subject=None)
    kind = kind_of(
        reading.said,
        held=bool(reading.names or reading.numbers),
        timed=bool(reading.times),
    )
    return _understood(reading, kind, follow_up=completed.follow_up)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reading:
    """What stands in a text, before it is told what is asked."""

    text: str
    #: As it is read: straight apostrophes, character for character.
    said: str
    words: tuple[Word, ...]
    names: tuple[Name, ...]
    subject: str | None
    numbers: tuple[str, ...]
    times: tuple[FoundTime, ...]


def _read(text: str, reference: datetime) -> _Reading:
    said = text[:LONGEST].replace("’", "'")
    times = find_times(said, reference)
    dates = _spans(times)
    words = words_of(said)
    names = find_names(said, words, quotations(said), dates)
    return _Reading(
        text=text,
        said=said,
        words=words,
        names=names,
        subject=find_subject(said, names),
        numbers=find_numbers(said, [*_spans(names), *dates]),
        times=times,
    )


def _spans(found: Sequence[Name] | Sequence[FoundTime]) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in found]


def _understood(
    reading: _Reading, kind: Kind, *, language: str = ENGLISH, follow_up: bool = False
) -> Understanding:
    said, names, times = reading.said, reading.names, reading.times
    order = find_order(_without_dates(said, times), _spans(names))
    return Understanding(
        question=kind.question,
        answer=kind.answer,
        names=tuple(dict.fromkeys(name.text for name in names)),
        subject=reading.subject,
        phrases=find_phrases(said, reading.words, names, _spans(times)),
        numbers=reading.numbers,
        times=tuple(time.constraint for time in _beside_order(times, order)),
        order=order,
        sought=find_sought(said) if language == ENGLISH else None,
        language=language,
        follow_up=follow_up,
        completed=reading.text,
    )


def _without_dates(said: str, times: Sequence[FoundTime]) -> str:
    """Dates blanked, so that no "first week" is an order; a weekday alone may belong to one."""
    for time in times:
        if not _WEEKDAY_ALONE.match(time.constraint.text):
            said = said[: time.start] + " " * (time.end - time.start) + said[time.end :]
    return said


def _beside_order(times: Sequence[FoundTime], order: Order | None) -> Sequence[FoundTime]:
    """ "The third conversation on Tuesday" counts all Tuesdays: the order has the weekday."""
    if order is None or order.weekday is None:
        return times
    return [time for time in times if not _WEEKDAY_ALONE.match(time.constraint.text)]
