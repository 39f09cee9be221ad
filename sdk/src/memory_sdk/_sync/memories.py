# Generated from _async/memories.py by generate_sync.py; change that.
"""The single memories of a space."""

from __future__ import annotations

from typing import Unpack
from uuid import uuid4

from memory_sdk._answers import Lineage, Page
from memory_sdk._sync.http import Http
from memory_sdk._sync.pager import Pager
from memory_sdk._calls import get, patch, path, post, post_once
from memory_sdk._memcube import MemCube
from memory_sdk._options import MemoryChanges, MemoryFilters, MemoryOptions, checked
from memory_sdk._prospect_answers import Closure, Fading


class Memories:
    """Write, read, list and change single memories, as `space.memories`."""

    def __init__(self, http: Http, space: str) -> None:
        self._http = http
        self._path = path("v1", "spaces", space, "memories")

    def get(self, memory_id: str) -> MemCube:
        """The current version; raises NotFound, Erased."""
        return self._http.answer(get(self._at(memory_id)), MemCube)

    def list(
        self, *, limit: int | None = None, **filters: Unpack[MemoryFilters]
    ) -> Pager[MemCube]:
        """Memories, newest first; `limit` is how many are asked for at a time.

            for cube in space.memories.list(type="semantic", kind="preference"):
                print(cube.content)

        Filters: `type`, `kind`, `state`, `session_id`, `tag`, `entity` (an id or a name), `q`
        (words that must all occur), `as_of` (what held in the world then).
        """
        given = checked({**filters}, MemoryFilters)
        return Pager(self._http, get(self._path, **given, limit=limit), Page[MemCube])

    def create(
        self,
        kind: str,
        content: str,
        *,
        idempotency_key: str | None = None,
        **options: Unpack[MemoryOptions],
    ) -> MemCube:
        """Write a memory without an episode.

            space.memories.create("fact", "Ana lives in Lisbon", valid_at=moved)

        Options: `data` (the payload of the kind), `valid_at`, `invalid_at`, `expires_at`,
        `importance`, `sensitivity`, `tags`, `evidence`. Without an `idempotency_key` each call
        makes its own, so that it can be repeated safely when the connection breaks.
        """
        given = checked({**options}, MemoryOptions)
        body = {**given, "kind": kind, "content": content}
        call = post_once(self._path, body, idempotency_key=idempotency_key or str(uuid4()))
        return self._http.answer(call, MemCube)

    def update(
        self, memory_id: str, *, version: int, **changes: Unpack[MemoryChanges]
    ) -> MemCube:
        """Change a memory as a new version, if `version` is still its version.

            cube = space.memories.get(memory_id)
            space.memories.update(cube.id, version=cube.version, content="Ana lives in Porto")

        Raises VersionMismatch if it has changed meanwhile. Changes: `content`, `data`,
        `valid_at`, `invalid_at`, `expires_at`, `importance`, `sensitivity`, `visibility`, `tags`;
        with an admin's key also `trust` and `legal_hold`.
        """
        given = checked({**changes}, MemoryChanges)
        call = patch(self._at(memory_id), given, version=version)
        return self._http.answer(call, MemCube)

    def history(self, memory_id: str) -> Pager[MemCube]:
        """Every version, newest first."""
        return Pager(self._http, get(self._at(memory_id, "history")), Page[MemCube])

    def lineage(self, memory_id: str) -> Lineage:
        """What the memory came from, and what came from it."""
        return self._http.answer(get(self._at(memory_id, "lineage")), Lineage)

    def fading(self, memory_id: str) -> Fading:
        """How much of the memory is left by the rules of its space, now and later."""
        return self._http.answer(get(self._at(memory_id, "fading")), Fading)

    def closure(self, memory_id: str) -> Closure:
        """What erasing the memory would erase: itself and what rests on it alone. Erases nothing.

        going = space.memories.closure(cube.id)
        if going.total < 20:
            space.forget(cube.id, mode="erase")
        """
        return self._http.answer(get(self._at(memory_id, "closure")), Closure)

    def rollback(self, memory_id: str, to_version: int) -> MemCube:
        """Make an earlier version current again, as a new version."""
        call = post(self._at(memory_id, "rollback"), {"version": to_version})
        return self._http.answer(call, MemCube)

    def pin(self, memory_id: str, *, pinned: bool = True) -> MemCube:
        """Keep a memory from decay, or with `pinned=False` let it go."""
        return self._http.answer(
            post(self._at(memory_id, "pin"), {"pinned": pinned}), MemCube
        )

    def confirm(self, memory_id: str) -> MemCube:
        """Count yourself as a further source that says the same."""
        return self._http.answer(post(self._at(memory_id, "confirm")), MemCube)

    def _at(self, memory_id: str, *more: str) -> str:
        return self._path + path(memory_id, *more)
