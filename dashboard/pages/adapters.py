"""Adapters: what a model learned of a space, how its training went, what the gate said."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from dashboard.page import Call, Group, Page, get, post

#: States in which it still changes by itself.
MOVING = ("building",)
_DONE = {
    "activate": "It serves the space from now on.",
    "rollback": "The one before it serves again.",
    "retire": "It is out of service; its memories stay as text.",
    "shadow": "It stands by beside the one that serves.",
}


async def show(call: Call) -> Response:
    """The adapters of the space, newest first."""
    found = await call.service.get(_at(call), cursor=call.query("cursor"), limit=25)
    moving = any(one["state"] in MOVING for one in found["items"])
    return await call.render("adapters.html", found=found, moving=moving)


async def try_out(call: Call) -> Response:
    """What a new one would learn, and of every other memory why not."""
    plan = await call.service.post(_at(call), {"dry_run": True})
    return await call.render("adapter_plan.html", plan=plan)


async def build(call: Call) -> Response:
    """Have one built."""
    form = await call.form()
    body = {"activate": "activate" in form}
    made = await call.service.post(_at(call), body)
    adapter = made["adapter"]
    return call.redirect(f"/spaces/{call.space}/adapters/{adapter['id']}", "It is being built.")


async def show_one(call: Call) -> Response:
    """One adapter."""
    adapter = await call.service.get(f"{_at(call)}/{call.request.path_params['adapter_id']}")
    return await call.render(
        "adapter.html",
        adapter=adapter,
        moving=adapter["state"] in MOVING,
        loss=_loss(adapter),
        training=_figures(adapter["training"]),
    )


async def change(call: Call) -> Response:
    """Activate it, stand it by, roll back or retire it."""
    form = await call.form()
    what = str(form.get("what", ""))
    one = f"{call.space}/adapters/{call.request.path_params['adapter_id']}"
    if what in _DONE:
        await call.service.post(f"/v1/spaces/{one}/{what}")
    return call.redirect(f"/spaces/{one}", _DONE.get(what))


def _at(call: Call) -> str:
    return f"/v1/spaces/{call.space}/adapters"


def _loss(adapter: Any) -> dict[str, Any] | None:
    """The loss at each step that was noted, as a chart."""
    points = adapter["progress"].get("curve") or []
    if len(points) < 2:
        return None
    return {
        "xAxis": {"type": "value", "name": "step", "max": "dataMax"},
        "yAxis": {"type": "value", "name": "loss"},
        "series": [{"type": "line", "data": points, "showSymbol": False, "color": "accent"}],
    }


def _figures(values: dict[str, Any], before: str = "") -> list[tuple[str, Any]]:
    """Figures by name, those within others behind the name of these; lists are left out."""
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, dict):
            found += _figures(value, f"{before}{name} · ")
        elif not isinstance(value, list):
            found.append((f"{before}{name}", value))
    return found


PAGE = Page(
    name="adapters",
    title="Adapters",
    icon="adapters",
    key="a",
    order=60,
    group=Group.SPACE,
    actions=(
        get("/spaces/{space}/adapters", show),
        get("/spaces/{space}/adapters/new", try_out, role="writer"),
        post("/spaces/{space}/adapters", build),
        get("/spaces/{space}/adapters/{adapter_id:uuid}", show_one),
        post("/spaces/{space}/adapters/{adapter_id:uuid}", change),
    ),
    scripts=("vendor/echarts.common.min.js",),
)
