"""Repeated requests: one `Idempotency-Key`, one execution, one answer."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from pydantic_core import to_jsonable_python

from memory_service.auth import Principal
from memory_service.verbs.services import Services
from stores import idempotency, spaces
from stores.database import ReadSession, WriteSession
from stores.records import Payload, Space

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What was asked of which verb; without a `key`, every request is a new one."""

    verb: str
    space: str
    key: str | None
    body: object

    def row(self, space: Space) -> str:
        """Under what the answer is kept: a key belongs to its verb, and ends with its space."""
        return hashlib.sha256(f"{self.verb}/{space.id}/{self.key}".encode()).hexdigest()

    def digest(self) -> bytes:
        """Equal for equal bodies.

        Keyed by the caller's key, which is not kept: who has the database alone cannot find out
        a short body by trying, not even after it was erased.
        """
        body = json.dumps(to_jsonable_python(self.body), sort_keys=True)
        return hmac.digest((self.key or "").encode(), body.encode(), "sha256")


class _TakenMeanwhile(Exception):
    """A request with the same key was faster; what this one wrote is rolled back."""


async def once(
    services: Services,
    principal: Principal,
    request: Request,
    *,
    first: Callable[[], Awaitable[AnswerT]],
    again: Callable[[ReadSession, Space, Payload], Awaitable[AnswerT]],
) -> AnswerT:
    """What `first` answers, which must `keep` it; or, to a repeated request, `again` from that.

    Raises IdempotencyConflict if the key was used with another body.
    """
    if (earlier := await _replayed(services, principal, request, again)) is not None:
        return earlier
    try:
        return await first()
    except _TakenMeanwhile:
        earlier = await _replayed(services, principal, request, again)
        assert earlier is not None  # noqa: S101
        return earlier


async def keep(
    session: WriteSession, space: Space, request: Request, answer: Payload, now: datetime
) -> None:
    """Note the answer, as the last thing `first` does in its transaction.

    It must hold nothing that the request says itself, so that no words outlive an erasure here.
    """
    if request.key is not None and not await idempotency.remember(
        session, request.row(space), request.digest(), answer, now
    ):
        raise _TakenMeanwhile


async def _replayed(
    services: Services,
    principal: Principal,
    request: Request,
    again: Callable[[ReadSession, Space, Payload], Awaitable[AnswerT]],
) -> AnswerT | None:
    if request.key is None:
        return None
    async with services.database.read(principal.tenant) as session:
        space = (await spaces.find_spaces(session, [request.space])).get(request.space)
        if space is None:
            return None
        answer = await idempotency.replay(session, request.row(space), request.digest())
        return None if answer is None else await again(session, space, answer)
