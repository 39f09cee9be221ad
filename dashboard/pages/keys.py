"""API keys: who may do what, making one, revoking one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from dashboard.page import ROLES, Call, Group, Page, get, post


async def show(call: Call) -> Response:
    """The keys of the tenant."""
    return await _list(call)


async def _list(call: Call, made: Any = None) -> Response:
    keys = await call.service.get("/v1/keys", cursor=call.query("cursor"), limit=50)
    me = await call.service.get("/v1/principal")
    today = datetime.now(UTC).isoformat()
    return await call.render(
        "keys.html", keys=keys, roles=ROLES, made=made, own=me["key_id"], today=today
    )


async def create(call: Call) -> Response:
    """Make a key and show it, this once."""
    form = await call.form()
    chosen = [str(name) for name in form.getlist("spaces") if name]
    day = str(form.get("expires_at", ""))
    body = {
        "name": str(form.get("name", "")).strip(),
        "role": str(form.get("role", "")),
        "spaces": chosen or None,
        "expires_at": f"{day}T23:59:59Z" if day else None,
    }
    return await _list(call, await call.service.post("/v1/keys", body))


async def revoke(call: Call) -> Response:
    """Revoke a key."""
    form = await call.form()
    await call.service.call("DELETE", f"/v1/keys/{form['id']}")
    return call.redirect("/keys", f"The key {form.get('name', '')} was revoked.", "warn")


PAGE = Page(
    name="keys",
    title="Keys",
    icon="keys",
    key="y",
    order=80,
    group=Group.TENANT,
    role="admin",
    actions=(
        get("/keys", show, role="admin"),
        post("/keys", create, role="admin"),
        post("/keys/revoke", revoke, role="admin"),
    ),
)
