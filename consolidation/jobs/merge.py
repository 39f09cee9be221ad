"""Merges memories that say the same: the better one stays and rests on the evidence of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from consolidation.merge.choose import Merge, choose
from consolidation.services import Cadence, JobKind, Services, Work
from consolidation.similar import SAME
from stores import graph, jobs, linking, marks, memories, merging, runs, usage
from stores.database import ReadSession, WriteSession
from stores.graph import LinkRow
from stores.ids import MemoryId, model_id_of, new_id
from stores.marks import Mark
from stores.merging import MERGED_INTO, Mergeable
from stores.records import MemCube, Method, State
from stores.revision import revise
from stores.runs import Change

NAME = "merge"
#: Memories at a time, and at most in one run of the job; the next one goes on behind them.
STRETCH, MOST = 200, 20_000
METHOD = Method(name="deduplicate", version="1")


class _Moved(Exception):
    """What was read is not so any more; it is to be read again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """A stretch, and what is to be merged because of it."""

    stretch: tuple[Mark, ...]
    known: Mapping[MemoryId, Mergeable]
    merges: tuple[Merge, ...]


async def run(services: Services, work: Work, stretch: int = STRETCH) -> None:
    """Look at what came or changed since the last time, stretch by stretch."""
    done = 0
    while done < MOST:
        started = services.clock()
        async with services.database.read(work.tenant, linking.HNSW) as session:
            plan = await _read(session, services, work, stretch)
        if not plan.stretch:
            return
        try:
            async with services.database.write(work.tenant) as session:
                await _write(session, services, work, plan, started)
        except _Moved:
            continue
        done += len(plan.stretch)


async def _read(session: ReadSession, services: Services, work: Work, limit: int) -> _Plan:
    space, embedding = work.space, services.embedder.model
    after = await marks.get(session, space.id, NAME)
    stretch = await merging.next_stretch(session, space.id, after, limit)
    asked = [mark.memory_id for mark in stretch]
    near = await linking.find_near(
        session, space, model_id_of(embedding.name), embedding.dimensions, asked, alike=SAME
    )
    ends = sorted({end for one in near for end in (one.memory_id, one.target_id)})
    known = await merging.read(session, space.id, ends)
    return _Plan(stretch=stretch, known=known, merges=choose(near, known))


async def _write(
    session: WriteSession, services: Services, work: Work, plan: _Plan, started: datetime
) -> None:
    space = work.space
    await marks.put(session, space.id, NAME, plan.stretch[-1])
    await jobs.progress(session, work.job_id, len(plan.stretch))
    if not plan.merges:
        return
    await _check(session, work, plan)
    run_id, now = new_id(), services.clock()
    pairs = [(merge.loser.id, merge.survivor.id) for merge in plan.merges]
    await merging.unite(session, pairs, run_id, now)
    confirmed = _confirmed(plan.merges)
    await usage.add_confirmations(session, {i: n for i, n in confirmed.items() if n})
    changes = [await _close(session, work, merge, run_id, now) for merge in plan.merges]
    changes += [await _extend(session, work, i, plan.merges, run_id, now) for i in confirmed]
    since = await graph.next_version(session, space.id)
    links = [LinkRow(memory_id=a, target_id=b, kind=MERGED_INTO) for a, b in pairs]
    await graph.add_links(session, space.id, links, since, now, run_id)
    counts = {"looked_at": len(plan.stretch), "merged": len(pairs)}
    await runs.add_run(
        session, space.id, run_id, job_id=work.job_id, method=METHOD, counts=counts,
        started_at=started, finished_at=now,
    )  # fmt: skip
    await runs.note_changes(session, run_id, [
        replace(change, confirmations=confirmed.get(change.memory_id, 0)) for change in changes
    ])  # fmt: skip


async def _check(session: WriteSession, work: Work, plan: _Plan) -> None:
    """Hold both ends as they were read until commit; raises _Moved if they are not so."""
    ends = sorted({end.id for m in plan.merges for end in (m.loser, m.survivor)})
    await memories.lock(session, ends)
    now = await merging.read(session, work.space.id, ends)
    if any(now.get(end) != plan.known[end] for end in ends):
        raise _Moved


def _confirmed(merges: Sequence[Merge]) -> dict[MemoryId, int]:
    """By how many sources more each survivor is confirmed."""
    found: dict[MemoryId, int] = {}
    for merge in merges:
        found[merge.survivor.id] = found.get(merge.survivor.id, 0) + merge.confirmations
    return found


async def _close(
    session: WriteSession, work: Work, merge: Merge, run_id: UUID, now: datetime
) -> Change:
    cube = await revise(session, work.space, merge.loser.id, partial(_merged, run_id), now=now)
    return Change(memory_id=cube.id, before=cube.version - 1, after=cube.version)


async def _extend(
    session: WriteSession,
    work: Work,
    survivor: MemoryId,
    merges: Sequence[Merge],
    run_id: UUID,
    now: datetime,
) -> Change:
    """Have a survivor hold since the first of its duplicates did, and under the tags of all."""
    own = [merge for merge in merges if merge.survivor.id == survivor]
    if not any(merge.revises for merge in own):
        return Change(memory_id=survivor)
    moments = [merge.valid_at for merge in own if merge.valid_at is not None]
    tags = tuple(dict.fromkeys(tag for merge in own for tag in merge.tags))

    def change(cube: MemCube) -> MemCube:
        return replace(
            cube,
            tags=tags,
            time=replace(cube.time, valid_at=min(moments, default=cube.time.valid_at)),
            provenance=replace(cube.provenance, run_id=run_id),
        )

    cube = await revise(session, work.space, survivor, change, now=now)
    return Change(memory_id=survivor, before=cube.version - 1, after=cube.version)


def _merged(run_id: UUID, cube: MemCube) -> MemCube:
    """A memory that another one stands for now; it stays in the history."""
    return replace(
        cube,
        provenance=replace(cube.provenance, actor="service", method=METHOD, run_id=run_id),
        lifecycle=replace(cube.lifecycle, state=State.MERGED),
    )


JOB = JobKind(name=NAME, run=run, cadence=Cadence(every=timedelta(days=1)))
