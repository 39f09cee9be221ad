"""Bring your own graph: relations of a caller, resolved, reconciled, written as one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consolidation import schedules
from consolidation.extract.protocol import Candidate, Claim, EvidenceSpan, Mention
from consolidation.knowledge.findings import Finding, Findings, Source
from consolidation.knowledge.record import record
from memory_service.auth import Principal, Role
from memory_service.verbs.checks import check_interval
from memory_service.verbs.errors import Malformed
from memory_service.verbs.services import Services
from stores import episodic, graph, jobs, memories, runs, spaces
from stores.database import WriteSession
from stores.errors import MemoryNotFound, SpaceNotFound
from stores.ids import MemoryId, new_id
from stores.predicates import predicate_of
from stores.records import MemCube, MemoryType, Method, Space

_METHOD = Method(name="relate", version="1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Relation:
    """A relation as a caller states it, by the names of both ends."""

    subject: str
    predicate: str
    object: str
    negated: bool = False
    valid_at: datetime | None = None
    invalid_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """An entity, and the name it goes by; without an id it is a value."""

    id: MemoryId | None
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Related:
    """The memory that holds a relation now: a new one, or one that said the same before."""

    id: MemoryId
    is_new: bool
    subject: End
    predicate: str
    object: End


@dataclass(frozen=True, kw_only=True, slots=True)
class RelateResult:
    """The relations in the order they came, the run and the job that embeds what is new."""

    relations: tuple[Related, ...]
    run_id: UUID
    job_ids: tuple[UUID, ...]


async def relate(
    services: Services,
    principal: Principal,
    space: str,
    relations: Sequence[Relation],
    *,
    external_id: str | None = None,
    episode_id: UUID | None = None,
) -> RelateResult:
    """Write relations that an episode, or else the caller's word, is the evidence of.

    Raises SpaceNotFound where spaces are strict, MemoryNotFound for the episode, Malformed with a
    pointer for what cannot be; nothing is written then.
    """
    principal.require(Role.WRITER)
    principal.require_spaces([space])
    _check(relations)
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        known = (await spaces.find_spaces(session, [space])).get(space)
        if known is None and services.strict_spaces:
            raise SpaceNotFound(f"there is no space {space!r}")
        home = known or (await spaces.ensure_space(session, space, now))[0]
        source = await _source(session, home, external_id, episode_id)
        findings = _findings(principal, relations, source, now)
        written = await record(session, home, findings)
        await runs.add_run(
            session, home.id, findings.run_id, job_id=None, method=_METHOD,
            counts={"relations": len(relations), "stored": len(written.stored),
                    "confirmed": len(written.confirmed), "entities": written.entities},
            started_at=now, finished_at=services.clock(),
        )  # fmt: skip
        job = await jobs.follow_up(session, home.id, "embed", now)
        names = await graph.names(session, list(written.named.values()))
        await schedules.changed(session, home.id, now, memories=len(written.stored))
    stored = set(written.stored)
    return RelateResult(
        relations=tuple(
            _related(finding, written.holders[finding.id], written.named, names, stored)
            for finding in findings.findings
        ),
        run_id=findings.run_id,
        job_ids=(job,),
    )


def _check(relations: Sequence[Relation]) -> None:
    for number, relation in enumerate(relations):
        at = f"/relations/{number}"
        check_interval(relation.valid_at, relation.invalid_at, at=at)


async def _source(
    session: WriteSession, space: Space, external_id: str | None, episode_id: UUID | None
) -> MemCube | None:
    if external_id is None and episode_id is None:
        return None
    at = "/evidence"
    if external_id is not None:
        found = (await episodic.find_known(session, space.id, [external_id])).get(external_id)
        if found is None:
            raise MemoryNotFound(f"there is no episode {external_id!r}", pointer=at)
        episode_id = found.memory_id
    assert episode_id is not None  # noqa: S101
    episode = await memories.get(session, space.id, MemoryId(episode_id))
    if episode.type is not MemoryType.EPISODIC:
        raise Malformed("evidence is an episode", pointer=at)
    await memories.keep(session, [episode.id])
    return episode


def _findings(
    principal: Principal, relations: Sequence[Relation], source: MemCube | None, now: datetime
) -> Findings:
    spans: tuple[EvidenceSpan, ...] = ()
    if source is not None:
        whole = EvidenceSpan(episode_id=source.id, start=0, end=len(source.content))
        spans = (whole,)
    return Findings(
        sources={} if source is None else {source.id: _as_source(source)},
        findings=tuple(
            Finding(id=MemoryId(new_id()), candidate=_candidate(relation, spans))
            for relation in relations
        ),
        method=_METHOD,
        origin="written",
        actor=principal.name,
        run_id=new_id(),
        now=now,
    )


def _as_source(source: MemCube) -> Source:
    return Source(
        id=source.id,
        session_id=source.session_id,
        said_at=source.time.occurred_at,
        sequence=source.data.get("sequence"),
        sensitivity=source.governance.sensitivity,
    )


def _candidate(relation: Relation, evidence: tuple[EvidenceSpan, ...]) -> Candidate:
    claim = Claim(
        subject=Mention(name=relation.subject),
        predicate=predicate_of(relation.predicate),
        object=Mention(name=relation.object),
        negated=relation.negated,
    )
    denied = "not " if relation.negated else ""
    return Candidate(
        kind="relation",
        text=f"{relation.subject} {denied}{relation.predicate} {relation.object}",
        subject=relation.subject,
        evidence=evidence,
        valid_at=relation.valid_at,
        invalid_at=relation.invalid_at,
        importance=0.5,
        confidence=1.0,
        tags=(),
        claim=claim,
        mentions=(claim.subject, claim.object),
    )


def _related(
    finding: Finding,
    holder: MemoryId,
    named: Mapping[Mention, MemoryId],
    names: Mapping[MemoryId, str],
    stored: set[MemoryId],
) -> Related:
    claim = finding.candidate.claim
    assert claim is not None  # noqa: S101
    subject, object_id = named[claim.subject], named.get(claim.object)
    return Related(
        id=holder,
        is_new=holder in stored,
        subject=End(id=subject, name=names[subject]),
        predicate=claim.predicate,
        object=End(id=object_id, name=names[object_id] if object_id else claim.object.name),
    )
