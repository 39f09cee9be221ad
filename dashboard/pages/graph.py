"""The graph: entities and relations, at any time, by community, and from one to another."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from dashboard.page import Call, Group, Page, get
from dashboard.service import Refused

LIMITS = (50, 100, 250, 500, 1000, 2000)
_LIMIT = 250


async def show(call: Call) -> Response:
    """The page; its script asks for the graph itself."""
    at = f"/v1/spaces/{call.space}"
    communities, first = await asyncio.gather(
        call.service.get(f"{at}/communities", limit=12),
        call.service.get(f"{at}/entities", limit=1),
    )
    limit = next((n for n in LIMITS if str(n) == call.query("limit")), _LIMIT)
    return await call.render(
        "graph.html",
        communities=communities["items"],
        empty=not first["items"],
        limits=LIMITS,
        limit=limit,
    )


async def data(call: Call) -> Response:
    """Entities and relations around one of them, or those mentioned most."""
    found = await call.service.get(
        f"/v1/spaces/{call.space}/graph",
        center=call.query("center"),
        depth=call.query("depth"),
        limit=call.query("limit") or _LIMIT,
        as_of=call.query("as_of"),
    )
    return call.json(found)


async def entity(call: Call) -> Response:
    """What is known of one entity, for the panel."""
    entity_id = call.request.path_params["entity_id"]
    found = await call.service.get(f"/v1/spaces/{call.space}/entities/{entity_id}", history="true")
    return await call.render("entity.html", entity=found)


async def search(call: Call) -> Response:
    """Entities whose name begins like this."""
    found: dict[str, Any] = {"items": []}
    if call.query("q"):
        path = f"/v1/spaces/{call.space}/entities"
        found = await call.service.get(path, q=call.query("q"), limit=8)
    return call.json([{name: e[name] for name in ("id", "name", "kind")} for e in found["items"]])


async def paths(call: Call) -> Response:
    """How two entities are connected; a line that says so where one of them is unknown."""
    try:
        found = await call.service.get(
            f"/v1/spaces/{call.space}/paths",
            **{"from": call.query("from"), "to": call.query("to"), "k": 3},
        )
    except Refused as refused:
        return call.json({"items": [], "detail": refused.detail})
    return call.json(found)


PAGE = Page(
    name="graph",
    title="Graph",
    icon="graph",
    key="p",
    order=30,
    group=Group.SPACE,
    actions=(
        get("/spaces/{space}/graph", show),
        get("/spaces/{space}/graph/data", data),
        get("/spaces/{space}/graph/search", search),
        get("/spaces/{space}/graph/paths", paths),
        get("/spaces/{space}/graph/entities/{entity_id:uuid}", entity),
    ),
    scripts=("vendor/cytoscape.min.js", "graph.js"),
)
