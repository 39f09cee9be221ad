"""Tells each day from its events, each month from its days, and the space from its months.

What is told anew is told from the children and from what was said, never from the summary before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from consolidation.prompts import summary as prompt
from consolidation.services import Cadence, JobKind, Services, Work
from consolidation.summarise.asking import ask
from consolidation.summarise.candidates import Told
from consolidation.summarise.telling import Summary, extract, span_of
from stores import jobs, memories, revision, runs, summaries, writing
from stores.database import WriteSession
from stores.ids import MemoryId, model_id_of, new_id
from stores.records import MemCube, Method, NewMemory, Payload, State
from stores.runs import Change
from stores.summaries import NAME, Level, Material, Owed, PeriodTurn

#: Periods at a time, and at most in one run of the job; the next one goes on where it ended.
STRETCH, MOST = 20, 2000
METHOD = Method(name=NAME, version="1")
#: Periods that a model is asked about at a time.
_AT_ONCE = 4


class _Moved(Exception):
    """What was read is not so any more; it is to be read again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Told:
    """What a period is to say now; nothing, if there is nothing left to tell."""

    owed: Owed
    material: Material
    summary: Summary | None
    method: Method
    note: str | None = None


async def run(services: Services, work: Work, stretch: int = STRETCH) -> None:
    """Tell what is missing or out of date, the short times first, which the longer rest on."""
    left = MOST
    for level in Level:
        after = ""
        while left > 0:
            started = services.clock()
            owed, material = await _read(services, work, level, after, min(stretch, left))
            if not owed:
                break
            told = await _tell(services, level, owed, material)
            try:
                async with services.database.write(work.tenant) as session:
                    await _write(session, services, work, level, told, started)
            except _Moved:
                continue
            left -= len(owed)
            after = owed[-1].period


async def _read(
    services: Services, work: Work, level: Level, after: str, limit: int
) -> tuple[list[Owed], Mapping[str, Material]]:
    model = model_id_of(services.embedder.model.name)
    async with services.database.read(work.tenant) as session:
        owed = await summaries.owed(session, work.space.id, level, limit=limit, after=after)
        if not owed:
            return [], {}
        periods = [one.period for one in owed]
        return owed, await summaries.material(session, work.space.id, level, periods, model)


async def _tell(
    services: Services, level: Level, owed: Sequence[Owed], material: Mapping[str, Material]
) -> list[_Told]:
    """Find the words; no connection is held, since a model may be asked."""
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def tell(one: Owed) -> _Told:
        async with at_once:
            return await _tell_one(services, level, one, material[one.period])

    return list(await asyncio.gather(*map(tell, owed)))


async def _tell_one(services: Services, level: Level, owed: Owed, material: Material) -> _Told:
    turns = [_turn(turn) for turn in material.turns]
    if owed.hash is None or not turns:
        return _Told(owed=owed, material=material, summary=None, method=METHOD)
    note = None
    if services.chat is not None:
        asked = await ask(services.chat, level, turns)
        note = asked.note
        if asked.summary is not None:
            method = replace(METHOD, model=services.chat.name, prompt=prompt.VERSION)
            return _Told(owed=owed, material=material, summary=asked.summary, method=method,
                         note=note)  # fmt: skip
    summary = await asyncio.to_thread(extract, level, turns)
    return _Told(owed=owed, material=material, summary=summary, method=METHOD, note=note)


async def _write(
    session: WriteSession,
    services: Services,
    work: Work,
    level: Level,
    told: Sequence[_Told],
    started: datetime,
) -> None:
    await _check(session, work, level, told)
    run_id, now = new_id(), services.clock()
    new = [one for one in told if one.owed.memory_id is None and one.summary is not None]
    made = [_memory(level, one, one.summary, run_id, now) for one in new if one.summary]
    await writing.store(session, work.space, made)
    changes = [Change(memory_id=memory.id, after=1) for memory in made]
    to_embed = len(made)
    for one in told:
        if one.owed.memory_id is None:
            continue
        cube = await _again(session, work, level, one, run_id, now)
        to_embed += cube.text_version == cube.version
        changes.append(Change(memory_id=cube.id, before=cube.version - 1, after=cube.version))
    counts = {"stored": len(made), "changed": len(told) - len(made)}
    await runs.add_run(
        session, work.space.id, run_id, job_id=work.job_id, method=_method(told), counts=counts,
        notes=[one.note for one in told if one.note], started_at=started, finished_at=now,
    )  # fmt: skip
    await runs.note_changes(session, run_id, changes)
    await jobs.progress(session, work.job_id, len(told))
    if to_embed:
        await jobs.follow_up(session, work.space.id, "embed", now)


async def _check(session: WriteSession, work: Work, level: Level, told: Sequence[_Told]) -> None:
    """Hold what is told of until commit; raises _Moved if it is not so any more.

    An erasure either sees the summary we write, or we see that what it tells of is gone.
    """
    cited = {turn.id for one in told for turn in one.material.turns}
    children = {child for one in told for child in one.material.children}
    kept = await memories.keep(session, sorted(cited | children))
    await memories.lock(session, sorted(o.owed.memory_id for o in told if o.owed.memory_id))
    periods = [one.owed.period for one in told]
    now = await summaries.owed(session, work.space.id, level, limit=len(periods), periods=periods)
    if len(kept) < len(cited | children) or now != [one.owed for one in told]:
        raise _Moved


def _memory(level: Level, told: _Told, summary: Summary, run_id: UUID, now: datetime) -> NewMemory:
    turns = _cited(told.material, summary)
    return NewMemory(
        id=MemoryId(new_id()),
        kind="summary",
        content=summary.content,
        data=_data(level, told, summary),
        provenance_origin="derived",
        actor="service",
        method=told.method,
        created_at=now,
        occurred_at=min(turn.occurred_at for turn in told.material.turns),
        run_id=run_id,
        evidence=summary.evidence(),
        derived_from=told.material.children,
        trust=min((turn.trust for turn in turns), default=0.5),
        sensitivity=_sensitivity(turns),
    )


async def _again(
    session: WriteSession, work: Work, level: Level, told: _Told, run_id: UUID, now: datetime
) -> MemCube:
    """The next version of a summary, which rests on what is new beside what it rested on."""
    assert told.owed.memory_id is not None  # noqa: S101
    memory_id = told.owed.memory_id
    if told.summary is None:
        change = partial(_ended, run_id)
    else:
        links = told.summary.evidence(run_id=run_id)
        await writing.add_evidence(session, [(memory_id, link, now) for link in links])
        await session.execute_many(writing.ADD_DERIVATION, [
            {"memory_id": memory_id, "source_id": child, "operation": NAME}
            for child in told.material.children
        ])  # fmt: skip
        change = partial(_continued, level, told, told.summary, run_id)
    return await revision.revise(session, work.space, memory_id, change, now=now)


def _continued(level: Level, told: _Told, summary: Summary, run_id: UUID, cube: MemCube) -> MemCube:
    turns = _cited(told.material, summary)
    return replace(
        cube,
        content=summary.content,
        data=_data(level, told, summary),
        provenance=replace(cube.provenance, actor="service", method=told.method, run_id=run_id),
        time=replace(cube.time, occurred_at=min(turn.occurred_at for turn in told.material.turns)),
        lifecycle=replace(cube.lifecycle, state=State.ACTIVE),
        governance=replace(
            cube.governance,
            sensitivity=_sensitivity(turns, cube.governance.sensitivity),
            trust=min((turn.trust for turn in turns), default=cube.governance.trust),
        ),
    )


def _ended(run_id: UUID, cube: MemCube) -> MemCube:
    """A summary of what is not there any more; it stays in the history."""
    return replace(
        cube,
        provenance=replace(cube.provenance, actor="service", method=METHOD, run_id=run_id),
        lifecycle=replace(cube.lifecycle, state=State.INVALIDATED),
    )


def _data(level: Level, told: _Told, summary: Summary) -> Payload:
    start, end = span_of([_turn(turn) for turn in told.material.turns])
    return {
        "level": str(level),
        "period": told.owed.period,
        "start": start.isoformat(),
        "end": end.isoformat(),
        "hash": told.owed.hash,
        "cites": summary.cites,
    }


def _method(told: Sequence[_Told]) -> Method:
    """Of the stretch: a model's, if it wrote any of it."""
    return next((one.method for one in told if one.method.model is not None), METHOD)


def _cited(material: Material, summary: Summary) -> list[PeriodTurn]:
    cited = {episode for line in summary.lines for episode, _ in line.cites}
    return [turn for turn in material.turns if turn.id in cited]


def _sensitivity(turns: Sequence[PeriodTurn], more: Sequence[str] = ()) -> tuple[str, ...]:
    """Every label that one of the turns has."""
    return tuple(sorted({*more, *(label for turn in turns for label in turn.sensitivity)}))


def _turn(turn: PeriodTurn) -> Told:
    return Told(
        id=turn.id,
        content=turn.content,
        speaker=turn.speaker,
        occurred_at=turn.occurred_at,
        supported=turn.supported,
        embedding=turn.embedding,
    )


JOB = JobKind(name=NAME, run=run, cadence=Cadence(every=timedelta(days=1)))
