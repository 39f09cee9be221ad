"""What happened and held in a space, and what became different between two moments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from memory_service.api import pages
from memory_service.api.deps import Cursor, Limit, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.base import Moment, Name
from memory_service.api.schemas.timeline import (
    Difference,
    Differences,
    EpisodeCount,
    Timeline,
    TimelineItem,
)
from memory_service.verbs import timeline
from memory_service.verbs.timeline import TimelineAsked
from stores.differences import Axis, Stretch
from stores.errors import InvalidCursor
from stores.ids import MemoryId
from stores.records import MemoryType
from stores.timeline import Place

router = APIRouter(prefix="/v1/spaces/{space}", tags=["time"])

_FIRST = Place(moment=datetime.min.replace(tzinfo=UTC), memory_id=MemoryId(UUID(int=0)))


@router.get("/timeline")
async def get_timeline(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    entity: Annotated[Name | None, Query(description="An entity's id or name.")] = None,
    predicate: Annotated[Name | None, Query()] = None,
    since: Annotated[Moment | None, Query(alias="from")] = None,
    until: Annotated[Moment | None, Query(alias="to")] = None,
    types: Annotated[
        list[MemoryType] | None, Query(max_length=4, description="Episodes only if asked for.")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Timeline:
    """What happened and what held, ended or not, in the order of world time."""
    asked = TimelineAsked(
        entity=entity, predicate=predicate, since=since, until=until, types=tuple(types or ())
    )
    page, episodes = await timeline.list_timeline(
        services, principal, space, asked, behind=_place(cursor), limit=limit
    )
    return Timeline(
        items=[TimelineItem.of(cube) for cube in page.items],
        next_cursor=pages.encode(page.next_cursor),
        episodes=EpisodeCount(count=episodes.count, first=episodes.first, last=episodes.last),
    )


@router.get("/diff")
async def get_diff(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    since: Annotated[Moment, Query(alias="from")],
    until: Annotated[Moment, Query(alias="to")],
    axis: Annotated[Axis, Query(description="What was known, or what held.")] = Axis.KNOWN,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Differences:
    """What was added, ended and changed between two moments; of what was erased only the id."""
    stretch = Stretch(since=since, until=until, axis=axis)
    page, counts = await timeline.diff(
        services, principal, space, stretch, after=pages.after(cursor), limit=limit
    )
    return Differences(
        axis=axis,
        counts=dict(counts),
        items=[Difference.of(found) for found in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


def _place(cursor: str | None) -> Place:
    position = pages.decode(cursor)
    if position is None:
        return _FIRST
    moment, _, memory_id = position.partition(" ")
    try:
        place = Place(moment=datetime.fromisoformat(moment), memory_id=MemoryId(UUID(memory_id)))
        if place.moment.tzinfo is None:
            raise ValueError("no moment of ours")  # noqa: TRY301
    except ValueError as error:
        raise InvalidCursor("this is no cursor of this list", pointer="query:cursor") from error
    return place
