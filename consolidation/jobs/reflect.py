"""Draws insights from what recurs, and lets them live or die by what comes of them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from consolidation.prompts.reflection import VERSION
from consolidation.reflect.asking import Wording, ask
from consolidation.reflect.ledger import FIRST_SCORE, Ledger, settle
from consolidation.reflect.motives import TIMES, Motive, find_motives
from consolidation.services import Cadence, JobKind, Services, Work
from llm_backend.chat import ChatModel
from stores import insights, jobs, memories, runs, spaces, writing
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, new_id
from stores.insights import REFLECT, Known
from stores.records import EvidenceLink, MemCube, Method, NewMemory, State
from stores.revision import revise
from stores.runs import Change

#: Passages and pairs that are looked at, at most; insights that one run draws.
MOST_SAID, MOST_PAIRS, MOST_DRAWN = 20_000, 500, 20
METHOD = Method(name=REFLECT, version="1")
#: Insights that a model words at a time.
_AT_ONCE = 4


class _Moved(Exception):
    """What was read is not so any more; it is to be read again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    ledger: Ledger
    known: tuple[Known, ...]


async def run(services: Services, work: Work) -> None:
    """One look at what was said and what became of the insights there are."""
    while True:
        started = services.clock()
        async with services.database.read(work.tenant) as session:
            read = await _read(session, work)
        if read.ledger.empty:
            return
        wordings = await _worded(services.chat, read.ledger.draw)
        try:
            async with services.database.write(work.tenant) as session:
                await _write(session, services, work, read, wordings, started)
        except _Moved:
            continue
        return


async def _read(session: ReadSession, work: Work) -> _Read:
    space = work.space.id
    said = await insights.said(session, space, limit=MOST_SAID)
    together = await insights.together(session, space, least=TIMES, limit=MOST_PAIRS)
    contradictions = await insights.contradictions(session, space, limit=MOST_PAIRS)
    known = await insights.known(session, space)
    outcomes = await insights.outcomes(session, [one.id for one in known if one.live])
    motives = await asyncio.to_thread(find_motives, said, together, contradictions)
    ledger = settle(motives, known, outcomes, most=MOST_DRAWN)
    return _Read(ledger=ledger, known=tuple(known))


async def _worded(chat: ChatModel | None, motives: Sequence[Motive]) -> list[Wording]:
    """How the insights are worded; no connection is held, since a model may be asked."""
    if chat is None:
        return [Wording(text=motive.content) for motive in motives]
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def one(motive: Motive) -> Wording:
        async with at_once:
            return await ask(chat, motive)

    return list(await asyncio.gather(*map(one, motives)))


async def _write(
    session: WriteSession,
    services: Services,
    work: Work,
    read: _Read,
    wordings: Sequence[Wording],
    started: datetime,
) -> None:
    """All of it or nothing; raises _Moved if a source or an insight is gone."""
    ledger, run_id, now = read.ledger, new_id(), services.clock()
    drawn = [
        (motive, wording)
        for motive, wording in zip(ledger.draw, wordings, strict=True)
        if wording.keep
    ]
    await _check(session, work, read)
    new = [_memory(motive, wording, services, run_id, now) for motive, wording in drawn]
    await writing.store(session, work.space, new)
    links = [
        (one.insight.id, link, now)
        for one in ledger.agreed
        for link in _evidence(one.motive, run_id)
        if link.episode_id in one.episodes
    ]
    await writing.add_evidence(session, links)
    await insights.add_marks(session, work.space.id, ledger.marks, run_id, now)
    changes = [Change(memory_id=memory.id, after=1) for memory in new]
    for memory_id in sorted({*ledger.scores, *ledger.ended}):
        change = partial(_changed, ledger, run_id, now, memory_id)
        cube = await revise(session, work.space, memory_id, change, now=now)
        changes.append(Change(memory_id=memory_id, before=cube.version - 1, after=cube.version))
    counts = {
        "drawn": len(new), "agreed": len(ledger.agreed), "judged": len(ledger.marks),
        "ended": len(ledger.ended), "declined": len(wordings) - len(drawn),
    }  # fmt: skip
    notes = list(dict.fromkeys(w.note for w in wordings if w.note is not None))
    await runs.add_run(
        session, work.space.id, run_id, job_id=work.job_id, method=_method(services, wordings),
        counts=counts, started_at=started, finished_at=now, notes=notes,
    )  # fmt: skip
    await runs.note_changes(session, run_id, changes)
    await jobs.progress(session, work.job_id, len(changes))
    if new:
        await jobs.enqueue(session, work.space.id, "embed", now=now, total=len(new))


async def _check(session: WriteSession, work: Work, read: _Read) -> None:
    """Hold what it rests on until commit; raises _Moved if that is not as it was read."""
    ledger = read.ledger
    needed = {source for motive in ledger.draw for source in (*motive.sources, *motive.episodes)}
    needed |= {episode for one in ledger.agreed for episode in one.episodes}
    needed |= {one.id for one in read.known if one.live}
    await spaces.hold(session, work.space.id)
    if await memories.keep(session, sorted(needed)) != needed:
        raise _Moved
    if tuple(await insights.known(session, work.space.id)) != read.known:
        raise _Moved


def _memory(
    motive: Motive, wording: Wording, services: Services, run_id: UUID, now: datetime
) -> NewMemory:
    data = {
        "motive": motive.key, "pattern": str(motive.pattern), "score": FIRST_SCORE,
        "question": wording.question, "confidence": wording.confidence,
    }  # fmt: skip
    return NewMemory(
        id=MemoryId(new_id()),
        kind="insight",
        content=wording.text,
        data={name: value for name, value in data.items() if value is not None},
        provenance_origin="derived",
        actor="service",
        method=_method(services, [wording]),
        created_at=now,
        valid_at=min(passage.told_at for passage in motive.passages),
        run_id=run_id,
        evidence=_evidence(motive),
        derived_from=tuple(sorted(motive.sources)),
        trust=motive.bounds.trust,
        sensitivity=motive.bounds.sensitivity,
        visibility=motive.bounds.visibility,
    )


def _evidence(motive: Motive, run_id: UUID | None = None) -> tuple[EvidenceLink, ...]:
    return tuple(
        EvidenceLink(episode_id=passage.episode_id, span=passage.span, run_id=run_id)
        for passage in motive.passages
    )


def _changed(
    ledger: Ledger, run_id: UUID, now: datetime, memory_id: MemoryId, cube: MemCube
) -> MemCube:
    """The insight with its new score; one that ends is not believed any more."""
    score = ledger.scores.get(memory_id, cube.data["score"])
    data: Mapping[str, object] = {**cube.data, "score": score}
    changed = replace(cube, data=data, provenance=replace(cube.provenance, run_id=run_id))
    if memory_id not in ledger.ended:
        return changed
    return replace(
        changed,
        lifecycle=replace(cube.lifecycle, state=State.INVALIDATED),
        time=replace(cube.time, invalid_at=now),
    )


def _method(services: Services, wordings: Sequence[Wording]) -> Method:
    if services.chat is None or not any(wording.by_model for wording in wordings):
        return METHOD
    return replace(METHOD, model=services.chat.name, prompt=VERSION)


JOB = JobKind(name="reflect", run=run, cadence=Cadence(every=timedelta(days=1)))
