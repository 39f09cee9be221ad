"""Why: ask of one memory why a recall brings it, or does not."""

from __future__ import annotations

from uuid import UUID

from memory_service.auth import Principal
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from retrieval.recall import RecallRequest
from retrieval.why import Why
from retrieval.why import why as account
from stores import memories, nearness
from stores.errors import MemoryNotFound
from stores.ids import MemoryId
from stores.kinds import get_kind
from stores.nearness import Checked
from stores.records import MemCube
from stores.scope import Filter, Scope


async def why(
    services: Services, principal: Principal, space: str, request: RecallRequest, memory_id: UUID
) -> Why:
    """Whether the memory is among the answer, and why or why not; nothing is noted as shown.

    Raises SpaceNotFound, NotPermitted, UnknownKind; MemoryNotFound also for a memory in a space
    that the caller's key does not cover.
    """
    for number, kind in enumerate(request.limits.kinds):
        get_kind(kind, pointer=f"/kinds/{number}")
    scope = await scope_of(services, principal, [space])
    found = await _get(services, scope, request.limits, MemoryId(memory_id))
    if found is None or not principal.covers(found[0].space):
        raise MemoryNotFound(f"there is no memory {memory_id} in this space")
    return await account(services.database, services.recaller, scope, request, found)


async def _get(
    services: Services, scope: Scope, limits: Filter, memory_id: MemoryId
) -> tuple[MemCube, Checked] | None:
    """The version a search looks at, and the conditions it fails."""
    async with services.database.read(scope.tenant) as session:
        checked = await nearness.check(session, memory_id, scope, limits)
        if checked is None:
            return None
        versions = [(memory_id, checked.version)]
        cubes = await memories.find_versions(session, versions, known=limits.as_of.known)
    return (cubes[memory_id], checked) if memory_id in cubes else None
