"""Notes how long calls took, in memory, and writes it down every few seconds.

No call waits for a write, and a crash loses at most the last notes. What is kept count of for a
tenant that is heard of is added up on the way: see `stores.census` and `stores.owed`.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from stores import census, owed, timings
from stores.database import Database
from stores.errors import StoreError
from stores.ids import Clock, TenantId
from stores.timings import Slot

#: Seconds between two writes.
EVERY_S = 5.0
#: Old minutes are dropped once in so many writes, which is about once in an hour.
_PRUNE_EVERY = 720


class Stopwatch:
    """What took how long and is not yet written, per tenant."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._noted: dict[TenantId, Counter[Slot]] = {}
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._writes = 0

    @contextmanager
    def measure(self, tenant: TenantId, spaces: Sequence[str], operation: str) -> Iterator[None]:
        """Note how long the block takes, unless it fails; in every space that it is about."""
        began = time.perf_counter()
        yield
        bucket = timings.bucket_of(time.perf_counter() - began)
        minute = self._clock().replace(second=0, microsecond=0)
        noted = self._noted.setdefault(tenant, Counter())
        for space in spaces:
            noted[Slot(space=space, minute=minute, operation=operation, bucket=bucket)] += 1

    def look_after(self, tenant: TenantId) -> None:
        """Add up what there is of notes on the tenant's counts, with the next write."""
        self._noted.setdefault(tenant, Counter())

    def start(self) -> None:
        """Begin to write the notes down, in the background."""
        self._task = asyncio.create_task(self._run(), name="stopwatch")

    async def stop(self) -> None:
        """Write down what is left."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.write()

    async def write(self) -> None:
        """Write down what was noted so far; what the database does not take now waits."""
        async with self._writing:
            self._writes += 1
            for tenant in tuple(self._noted):
                noted = self._noted.pop(tenant)
                try:
                    await self._write(tenant, noted)
                except StoreError:
                    self._noted.setdefault(tenant, Counter()).update(noted)

    async def _write(self, tenant: TenantId, noted: Counter[Slot]) -> None:
        now = self._clock()
        async with self._database.write(tenant) as session:
            await timings.add(session, noted)
            if self._writes % _PRUNE_EVERY == 0:
                await timings.prune(session, now)
        with suppress(StoreError):  # Then with a later write.
            await self._fold(tenant)

    async def _fold(self, tenant: TenantId) -> None:
        for fold in (census.fold, owed.fold):
            folded = 1
            while folded:
                async with self._database.write(tenant) as session:
                    folded = await fold(session)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self.write()
