"""Counts what recall shows, in memory, and writes it down every few seconds.

Recall stays a read: it waits for no write, and a crash loses at most the last counts.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from stores import usage
from stores.database import Database
from stores.errors import StoreError
from stores.ids import MemoryId, TenantId

_EVERY_S = 2.0


class UsageCounter:
    """The counts not yet written, per tenant."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shown: dict[TenantId, Counter[MemoryId]] = {}
        self._task: asyncio.Task[None] | None = None

    def shown(self, tenant: TenantId, memory_ids: Iterable[MemoryId]) -> None:
        """Note that these were shown to somebody."""
        self._shown.setdefault(tenant, Counter()).update(memory_ids)

    def start(self) -> None:
        """Begin to write the counts down, in the background."""
        self._task = asyncio.create_task(self._run(), name="usage")

    async def stop(self) -> None:
        """Write down what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._write()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_S)
            await self._write()

    async def _write(self) -> None:
        pending, self._shown = self._shown, {}
        for tenant, counts in pending.items():
            try:
                async with self._database.write(tenant) as session:
                    await usage.add_retrieved(session, counts)
            except StoreError:
                # The database is away; the counts wait for it with those that come meanwhile.
                self._shown.setdefault(tenant, Counter()).update(counts)
