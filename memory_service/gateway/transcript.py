"""What the model said, collected while it passes by. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from memory_service.gateway.conversation import storable, text_of, tool_calls
from stores.model_usage import Amount
from stores.records import Payload

_DATA = b"data:"
_DONE = b"[DONE]"


class Transcript:
    """The first choice of an answer, from the lines of a stream or from one document."""

    def __init__(self) -> None:
        #: `id`, `created` and `model`, as every part of a stream repeats them; empty before.
        self.head: dict[str, Any] = {}
        self.finish_reason: str | None = None
        #: Whether a stream has said that it is at its end.
        self.done = False
        #: What it came to, where the server says so.
        self.amount: Amount | None = None
        self._usage: Payload = {}
        self._texts: list[str] = []
        self._calls: defaultdict[int, dict[str, str]] = defaultdict(
            lambda: {"name": "", "arguments": ""}
        )

    @property
    def text(self) -> str:
        """The words so far."""
        return storable("".join(self._texts))

    @property
    def metadata(self) -> Payload:
        """What there is to say about the words."""
        known: Payload = {
            "model": self.head.get("model"),
            "finish_reason": self.finish_reason,
            "usage": self._usage,
            "tool_calls": list(tool_calls([{"function": c} for c in self._calls.values()])),
        }
        return {name: value for name, value in known.items() if value}

    def line(self, line: bytes) -> None:
        """Take one line of a stream of events. What cannot be read says nothing."""
        if not line.startswith(_DATA):
            return
        data = line.removeprefix(_DATA).strip()
        if data == _DONE:
            self.done = True
        else:
            self._take(data, part="delta")

    def document(self, content: bytes) -> None:
        """Take an answer in one piece."""
        self._take(content, part="message")

    def _take(self, content: bytes, *, part: str) -> None:
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            return
        if not isinstance(answer, dict) or "choices" not in answer:
            return
        self.head = self.head or {n: answer.get(n) for n in ("id", "created", "model")}
        self._count(answer.get("usage"))
        choices = answer["choices"]
        for choice in choices if isinstance(choices, list) else []:
            if isinstance(choice, dict) and choice.get("index", 0) == 0:
                self._said(choice.get(part))
                self.finish_reason = choice.get("finish_reason") or self.finish_reason

    def _count(self, usage: object) -> None:
        if isinstance(usage, dict):
            counts = ("prompt_tokens", "completion_tokens")
            self._usage = {n: usage[n] for n in counts if isinstance(usage.get(n), int)}
            details = usage.get("prompt_tokens_details")
            cached = details.get("cached_tokens") if isinstance(details, dict) else None
            self.amount = Amount(
                requests=1,
                prompt_tokens=self._usage.get("prompt_tokens", 0),
                cached_tokens=cached if isinstance(cached, int) else 0,
                completion_tokens=self._usage.get("completion_tokens", 0),
            )

    def _said(self, said: object) -> None:
        if not isinstance(said, Mapping):
            return
        self._texts.append(text_of(said))
        calls = said.get("tool_calls")
        for number, call in enumerate(calls if isinstance(calls, list) else []):
            self._called(number, call)

    def _called(self, number: int, call: object) -> None:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(call, dict) or not isinstance(function, dict):
            return
        index = call.get("index")
        so_far = self._calls[index if isinstance(index, int) else number]
        for name in so_far:
            if isinstance(function.get(name), str):
                so_far[name] += function[name]


def is_account(line: bytes) -> bool:
    """Whether a line of a stream says what it came to, and nothing else."""
    if not line.startswith(_DATA) or b'"usage"' not in line:
        return False
    try:
        told = json.loads(line.removeprefix(_DATA))
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and told.get("choices") == [] and bool(told.get("usage"))
