"""Notes what recall shows, in memory, and writes it down every few seconds.

Recall stays a read: it waits for no write, and a crash loses at most the last notes.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from retrieval.recall import Hit
from retrieval.rerank import MODEL
from stores import feedback, usage
from stores.database import Database
from stores.errors import StoreError
from stores.feedback import Impression, Shown
from stores.ids import Clock, MemoryId, TenantId
from stores.scope import Scope

#: Seconds between two writes.
EVERY_S = 2.0
#: Old recalls are forgotten once in so many writes, which is about once in an hour.
_PRUNE_EVERY = 1800
#: Notes of a tenant kept while the database is away; beyond, the oldest are dropped.
_MOST = 10_000


class UsageNotes:
    """What was shown and is not yet written, per tenant."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._shown: dict[TenantId, list[Shown]] = {}
        #: Tenants whose old recalls were not looked for since they recalled.
        self._active: set[TenantId] = set()
        self._writing: defaultdict[TenantId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._task: asyncio.Task[None] | None = None

    def shown(self, scope: Scope, recall_id: UUID, hits: Sequence[tuple[int, Hit]]) -> None:
        """Note what a recall showed somebody: hits with their ranks, from 1."""
        impressions = tuple(
            Impression(
                memory_id=hit.memory.id,
                space=hit.memory.space_id,
                rank=rank,
                features=hit.features,
            )
            for rank, hit in hits
        )
        shown = Shown(
            recall_id=recall_id,
            at=self._clock(),
            spaces=tuple(space.id for space in scope.spaces),
            model=MODEL.name,
            impressions=impressions,
        )
        self._shown.setdefault(scope.tenant, []).append(shown)
        self._active.add(scope.tenant)

    def start(self) -> None:
        """Begin to write the notes down, in the background."""
        self._task = asyncio.create_task(self._run(), name="usage")

    async def stop(self) -> None:
        """Write down what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.write()

    async def write(self) -> None:
        """Write down what was noted so far."""
        for tenant in tuple(self._shown):
            await self.write_of(tenant)

    async def write_of(self, tenant: TenantId) -> None:
        """Write down what was noted of one tenant; one does not wait for the notes of another."""
        async with self._writing[tenant]:
            shown = tuple(self._shown.get(tenant, ()))
            if not shown:
                return
            # While the database is away, the notes wait for it with those that come meanwhile.
            with suppress(StoreError):
                await self._write(tenant, shown)
                del self._shown[tenant][: len(shown)]
            kept = self._shown.pop(tenant)[-_MOST:]
            if kept:
                self._shown[tenant] = kept

    async def _write(self, tenant: TenantId, shown: Sequence[Shown]) -> None:
        async with self._database.write(tenant) as session:
            kept = await feedback.add(session, shown)
            counts: Counter[MemoryId] = Counter(i.memory_id for i in kept)
            await usage.add_retrieved(session, counts)

    async def _run(self) -> None:
        writes = 0
        while True:
            await asyncio.sleep(EVERY_S)
            await self.write()
            writes += 1
            if writes % _PRUNE_EVERY == 0:
                await self.prune()

    async def prune(self) -> None:
        """Forget the old recalls of tenants that have recalled since the last time."""
        for tenant in tuple(self._active):
            with suppress(StoreError):  # Then with the next round.
                async with self._database.write(tenant) as session:
                    await feedback.prune(session, self._clock())
                self._active.discard(tenant)
