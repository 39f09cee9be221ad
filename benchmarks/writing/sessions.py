"""Annotated sessions: what was said, what is worth remembering of it, and what is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.writing.lines import Fact, Notes, noted

#: The storylines of this repository.
SESSIONS = Path(__file__).parents[1] / "sessions"
HALVES = ("dev", "held")
#: Speakers that are roles: their turns carry no name.
ROLES = {"Assistant": "assistant", "User": "user"}

_SESSION = re.compile(r"## session (\d+) \| (\d{4}-\d\d-\d\d \d\d:\d\d)")
_TURN = re.compile(r"(\d+) ([^:]{1,30}): (.+)")
_HEAD = re.compile(r"# (storyline|half|about|name): (.+)")


class Unreadable(Exception):
    """A line of a storyline is not what its place asks for; the message quotes it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What somebody said; `id` is `<session>:<turn>`."""

    id: str
    session: int
    speaker: str
    text: str
    occurred_at: datetime

    @property
    def is_assistants(self) -> bool:
        """Whether it was no person who said it."""
        return ROLES.get(self.speaker) == "assistant"

    def episode(self, name: str) -> dict[str, Any]:
        """As the service takes it."""
        return {"content": self.text, "kind": "message", "role": ROLES.get(self.speaker, "user"),
                "speaker": None if self.speaker in ROLES else self.speaker,
                "occurred_at": self.occurred_at.isoformat(), "external_id": self.id,
                "session_id": session_id(name, self.session)}  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A question, the answer that held at `as_of` (None: today), and the one that did not."""

    question: str
    as_of: datetime | None
    expected: str
    forbidden: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Storyline:
    """The sessions of somebody over months."""

    name: str
    half: str
    #: Names of a person, or of a thing that much is said of → the one that stands for all.
    people: dict[str, str]
    turns: tuple[Turn, ...]
    notes: Notes
    probes: tuple[Probe, ...]

    @property
    def sessions(self) -> tuple[int, ...]:
        """Their numbers, in order."""
        return tuple(dict.fromkeys(turn.session for turn in self.turns))

    @property
    def today(self) -> datetime:
        """When questions are asked: the day after the last turn."""
        return max(turn.occurred_at for turn in self.turns) + timedelta(days=1)

    def fact(self, key: str) -> Fact:
        """The gold fact of that name."""
        return next(fact for fact in self.notes.facts if fact.key == key)


def session_id(name: str, number: int) -> str:
    """What the episodes of a session are grouped by."""
    return f"{name}-{number}"


def load(paths: Iterable[Path], half: str = "all") -> list[Storyline]:
    """The storylines of files and folders that belong to a half."""
    files = [file for p in paths for file in (sorted(p.glob("*.txt")) if p.is_dir() else [p])]
    found = [from_text(file.read_text(encoding="utf-8")) for file in files]
    return [story for story in found if half in (story.half, "all")]


def from_text(text: str) -> Storyline:
    """One storyline. Raises Unreadable with the line it cannot make out."""
    head, _, tail = text.partition("\n## probes\n")
    lines = [line for line in head.splitlines() if line.strip()]
    told = [_HEAD.fullmatch(line) for line in lines if line.startswith("# ")]
    named = [(found[1], found[2]) for found in told if found]
    about = dict(named)
    turns, marks = _turns([line for line in lines if not line.startswith("# ")])
    if about.get("half") not in HALVES or "storyline" not in about:
        raise Unreadable(f"neither a storyline nor its half: {lines[0]!r}")
    try:
        notes = noted(
            [(t.id, marks[t.id]) for t in turns], {t.id for t in turns if t.is_assistants}
        )
    except ValueError as error:
        raise Unreadable(str(error)) from error
    return Storyline(
        name=about["storyline"],
        half=about["half"],
        people=_people(value for head, value in named if head == "name"),
        turns=turns,
        notes=notes,
        probes=tuple(_probe(line) for line in tail.splitlines() if line.strip()),
    )


def _people(lines: Iterable[str]) -> dict[str, str]:
    """`Marta = Ines's sister` → both names stand for Marta."""
    groups = [[name.strip() for name in line.split("=")] for line in lines]
    return {name.lower(): group[0] for group in groups for name in group}


def _turns(lines: Sequence[str]) -> tuple[tuple[Turn, ...], dict[str, list[str]]]:
    turns: list[Turn] = []
    marks: dict[str, list[str]] = {}
    session, started = 0, datetime.min.replace(tzinfo=UTC)
    for line in lines:
        if line.startswith(" ") and turns:
            marks[turns[-1].id].append(line.strip())
        elif opening := _SESSION.fullmatch(line):
            session, started = int(opening[1]), _moment(opening[2])
        elif (said := _TURN.fullmatch(line)) and session:
            number = int(said[1])
            turns.append(Turn(id=f"{session}:{number}", session=session, speaker=said[2],
                              text=said[3].replace("\\n", "\n"),
                              occurred_at=started + timedelta(minutes=number)))  # fmt: skip
            marks[turns[-1].id] = []
        else:
            raise Unreadable(f"neither a session, a turn nor a note: {line!r}")
    return tuple(turns), marks


def _moment(text: str) -> datetime:
    form = "%Y-%m-%d %H:%M" if ":" in text else "%Y-%m-%d"
    return datetime.strptime(text, form).replace(tzinfo=UTC)


def _probe(line: str) -> Probe:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 4 or not all(parts):
        raise Unreadable(f"not `date | question | expected | forbidden`: {line!r}")
    as_of = None if parts[0] == "today" else _moment(parts[0])
    return Probe(question=parts[1], as_of=as_of, expected=parts[2], forbidden=parts[3])
