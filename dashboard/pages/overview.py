"""How the memory is: what it holds, how it grows, what waits and what is slow."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from starlette.responses import Response

from dashboard import figures
from dashboard.page import Call, Page, get

_DAYS = 30
_HOURS = 24


async def show(call: Call) -> Response:
    """The figures of the tenant, or of the space that the address names."""
    only = call.query("space")
    overview, growth, latency, spaces = await asyncio.gather(
        call.service.get("/v1/stats/overview", space=only),
        call.service.get("/v1/stats/growth", space=only),
        call.service.get("/v1/stats/latency", space=only, minutes=_HOURS * 60),
        call.service.get("/v1/stats/spaces", cursor=call.query("cursor"), limit=20),
    )
    counts = overview["memories"]
    grown = figures.growth(growth["items"], datetime.now(UTC).date(), _DAYS)
    return await call.render(
        "overview.html",
        only=only,
        overview=overview,
        backlog=overview["backlog"],
        jobs=overview["jobs"],
        grown=grown,
        by_type=figures.sums(counts, "type"),
        by_state=figures.sums(counts, "state"),
        by_tier=figures.sums(counts, "tier"),
        by_kind=figures.by_kind(counts),
        tiers=figures.tiers(counts),
        took={one["operation"]: one for one in latency["operations"]},
        latency=figures.latency(latency),
        figures=spaces,
    )


PAGE = Page(
    name="overview",
    title="Overview",
    icon="overview",
    key="o",
    order=10,
    actions=(get("/", show),),
    scripts=("vendor/echarts.common.min.js",),
)
