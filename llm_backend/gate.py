"""A gate to a model server: so many at a time, and of those that wait, the most urgent first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
from itertools import count


class Priority(IntEnum):
    """How urgent a call is; the smaller the sooner."""

    #: Somebody is waiting for the answer.
    CHAT = 0
    #: A job, which nobody sees waiting.
    JOB = 1


class Gate:
    """Lets `places` in at a time; who is in is not interrupted. Equals go in as they came.

    It belongs to one event loop.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @asynccontextmanager
    async def turn(self, priority: Priority) -> AsyncIterator[None]:
        """Wait for a place and keep it for as long as the block runs."""
        await self._enter(priority)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, priority: Priority) -> None:
        if self._free:
            self._free -= 1
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._numbers), called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._leave()  # It was called and went away at the same time.
            raise

    def _leave(self) -> None:
        """Hand the place on; those that went away while they waited are passed over."""
        while self._waiting:
            _, _, called = heapq.heappop(self._waiting)
            if not called.done():
                called.set_result(None)
                return
        self._free += 1
