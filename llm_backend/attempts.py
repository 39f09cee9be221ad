"""Asks a server that may only briefly be away a few times."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

import httpx

from llm_backend import http
from llm_backend.errors import BackendUnavailable

ATTEMPTS: Final = 3
_LONGEST_PAUSE_S = 10.0


class Answered(Protocol):
    """An answer, of which no more than this has to be known here."""

    @property
    def status(self) -> int:
        """Its HTTP status."""

    @property
    def headers(self) -> httpx.Headers:
        """Its headers."""


A = TypeVar("A", bound=Answered)


async def persist(ask: Callable[[], Awaitable[A]], *, first_pause_s: float) -> A:
    """The last of a few attempts, or the first that did not fail in passing.

    Pauses double and are drawn at random from their upper half, so that those who failed together
    do not come back together; a server that says when it wants to be asked again is believed, up
    to ten seconds. Raises what the last attempt raised.
    """
    for attempt in range(ATTEMPTS - 1):
        wait = None
        try:
            answer = await ask()
        except BackendUnavailable:
            pass  # A connection that was kept may have been closed meanwhile.
        else:
            if answer.status not in http.PASSING:
                return answer
            wait = _seconds(answer.headers.get("Retry-After", ""))
        await asyncio.sleep(_pause(first_pause_s, attempt) if wait is None else wait)
    return await ask()


def _pause(first_s: float, attempt: int) -> float:
    longest = first_s * 2**attempt
    return random.uniform(longest / 2, longest)  # noqa: S311 - spreads retries, no secret


def _seconds(retry_after: str) -> float | None:
    """It may also be a date, which is not worth the parsing."""
    return min(float(retry_after), _LONGEST_PAUSE_S) if retry_after.isdecimal() else None
