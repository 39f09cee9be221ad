"""Spaces: what each holds and owes, its policies, making one, erasing one."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from dashboard.page import Call, Group, Page, get, post

_SHOWN = 50
#: Policies that have a field of their own; the others are edited as JSON.
_PLAIN = ("owner", "purpose", "admission_threshold", "ttl")


async def show(call: Call) -> Response:
    """Every space in a line."""
    found = await call.service.get("/v1/stats/spaces", cursor=call.query("cursor"), limit=_SHOWN)
    return await call.render("spaces.html", figures=found)


async def create(call: Call) -> Response:
    """Make a space."""
    name = str((await call.form()).get("name", "")).strip()
    await call.service.call(
        "PUT", f"/v1/spaces/{quote(name, safe='') or '%20'}", body={"policies": {}}
    )
    return call.redirect(f"/spaces/{name}/policies", f"The space {name} is there.")


async def edit(call: Call) -> Response:
    """One space: what it holds and what holds for it."""
    space, stats = await asyncio.gather(
        call.service.get(f"/v1/spaces/{call.space}"),
        call.service.get("/v1/stats/overview", space=call.space),
    )
    return await _form(call, space, stats, dict(space["policies"]))


async def _form(
    call: Call,
    space: Any,
    stats: Any,
    policies: dict[str, Any],
    *,
    rest: str | None = None,
    error: str | None = None,
) -> Response:
    others = {name: value for name, value in policies.items() if name not in _PLAIN}
    return await call.render(
        "space.html",
        status=422 if error else 200,
        at=space,
        stats=stats,
        policies=policies,
        rest=json.dumps(others, indent=2, ensure_ascii=False) if rest is None else rest,
        error=error,
    )


async def save(call: Call) -> Response:
    """Replace the policies by those of the form."""
    form = await call.form()
    rest = str(form.get("rest", "")).strip() or "{}"
    policies: dict[str, Any] = {
        name: str(form[name]).strip() for name in _PLAIN if str(form.get(name, "")).strip()
    }
    error = None
    try:
        if "admission_threshold" in policies:
            policies["admission_threshold"] = float(policies["admission_threshold"])
        others = json.loads(rest)
        if not isinstance(others, dict):
            raise ValueError("it is no object")  # noqa: TRY004, TRY301 - one kind of mistake
        policies = {**others, **policies}
    except ValueError as mistake:
        error = f"The other policies are no JSON object: {mistake}"
    if error is None:
        path = f"/v1/spaces/{call.space}"
        await call.service.call("PUT", path, body={"policies": policies})
        return call.redirect(f"/spaces/{call.space}/policies", "The policies hold from now on.")
    space, stats = await asyncio.gather(
        call.service.get(f"/v1/spaces/{call.space}"),
        call.service.get("/v1/stats/overview", space=call.space),
    )
    return await _form(call, space, stats, policies, rest=rest, error=error)


async def erase(call: Call) -> Response:
    """Erase a space, once its name was typed."""
    form = await call.form()
    if str(form.get("name", "")).strip() != call.space:
        said = "Not erased: that is not the name of the space."
        return call.redirect(f"/spaces/{call.space}/policies", said, "bad")
    done = await call.service.call("DELETE", f"/v1/spaces/{call.space}")
    call.session.space = None
    said = f"The space {call.space} was erased, with {done['erased']:,} memories."
    return call.redirect("/spaces", said, "warn")


PAGE = Page(
    name="spaces",
    title="Spaces",
    icon="spaces",
    key="s",
    order=70,
    group=Group.TENANT,
    actions=(
        get("/spaces", show),
        post("/spaces", create),
        get("/spaces/{space}/policies", edit),
        post("/spaces/{space}/policies", save),
        post("/spaces/{space}/erase", erase, role="admin"),
    ),
)
