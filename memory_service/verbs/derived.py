"""The sessions of a space, and what was stored because of one."""

from __future__ import annotations

from memory_service.auth import Principal
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import derived, sessions
from stores.derived import Outline, Place
from stores.records import MemCube, Page
from stores.sessions import Conversation

#: Entities and runs that are named.
_MOST = 200


async def list_derived(
    services: Services,
    principal: Principal,
    space: str,
    session_id: str,
    *,
    behind: Place,
    limit: int,
) -> tuple[Page[MemCube], Outline]:
    """The memories that rest on a session, grouped by type, and an outline of all of it."""
    home = (await scope_of(services, principal, [space])).spaces[0].id
    async with services.database.read(principal.tenant) as session:
        page = await derived.list_derived(session, home, session_id, behind=behind, limit=limit)
        return page, await derived.outline(session, home, session_id, most=_MOST)


async def list_sessions(
    services: Services, principal: Principal, space: str, *, after: str | None, limit: int
) -> Page[Conversation]:
    """The conversations of a space, the one spoken in last first."""
    home = (await scope_of(services, principal, [space])).spaces[0].id
    async with services.database.read(principal.tenant) as session:
        return await sessions.list_sessions(session, home, after=after, limit=limit)
