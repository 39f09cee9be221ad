"""Runs: what they did, and taking them back as a whole."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from memory_service.api import pages
from memory_service.api.deps import Cursor, Limit, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.runs import RunDetail, RunList, RunSummary, UndoIn, Undone
from memory_service.verbs import runs

router = APIRouter(prefix="/v1", tags=["jobs"])


@router.get("/spaces/{space}/runs")
async def list_runs(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RunList:
    """The runs of a space, newest first."""
    page = await runs.list_runs(
        services, principal, space, before=pages.before(cursor), limit=limit
    )
    return RunList(
        items=[RunSummary.of(run) for run in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )


@router.get("/runs/{run_id}")
async def get_run(services: ServicesDep, principal: PrincipalDep, run_id: UUID) -> RunDetail:
    """One execution that made memories: what it read, what it stored, what it turned down."""
    return RunDetail.of_detail(await runs.get_run(services, principal, run_id))


@router.post("/runs/{run_id}/undo")
async def undo_run(
    services: ServicesDep, principal: PrincipalDep, run_id: UUID, body: UndoIn = UndoIn()
) -> Undone:
    """Take back all that a run did; its episodes stay, and so does what it made as history."""
    done = await runs.undo(services, principal, run_id, cascade=body.cascade)
    return Undone(
        run_id=done.run_id,
        runs=list(done.runs),
        removed=list(done.removed),
        restored=list(done.restored),
    )
