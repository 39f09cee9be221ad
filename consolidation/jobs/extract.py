"""Turns episodes into knowledge: reads a stretch, extracts, reconciles, writes it as one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

import numpy as np

from consolidation.extract import junk
from consolidation.extract.protocol import (
    EntityKind,
    Extraction,
    Mention,
    Utterance,
    verified,
)
from consolidation.jobs import get_past
from consolidation.knowledge.findings import Finding, Findings, Source, Written
from consolidation.knowledge.record import record
from consolidation.services import JobKind, Services, Work
from consolidation.similar import SAME, Verdict, duplicate
from llm_backend.errors import BackendError, ModelAwaited
from stores import backlog, jobs, linking, memories, repeats, runs, sessions
from stores.backlog import Item, Stage
from stores.database import WriteSession
from stores.ids import MemoryId, model_id_of, new_id
from stores.records import MemCube, Method, Space, State
from stores.writing import Embedded

#: Episodes at a time.
STRETCH = 200
#: Turns of each session before them that an extractor is told.
_BEFORE = 8
#: Whoever writes as one of these, without a name, is the space's owner.
_OWNERS = frozenset({"user", "human"})


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
        earlier = await sessions.turns_before(session, work.space.id, _firsts(episodes), _BEFORE)
        heard = await memories.find_many(session, earlier)
    owner = work.space.policies.get("owner")
    utterances = [_utterance(cube, owner) for cube in episodes]
    before = [_utterance(cube, owner) for cube in heard]
    extraction = verified(await services.extractor.extract(utterances, before), utterances)
    if extraction.away and waits(work.space):
        raise ModelAwaited("the chat model is away, and this space waits for it")
    kept, below = junk.admit(extraction.candidates, threshold_of(work.space))
    extraction = replace(
        extraction, candidates=kept, rejected=Counter(extraction.rejected) + Counter(below)
    )
    findings = _findings(services, extraction, episodes, utterances)
    findings = await _compared(services, work, findings)
    async with services.database.write(work.tenant) as session:
        await _write(session, work, items, findings, extraction, started)


def waits(space: Space) -> bool:
    """Whether extraction waits for a chat model that is away, instead of going by rules."""
    return bool((space.policies.get("llm") or {}).get("when_away") == "wait")


def _firsts(episodes: Sequence[MemCube]) -> Mapping[str, tuple[datetime, MemoryId]]:
    """Of each session when its first turn was said, and which that is."""
    firsts: dict[str, tuple[datetime, MemoryId]] = {}
    for cube in episodes:
        if cube.session_id is not None and cube.time.occurred_at is not None:
            said = (cube.time.occurred_at, MemoryId(cube.id))
            firsts[cube.session_id] = min(said, firsts.get(cube.session_id, said))
    return firsts


def threshold_of(space: Space) -> float:
    """How important and sure a candidate has to be to be kept."""
    return float(space.policies.get("admission_threshold") or 0.0)


def _findings(
    services: Services,
    extraction: Extraction,
    episodes: Sequence[MemCube],
    utterances: Sequence[Utterance],
) -> Findings:
    extractor = services.extractor
    name = extraction.method or extractor.name
    # Of what the rules found while the model was away, it is not the maker.
    asked = "llm" in name
    return Findings(
        sources={
            cube.id: _source(cube, utterance)
            for cube, utterance in zip(episodes, utterances, strict=True)
        },
        findings=tuple(
            Finding(id=MemoryId(new_id()), candidate=candidate)
            for candidate in extraction.candidates
        ),
        mentions={MemoryId(i): mentions for i, mentions in extraction.mentions.items()},
        method=Method(
            name=name,
            version=extractor.version,
            model=extractor.model if asked else None,
            prompt=extractor.prompt if asked else None,
        ),
        run_id=new_id(),
        now=services.clock(),
    )


async def _compared(services: Services, work: Work, findings: Findings) -> Findings:
    """The findings with their embeddings, and with what says the same already.

    Without a model, words alone tell what is said twice; embeddings are made later then.
    """
    texts = [f.candidate.text for f in findings.findings]
    if not texts or not services.embedder.ready:
        return findings
    try:
        vectors = await services.embedder.embed_documents(texts)
    except BackendError:
        return findings
    model = model_id_of(services.embedder.model.name)
    async with services.database.read(work.tenant, repeats.HNSW) as session:
        near = await repeats.find_near(session, work.space.id, model, vectors, alike=SAME)
    known: dict[int, MemoryId] = {}
    for one in near:
        if duplicate(texts[one.number], one.content, one.cosine) is Verdict.NOOP:
            known.setdefault(one.number, one.memory_id)
    ids = [f.id for f in findings.findings]
    cosines = vectors @ vectors.T
    for number in range(len(texts)):
        for earlier in np.flatnonzero(cosines[number, :number] > SAME).tolist():
            alike = float(cosines[number, earlier])
            if duplicate(texts[number], texts[earlier], alike) is Verdict.NOOP:
                known.setdefault(number, known.get(earlier, ids[earlier]))
    return replace(
        findings,
        findings=tuple(replace(f, repeats=known.get(n)) for n, f in enumerate(findings.findings)),
        embedded=Embedded(
            model=model, by_memory={i: vectors[n : n + 1] for n, i in enumerate(ids)}
        ),
    )


async def _write(
    session: WriteSession,
    work: Work,
    items: Sequence[Item],
    findings: Findings,
    extraction: Extraction,
    started: datetime,
) -> None:
    owed = await backlog.claim(session, work.space.id, Stage.EXTRACT, items)
    claimed = {memory_id for memory_id, _ in owed}
    if not claimed:
        return
    findings = _limited(findings, claimed)
    written = await record(session, work.space, findings)
    await runs.add_run(
        session, work.space.id, findings.run_id, job_id=work.job_id, method=findings.method,
        counts=_counts(len(claimed), written, extraction.rejected), notes=extraction.notes,
        started_at=started, finished_at=findings.now,
    )  # fmt: skip
    await jobs.progress(session, work.job_id, len(claimed))
    if await backlog.next_items(session, work.space.id, Stage.EMBED, 1):
        await jobs.follow_up(session, work.space.id, "embed", findings.now)
    elif await linking.next_items(session, work.space.id, 1):
        await jobs.follow_up(session, work.space.id, "link", findings.now)


def _limited(findings: Findings, claimed: set[MemoryId]) -> Findings:
    """Only what rests on episodes that are still owed: others were erased, or are done."""
    kept = tuple(
        f for f in findings.findings
        if all(MemoryId(e.episode_id) in claimed for e in f.candidate.evidence)
    )  # fmt: skip
    there = {f.id for f in kept}
    ids = {f.id for f in findings.findings}
    return replace(
        findings,
        sources={i: s for i, s in findings.sources.items() if i in claimed},
        # What would have repeated one that is gone stands for itself.
        findings=tuple(replace(f, repeats=None) if f.repeats in ids - there else f for f in kept),
        mentions={i: m for i, m in findings.mentions.items() if i in claimed},
    )


def _utterance(cube: MemCube, owner: str | None) -> Utterance:
    role = cube.data.get("role", "user")
    return Utterance(
        episode_id=cube.id,
        content=cube.content,
        speaker=cube.data.get("speaker") or (owner if role.lower() in _OWNERS else None),
        role=role,
        kind=cube.kind,
        occurred_at=cube.time.occurred_at or cube.time.created_at,
        session_id=cube.session_id,
        sequence=cube.data.get("sequence"),
    )


def _source(cube: MemCube, utterance: Utterance) -> Source:
    name = utterance.speaker
    return Source(
        id=cube.id,
        session_id=cube.session_id,
        speaker=Mention(name=name, kind=EntityKind.PERSON) if name else None,
        said_at=utterance.occurred_at,
        sequence=utterance.sequence,
        sensitivity=cube.governance.sensitivity,
    )


def _counts(episodes: int, written: Written, rejected: Mapping[str, int]) -> Mapping[str, int]:
    counts = Counter(
        episodes=episodes,
        stored=len(written.stored),
        confirmed=len(written.confirmed),
        amended=len(written.amended),
        entities=written.entities,
    )
    counts.update({f"rejected:{reason}": n for reason, n in rejected.items()})
    return counts


JOB = JobKind(name="extract", run=run, feeds=True)
