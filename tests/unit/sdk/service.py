"""A stand-in for the service, and helpers that treat both clients alike."""

from __future__ import annotations

import inspect
import json
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from typing import Any

import httpx


async def done(value: Any) -> Any:
    """The value of a sync or async call."""
    return await value if inspect.isawaitable(value) else value


async def collected(items: Any) -> list[Any]:
    """All that a sync or async iterator yields."""
    if isinstance(items, AsyncIterable):
        return [item async for item in items]
    return list(items)


@dataclass
class Service:
    """Answers every request with the next answer, the last one for ever, and keeps the requests."""

    answers: list[httpx.Response | Exception]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    @property
    def request(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def body(self) -> Any:
        return json.loads(self.request.content)


def problem(status: int, code: str, **more: Any) -> httpx.Response:
    """An error as the service answers it."""
    headers = more.pop("headers", {})
    body = {"status": status, "code": code, "detail": "because", "request_id": "r1", **more}
    return httpx.Response(
        status, json=body, headers={"content-type": "application/problem+json", **headers}
    )


def cube(**changes: Any) -> dict[str, Any]:
    """A MemCube as the service answers it."""
    return {
        "id": "m1",
        "version": 3,
        "space": "alice",
        "type": "semantic",
        "kind": "fact",
        "content": "Ana lives in Lisbon",
        "data": {"subject": "Ana"},
        "provenance": {
            "origin": "derived",
            "actor": "service",
            "evidence": [
                {"episode_id": "e1", "external_id": None, "span": [0, 5], "quote": "I mov"}
            ],
            "derived_from": [],
            "method": {"name": "english", "version": "1", "model": None, "prompt": None},
            "run_id": "r1",
        },
        "time": {
            "occurred_at": None,
            "valid_at": "2026-05-08T13:56:00Z",
            "invalid_at": None,
            "created_at": "2026-05-08T13:56:01Z",
            "expired_at": None,
        },
        "lifecycle": {
            "state": "active",
            "tier": "hot",
            "strength": None,
            "retention": 1.0,
            "importance": 0.5,
            "pinned": False,
            "expires_at": None,
        },
        "governance": {
            "trust": 0.5,
            "sensitivity": [],
            "visibility": "space",
            "legal_hold": False,
        },
        "usage": {"retrieved": 1, "used": 0, "last_used_at": None, "confirmations": 0},
        "tags": ["home"],
        "entities": ["Ana"],
        **changes,
    }
