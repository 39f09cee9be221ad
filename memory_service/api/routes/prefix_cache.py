"""How much of what chats ask a model server had read before."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from memory_service.api.deps import SPACE_NAME, PartsDep, PrincipalDep, ServicesDep
from memory_service.api.schemas.prefix_cache import PrefixCacheOut
from memory_service.verbs import stats

router = APIRouter(prefix="/v1/stats", tags=["stats"])


@router.get("/prefix-cache")
async def get_prefix_cache(
    services: ServicesDep,
    parts: PartsDep,
    principal: PrincipalDep,
    space: Annotated[
        str | None, Query(pattern=SPACE_NAME, description="One space; else all your key covers.")
    ] = None,
    since: Annotated[date | None, Query(description="The first day; else 30 days in all.")] = None,
    until: Annotated[date | None, Query(description="The last day; else today, in UTC.")] = None,
) -> PrefixCacheOut:
    """Tokens of the prompts of chats, and how many of them were in the server's cache."""
    days = await stats.chats_by_day(services, principal, space=space, since=since, until=until)
    return PrefixCacheOut.of(days, await parts.gateway.prefix_cache())
