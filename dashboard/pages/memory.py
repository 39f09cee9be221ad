"""One memory: what it says, when it held and was known, where it comes from, how it fades."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from dashboard.axes import axes
from dashboard.changes import revisions
from dashboard.page import Call, Group, Page, get, post

_AT = "/spaces/{space}/memories/{memory_id:uuid}"


async def show(call: Call) -> Response:
    """Everything there is to know of it."""
    at = _api(call)
    memory, history, lineage, fading = await asyncio.gather(
        call.service.get(at),
        call.service.get(f"{at}/history"),
        call.service.get(f"{at}/lineage"),
        call.service.get(f"{at}/fading"),
    )
    versions = history["items"]
    sources = {source["id"]: source for source in lineage["sources"]}
    return await call.render(
        "memory.html",
        memory=memory,
        versions=revisions(versions),
        axes=axes(versions, datetime.now(UTC)),
        quotes=_quotes(memory, sources),
        sources=[s for s in lineage["sources"] if s["id"] not in _quoted(memory)],
        derived=lineage["derived"],
        edges=_edges(lineage),
        fading=fading,
        curve=_curve(fading),
    )


async def ask_erase(call: Call) -> Response:
    """What erasing it would take."""
    closure = await call.service.get(f"{_api(call)}/closure")
    return await call.render("memory_erase.html", closure=closure, memory=closure["memories"][0])


async def correct(call: Call) -> Response:
    """A new version with other words or times, if nobody was faster."""
    form = await call.form()
    body: dict[str, Any] = {}
    if form.get("content", "").strip():
        body["content"] = form["content"].strip()
    for name in ("valid_at", "invalid_at"):
        if name in form and form[name] != form.get(f"{name}_before"):
            body[name] = form[name] or None
    if form.get("importance"):
        body["importance"] = form["importance"]
    if "tags" in form:
        body["tags"] = [tag.strip() for tag in form["tags"].split(",") if tag.strip()]
    await call.service.call("PATCH", _api(call), body=body, if_match=form.get("version"))
    return _back(call, "Corrected. The version before is kept.")


async def pin(call: Call) -> Response:
    """Keep it from fading, or let it go."""
    pinned = (await call.form()).get("pinned") == "1"
    await call.service.post(f"{_api(call)}/pin", {"pinned": pinned})
    return _back(call, "Pinned: it does not fade." if pinned else "No longer pinned.")


async def confirm(call: Call) -> Response:
    """Say that it is so."""
    await call.service.post(f"{_api(call)}/confirm")
    return _back(call, "Confirmed: you count as a further source.")


async def rollback(call: Call) -> Response:
    """Make an earlier version current again."""
    version = (await call.form()).get("version")
    await call.service.post(f"{_api(call)}/rollback", {"version": version})
    return _back(call, f"Version {version} is current again.")


async def forget(call: Call) -> Response:
    """Invalidate, archive or erase."""
    mode = (await call.form()).get("mode")
    done = await call.service.call("DELETE", _api(call), params={"mode": mode})
    if mode == "erase":
        count = done["erased"]
        said = f"{count} {'memory' if count == 1 else 'memories'} erased for good."
        return call.redirect(f"/spaces/{call.space}/memories", said)
    return _back(call, "Invalidated: it held until now." if mode == "invalidate" else "Archived.")


def _api(call: Call) -> str:
    return f"/v1/spaces/{call.space}/memories/{call.request.path_params['memory_id']}"


def _back(call: Call, said: str) -> Response:
    memory_id = call.request.path_params["memory_id"]
    return call.redirect(f"/spaces/{call.space}/memories/{memory_id}", said)


def _quoted(memory: Any) -> set[str]:
    return {evidence["episode_id"] for evidence in memory["provenance"]["evidence"]}


def _quotes(memory: Any, sources: dict[str, Any]) -> list[Any]:
    """The episodes it quotes, each with the spans of characters; the oldest first."""
    found: dict[str, Any] = {}
    for evidence in memory["provenance"]["evidence"]:
        episode = found.setdefault(
            evidence["episode_id"],
            {"episode": sources.get(evidence["episode_id"]), "spans": [], "quotes": []},
        )
        episode["spans"].append(tuple(evidence["span"]))
        episode["quotes"].append(evidence["quote"])
    return [{"id": episode_id, **one} for episode_id, one in found.items()]


def _edges(lineage: Any) -> dict[str, str]:
    """How each memory of the lineage is connected, by its id."""
    by_source = {edge["source_id"]: edge["kind"] for edge in lineage["edges"]}
    by_memory = {edge["memory_id"]: edge["kind"] for edge in lineage["edges"]}
    return {**by_source, **by_memory}


def _curve(fading: Any) -> Any:
    """The curve of decay as an option of a chart; None for what does not decay."""
    if fading["profile"] is None:
        return None
    now = datetime.now(UTC).isoformat()
    edges = [("hot", 0.8), ("warm", 0.5), ("cold", 0.2)]
    return {
        "grid": {"left": 4, "right": 12, "top": 16, "bottom": 4, "containLabel": True},
        "xAxis": {"type": "time", "splitNumber": 3, "axisLabel": {"formatter": _dates(fading)}},
        "yAxis": {"type": "value", "min": 0, "max": 1, "interval": 0.5},
        "series": [
            {
                "name": "Left",
                "type": "line",
                "showSymbol": False,
                "lineStyle": {"width": 2},
                "areaStyle": {"opacity": 0.08},
                "data": [[point["at"], point["retention"]] for point in fading["points"]],
                "markLine": {
                    "symbol": "none",
                    "silent": True,
                    "lineStyle": {"color": "faint", "type": "dashed", "width": 1},
                    "label": {"color": "faint", "fontSize": 10, "position": "insideEndTop"},
                    "data": [
                        *({"yAxis": level, "name": name, "label": {"formatter": name}}
                          for name, level in edges),
                        {"xAxis": now,
                         "label": {"formatter": "now", "position": "end", "offset": [12, 0]},
                         "lineStyle": {"color": "accent", "type": "solid"}},
                    ],
                },
            }
        ],
    }  # fmt: skip


def _dates(fading: Any) -> str:
    """How dates stand under the curve: years, where it is long."""
    first, last = (datetime.fromisoformat(fading["points"][n]["at"]) for n in (0, -1))
    return "{yyyy}" if last - first > timedelta(days=1000) else "{MMM} {yy}"


PAGE = Page(
    name="memory",
    title="Memory",
    in_menu=False,
    under="memories",
    group=Group.SPACE,
    actions=(
        get(_AT, show),
        get(f"{_AT}/erase", ask_erase, role="writer"),
        post(f"{_AT}/correct", correct),
        post(f"{_AT}/pin", pin),
        post(f"{_AT}/confirm", confirm),
        post(f"{_AT}/rollback", rollback),
        post(f"{_AT}/forget", forget),
    ),
    scripts=("vendor/echarts.common.min.js",),
)
