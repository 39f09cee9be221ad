"""Cuts what was said into events that a model reads in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from consolidation.extract.protocol import Utterance

#: Cuts the utterances of one session, in their order, into events; each is in exactly one.
Segment: TypeAlias = Callable[[Sequence[Utterance]], Sequence[Sequence[Utterance]]]

_GAP = timedelta(minutes=30)
_TURNS = 20
_BEFORE = 10
#: More than this in one event is cut, so that small models can still read it.
_CHARS = 24_000
_PERSON_ROLES = frozenset({"user", "human"})
_ROLES = _PERSON_ROLES | {"assistant", "ai", "bot", "system", "tool", "model"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Turns to extract from, and some before them that tell who is meant."""

    before: tuple[Utterance, ...]
    turns: tuple[Utterance, ...]

    @property
    def too_long(self) -> bool:
        """Whether a single turn is more than a model is given."""
        return sum(len(turn.content) for turn in self.turns) > _CHARS

    @property
    def has_person(self) -> bool:
        return any(map(is_person, self.turns))


def events(utterances: Iterable[Utterance], segment: Segment) -> tuple[Event, ...]:
    """The events of each session, in order; sessions in the order of their first utterance."""
    sessions: dict[str | None, list[Utterance]] = {}
    for utterance in utterances:
        sessions.setdefault(utterance.session_id, []).append(utterance)
    return tuple(event for turns in sessions.values() for event in _of_session(turns, segment))


def pauses(turns: Sequence[Utterance]) -> Sequence[Sequence[Utterance]]:
    """Cuts where nothing was said for half an hour, and after 20 turns."""
    found: list[list[Utterance]] = []
    for turn in turns:
        if found and len(found[-1]) < _TURNS and _follows(found[-1][-1], turn):
            found[-1].append(turn)
        else:
            found.append([turn])
    return found


def name_of(utterance: Utterance) -> str:
    """What the speaker is called in what is extracted."""
    if name := _name(utterance):
        return name
    return "The user" if utterance.role.lower() in _PERSON_ROLES else f"The {utterance.role}"


def is_person(utterance: Utterance) -> bool:
    """Whether somebody said it, rather than an assistant or a tool."""
    return _name(utterance) is not None or utterance.role.lower() in _PERSON_ROLES


def _name(utterance: Utterance) -> str | None:
    name = " ".join((utterance.speaker or "").split())
    return name if name.lower() not in _ROLES and any(map(str.isalpha, name)) else None


def _of_session(turns: Sequence[Utterance], segment: Segment) -> Iterator[Event]:
    ordered = sorted(turns, key=lambda turn: (turn.occurred_at, turn.sequence or 0))
    done: list[Utterance] = []
    for part in segment(ordered):
        for piece in _short(part):
            yield Event(before=tuple(done[-_BEFORE:]), turns=tuple(piece))
            done += piece


def _short(turns: Sequence[Utterance]) -> Iterator[list[Utterance]]:
    piece: list[Utterance] = []
    length = 0
    for turn in turns:
        if piece and length + len(turn.content) > _CHARS:
            yield piece
            piece, length = [], 0
        piece.append(turn)
        length += len(turn.content)
    if piece:
        yield piece


def _follows(before: Utterance, after: Utterance) -> bool:
    return after.occurred_at - before.occurred_at <= _GAP
