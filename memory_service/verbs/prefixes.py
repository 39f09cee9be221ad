"""The prefixes of a space: what its chats begin with, and began with before."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from consolidation import schedules
from consolidation.prefix.rules import TRUST
from memory_service.auth import Principal, Role
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import memories, prefixes, spaces
from stores.ids import MemoryId
from stores.records import MemCube, Page, State
from stores.scope import Filter

_KEPT = (State.ACTIVE, State.SUPERSEDED, State.INVALIDATED, State.ARCHIVED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A prefix; `shown` if chats begin with it now, which ends when one of its memories changes."""

    cube: MemCube
    shown: bool


async def list_prefixes(
    services: Services, principal: Principal, space: str, *, before: MemoryId | None, limit: int
) -> Page[Listed]:
    """The prefixes of a space, the newest first; raises SpaceNotFound, NotPermitted."""
    scope = await scope_of(services, principal, [space])
    limits = Filter(kinds=(prefixes.PREFIX,), states=_KEPT)
    async with services.database.read(principal.tenant) as session:
        page = await memories.list_memories(session, scope, limits, before=before, limit=limit)
        home = scope.spaces[0].id
        active = await prefixes.active(session, home, services.clock(), TRUST)
    shown = active.id if active is not None and active.holds else None
    cubes = (cube for cube in page.items if cube.provenance.origin == "derived")
    items = tuple(Listed(cube=cube, shown=cube.id == shown) for cube in cubes)
    return Page(items=items, next_cursor=page.next_cursor)


async def refresh(services: Services, principal: Principal, space: str) -> UUID:
    """Have the prefix of a space made anew now; returns the job. Raises SpaceNotFound."""
    principal.require(Role.WRITER)
    principal.require_spaces([space])
    async with services.database.write(principal.tenant) as session:
        home = await spaces.get_space(session, space)
        [job] = await schedules.ask(session, home.id, [prefixes.NAME], services.clock())
        return job
