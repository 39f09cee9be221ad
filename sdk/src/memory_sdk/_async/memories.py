"""The single memories of a space."""

from __future__ import annotations

from typing import Unpack
from uuid import uuid4

from memory_sdk._answers import Lineage, Page
from memory_sdk._async.http import AsyncHttp
from memory_sdk._async.pager import AsyncPager
from memory_sdk._calls import get, patch, path, post, post_once
from memory_sdk._memcube import MemCube
from memory_sdk._options import MemoryChanges, MemoryFilters, MemoryOptions, checked
from memory_sdk._prospect_answers import Closure, Fading


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

        Filters: `type`, `kind`, `state`, `session_id`, `tag`, `entity` (an id or a name), `q`
        (words that must all occur), `as_of` (what held in the world then).
        """
        given = checked({**filters}, MemoryFilters)
        return AsyncPager(self._http, get(self._path, **given, limit=limit), Page[MemCube])

    async def create(
        self,
        kind: str,
        content: str,
        *,
        idempotency_key: str | None = None,
        **options: Unpack[MemoryOptions],
    ) -> MemCube:
        """Write a memory without an episode.

            await space.memories.create("fact", "Ana lives in Lisbon", valid_at=moved)

        Options: `data` (the payload of the kind), `valid_at`, `invalid_at`, `expires_at`,
        `importance`, `sensitivity`, `tags`, `evidence`. Without an `idempotency_key` each call
        makes its own, so that it can be repeated safely when the connection breaks.
        """
        given = checked({**options}, MemoryOptions)
        body = {**given, "kind": kind, "content": content}
        call = post_once(self._path, body, idempotency_key=idempotency_key or str(uuid4()))
        return await self._http.answer(call, MemCube)

    async def update(
        self, memory_id: str, *, version: int, **changes: Unpack[MemoryChanges]
    ) -> MemCube:
        """Change a memory as a new version, if `version` is still its version.

            cube = await space.memories.get(memory_id)
            await space.memories.update(cube.id, version=cube.version, content="Ana lives in Porto")

        Raises VersionMismatch if it has changed meanwhile. Changes: `content`, `data`,
        `valid_at`, `invalid_at`, `expires_at`, `importance`, `sensitivity`, `visibility`, `tags`;
        with an admin's key also `trust` and `legal_hold`.
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

    async def fading(self, memory_id: str) -> Fading:
        """How much of the memory is left by the rules of its space, now and later."""
        return await self._http.answer(get(self._at(memory_id, "fading")), Fading)

    async def closure(self, memory_id: str) -> Closure:
        """What erasing the memory would erase: itself and what rests on it alone. Erases nothing.

        going = await space.memories.closure(cube.id)
        if going.total < 20:
            await space.forget(cube.id, mode="erase")
        """
        return await self._http.answer(get(self._at(memory_id, "closure")), Closure)

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
