"""What happened and held in a space, and what became different between two moments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from memory_service.auth import Principal
from memory_service.verbs.errors import Malformed
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import differences, graph_walks, timeline
from stores.database import ReadSession
from stores.differences import Difference, Stretch
from stores.ids import MemoryId
from stores.records import MemCube, MemoryType, Page
from stores.scope import Scope
from stores.timeline import Around, Episodes, Place


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineAsked:
    """Which part of a timeline: an entity by id or name, a predicate, a stretch, memory types."""

    entity: str | None = None
    predicate: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    types: tuple[MemoryType, ...] = ()


async def list_timeline(
    services: Services,
    principal: Principal,
    space: str,
    asked: TimelineAsked,
    *,
    behind: Place,
    limit: int,
) -> tuple[Page[MemCube], Episodes]:
    """What happened and held, in the order of world time; raises MemoryNotFound, Malformed."""
    _check_stretch(asked.since, asked.until)
    scope = await scope_of(services, principal, [space])
    async with services.database.read(principal.tenant) as session:
        around = await _around(session, scope, asked)
        page = await timeline.list_timeline(session, scope, around, behind=behind, limit=limit)
        return page, await timeline.count_episodes(session, scope, around)


async def diff(
    services: Services,
    principal: Principal,
    space: str,
    stretch: Stretch,
    *,
    after: UUID,
    limit: int,
) -> tuple[Page[Difference], Mapping[str, int]]:
    """What became different between two moments, and how much in all; raises Malformed."""
    _check_stretch(stretch.since, stretch.until)
    home = (await scope_of(services, principal, [space])).spaces[0].id
    async with services.database.read(principal.tenant) as session:
        page = await differences.list_differences(
            session, home, stretch, behind=MemoryId(after), limit=limit
        )
        return page, await differences.count_differences(session, home, stretch)


def _check_stretch(since: datetime | None, until: datetime | None) -> None:
    if since is not None and until is not None and until <= since:
        raise Malformed("`to` must lie behind `from`", pointer="query:to")


async def _around(session: ReadSession, scope: Scope, asked: TimelineAsked) -> Around:
    group = None
    if asked.entity is not None:
        group = await graph_walks.group_named(session, scope, asked.entity, pointer="query:entity")
    return Around(
        group=group,
        predicate=asked.predicate,
        since=asked.since,
        until=asked.until,
        types=asked.types,
    )
