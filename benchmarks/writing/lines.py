"""What stands below a turn: gold facts, repeats, remarks, and what must not be kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
#: The reason of a distractor that is a secret: its text is the secret alone.
SECRET = "secret"
_MARKS = frozenset("+=~-0")
#: Distances that a resolved date may be off: a day, as texts say "at the weekend".
_SLACK = timedelta(days=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A day, a month or a year."""

    start: datetime
    end: datetime

    def has(self, moment: datetime | None) -> bool:
        """Whether a moment lies in it, a day more or less."""
        return moment is not None and self.start - _SLACK <= moment <= self.end + _SLACK


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """What should be stored, once, whoever says it how often."""

    key: str
    text: str
    #: The turn that says it, and those that say it again.
    turns: tuple[str, ...]
    predicate: str | None = None
    object: str | None = None
    since: Period | None = None
    #: The fact that was true until this one.
    replaces: str | None = None
    #: The fact that was never true.
    corrects: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """True and said, but nothing that had to be stored."""

    turn: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Distractor:
    """What a turn may be misread to say; it must not be stored."""

    turn: str
    reason: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Notes:
    """All that is annotated of a storyline."""

    facts: tuple[Fact, ...]
    remarks: tuple[Remark, ...]
    distractors: tuple[Distractor, ...]


def noted(turns: Sequence[tuple[str, Sequence[str]]], unmarked: Collection[str]) -> Notes:
    """The notes of turns in order; ValueError for one that cannot be read or stands alone.

    A turn of a person that says nothing worth keeping is marked `0`, so that none is forgotten;
    those in `unmarked` need no mark.
    """
    facts: dict[str, Fact] = {}
    remarks: list[Remark] = []
    distractors: list[Distractor] = []
    for turn, lines in turns:
        if not lines and turn not in unmarked:
            raise ValueError(f"turn {turn} has no note")
        for line in lines:
            mark, rest = _parts(turn, line, alone=len(lines) == 1)
            if mark == "+":
                fact = _fact(turn, rest, f"{turn}+{len(facts)}")
                facts[fact.key] = fact
            elif mark == "=":
                known = _known(facts, turn, rest)
                facts[known.key] = replace(known, turns=(*known.turns, turn))
            elif mark == "~":
                remarks.append(Remark(turn=turn, text=rest))
            elif mark == "-":
                reason, _, text = rest.partition(" | ")
                distractors.append(Distractor(turn=turn, reason=reason, text=text))
    _check(facts, distractors)
    return Notes(
        facts=tuple(facts.values()), remarks=tuple(remarks), distractors=tuple(distractors)
    )


def _parts(turn: str, line: str, *, alone: bool) -> tuple[str, str]:
    """The mark and what follows it; `0` stands by itself."""
    mark, _, rest = line.partition(" ")
    if mark not in _MARKS or (mark == "0") == bool(rest) or (mark == "0" and not alone):
        raise ValueError(f"turn {turn} has a note that is none: {line!r}")
    return mark, rest


def _known(facts: dict[str, Fact], turn: str, named: str) -> Fact:
    if named.removeprefix("#") not in facts:
        raise ValueError(f"turn {turn} says again what nobody said: {named!r}")
    return facts[named.removeprefix("#")]


def _check(facts: dict[str, Fact], distractors: Iterable[Distractor]) -> None:
    named = {key for fact in facts.values() for key in (fact.replaces, fact.corrects) if key}
    if unknown := named - set(facts):
        raise ValueError(f"facts that are changed but not there: {sorted(unknown)}")
    if empty := [one.turn for one in distractors if not one.text]:
        raise ValueError(f"distractors without a text: {empty}")


def _fact(turn: str, rest: str, key: str) -> Fact:
    """`text | predicate = object | since 2024-03 | #key | replaces #other`; text must be there."""
    text, *fields = (part.strip() for part in rest.split(" | "))
    fact = Fact(key=key, text=text, turns=(turn,))
    for field in fields:
        if field.startswith("#"):
            fact = replace(fact, key=field[1:])
        elif field.startswith("since "):
            fact = replace(fact, since=period(field[6:]))
        elif field.startswith("replaces #"):
            fact = replace(fact, replaces=field[10:])
        elif field.startswith("corrects #"):
            fact = replace(fact, corrects=field[10:])
        elif " = " in field:
            predicate, _, value = field.partition(" = ")
            fact = replace(fact, predicate=predicate, object=value)
        else:
            raise ValueError(f"turn {turn} has a fact with an unknown field: {field!r}")
    return fact


def period(text: str) -> Period:
    """`2024`, `2024-03` or `2024-03-14`, in UTC."""
    found = _DATE.fullmatch(text)
    if not found:
        raise ValueError(f"no date: {text!r}")
    year, month, day = int(found[1]), int(found[2] or 1), int(found[3] or 1)
    start = datetime(year, month, day, tzinfo=UTC)
    if found[3]:
        return Period(start=start, end=start + timedelta(days=1))
    last = month if found[2] else 12
    end = datetime(year + last // 12, last % 12 + 1, 1, tzinfo=UTC)
    return Period(start=start, end=end)
