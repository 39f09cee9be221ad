"""Spaces and how they stand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from memory_service.api import pages
from memory_service.api.deps import Cursor, Limit, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.operations import (
    ConsolidateIn,
    JobIds,
    LlmStatus,
    Space,
    SpaceErased,
    SpaceIn,
    SpaceList,
    Status,
)
from memory_service.verbs import spaces

router = APIRouter(prefix="/v1/spaces", tags=["spaces"])


@router.get("")
async def list_spaces(
    services: ServicesDep, principal: PrincipalDep, cursor: Cursor = None, limit: Limit = 50
) -> SpaceList:
    """The spaces your key covers, by name."""
    after = pages.decode(cursor) or ""
    page = await spaces.list_spaces(services, principal, after=after, limit=limit)
    return SpaceList(
        items=[Space.of(space) for space in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


@router.put("/{space}", responses={201: {"model": Space, "description": "It was made."}})
async def put_space(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    response: Response,
    body: Annotated[SpaceIn, Body()] = SpaceIn(),
) -> Space:
    """Make a space, or replace its policies."""
    found, made = await spaces.put_space(services, principal, space, body.given())
    response.status_code = 201 if made else 200
    return Space.of(found)


@router.get("/{space}")
async def get_space(services: ServicesDep, principal: PrincipalDep, space: SpaceName) -> Space:
    """One space."""
    return Space.of(await spaces.get_space(services, principal, space))


@router.patch("/{space}")
async def patch_space(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, body: SpaceIn
) -> Space:
    """Change some policies; null removes one."""
    return Space.of(await spaces.patch_space(services, principal, space, body.given()))


@router.delete("/{space}")
async def delete_space(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName
) -> SpaceErased:
    """Erase a space and all that is in it. There is no way back."""
    return SpaceErased(erased=await spaces.delete_space(services, principal, space))


@router.get("/{space}/status")
async def get_status(services: ServicesDep, principal: PrincipalDep, space: SpaceName) -> Status:
    """What the space holds and what is still to be done for it."""
    found, llm = await spaces.status(services, principal, space)
    return Status(
        episodes=found.episodes,
        memories=dict(found.memories),
        pending_jobs=found.pending_jobs,
        failed_jobs=found.failed_jobs,
        unembedded=found.unembedded,
        failed_items=found.failed_items,
        oldest_pending_s=round(found.oldest_pending_s, 3),
        llm=LlmStatus.of(llm, waiting_jobs=found.awaiting_jobs),
    )


@router.post("/{space}/consolidate", status_code=202)
async def consolidate(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    body: ConsolidateIn = ConsolidateIn(),
) -> JobIds:
    """Run these jobs now, or else whatever is owed and all jobs that are on in the space."""
    return JobIds(job_ids=list(await spaces.consolidate(services, principal, space, body.jobs)))
