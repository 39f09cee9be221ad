"""The communities that the entities of a space fall into."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from memory_service.api import pages
from memory_service.api.deps import Cursor, Limit, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.communities import Community, CommunityList
from memory_service.verbs import communities
from stores.communities import Place
from stores.errors import InvalidCursor

router = APIRouter(prefix="/v1/spaces/{space}/communities", tags=["graph"])


@router.get("")
async def list_communities(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CommunityList:
    """Entities that have much to do with each other, the largest communities first."""
    page = await communities.list_communities(
        services, principal, space, behind=_place(cursor), limit=limit
    )
    return CommunityList(
        items=[Community.of(found) for found in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


def _place(cursor: str | None) -> Place | None:
    position = pages.decode(cursor)
    if position is None:
        return None
    try:
        size, community = position.split(" ")
        return Place(size=int(size), id=UUID(community))
    except ValueError as error:
        raise InvalidCursor("this is no cursor of this list", pointer="query:cursor") from error
