"""The communities of a space, and of its entities."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from memory_service.auth import Principal
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import communities
from stores.communities import Community, Place
from stores.ids import MemoryId
from stores.records import Page


async def list_communities(
    services: Services, principal: Principal, space: str, *, behind: Place | None, limit: int
) -> Page[Community]:
    """The communities of a space, the largest first."""
    home = (await scope_of(services, principal, [space])).spaces[0].id
    async with services.database.read(principal.tenant) as session:
        return await communities.list_communities(session, home, behind=behind, limit=limit)


async def of_entities(
    services: Services, principal: Principal, space: str, entities: Sequence[MemoryId]
) -> Mapping[MemoryId, UUID]:
    """The communities of these entities, those in none left out."""
    home = (await scope_of(services, principal, [space])).spaces[0].id
    async with services.database.read(principal.tenant) as session:
        return await communities.of_entities(session, home, entities)
