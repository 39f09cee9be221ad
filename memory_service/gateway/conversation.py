"""A conversation as OpenAI clients send it, in full with every request: what of it is asked,
what is new, and where the context goes. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from memory_service.gateway.document import Value, parse_array, parse_object
from stores.records import Payload

#: Characters of a question that are read, and of each turn before it.
_LONGEST = 4000
#: Turns before the question that may complete it.
_RECENT = 6
_SPOKEN = ("user", "assistant")


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What somebody said, as far as it is text."""

    role: str
    text: str
    #: The same for the same turn of the same session, however often it is sent.
    external_id: str
    name: str | None = None
    tool_calls: tuple[Payload, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """The turns in their order."""

    session_id: str
    turns: tuple[Turn, ...]
    #: Those that nobody has answered yet.
    fresh: tuple[Turn, ...]
    #: Which of the messages asks; None where there is no text of a user.
    asks_at: int | None
    question: str = ""
    #: What was said before it, oldest first.
    recent: tuple[str, ...] = ()

    def reply(self, text: str) -> str:
        """The external id of an answer to this conversation."""
        before = sum(_same(turn, "assistant", text) for turn in self.turns)
        return _external_id(self.session_id, "assistant", text, before)


def read(messages: Sequence[Value], *, session_id: str | None, user: object = None) -> Conversation:
    """What is said in these messages; what is no message is left to the model server to judge.

    `user` is whom the caller says it speaks for; it tells apart conversations that begin alike.
    """
    spoken = [(at, m.value) for at, m in enumerate(messages) if _is_spoken(m.value)]
    said = [(at, message, text_of(message)) for at, message in spoken]
    session = session_id or _session_of(said, user)
    seen: Counter[tuple[str, str]] = Counter()
    turns: list[tuple[int, Turn]] = []
    for at, message, text in said:
        if not text.strip():
            continue
        role = message["role"]
        number = seen[role, _plain(text)]
        seen[role, _plain(text)] += 1
        external_id = _external_id(session, role, text, number)
        turns.append((at, _turn(message, text, external_id)))
    answered = max((at for at, m in spoken if m["role"] == "assistant"), default=-1)
    asks = max((at for at, turn in turns if turn.role == "user"), default=None)
    return Conversation(
        session_id=session,
        turns=tuple(turn for _, turn in turns),
        fresh=tuple(turn for at, turn in turns if at > answered),
        asks_at=asks,
        question=next((_read_part(t.text) for at, t in turns if at == asks), ""),
        recent=tuple(
            t.text[:_LONGEST] for at, t in turns if asks is not None and at < asks
        )[-_RECENT:],
    )  # fmt: skip


def text_of(message: Mapping[str, Any]) -> str:
    """Its text, or the text parts of it; as PostgreSQL can hold it."""
    content = message.get("content")
    if isinstance(content, str):
        return storable(content)
    parts = content if isinstance(content, list) else []
    texts = [p.get("text") for p in parts if isinstance(p, dict) and p.get("type") == "text"]
    return storable("\n".join(text for text in texts if isinstance(text, str)))


def storable(text: str) -> str:
    """Without the zero character and halves of surrogate pairs, which no database takes."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def with_context(messages: Sequence[Value], at: int, context: str) -> str:
    """The array, with the context before the words of the message there; the rest as it came."""
    texts = [message.raw for message in messages]
    texts[at] = _before_words(messages[at], context)
    return f"[{','.join(texts)}]"


def with_prefix(messages: Sequence[Value], prefix: str) -> str:
    """The array, with this before all that users say; where none does, as it came."""
    texts = [message.raw for message in messages]
    at = next((at for at, m in enumerate(messages) if _is_of_user(m.value)), None)
    if at is not None:
        texts[at] = _before_words(messages[at], prefix)
    return f"[{','.join(texts)}]"


def _before_words(message: Value, context: str) -> str:
    members = parse_object(message.raw)
    content = members.members["content"]
    if isinstance(content.value, str):
        return members.with_raw("content", json.dumps(f"{context}\n\n{content.value}")).render()
    part = json.dumps({"type": "text", "text": context})
    parts = [part, *(element.raw for element in parse_array(content.raw))]
    return members.with_raw("content", f"[{','.join(parts)}]").render()


def _is_spoken(message: object) -> bool:
    return isinstance(message, dict) and message.get("role") in _SPOKEN


def _is_of_user(message: object) -> bool:
    if not isinstance(message, dict) or message.get("role") != "user":
        return False
    return isinstance(message.get("content"), str | list)


def _turn(message: Mapping[str, Any], text: str, external_id: str) -> Turn:
    name = message.get("name")
    calls = message.get("tool_calls")
    return Turn(
        role=message["role"],
        text=text,
        external_id=external_id,
        name=storable(name)[:300] if isinstance(name, str) and name.strip() else None,
        tool_calls=tool_calls(calls if isinstance(calls, list) else []),
    )


def tool_calls(calls: Sequence[Any]) -> tuple[Payload, ...]:
    """What was called with what, as it can be stored; what is no call of a function is left out."""
    functions = [c["function"] for c in calls if isinstance(c, dict) and "function" in c]
    return tuple(
        {"name": storable(str(f.get("name"))), "arguments": storable(str(f.get("arguments")))}
        for f in functions
        if isinstance(f, dict)
    )


def _session_of(said: Sequence[tuple[int, Mapping[str, Any], str]], user: object) -> str:
    """Conversations that begin with the same words of the same user are taken for one."""
    first = next((text for _, message, text in said if message["role"] == "user"), "")
    who = user if isinstance(user, str) else None
    return f"chat-{_hash([who, _plain(first)])[:24]}"


def _external_id(session: str, role: str, text: str, number: int) -> str:
    """Of the words and of how often they were said before: earlier turns may be left out."""
    return f"chat:{_hash([session, role, _plain(text), number])[:40]}"


def _same(turn: Turn, role: str, text: str) -> bool:
    return turn.role == role and _plain(turn.text) == _plain(text)


def _hash(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _plain(text: str) -> str:
    """Clients trim what they were answered."""
    return " ".join(text.split())


def _read_part(text: str) -> str:
    """What asks stands at the beginning of a long text, or at its end."""
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[: half - 1]}\n{text[-half:]}"
