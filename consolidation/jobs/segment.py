"""Divides sessions into events: a session that has grown, from the event on that it grows by."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from consolidation.jobs import get_past
from consolidation.segment.boundaries import needs_embeddings, segment
from consolidation.segment.gist import frequencies, gist
from consolidation.segment.turns import Turn
from consolidation.services import JobKind, Services, Work
from stores import backlog, events, jobs, memories, revision, runs, writing
from stores.backlog import Item, Stage
from stores.database import WriteSession
from stores.events import EventVersion, Growth, StoredTurn
from stores.ids import MemoryId, model_id_of, new_id
from stores.records import EvidenceLink, MemCube, Method, NewMemory, Payload, Span, State
from stores.runs import Change

#: Sessions at a time.
STRETCH = 20
METHOD = Method(name="segment", version="1")


class _Moved(Exception):
    """What was read is not so any more; it is to be read again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Event:
    """An event to be stored: its turns, what it says, and the event it continues."""

    turns: tuple[StoredTurn, ...]
    content: str
    before: EventVersion | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """What becomes of a session that has grown."""

    growth: Growth
    events: tuple[_Event, ...]
    #: Events whose turns all went to others.
    emptied: tuple[EventVersion, ...]


async def run(services: Services, work: Work) -> None:
    """Divide until nothing is owed but what waits for embeddings, which come with a job anew."""
    after = ""
    while True:
        async with services.database.read(work.tenant) as session:
            owed = await events.owed_sessions(session, work.space.id, after=after, limit=STRETCH)
        if not owed:
            return
        after = owed[-1].session_id
        by_item = await _divisible(services, work, owed)
        if by_item:
            do = partial(_segment, services, work, by_item)
            await get_past(services, work, Stage.SEGMENT, list(by_item), do)


async def _divisible(
    services: Services, work: Work, owed: Sequence[events.OwedSession]
) -> dict[Item, str]:
    """The sessions that need not wait, each by the first of its items, which stands for it."""
    model = model_id_of(services.embedder.model.name)
    found = {}
    for one in owed:
        async with services.database.read(work.tenant) as session:
            growth = await events.read_growth(session, work.space.id, one.session_id, model)
        waits = one.awaits_embeddings and needs_embeddings(_turns(growth.turns))
        if growth.items and not waits:
            found[growth.items[0]] = one.session_id
    return found


async def _segment(
    services: Services, work: Work, by_item: Mapping[Item, str], items: Sequence[Item]
) -> None:
    """Divide the sessions these items stand for, as one run."""
    while True:
        try:
            await _try(services, work, [by_item[item] for item in items])
        except _Moved:
            continue
        return


async def _try(services: Services, work: Work, session_ids: Sequence[str]) -> None:
    started = services.clock()
    model = model_id_of(services.embedder.model.name)
    async with services.database.read(work.tenant) as session:
        grown = [
            await events.read_growth(session, work.space.id, session_id, model)
            for session_id in session_ids
        ]
    plans = await asyncio.to_thread(lambda: [_plan(growth) for growth in grown])
    async with services.database.write(work.tenant) as session:
        await _write(session, services, work, plans, started)


def _plan(growth: Growth) -> _Plan:
    """Divide a session; every event goes on as the one in which its turns are found."""
    turns = _turns(growth.turns)
    former = dict.fromkeys(turn.event for turn in growth.turns if turn.event is not None)
    members = {event: _ids(t for t in growth.turns if t.event == event) for event in former}
    known = frequencies([*growth.earlier, *(turn.text for turn in turns)])
    made = []
    for found in segment(turns):
        stored = growth.turns[found.start : found.stop]
        before = next((t.event for t in stored if t.event is not None and t.event in former), None)
        if before is not None:
            del former[before]
            if members[before] == _ids(stored):
                continue
        content = gist(turns[found.start : found.stop], known)
        made.append(_Event(turns=tuple(stored), content=content, before=before))
    return _Plan(growth=growth, events=tuple(made), emptied=tuple(former))


async def _write(
    session: WriteSession,
    services: Services,
    work: Work,
    plans: Sequence[_Plan],
    started: datetime,
) -> None:
    """Store what was planned, unless what it was planned from has changed."""
    items = [item for plan in plans for item in plan.growth.items]
    claimed = await backlog.claim(session, work.space.id, Stage.SEGMENT, items)
    if not claimed:
        return
    await _check(session, plans, claimed, items)
    run_id, now = new_id(), services.clock()
    changes, counts = await _store(session, work, plans, run_id, now)
    await runs.add_run(session, work.space.id, run_id, job_id=work.job_id, method=METHOD,
                       counts=counts | {"turns": len(claimed)}, started_at=started,
                       finished_at=now)  # fmt: skip
    await runs.note_changes(session, run_id, changes)
    await jobs.progress(session, work.job_id, len(claimed))
    if to_embed := counts["stored"] + counts["changed"]:
        await jobs.enqueue(session, work.space.id, "embed", now=now, total=to_embed)


async def _store(
    session: WriteSession, work: Work, plans: Sequence[_Plan], run_id: UUID, now: datetime
) -> tuple[list[Change], dict[str, int]]:
    """Store the events; returns what became of each, and of how many."""
    made = [(plan.growth, event) for plan in plans for event in plan.events]
    new = [_memory(growth, e, run_id, now) for growth, e in made if e.before is None]
    await writing.store(session, work.space, new)
    grown = [(event.before, event) for _, event in made if event.before is not None]
    for before, event in grown:
        links = [(before.id, link, now) for link in _links(event, run_id)]
        await writing.add_evidence(session, links)
        await events.release_turns(session, before.id, _ids(event.turns))
        change = partial(_continued, event, run_id)
        await revision.revise(session, work.space, before.id, change, now=now)
    emptied = [former for plan in plans for former in plan.emptied]
    for former in emptied:
        await revision.revise(session, work.space, former.id, partial(_merged, run_id), now=now)
    changes = [Change(memory_id=memory.id, after=1) for memory in new]
    changes += [
        Change(memory_id=former.id, before=former.version, after=former.version + 1)
        for former in (*(before for before, _ in grown), *emptied)
    ]
    return changes, {"stored": len(new), "changed": len(grown), "merged": len(emptied)}


async def _check(
    session: WriteSession, plans: Sequence[_Plan], claimed: set[Item], items: Sequence[Item]
) -> None:
    """Hold turns and events as they were read until commit; raises _Moved if they are not so.

    Turns first, as an erasure does it: it either sees the events we write, or we see that the turn
    is gone.
    """
    turns = [turn for plan in plans for turn in plan.growth.turns]
    kept = await memories.keep(session, [turn.id for turn in turns])
    former = {turn.event for turn in turns if turn.event is not None}
    await memories.lock(session, [event.id for event in former])
    now = await memories.find_many(session, [event.id for event in former])
    unchanged = former == {EventVersion(id=cube.id, version=cube.version) for cube in now}
    if not unchanged or len(kept) < len(turns) or len(claimed) < len(items):
        raise _Moved


def _memory(growth: Growth, event: _Event, run_id: UUID, now: datetime) -> NewMemory:
    return NewMemory(
        id=MemoryId(new_id()),
        kind="event",
        content=event.content,
        data=_data(growth.session_id, event.turns),
        provenance_origin="derived",
        actor="service",
        method=METHOD,
        created_at=now,
        session_id=growth.session_id,
        occurred_at=event.turns[0].occurred_at,
        run_id=run_id,
        evidence=_links(event),
        trust=min(turn.trust for turn in event.turns),
        sensitivity=_sensitivity(event.turns),
    )


def _continued(event: _Event, run_id: UUID, cube: MemCube) -> MemCube:
    """The next version of an event whose turns have changed."""
    governance = replace(
        cube.governance,
        sensitivity=_sensitivity(event.turns, cube.governance.sensitivity),
        trust=min(turn.trust for turn in event.turns),
    )
    return replace(
        cube,
        content=event.content,
        data=_data(cube.session_id, event.turns),
        provenance=replace(cube.provenance, run_id=run_id),
        time=replace(cube.time, occurred_at=event.turns[0].occurred_at),
        governance=governance,
    )


def _merged(run_id: UUID, cube: MemCube) -> MemCube:
    """An event whose turns all went to others; it stays in their history."""
    return replace(
        cube,
        provenance=replace(cube.provenance, run_id=run_id),
        lifecycle=replace(cube.lifecycle, state=State.MERGED),
    )


def _data(session_id: str | None, turns: Sequence[StoredTurn]) -> Payload:
    return {
        "session_id": session_id,
        "ended_at": turns[-1].occurred_at.isoformat(),
        "turns": len(turns),
        "speakers": list(dict.fromkeys(turn.speaker for turn in turns)),
    }


def _links(event: _Event, run_id: UUID | None = None) -> tuple[EvidenceLink, ...]:
    """Every turn, whole."""
    return tuple(
        EvidenceLink(episode_id=turn.id, span=Span(start=0, end=len(turn.content)), run_id=run_id)
        for turn in event.turns
    )


def _sensitivity(turns: Sequence[StoredTurn], more: Sequence[str] = ()) -> tuple[str, ...]:
    """Every label that one of the turns has."""
    return tuple(sorted({*more, *(label for turn in turns for label in turn.sensitivity)}))


def _ids(turns: Iterable[StoredTurn]) -> tuple[MemoryId, ...]:
    return tuple(turn.id for turn in turns)


def _turns(stored: Sequence[StoredTurn]) -> list[Turn]:
    return [
        Turn(
            id=turn.id,
            text=turn.content,
            speaker=turn.speaker,
            occurred_at=turn.occurred_at,
            embedding=turn.embedding,
        )
        for turn in stored
    ]


JOB = JobKind(name="segment", run=run, feeds=True)
