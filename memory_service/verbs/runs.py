"""Runs as callers see them: list, look at, take back as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from consolidation import schedules
from consolidation.knowledge.beliefs import Context, unmerge
from memory_service.auth import Principal, Role
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import jobs, memories, runs, spaces, undoing
from stores.database import ReadSession, WriteSession
from stores.errors import RunNotFound
from stores.ids import MemoryId
from stores.records import MemCube, Page, Space
from stores.runs import Change, Run
from stores.undoing import Settle, Undone, Unsettled

#: Memories that are shown with a run.
_MOST = 1000
_FIRST = MemoryId(UUID(int=0))


@dataclass(frozen=True, kw_only=True, slots=True)
class RunDetail:
    """A run, what it made and is still current, and what it did to memories."""

    run: Run
    made: tuple[MemCube, ...]
    changes: tuple[Change, ...]


async def list_runs(
    services: Services, principal: Principal, space: str, *, before: UUID, limit: int
) -> Page[Run]:
    """The runs of a space, newest first."""
    home = (await scope_of(services, principal, [space])).spaces[0]
    async with services.database.read(principal.tenant) as session:
        return await runs.list_runs(session, home.id, before=before, limit=limit)


async def get_run(services: Services, principal: Principal, run_id: UUID) -> RunDetail:
    """A run and what it did; raises RunNotFound, also where the key does not cover its space."""
    async with services.database.read(principal.tenant) as session:
        run = await _get(session, principal, run_id)
        made = await memories.of_run(session, run_id, limit=_MOST)
        changes = await runs.list_changes(session, run_id, behind=_FIRST, limit=_MOST)
    return RunDetail(run=run, made=tuple(made), changes=changes.items)


async def undo(services: Services, principal: Principal, run_id: UUID, *, cascade: bool) -> Undone:
    """Take a run back; raises RunNotFound, StateConflict, Conflict naming what built on it."""
    principal.require(Role.WRITER)
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        run = await _get(session, principal, run_id)
        space = await spaces.get_space(session, run.space)
        undone = await undoing.undo(
            session, space, run_id, actor=principal.name, now=now, cascade=cascade,
            settle=_settling(services),
        )  # fmt: skip
        if undone.to_embed:
            await jobs.enqueue(session, space.id, "embed", now=now, total=undone.to_embed)
        await schedules.changed(session, space.id, now)
        return undone


def _settling(services: Services) -> Settle:
    async def settle_claimed(
        session: WriteSession, space: Space, what: Unsettled
    ) -> Sequence[Change]:
        context = Context(
            session=session, space=space, version=what.version, run_id=None, now=services.clock()
        )
        believed = await unmerge(
            context, what.parted, what.claimed, restored=what.restored, leaving=what.leaving
        )
        return believed.changes

    return settle_claimed


async def _get(session: ReadSession, principal: Principal, run_id: UUID) -> Run:
    run = await runs.get_run(session, run_id)
    if not principal.covers(run.space):
        raise RunNotFound(f"there is no run {run_id}")
    return run
