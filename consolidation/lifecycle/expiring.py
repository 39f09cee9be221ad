"""Puts away what is past its time: archived, or erased where the space's policy says so."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from consolidation.knowledge.forgetting import erase
from consolidation.lifecycle.recording import METHOD, record
from consolidation.services import Services, Work
from stores import archiving, erasure, jobs
from stores.archiving import IN_VIEW
from stores.database import WriteSession
from stores.errors import StateConflict
from stores.ids import MemoryId, new_id
from stores.records import MemCube, Payload, State

#: Memories that are archived in one transaction, and erased in one.
_ARCHIVED, _ERASED = 500, 20
_ERASABLE = tuple(state for state in State if state is not State.ERASED)


async def expire(services: Services, work: Work) -> None:
    """Go on until nothing is past its time."""
    step = _erase if work.space.policies.get("ttl") == "erase" else _archive
    staying: list[MemoryId] = []
    while await step(services, work, staying):
        pass


def doomed_states(policies: Payload) -> tuple[State, ...]:
    """States in which something is done with a memory past its time."""
    return _ERASABLE if policies.get("ttl") == "erase" else IN_VIEW


async def _archive(services: Services, work: Work, _: list[MemoryId]) -> int:
    """Archive some as one run; returns how many."""
    now, run_id = services.clock(), new_id()
    async with services.database.write(work.tenant) as session:
        over = await archiving.expired(session, work.space.id, IN_VIEW, now=now, limit=_ARCHIVED)
        changes = await archiving.archive(
            session, work.space, over, still=partial(_is_over, now), method=METHOD,
            run_id=run_id, now=now,
        )  # fmt: skip
        counts = {"expired": len(changes)} if changes else {}
        await record(session, work, run_id, counts, changes=changes, started=now,
                     finished=services.clock())  # fmt: skip
        await jobs.progress(session, work.job_id, len(changes))
    return len(changes)


async def _erase(services: Services, work: Work, staying: list[MemoryId]) -> int:
    """Erase some, each with all that rests on it alone; returns how many were looked at.

    Where something under legal hold rests on one, it is left, and added to `staying`. What a run
    names of a memory would outlive it, so the run only counts.
    """
    now = services.clock()
    async with services.database.write(work.tenant) as session:
        over = await archiving.expired(
            session, work.space.id, _ERASABLE, now=now, without=staying, limit=_ERASED
        )
        gone: dict[MemoryId, None] = {}
        for memory_id in over:
            gone |= dict.fromkeys(await _closure(session, work, memory_id, staying))
        if gone:
            await erase(session, work.space, list(gone), now, pads=services.pads)
        counts = {"erased": len(gone)} if gone else {}
        await record(session, work, new_id(), counts, started=now, finished=services.clock())
        await jobs.progress(session, work.job_id, len(gone))
    return len(over)


async def _closure(
    session: WriteSession, work: Work, memory_id: MemoryId, staying: list[MemoryId]
) -> list[MemoryId]:
    try:
        return await erasure.closure(session, work.space.id, memory_id)
    except StateConflict:
        staying.append(memory_id)
        return []


def _is_over(now: datetime, cube: MemCube) -> bool:
    ends, held = cube.lifecycle.expires_at, cube.governance.legal_hold
    return cube.lifecycle.state in IN_VIEW and not held and ends is not None and ends <= now
