"""One exchange in terms of memories: the turns to remember, the notes for the caller. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from memory_service.gateway.conversation import Conversation, Turn
from memory_service.gateway.options import Options
from memory_service.gateway.transcript import Transcript
from memory_service.verbs.recall import Context
from memory_service.verbs.remember import Episode
from stores.prefixes import Prefix

#: Headers of an answer: the adapter that gives it, and that there is one which could not.
ADAPTER, DEGRADED = "x-memory-adapter", "x-memory-degraded"
#: Turns of one request come so far apart, for one moment would leave their order open.
_APART = timedelta(microseconds=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Notes:
    """What the caller is told beside the model's answer."""

    session_id: str
    context: Context | None = None
    #: What the model was shown in front of everything.
    prefix: Prefix | None = None
    #: The adapter that answers, by its id; None: the model alone.
    adapter: str | None = None
    degraded: tuple[str, ...] = ()

    def answered_by(self, headers: Mapping[str, str]) -> Notes:
        """With what the headers of the answer say about adapters."""
        failed = headers.get(DEGRADED)
        more = () if failed is None else (failed,)
        return replace(self, adapter=headers.get(ADAPTER), degraded=(*self.degraded, *more))

    @property
    def headers(self) -> dict[str, str]:
        """What is known before the answer begins."""
        if self.context is None:
            return {}
        return {"x-memory-recall-id": str(self.context.result.recall_id)}

    def as_json(self) -> str:
        """The `memory` of an answer, or of a chunk."""
        found = self.context
        told: dict[str, Any] = {
            "recall_id": None if found is None else str(found.result.recall_id),
            "citations": []
            if found is None
            else [
                {"marker": c.marker, "memory_id": str(c.memory_id), "space": c.space}
                for c in found.packed.citations
            ],
            "blocks": [] if found is None else list(found.blocks),
            "prefix_id": None if self.prefix is None else str(self.prefix.id),
            "adapter_id": self.adapter,
            "abstained": found is not None and found.result.abstained,
            "degraded": [*self.degraded, *(found.result.degraded if found else ())],
            "session_id": self.session_id,
        }
        return json.dumps(told)


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """A request with memory: what is asked of it, by whom, and when."""

    options: Options
    conversation: Conversation
    asked_at: datetime
    #: Longer turns are cut.
    most_chars: int
    most_turns: int
    metadata: Mapping[str, Any] = field(default_factory=lambda: {"source": "chat"})

    def asked(self) -> list[Episode]:
        """The turns nobody has answered yet."""
        fresh = [t for t in self.conversation.fresh if t.role in self.options.roles]
        return [
            self._episode(turn, self.asked_at + number * _APART)
            for number, turn in enumerate(fresh[-self.most_turns :])
        ]

    def answered(self, transcript: Transcript, now: datetime) -> list[Episode]:
        """The model's reply, if it said anything in words; none for calls of tools alone.

        A reply that does not say why it ended was cut off: by the server, or by the caller.
        """
        text = transcript.text
        if "assistant" not in self.options.roles or not text.strip():
            return []
        turn = Turn(role="assistant", text=text, external_id=self.conversation.reply(text))
        after = self.asked_at + len(self.conversation.fresh) * _APART
        cut = {} if transcript.finish_reason else {"truncated": True}
        return [self._episode(turn, max(now, after), {**transcript.metadata, **cut})]

    def _episode(self, turn: Turn, at: datetime, more: Mapping[str, Any] | None = None) -> Episode:
        calls = {"tool_calls": list(turn.tool_calls)} if turn.tool_calls else {}
        cut = {"cut": True} if len(turn.text) > self.most_chars else {}
        return Episode(
            content=turn.text[: self.most_chars],
            role=turn.role,
            speaker=turn.name or self.options.speakers.get(turn.role),
            occurred_at=at,
            session_id=self.conversation.session_id,
            external_id=turn.external_id,
            metadata={**self.metadata, **calls, **cut, **(more or {})},
        )


def announcement(head: Mapping[str, Any], notes: Notes) -> bytes:
    """A chunk that says nothing, but has the notes.

    It has a choice, since much code reads `chunk.choices[0]` without looking.
    """
    chunk = {
        **head,
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {}, "finish_reason": None}],
    }
    return f'data: {json.dumps(chunk)[:-1]}, "memory": {notes.as_json()}}}\n\n'.encode()


def with_notes(answer: bytes, notes: Notes) -> bytes:
    """The model's answer, byte for byte, and the notes; as it came where it is no object."""
    body = answer.rstrip()
    if not body.startswith(b"{") or not body.endswith(b"}"):
        return answer
    comma = b"" if body[1:-1].strip() == b"" else b","
    return body[:-1] + comma + f'"memory":{notes.as_json()}}}'.encode()


def broken_off(code: str, detail: str) -> bytes:
    """What ends a stream that the model server did not end: clients raise it as an error."""
    error = {"message": detail, "type": "server_error", "param": None, "code": code}
    return f"\ndata: {json.dumps({'error': error})}\n\n".encode()
