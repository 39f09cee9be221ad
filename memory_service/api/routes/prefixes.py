"""Prefixes of a space: what its chats begin with."""

from __future__ import annotations

from fastapi import APIRouter

from memory_service.api import pages
from memory_service.api.deps import Cursor, Limit, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.operations import JobIds
from memory_service.api.schemas.prefixes import Prefix, PrefixList
from memory_service.verbs import prefixes
from stores.ids import MemoryId

router = APIRouter(prefix="/v1/spaces/{space}/prefixes", tags=["prefixes"])


@router.get("")
async def list_prefixes(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PrefixList:
    """What the chats of the space begin with, and began with before, the newest first."""
    after = pages.decode_id(cursor)
    before = None if after is None else MemoryId(after)
    page = await prefixes.list_prefixes(services, principal, space, before=before, limit=limit)
    return PrefixList(
        items=[Prefix.of(one) for one in page.items], next_cursor=pages.encode(page.next_cursor)
    )


@router.post("", status_code=202)
async def refresh_prefix(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName
) -> JobIds:
    """Make the prefix of the space anew now, as a job does every hour where something changed."""
    return JobIds(job_ids=[await prefixes.refresh(services, principal, space)])
