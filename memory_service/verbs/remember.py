"""Remember: append episodes, once each, with the work they call for, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from consolidation import schedules
from memory_service.auth import Principal, Role
from memory_service.verbs.embedding import embed_few
from memory_service.verbs.errors import TooLarge
from memory_service.verbs.repeats import Request, keep, once
from memory_service.verbs.services import Services
from stores import episodic, events, jobs, spaces
from stores.database import ReadSession, WriteSession
from stores.episodic import Known
from stores.errors import SpaceNotFound
from stores.ids import MemoryId, new_id
from stores.kinds import get_kind
from stores.kinds.trajectory import Step, as_content
from stores.records import MemoryType, Method, NewMemory, Payload, Space
from stores.writing import Embedded, content_hash

#: Passages or steps of one episode.
_MOST_PARTS = 5000
_RECEIVED = Method(name="remember", version="1")


@dataclass(frozen=True, kw_only=True, slots=True)
class Episode:
    """An episode as a caller sends it. `steps` make the content of a trajectory."""

    content: str
    kind: str = "message"
    role: str | None = None
    speaker: str | None = None
    occurred_at: datetime | None = None
    sequence: int | None = None
    session_id: str | None = None
    external_id: str | None = None
    title: str | None = None
    steps: tuple[Payload, ...] = ()
    tags: tuple[str, ...] = ()
    metadata: Payload = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """What became of one episode: `stored` now, or a `duplicate` of one stored before.

    `content_differs` tells that the duplicate's words are other than those stored, which stay.
    """

    id: MemoryId
    external_id: str | None
    status: str
    content_differs: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RememberResult:
    """The episodes in the order they came, and the jobs that process them."""

    episodes: tuple[Remembered, ...]
    job_ids: tuple[UUID, ...]
    replayed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """What is to be stored, and the answer per episode in the order they came."""

    new: Sequence[NewMemory]
    answers: Sequence[Remembered]


async def remember(
    services: Services,
    principal: Principal,
    space: str,
    episodes: Sequence[Episode],
    *,
    consolidate: bool = True,
    idempotency_key: str | None = None,
) -> RememberResult:
    """Store episodes. Up to 32 are embedded before the answer, more by a job.

    Raises SpaceNotFound where spaces are strict, UnknownKind, InvalidMemory and TooLarge with a
    pointer to the episode, IdempotencyConflict; nothing is stored then.
    """
    principal.require(Role.WRITER)
    principal.require_spaces([space])
    _check(services, episodes)
    body = [consolidate, episodes]
    request = Request(verb="remember", space=space, key=idempotency_key, body=body)

    async def first() -> RememberResult:
        plan = await _plan(services, principal, space, episodes)
        embedded = await embed_few(services, plan.new)
        return await _store(services, principal, request, plan, embedded, consolidate=consolidate)

    async def again(_session: ReadSession, _space: Space, answer: Payload) -> RememberResult:
        return _from_json(answer, episodes)

    with services.stopwatch.measure(principal.tenant, [space], "remember"):
        return await once(services, principal, request, first=first, again=again)


def _check(services: Services, episodes: Sequence[Episode]) -> None:
    if len(episodes) > services.limits.batch:
        raise TooLarge(
            f"{len(episodes)} episodes in one call, at most {services.limits.batch} are taken",
            pointer="/episodes",
        )
    for number, episode in enumerate(episodes):
        at = f"/episodes/{number}"
        get_kind(episode.kind, of=MemoryType.EPISODIC, pointer=f"{at}/kind")
        size = len(_content(episode))
        if size > services.limits.content_chars:
            most = services.limits.content_chars
            raise TooLarge(f"{size} characters, at most {most} are taken", pointer=f"{at}/content")
        parts = len(get_kind(episode.kind).split(_content(episode)))
        if parts > _MOST_PARTS:
            raise TooLarge(
                f"{parts} parts, at most {_MOST_PARTS} are taken", pointer=f"{at}/content"
            )


async def _plan(
    services: Services, principal: Principal, name: str, episodes: Sequence[Episode]
) -> _Plan:
    """Which episodes are new, decided before the model is called and again at the write."""
    named = [e.external_id for e in episodes if e.external_id]
    async with services.database.read(principal.tenant) as session:
        found = (await spaces.find_spaces(session, [name])).get(name)
        if found is None and services.strict_spaces:
            raise SpaceNotFound(f"there is no space {name!r}")
        known = {} if found is None else await episodic.find_known(session, found.id, named)
    return _sort_out(episodes, known, principal.name, services.clock())


def _sort_out(
    episodes: Sequence[Episode], known: Mapping[str, Known], actor: str, now: datetime
) -> _Plan:
    taken = dict(known)
    new: list[NewMemory] = []
    answers: list[Remembered] = []
    for number, episode in enumerate(episodes):
        before = taken.get(episode.external_id) if episode.external_id else None
        if before is None:
            memory = _memory(episode, number, actor, now)
            new.append(memory)
            if episode.external_id:
                taken[episode.external_id] = Known(
                    memory_id=memory.id, content_hash=content_hash(memory.content)
                )
            answers.append(
                Remembered(id=memory.id, external_id=episode.external_id, status="stored")
            )
        else:
            answers.append(_duplicate(episode, before))
    return _Plan(new=new, answers=answers)


def _duplicate(episode: Episode, before: Known) -> Remembered:
    return Remembered(
        id=before.memory_id,
        external_id=episode.external_id,
        status="duplicate",
        content_differs=content_hash(_content(episode)) != before.content_hash,
    )


async def _store(
    services: Services,
    principal: Principal,
    request: Request,
    plan: _Plan,
    embedded: Embedded | None,
    *,
    consolidate: bool,
) -> RememberResult:
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        space, _ = await spaces.ensure_space(session, request.space, now)
        stored = await episodic.append(
            session, space, plan.new, embedded=embedded, consolidate=consolidate
        )
        answers = await _answers(session, space, plan, stored)
        done = embedded.by_memory if embedded is not None else {}
        unembedded = len(stored - done.keys())
        turns = 0
        if consolidate:
            turns = await events.owe(session, space.id, [m for m in plan.new if m.id in stored])
        extracted = len(stored) if consolidate else 0
        names = [("embed", unembedded), ("extract", extracted), ("segment", turns)]
        result = RememberResult(
            episodes=tuple(answers),
            job_ids=tuple([
                await jobs.enqueue(session, space.id, name, now=now, total=total)
                for name, total in names if total
            ]),
        )  # fmt: skip
        await keep(session, space, request, _to_json(result), now)
        if stored and consolidate:
            spoken = [m.session_id for m in plan.new if m.session_id and m.id in stored]
            await schedules.changed(session, space.id, now, memories=len(stored), sessions=spoken)
    return result


async def _answers(
    session: WriteSession, space: Space, plan: _Plan, stored: set[MemoryId]
) -> list[Remembered]:
    """The planned answers, but duplicates for those another writer stored meanwhile."""
    late = {m.external_id: m for m in plan.new if m.id not in stored and m.external_id}
    known = await episodic.find_known(session, space.id, list(late))
    return [
        replace(answer, id=known[answer.external_id].memory_id, status="duplicate")
        if answer.external_id in late
        else answer
        for answer in plan.answers
    ]


def _memory(episode: Episode, number: int, actor: str, now: datetime) -> NewMemory:
    content = _content(episode)
    kind = get_kind(episode.kind)
    return NewMemory(
        id=MemoryId(new_id()),
        kind=episode.kind,
        content=content,
        data=kind.validate(_payload(episode), pointer=f"/episodes/{number}"),
        provenance_origin="received",
        actor=actor,
        method=_RECEIVED,
        created_at=now,
        session_id=episode.session_id,
        occurred_at=episode.occurred_at or now,
        external_id=episode.external_id,
        tags=episode.tags,
    )


def _payload(episode: Episode) -> Payload:
    """What was sent besides the words."""
    sent = {
        "external_id": episode.external_id,
        "session_id": episode.session_id,
        "role": episode.role,
        "speaker": episode.speaker,
        "metadata": dict(episode.metadata),
        "title": episode.title,
        "goal": episode.content if episode.steps else None,
        "steps": list(episode.steps),
    }
    kept = {name: value for name, value in sent.items() if value}
    return kept if episode.sequence is None else {**kept, "sequence": episode.sequence}


def _content(episode: Episode) -> str:
    if not episode.steps:
        return episode.content
    return as_content(episode.content, [Step.model_validate(dict(s)) for s in episode.steps])


def _to_json(result: RememberResult) -> Payload:
    """Only what the request does not say itself, so that nothing outlives an erasure here."""
    return {
        "episodes": [[str(e.id), e.status, e.content_differs] for e in result.episodes],
        "job_ids": [str(job_id) for job_id in result.job_ids],
    }


def _from_json(answer: Payload, episodes: Sequence[Episode]) -> RememberResult:
    return RememberResult(
        episodes=tuple(
            Remembered(
                id=MemoryId(UUID(memory_id)),
                external_id=episode.external_id,
                status=status,
                content_differs=differs,
            )
            for episode, (memory_id, status, differs) in zip(
                episodes, answer["episodes"], strict=True
            )
        ),
        job_ids=tuple(UUID(job_id) for job_id in answer["job_ids"]),
        replayed=True,
    )
