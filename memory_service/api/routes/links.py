"""The links and refinements of a memory."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from memory_service.api import pages
from memory_service.api.deps import (
    Cursor,
    Limit,
    MemoryIdPath,
    PrincipalDep,
    ServicesDep,
    SpaceName,
)
from memory_service.api.schemas.base import Name
from memory_service.api.schemas.links import Link, LinkList, Refinement, RefinementList
from memory_service.verbs import links
from stores.errors import InvalidCursor
from stores.ids import MemoryId
from stores.link_views import Place

router = APIRouter(prefix="/v1/spaces/{space}/memories/{memory_id}", tags=["memories"])

#: Behind every link and every version.
_LAST = Place(other=MemoryId(UUID(int=(1 << 128) - 1)), kind="", direction="")
_NEWEST = 2**31 - 1


@router.get("/links")
async def list_links(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    memory_id: MemoryIdPath,
    kind: Annotated[Name | None, Query(description="Only links of this kind.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> LinkList:
    """What a memory is linked to, in both directions, the newest memories first."""
    page = await links.list_links(
        services, principal, space, memory_id, kind=kind, before=_place(cursor), limit=limit
    )
    return LinkList(
        items=[Link.of(view) for view in page.items], next_cursor=pages.encode(page.next_cursor)
    )


@router.get("/refinements")
async def list_refinements(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    memory_id: MemoryIdPath,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RefinementList:
    """What other memories add to what this one is found by, newest first."""
    page = await links.list_refinements(
        services, principal, space, memory_id, before=_version(cursor), limit=limit
    )
    return RefinementList(
        items=[Refinement.of(record) for record in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


@router.delete("/refinements/{refinement_id}", status_code=204)
async def drop_refinement(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    memory_id: MemoryIdPath,
    refinement_id: Annotated[UUID, Path(description="The refinement's id.")],
) -> None:
    """Have a refinement count no more; the memory itself stays as it is."""
    await links.drop_refinement(services, principal, space, memory_id, refinement_id)


def _place(cursor: str | None) -> Place:
    position = pages.decode(cursor)
    if position is None:
        return _LAST
    try:
        other, kind, direction = position.split(" ")
        return Place(other=MemoryId(UUID(other)), kind=kind, direction=direction)
    except ValueError as error:
        raise _not_ours() from error


def _version(cursor: str | None) -> int:
    position = pages.decode(cursor)
    if position is None:
        return _NEWEST
    if not (position.isascii() and position.isdigit() and len(position) < 10):
        raise _not_ours()
    return int(position)


def _not_ours() -> InvalidCursor:
    return InvalidCursor("this is no cursor of this list", pointer="query:cursor")
