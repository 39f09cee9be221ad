"""Marks what rests on something that has changed, ends what has nothing left to rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from consolidation.refresh.fates import Fate, fates
from consolidation.services import Cadence, JobKind, Services, Work
from stores import dependents, jobs, memories, runs
from stores.database import WriteSession
from stores.dependents import Dependent
from stores.ids import MemoryId, new_id
from stores.insights import REFLECT
from stores.records import MemCube, Method, State
from stores.revision import revise
from stores.runs import Change
from stores.summaries import NAME as SUMMARISE

#: Memories at a time, and at most in one run of the job.
STRETCH, MOST = 200, 20_000
METHOD = Method(name="refresh", version="1")
#: By which job what is stale is told anew.
_TOLD_BY: Mapping[str, str] = {"summary": SUMMARISE, "insight": REFLECT}


async def run(services: Services, work: Work, stretch: int = STRETCH) -> None:
    """Look at everything once; what is marked already stays as it is."""
    async with services.database.read(work.tenant) as session:
        found = await dependents.read(session, work.space.id)
    known = fates(found)
    wanted = [(one, fate) for one in found if (fate := _wanted(one, known.get(one.id)))][:MOST]
    for start in range(0, len(wanted), stretch):
        started = services.clock()
        async with services.database.write(work.tenant) as session:
            await _write(session, services, work, wanted[start : start + stretch], started)


def _wanted(one: Dependent, fate: Fate | None) -> Fate | None:
    """What is to be done about it: what is held stays, what somebody wants to keep does not end."""
    if fate is None or one.held:
        return None
    if fate is Fate.BEREFT:
        if not (one.pinned or one.restored):
            return fate
        fate = Fate.STALE if one.changed else None
    return None if one.stale else fate


async def _write(
    session: WriteSession,
    services: Services,
    work: Work,
    wanted: Sequence[tuple[Dependent, Fate]],
    started: datetime,
) -> None:
    """Mark and end what is still at the version it was read at; the rest was told anew."""
    ids = [one.id for one, _ in wanted]
    await memories.lock(session, sorted(ids))
    versions = {cube.id: cube.version for cube in await memories.find_many(session, ids)}
    same = [(one, fate) for one, fate in wanted if versions.get(one.id) == one.version]
    run_id, now = new_id(), services.clock()
    changes = [await _change(session, work, one.id, fate, run_id, now) for one, fate in same]
    await jobs.progress(session, work.job_id, len(wanted))
    if not changes:
        return
    ended = sum(fate is Fate.BEREFT for _, fate in same)
    await runs.add_run(
        session, work.space.id, run_id, job_id=work.job_id, method=METHOD,
        counts={"stale": len(same) - ended, "ended": ended}, started_at=started, finished_at=now,
    )  # fmt: skip
    await runs.note_changes(session, run_id, changes)
    for name in sorted({_TOLD_BY[one.kind] for one, _ in same if one.kind in _TOLD_BY}):
        await jobs.follow_up(session, work.space.id, name, now)


async def _change(
    session: WriteSession,
    work: Work,
    memory_id: MemoryId,
    fate: Fate,
    run_id: UUID,
    now: datetime,
) -> Change:
    change = partial(_ended if fate is Fate.BEREFT else _stale, run_id, now)
    cube = await revise(session, work.space, memory_id, change, now=now)
    return Change(memory_id=cube.id, before=cube.version - 1, after=cube.version)


def _stale(run_id: UUID, now: datetime, cube: MemCube) -> MemCube:  # noqa: ARG001
    """It says the same, and that it may not be so any more."""
    return replace(
        cube,
        data={**cube.data, "stale": True},
        provenance=replace(cube.provenance, run_id=run_id),
    )


def _ended(run_id: UUID, now: datetime, cube: MemCube) -> MemCube:
    """It was so as long as what it rests on was so."""
    return replace(
        cube,
        provenance=replace(cube.provenance, run_id=run_id),
        lifecycle=replace(cube.lifecycle, state=State.INVALIDATED),
        time=replace(cube.time, invalid_at=now),
    )


JOB = JobKind(name="refresh", run=run, cadence=Cadence(every=timedelta(hours=1)))
