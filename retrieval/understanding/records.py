"""What is understood of a question: its kind, who and when it is about, what it wants back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Question(StrEnum):
    """What is asked for; `statement` if nothing is."""

    FACT = "fact"
    LIST = "list"
    COUNT = "count"
    WHEN = "when"
    DURATION = "duration"
    WHERE = "where"
    WHO = "who"
    WHY = "why"
    HOW = "how"
    YES_NO = "yes_no"
    PREFERENCE = "preference"
    RECENCY = "recency"
    VAGUE = "vague"
    STATEMENT = "statement"


class Answer(StrEnum):
    """The kind of thing that would answer."""

    DATE = "date"
    NUMBER = "number"
    PLACE = "place"
    PERSON = "person"
    THING = "thing"
    ANY = "any"


class Relation(StrEnum):
    """How what is asked for lies to the period that is named."""

    DURING = "during"
    BEFORE = "before"
    AFTER = "after"
    AROUND = "around"


class Unit(StrEnum):
    """What is counted by a first, a third or a last."""

    SESSION = "session"
    MESSAGE = "message"
    EVENT = "event"


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeConstraint:
    """Words of the question that name a time, and the time in UTC: `since` on, `until` left out.

    None is an open side. `around` means about then: the period was named vaguely.
    """

    text: str
    since: datetime | None
    until: datetime | None
    relation: Relation


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """Which one of several is meant: 1 the first, 3 the third, -1 the last, -2 the last but one."""

    unit: Unit
    position: int
    #: Of those on this day of the week only, 0 is Monday.
    weekday: int | None
    #: Whether only those count that are about what the rest of the question says.
    topic: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Sought:
    """What of whom is asked for."""

    #: Names of the one it is asked of, as aliases of entities are written.
    who: tuple[str, ...]
    #: Of the claims that answer it, the likeliest first.
    predicates: tuple[str, ...]
    #: Whether a claim under one of them answers it by itself; else only one that shares words.
    sure: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Understanding:
    """What can be told of a question without a model."""

    question: Question
    answer: Answer
    #: Names as they are written, in order, without "'s": people, places, titles, numbers of things.
    names: tuple[str, ...]
    #: Whose doing or possession is asked about; None if unclear, or several.
    subject: str | None
    #: Quotations and terms of several words.
    phrases: tuple[str, ...]
    #: Numbers in digits; those of dates are in `times`.
    numbers: tuple[str, ...]
    times: tuple[TimeConstraint, ...]
    order: Order | None
    #: What claims would answer it; None if that cannot be told.
    sought: Sought | None
    #: ISO 639-1.
    language: str
    #: Whether the question leans on what was said before it.
    follow_up: bool
    #: The question with what it leans on filled in; the text itself if it stands alone.
    completed: str
