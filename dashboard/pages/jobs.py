"""Jobs and runs: what is being done, what went wrong, what was done and can be taken back."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.responses import Response

from dashboard.page import Call, Group, Page, get, post
from dashboard.service import Refused

STATES = ("scheduled", "pending", "running", "succeeded", "failed", "cancelled")
#: States in which a job changes by itself; the page looks again while there is one.
_MOVING = frozenset({"pending", "running"})
_SHOWN = 25


async def show(call: Call) -> Response:
    """The jobs, newest first, and how the queue stands."""
    space, state, cursor = call.query("space"), call.query("state"), call.query("cursor")
    jobs, stats = await asyncio.gather(
        call.service.get("/v1/jobs", space=space, state=state, cursor=cursor, limit=_SHOWN),
        call.service.get("/v1/stats/overview", space=space),
    )
    moving = any(job["state"] in _MOVING for job in jobs["items"])
    return await call.render(
        "jobs.html", jobs=jobs, queue=stats["jobs"], backlog=stats["backlog"], states=STATES,
        moving=moving,
    )  # fmt: skip


async def retry(call: Call) -> Response:
    """Give a job that failed another round of attempts."""
    form = await call.form()
    await call.service.post(f"/v1/jobs/{form['id']}/retry")
    return call.redirect("/jobs", "The job was put back into the queue.")


async def cancel(call: Call) -> Response:
    """Give a job up."""
    form = await call.form()
    await call.service.post(f"/v1/jobs/{form['id']}/cancel")
    return call.redirect("/jobs", "The job was cancelled. What it owed stays owed.", "warn")


async def consolidate(call: Call) -> Response:
    """Have what is owed to a space worked on, with what was set aside."""
    form = await call.form()
    made = await call.service.post(f"/v1/spaces/{form['space']}/consolidate")
    number = len(made["job_ids"])
    said = f"{number} job{'s' if number != 1 else ''} in the queue for {form['space']}."
    return call.redirect("/jobs", said)


def parted(counts: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """What a run counted but zeros: what it did, and by reason what it left out."""
    told = {name: n for name, n in counts.items() if n}
    left = {name.partition(":")[2]: n for name, n in told.items() if name.startswith("rejected:")}
    return {name: n for name, n in told.items() if ":" not in name}, left


async def show_runs(call: Call) -> Response:
    """What was done in a space, newest first."""
    space = call.query("space") or call.session.space
    runs: dict[str, Any] = {"items": [], "next_cursor": None}
    if space is not None:
        path = f"/v1/spaces/{space}/runs"
        runs = await call.service.get(path, cursor=call.query("cursor"), limit=_SHOWN)
    return await call.render("runs.html", runs=runs, of_space=space, parted=parted)


async def show_run(call: Call) -> Response:
    """One run: what it read and made."""
    run = await call.service.get(f"/v1/runs/{call.request.path_params['run_id']}")
    made = {memory["id"]: memory for memory in run["memories"]}
    done, left = parted(run["counts"])
    return await call.render("run.html", run=run, made=made, done=done, left=left)


async def undo(call: Call) -> Response:
    """Take a run back, with those that built on it if that was said."""
    form = await call.form()
    body = {"cascade": "cascade" in form}
    try:
        done = await call.service.post(f"/v1/runs/{form['id']}/undo", body)
    except Refused as refused:
        if refused.status != 409:
            raise
        return call.redirect(f"/runs/{form['id']}", f"Not undone: {refused.detail}", "bad")
    said = (
        f"Undone: {len(done['removed'])} memories are gone, {len(done['restored'])} are as before."
    )
    return call.redirect(f"/runs/{done['run_id']}", said)


PAGE = Page(
    name="jobs",
    title="Jobs and runs",
    icon="jobs",
    key="b",
    order=50,
    group=Group.TENANT,
    actions=(
        get("/jobs", show),
        get("/runs", show_runs),
        get("/runs/{run_id}", show_run),
        post("/jobs/retry", retry),
        post("/jobs/cancel", cancel),
        post("/jobs/consolidate", consolidate),
        post("/runs/undo", undo),
    ),
)
