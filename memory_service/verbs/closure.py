"""What an erasure would take with it, before anything is erased."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from memory_service.auth import Principal, Role
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import erasure, memories
from stores.ids import MemoryId
from stores.records import MemCube

#: So many are shown; all are counted.
_SHOWN = 200


class _NothingDone(Exception):
    """Takes back what finding the closure locked and struck off."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Closure:
    """`memories` are the first of `total`, the one that was asked about before the others."""

    memory_id: MemoryId
    total: int
    memories: tuple[MemCube, ...]


async def closure(services: Services, principal: Principal, space: str, memory_id: UUID) -> Closure:
    """What erasing this memory would erase now.

    Raises MemoryNotFound, Erased; StateConflict if a legal hold forbids it.
    """
    principal.require(Role.WRITER)
    home = (await scope_of(services, principal, [space])).spaces[0]
    wanted = MemoryId(memory_id)
    gone: list[MemoryId] = []
    cubes: list[MemCube] = []
    try:
        async with services.database.write(principal.tenant) as session:
            await memories.get(session, home.id, wanted)
            gone = await erasure.closure(session, home.id, wanted)
            cubes = await memories.find_many(session, gone[:_SHOWN])
            raise _NothingDone  # noqa: TRY301 - it has to leave the transaction
    except _NothingDone:
        pass
    return Closure(memory_id=wanted, total=len(gone), memories=tuple(cubes))
