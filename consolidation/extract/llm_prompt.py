"""Writes an event down for a model: one JSON object a line, so that no text can pose as a turn."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from consolidation.extract.llm_event import Event, name_of
from consolidation.extract.protocol import Utterance
from consolidation.prompts import extraction
from llm_backend.chat import Message

#: Characters of an earlier turn, which only says who is meant.
_BEFORE_CHARS = 600


def messages(event: Event, known: Sequence[str]) -> tuple[Message, ...]:
    """The instructions, and the event with its turns numbered from 1."""
    return (
        Message(role="system", content=extraction.INSTRUCTIONS),
        Message(role="user", content="\n".join(_lines(event, known))),
    )


def _lines(event: Event, known: Sequence[str]) -> Iterator[str]:
    for alias, text in enumerate(known, start=1):
        yield _line({"known": f"K{alias}", "text": text})
    for turn in event.before:
        yield _line({"before": name_of(turn), **_said(turn, _BEFORE_CHARS)})
    for alias, turn in enumerate(event.turns, start=1):
        yield _line({"turn": alias, "speaker": name_of(turn), **_said(turn, None)})


def _said(turn: Utterance, longest: int | None) -> dict[str, object]:
    date = turn.occurred_at.strftime("%Y-%m-%d %A")
    kind = {} if turn.kind == "message" else {"kind": turn.kind}
    return {"date": date, **kind, "text": turn.content[:longest]}


def _line(values: dict[str, object]) -> str:
    return json.dumps(values, ensure_ascii=False)
