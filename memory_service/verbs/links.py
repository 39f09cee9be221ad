"""The links and refinements of a memory."""

from __future__ import annotations

from uuid import UUID

from memory_service.auth import Principal, Role
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import link_views, memories, refinements
from stores.ids import MemoryId
from stores.link_views import LinkView, Place
from stores.records import Page
from stores.refinements import Refinement


async def list_links(
    services: Services,
    principal: Principal,
    space: str,
    memory_id: UUID,
    *,
    kind: str | None,
    before: Place,
    limit: int,
) -> Page[LinkView]:
    """What a memory is linked to, in both directions; raises MemoryNotFound, Erased."""
    scope = await scope_of(services, principal, [space])
    wanted = MemoryId(memory_id)
    async with services.database.read(principal.tenant) as session:
        await memories.get(session, scope.spaces[0].id, wanted)
        return await link_views.list_links(
            session, scope, wanted, kind=kind, before=before, limit=limit
        )


async def list_refinements(
    services: Services,
    principal: Principal,
    space: str,
    memory_id: UUID,
    *,
    before: int,
    limit: int,
) -> Page[Refinement]:
    """What later memories added to one, newest first; raises MemoryNotFound, Erased."""
    home = (await scope_of(services, principal, [space])).spaces[0].id
    wanted = MemoryId(memory_id)
    async with services.database.read(principal.tenant) as session:
        await memories.get(session, home, wanted)
        return await refinements.list_refinements(session, wanted, before=before, limit=limit)


async def drop_refinement(
    services: Services, principal: Principal, space: str, memory_id: UUID, refinement_id: UUID
) -> None:
    """Have a refinement count no more; raises MemoryNotFound, Erased."""
    principal.require(Role.WRITER)
    home = (await scope_of(services, principal, [space])).spaces[0].id
    wanted = MemoryId(memory_id)
    async with services.database.write(principal.tenant) as session:
        await memories.get(session, home, wanted)
        await refinements.drop(session, wanted, refinement_id, services.clock())
