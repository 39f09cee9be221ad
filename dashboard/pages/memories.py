"""The memories of a space: filters, search, and what is done to many at once."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from dashboard.page import Call, Form, Group, Page, get, post
from dashboard.service import Refused, segment

TYPES = ("episodic", "semantic", "graph", "parametric")
KINDS = {
    "episodic": ("message", "event", "document", "trajectory"),
    "semantic": ("fact", "preference", "profile", "summary", "insight", "procedure", "note"),
    "graph": ("entity", "relation"),
    "parametric": ("adapter", "soft_prompt", "prefix"),
}
STATES = (
    "active", "superseded", "invalidated", "archived", "merged", "staged", "quarantined", "erased",
)  # fmt: skip
_FILTERS = ("type", "kind", "state", "session_id", "tag", "entity", "q", "as_of")
#: So many calls at a time are made for what is done to many memories.
_AT_ONCE = 4
_DONE = {
    "pin": "pinned",
    "unpin": "no longer pinned",
    "invalidate": "invalidated",
    "archive": "archived",
    "erase": "erased",
}


async def show(call: Call) -> Response:
    """One page of the list."""
    asked = {name: call.query(name) for name in _FILTERS}
    found = await call.service.get(
        f"/v1/spaces/{call.space}/memories", **asked, cursor=call.query("cursor"), limit=50
    )
    kinds = KINDS.get(asked["type"] or "") or tuple(k for of in KINDS.values() for k in of)
    return await call.render(
        "memories.html",
        items=found["items"],
        next_cursor=found["next_cursor"],
        asked=asked,
        types=TYPES,
        kinds=kinds,
        states=STATES,
        filtered=any(asked.values()),
    )


async def change_many(call: Call) -> Response:
    """Do one thing to all that were selected; before erasing, show what would go."""
    form = await call.form()
    ids, action = form.getlist("id"), form.get("action", "")
    back = f"/spaces/{call.space}/memories?{form.get('back', '')}"
    if not ids or action not in _DONE:
        return call.redirect(back, "Select memories first.", "warn")
    if action == "erase" and not form.get("sure"):
        return await _ask(call, ids, form)
    outcomes = await _each(ids, lambda memory_id: _change(call, memory_id, action))
    failed = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    done = len(ids) - len(failed)
    said = f"{done} {'memory' if done == 1 else 'memories'} {_DONE[action]}."
    if failed:
        said += f" {len(failed)} not: {failed[0].detail}."
    return call.redirect(back, said, "warn" if failed else "good")


async def _ask(call: Call, ids: list[str], form: Form) -> Response:
    closures = await _each(
        ids, lambda i: call.service.get(f"/v1/spaces/{call.space}/memories/{segment(i)}/closure")
    )
    found = {
        memory["id"]: memory
        for closure in closures
        if not isinstance(closure, Refused)
        for memory in closure["memories"]
    }
    return await call.render(
        "memories_erase.html",
        ids=ids,
        going=list(found.values()),
        held=[closure for closure in closures if isinstance(closure, Refused)],
        back=form.get("back", ""),
    )


async def _change(call: Call, memory_id: str, action: str) -> Any:
    path = f"/v1/spaces/{call.space}/memories/{segment(memory_id)}"
    if action in ("pin", "unpin"):
        return await call.service.post(f"{path}/pin", {"pinned": action == "pin"})
    return await call.service.call("DELETE", path, params={"mode": action})


async def _each(ids: list[str], do: Any) -> list[Any]:
    """The answer for each; a refusal in place of it, so that one does not stop the others."""
    limit = asyncio.Semaphore(_AT_ONCE)

    async def one(memory_id: str) -> Any:
        async with limit:
            try:
                return await do(memory_id)
            except Refused as refused:
                # Erased together with one before it: that is what was wanted.
                return None if refused.code == "erased" else refused

    return await asyncio.gather(*(one(memory_id) for memory_id in ids))


PAGE = Page(
    name="memories",
    title="Memories",
    icon="memories",
    key="m",
    order=10,
    group=Group.SPACE,
    actions=(
        get("/spaces/{space}/memories", show),
        post("/spaces/{space}/memories", change_many),
    ),
)
