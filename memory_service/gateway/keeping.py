"""Remembers what was said in the background, so that no answer waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

from llm_backend.errors import BackendError
from memory_service.auth import AuthError, Principal
from memory_service.telemetry import logger
from memory_service.verbs.errors import VerbError
from memory_service.verbs.remember import Episode, remember
from memory_service.verbs.services import Services
from stores.errors import StoreError

#: Seconds between attempts while the database is away.
_PAUSES_S = (0.5, 1.0, 2.0, 4.0, 8.0)
#: How long a stopping service waits for what is still to be written.
_GRACE_S = 10.0

Kept = asyncio.Task[None]


class Keeper:
    """Writes of which nobody waits for the end, but the process itself when it stops."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._writing: set[Kept] = set()

    def keep(
        self,
        principal: Principal,
        space: str,
        episodes: Sequence[Episode],
        *,
        after: Kept | None = None,
    ) -> Kept:
        """Begin to store the episodes, once what they answer has been stored."""
        return self._begin(self._keep(principal, space, episodes, after))

    def later(self, do: Callable[[], Awaitable[None]], *, after: Kept) -> Kept:
        """Do something once this was stored, or could not be."""

        async def done() -> None:
            await asyncio.wait([after])
            try:
                await do()
            except StoreError as error:
                logger().error("exchange-not-charged", code=error.code)

        return self._begin(done())

    async def settle(self) -> None:
        """Wait for all that was begun."""
        while self._writing:
            await asyncio.wait(self._writing)

    async def close(self) -> None:
        """Wait for it a while; what is not written then is lost, which the log tells."""
        try:
            async with asyncio.timeout(_GRACE_S):
                await self.settle()
        except TimeoutError:
            logger().error("exchanges-not-remembered", writes=len(self._writing))
            for kept in tuple(self._writing):
                kept.cancel()
            await asyncio.gather(*self._writing, return_exceptions=True)

    def _begin(self, work: Coroutine[Any, Any, None]) -> Kept:
        begun = asyncio.create_task(work, name="keep")
        self._writing.add(begun)
        begun.add_done_callback(self._writing.discard)
        return begun

    async def _keep(
        self, principal: Principal, space: str, episodes: Sequence[Episode], after: Kept | None
    ) -> None:
        if after is not None:
            await asyncio.wait([after])
        for pause in (*_PAUSES_S, None):
            try:
                await remember(self._services, principal, space, episodes)
            except (StoreError, BackendError, VerbError, AuthError) as error:
                if pause is None or not error.retryable:
                    logger().error("exchange-not-remembered", code=error.code)
                    return
                await asyncio.sleep(pause)
            else:
                return
