"""Turns episodes into facts: reads a stretch, extracts, writes what was found as one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from consolidation.extract.protocol import Candidate, Extraction, Utterance, verified
from consolidation.jobs import get_past
from consolidation.services import JobKind, Services, Work
from stores import backlog, jobs, memories, runs, semantic
from stores.backlog import Item, Stage
from stores.database import WriteSession
from stores.ids import MemoryId, new_id
from stores.records import EvidenceLink, MemCube, Method, NewMemory, Span, State

#: Episodes at a time.
STRETCH = 200


async def run(services: Services, work: Work) -> None:
    """Extract until nothing is owed."""
    extract = partial(_extract_items, services, work)
    while items := await _next(services, work):
        await get_past(services, work, Stage.EXTRACT, items, extract)


async def _next(services: Services, work: Work) -> tuple[Item, ...]:
    async with services.database.read(work.tenant) as session:
        return await backlog.next_items(session, work.space.id, Stage.EXTRACT, STRETCH)


async def _extract_items(services: Services, work: Work, items: Sequence[Item]) -> None:
    started = services.clock()
    async with services.database.read(work.tenant) as session:
        found = await memories.find_many(session, [memory_id for memory_id, _ in items])
    episodes = [cube for cube in found if cube.lifecycle.state is State.ACTIVE]
    utterances = [_utterance(cube) for cube in episodes]
    extraction = verified(await services.extractor.extract(utterances), utterances)
    async with services.database.write(work.tenant) as session:
        await _write(session, services, work, items, episodes, extraction, started)


async def _write(
    session: WriteSession,
    services: Services,
    work: Work,
    items: Sequence[Item],
    episodes: Sequence[MemCube],
    extraction: Extraction,
    started: datetime,
) -> None:
    owed = await backlog.claim(session, work.space.id, Stage.EXTRACT, items)
    claimed = {memory_id for memory_id, _ in owed}
    if not claimed:
        return
    kept = [c for c in extraction.candidates if all(e.episode_id in claimed for e in c.evidence)]
    method = Method(name=services.extractor.name, version=services.extractor.version)
    run_id, now = new_id(), services.clock()
    by_id = {cube.id: cube for cube in episodes}
    new = [_memory(candidate, by_id, method, run_id, now) for candidate in kept]
    stored, confirmed = await semantic.add(session, work.space, new)
    counts = _counts(len(claimed), len(stored), len(confirmed), extraction.rejected)
    await runs.add_run(session, work.space.id, run_id, job_id=work.job_id, method=method,
                       counts=counts, started_at=started, finished_at=now)  # fmt: skip
    await jobs.progress(session, work.job_id, len(claimed))
    if stored:
        await jobs.enqueue(session, work.space.id, "embed", now=now, total=len(stored))


def _utterance(cube: MemCube) -> Utterance:
    occurred_at = cube.time.occurred_at or cube.time.created_at
    return Utterance(
        episode_id=cube.id,
        content=cube.content,
        speaker=cube.data.get("speaker"),
        role=cube.data.get("role", "user"),
        kind=cube.kind,
        occurred_at=occurred_at,
        session_id=cube.session_id,
    )


def _memory(
    candidate: Candidate,
    episodes: Mapping[MemoryId, MemCube],
    method: Method,
    run_id: UUID,
    now: datetime,
) -> NewMemory:
    first = episodes[MemoryId(candidate.evidence[0].episode_id)]
    data = {"confidence": candidate.confidence}
    if candidate.subject is not None:
        data |= {"subject": candidate.subject}  # type: ignore[dict-item]
    return NewMemory(
        id=MemoryId(new_id()),
        kind=candidate.kind,
        content=candidate.text,
        data=data,
        provenance_origin="derived",
        actor="service",
        method=method,
        created_at=now,
        session_id=first.session_id,
        valid_at=candidate.valid_at,
        invalid_at=candidate.invalid_at,
        run_id=run_id,
        evidence=tuple(
            EvidenceLink(episode_id=MemoryId(e.episode_id), span=Span(start=e.start, end=e.end))
            for e in candidate.evidence
        ),
        importance=candidate.importance,
        sensitivity=first.governance.sensitivity,
        tags=candidate.tags,
    )


def _counts(
    episodes: int, stored: int, confirmed: int, rejected: Mapping[str, int]
) -> Mapping[str, int]:
    counts = Counter(episodes=episodes, stored=stored, confirmed=confirmed)
    counts.update({f"rejected:{reason}": n for reason, n in rejected.items()})
    return counts


JOB = JobKind(name="extract", run=run)
