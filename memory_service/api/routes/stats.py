"""Figures of a tenant."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from memory_service.api import pages
from memory_service.api.deps import SPACE_NAME, Limit, PrincipalDep, ServicesDep
from memory_service.api.schemas.stats import ModelUsage, ModelUsageList
from memory_service.verbs import stats

router = APIRouter(prefix="/v1/stats", tags=["stats"])

#: It holds names of models, so it may be longer than those of other lists.
_Cursor = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the page before.")
]


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
