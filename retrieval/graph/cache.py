"""Graphs that are kept between questions, as many as there is room for."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from retrieval.graph.snapshot import NO_ROWS, Snapshot, build, followed
from stores import graph_reading
from stores.ids import SpaceId, TenantId
from stores.records import Space
from stores.search import Search

_Key = tuple[TenantId, SpaceId]


class _Kept(NamedTuple):
    version: int
    snapshot: Snapshot


class Snapshots:
    """The graphs of the spaces searched last, each at the version at which it was read.

    One that has grown since then gets what came, one that something was taken from is read anew.
    A space is read once for all who wait for it, and to the end if they wait no longer: the next
    question finds it. The graph used last is kept whatever its size.
    """

    def __init__(self, limit_bytes: int, clock: Callable[[], float] = time.time) -> None:
        self.limit_bytes = limit_bytes
        self._clock = clock
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._loading: dict[_Key, asyncio.Task[None]] = {}

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(kept.snapshot.size for kept in self._kept.values())

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, search: Search, space: SpaceId, version: int) -> Snapshot:
        """The graph of a space, at this version or a later one, without what has ended by now."""
        key = (search.scope.tenant, space)
        while (snapshot := self._find(key, version)) is None:
            if key not in self._loading:
                task = asyncio.create_task(self._load(search, key, version))
                self._loading[key] = task
                task.add_done_callback(lambda done: self._loaded(key, done))
            await asyncio.shield(self._loading[key])
        return snapshot

    def _find(self, key: _Key, version: int) -> Snapshot | None:
        kept = self._kept.get(key)
        if kept is None or kept.version < version or kept.snapshot.ends_at <= self._clock():
            return None
        self._kept.move_to_end(key)
        return kept.snapshot

    def _loaded(self, key: _Key, task: asyncio.Task[None]) -> None:
        del self._loading[key]
        if not task.cancelled():
            task.exception()  # Whoever waits gets it; if nobody does, it is no news.

    async def _load(self, search: Search, key: _Key, version: int) -> None:
        kept = self._kept.get(key)
        rows, reached = (kept.snapshot.rows, kept.version) if kept else (NO_ROWS, 0)
        if reached < version:
            changes = await graph_reading.changes(search, key[1], reached)
            rows, reached = (
                (followed(rows, changes), changes.version) if changes else (NO_ROWS, version)
            )
        snapshot = await asyncio.to_thread(build, rows, self._clock())
        self._kept[key] = _Kept(reached, snapshot)
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and self.size > self.limit_bytes:
            self._kept.popitem(last=False)


async def past(search: Search, space: Space) -> Snapshot:
    """The graph of a space as of the time that is searched; it is not kept."""
    rows = await graph_reading.as_of(search, space)
    return await asyncio.to_thread(build, rows, 0.0)
