"""The single memories of a space."""

from __future__ import annotations

from typing import Unpack

from memory_sdk._answers import Lineage, Page
from memory_sdk._async.http import AsyncHttp
from memory_sdk._async.pager import AsyncPager
from memory_sdk._calls import get, patch, path, post
from memory_sdk._memcube import MemCube
from memory_sdk._options import MemoryChanges, MemoryFilters, MemoryOptions, checked


class AsyncMemories:
    """Write, read, list and change single memories, as `space.memories`."""

    def __init__(self, http: AsyncHttp, space: str) -> None:
        self._http = http
        self._path = path("v1", "spaces", space, "memories")

    async def get(self, memory_id: str) -> MemCube:
        """The current version; raises NotFound, Erased."""
        return await self._http.answer(get(self._at(memory_id)), MemCube)

    def list(
        self, *, limit: int | None = None, **filters: Unpack[MemoryFilters]
    ) -> AsyncPager[MemCube]:
        """Memories, newest first; `limit` is how many are asked for at a time.

            async for cube in space.memories.list(type="semantic", kind="preference"):
                print(cube.content)

        Filters: `type`, `kind`, `state`, `session_id`, `tag`, `q` (words that must all occur),
        `as_of` (what held in the world then).
        """
        given = checked({**filters}, MemoryFilters)
        return AsyncPager(self._http, get(self._path, **given, limit=limit), Page[MemCube])

    async def create(self, kind: str, content: str, **options: Unpack[MemoryOptions]) -> MemCube:
        """Write a memory without an episode.

            await space.memories.create("fact", "Ana lives in Lisbon", valid_at=moved)

        Options: `data` (the payload of the kind), `valid_at`, `invalid_at`, `expires_at`,
        `importance`, `sensitivity`, `tags`, `evidence`.
        """
        given = checked({**options}, MemoryOptions)
        call = post(self._path, {**given, "kind": kind, "content": content})
        return await self._http.answer(call, MemCube)

    async def update(
        self, memory_id: str, *, version: int, **changes: Unpack[MemoryChanges]
    ) -> MemCube:
        """Change a memory as a new version, if `version` is still its version.

            cube = await space.memories.get(memory_id)
            await space.memories.update(cube.id, version=cube.version, content="Ana lives in Porto")

        Raises VersionMismatch if it has changed meanwhile. Changes: `content`, `data`,
        `valid_at`, `invalid_at`, `importance`, `sensitivity`, `tags`.
        """
        given = checked({**changes}, MemoryChanges)
        call = patch(self._at(memory_id), given, version=version)
        return await self._http.answer(call, MemCube)

    def history(self, memory_id: str) -> AsyncPager[MemCube]:
        """Every version, newest first."""
        return AsyncPager(self._http, get(self._at(memory_id, "history")), Page[MemCube])

    async def lineage(self, memory_id: str) -> Lineage:
        """What the memory came from, and what came from it."""
        return await self._http.answer(get(self._at(memory_id, "lineage")), Lineage)

    async def rollback(self, memory_id: str, to_version: int) -> MemCube:
        """Make an earlier version current again, as a new version."""
        call = post(self._at(memory_id, "rollback"), {"version": to_version})
        return await self._http.answer(call, MemCube)

    async def pin(self, memory_id: str, *, pinned: bool = True) -> MemCube:
        """Keep a memory from decay, or with `pinned=False` let it go."""
        return await self._http.answer(
            post(self._at(memory_id, "pin"), {"pinned": pinned}), MemCube
        )

    async def confirm(self, memory_id: str) -> MemCube:
        """Count yourself as a further source that says the same."""
        return await self._http.answer(post(self._at(memory_id, "confirm")), MemCube)

    def _at(self, memory_id: str, *more: str) -> str:
        return self._path + path(memory_id, *more)
