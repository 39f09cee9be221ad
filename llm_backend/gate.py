"""A gate to a model server: so many at a time, the urgent first, some places never for jobs."""

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

    Jobs take three quarters of the places, or all but one, so that who comes to chat need not wait
    for the long answer of a job to end. A single place is for whoever comes.

    It belongs to one event loop.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        #: How many more jobs may be let in.
        self._free_for_jobs = places - max(places // 4, min(places - 1, 1))
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @asynccontextmanager
    async def turn(self, priority: Priority) -> AsyncIterator[None]:
        """Wait for a place and keep it for as long as the block runs."""
        await self._enter(priority)
        try:
            yield
        finally:
            self._leave(priority)

    async def _enter(self, priority: Priority) -> None:
        # Where it fits, nobody waits who is as urgent.
        if self._fits(priority):
            self._take(priority)
            return
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._numbers), called))
        try:
            await called
        except asyncio.CancelledError:
            if called.done() and not called.cancelled():
                self._leave(priority)  # It was called and went away at the same time.
            raise

    def _fits(self, priority: Priority) -> bool:
        return self._free > 0 and (priority is not Priority.JOB or self._free_for_jobs > 0)

    def _take(self, priority: Priority) -> None:
        self._free -= 1
        self._free_for_jobs -= priority is Priority.JOB

    def _leave(self, priority: Priority) -> None:
        """Hand the place on; those that went away while they waited are passed over."""
        self._free += 1
        self._free_for_jobs += priority is Priority.JOB
        while self._waiting:
            first, _, called = self._waiting[0]
            if not called.done() and not self._fits(first):
                return
            heapq.heappop(self._waiting)
            if not called.done():
                self._take(first)
                called.set_result(None)
                return
