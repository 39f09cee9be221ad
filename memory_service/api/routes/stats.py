"""Figures of a tenant."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from memory_service.api import pages
from memory_service.api.deps import SPACE_NAME, Cursor, Limit, PrincipalDep, ServicesDep
from memory_service.api.schemas.stats import (
    GrowthList,
    Latency,
    ModelUsage,
    ModelUsageList,
    Overview,
    SpaceFigures,
    SpaceFiguresList,
)
from memory_service.verbs import stats

router = APIRouter(prefix="/v1/stats", tags=["stats"])

#: It holds names of models, so it may be longer than those of other lists.
_Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the page before.")
]

_Space = Annotated[
    str | None, Query(pattern=SPACE_NAME, description="One space; else all your key covers.")
]


@router.get("/overview")
async def get_overview(
    services: ServicesDep, principal: PrincipalDep, space: _Space = None
) -> Overview:
    """Memories by type, kind, state and tier, and what is owed, queued, failed and stale."""
    return Overview.of(await stats.get_figures(services, principal, space=space))


@router.get("/spaces")
async def list_space_figures(
    services: ServicesDep, principal: PrincipalDep, cursor: Cursor = None, limit: Limit = 50
) -> SpaceFiguresList:
    """How each space stands, in a line, by name."""
    page = await stats.list_spaces(
        services, principal, after=pages.decode(cursor) or "", limit=limit
    )
    return SpaceFiguresList(
        items=[SpaceFigures.of(line) for line in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


@router.get("/growth")
async def list_growth(
    services: ServicesDep,
    principal: PrincipalDep,
    space: _Space = None,
    since: Annotated[date | None, Query(description="The first day; else 30 days in all.")] = None,
    until: Annotated[date | None, Query(description="The last day; else today, in UTC.")] = None,
) -> GrowthList:
    """How many memories of each type there were at the end of a day, and by how many they grew."""
    days = await stats.list_growth(services, principal, space=space, since=since, until=until)
    return GrowthList.of(days)


@router.get("/latency")
async def get_latency(
    services: ServicesDep,
    principal: PrincipalDep,
    space: _Space = None,
    minutes: Annotated[
        int, Query(ge=1, le=7 * 24 * 60, description="So many minutes back from now.")
    ] = 60,
    step_minutes: Annotated[
        int | None, Query(ge=1, le=24 * 60, description="Minutes of one step; else for 60 steps.")
    ] = None,
) -> Latency:
    """How long `remember` and `recall` took: quantiles over all of the time, and step by step."""
    return Latency.of(
        await stats.get_latency(
            services, principal, space=space, minutes=minutes, step_minutes=step_minutes
        )
    )


@router.get("/model-usage")
async def list_model_usage(
    services: ServicesDep,
    principal: PrincipalDep,
    space: Annotated[str | None, Query(pattern=SPACE_NAME)] = None,
    since: Annotated[date | None, Query(description="The first day; else 30 days in all.")] = None,
    until: Annotated[date | None, Query(description="The last day; else today, in UTC.")] = None,
    cursor: _Cursor = None,
    limit: Limit = 50,
) -> ModelUsageList:
    """What language models were asked for, by day, space, purpose and model."""
    page = await stats.list_model_usage(
        services, principal, space=space, since=since, until=until,
        after=pages.decode(cursor), limit=limit,
    )  # fmt: skip
    return ModelUsageList(
        items=[ModelUsage.of(line) for line in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )
