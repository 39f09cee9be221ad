"""What the service runs with, without secrets."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from starlette.responses import Response

from dashboard.page import Call, Group, Page, get


async def show(call: Call) -> Response:
    """The effective settings, by the part of the service they are of."""
    found = await call.service.get("/v1/settings")
    return await call.render("settings.html", parts=_parts(found["items"]))


def _parts(items: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Settings with the same first word behind the prefix belong together; others come first."""

    def part(item: dict[str, Any]) -> str:
        words = item["name"].split("__")
        return words[0].partition("_")[2].lower() if len(words) > 1 else ""

    return [(name, list(found)) for name, found in groupby(sorted(items, key=part), key=part)]


PAGE = Page(
    name="settings",
    title="Settings",
    icon="settings",
    key="e",
    order=90,
    group=Group.TENANT,
    role="admin",
    actions=(get("/settings", show, role="admin"),),
)
