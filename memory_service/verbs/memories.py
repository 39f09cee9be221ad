"""Single memories: write, read, list, change, roll back, pin, confirm, lineage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from consolidation import schedules
from memory_service.auth import Principal, Role
from memory_service.verbs.checks import check_expiry, check_interval
from memory_service.verbs.embedding import embed_few
from memory_service.verbs.errors import Malformed, TooLarge
from memory_service.verbs.repeats import Request, keep, once
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import (
    episodic,
    graph_views,
    jobs,
    linking,
    memories,
    provenance,
    spaces,
    usage,
    writing,
)
from stores.database import ReadSession
from stores.errors import ImmutableEpisode, MemoryNotFound, StateConflict
from stores.ids import MemoryId, new_id
from stores.kinds import get_kind
from stores.provenance import Lineage
from stores.records import (
    EvidenceLink,
    Lifecycle,
    MemCube,
    MemoryType,
    Method,
    NewMemory,
    Page,
    Payload,
    Space,
    Span,
    State,
)
from stores.revision import revise
from stores.scope import Filter

_WRITTEN = Method(name="write", version="1")
_EDITED = Method(name="edit", version="1")
_TIMES = frozenset({"valid_at", "invalid_at"})
_LIFECYCLE = frozenset({"importance", "expires_at"})
_GOVERNANCE = frozenset({"trust", "sensitivity", "visibility", "legal_hold"})
#: What a PATCH may change of an episode, whose words stay what they were.
_OF_EPISODES = _LIFECYCLE | _GOVERNANCE | {"tags"}
#: What a writer must not be able to make up; an import, which says it too, is for admins as well.
_BY_ADMINS = frozenset({"trust", "legal_hold"})


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceRef:
    """Evidence as a caller names it: the episode by either id, and the characters; None is all."""

    episode_id: UUID | None = None
    external_id: str | None = None
    span: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A semantic memory a caller writes."""

    kind: str
    content: str
    data: Payload = field(default_factory=dict)
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    expires_at: datetime | None = None
    importance: float = 0.5
    sensitivity: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    evidence: tuple[EvidenceRef, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Created:
    """The memory in its first version; `replayed`, if an earlier request wrote it."""

    memory: MemCube
    replayed: bool = False


async def create(
    services: Services,
    principal: Principal,
    space: str,
    draft: Draft,
    *,
    idempotency_key: str | None = None,
) -> Created:
    """Store a semantic memory.

    Raises UnknownKind, InvalidMemory, Malformed, MemoryNotFound for evidence, IdempotencyConflict;
    Erased if what is asked for again was erased meanwhile.
    """
    principal.require(Role.WRITER)
    principal.require_spaces([space])
    kind = get_kind(draft.kind, of=MemoryType.SEMANTIC, pointer="/kind")
    _check_size(services, draft.content)
    data = kind.validate(draft.data)
    request = Request(verb="create", space=space, key=idempotency_key, body=draft)

    async def first() -> Created:
        new = _new(draft, data, principal.name, services.clock())
        return Created(memory=await _store(services, principal, request, draft, new))

    async def again(session: ReadSession, home: Space, answer: Payload) -> Created:
        versions = await memories.history(session, home.id, MemoryId(UUID(answer["id"])))
        return Created(memory=versions[-1], replayed=True)

    return await once(services, principal, request, first=first, again=again)


def _new(draft: Draft, data: Payload, actor: str, now: datetime) -> NewMemory:
    valid_at = draft.valid_at or now
    check_interval(valid_at, draft.invalid_at)
    check_expiry(draft.expires_at, now)
    return NewMemory(
        id=MemoryId(new_id()),
        kind=draft.kind,
        content=draft.content,
        data=data,
        provenance_origin="written",
        actor=actor,
        method=_WRITTEN,
        created_at=now,
        valid_at=valid_at,
        invalid_at=draft.invalid_at,
        expires_at=draft.expires_at,
        importance=draft.importance,
        sensitivity=draft.sensitivity,
        tags=draft.tags,
    )


async def _store(
    services: Services, principal: Principal, request: Request, draft: Draft, new: NewMemory
) -> MemCube:
    embedded = await embed_few(services, [new])
    now = new.created_at
    async with services.database.write(principal.tenant) as session:
        if services.strict_spaces:
            await spaces.get_space(session, request.space)
        home, _ = await spaces.ensure_space(session, request.space, now)
        new = replace(new, evidence=await _evidence(session, home, draft.evidence))
        await writing.store(session, home, [new], embedded)
        job = "embed" if embedded is None else "link"
        if embedded is None or await linking.next_items(session, home.id, 1):
            await jobs.enqueue(session, home.id, job, now=now, total=1)
        await keep(session, home, request, {"id": str(new.id)}, now)
        cube = await memories.get(session, home.id, new.id)
        await schedules.changed(session, home.id, now, memories=1)
        return cube


async def get(services: Services, principal: Principal, space: str, memory_id: UUID) -> MemCube:
    """The current version; raises MemoryNotFound, for one that has expired too, and Erased."""
    scope = await scope_of(services, principal, [space])
    async with services.database.read(principal.tenant) as session:
        cube = await memories.get(session, scope.spaces[0].id, MemoryId(memory_id))
    ends = cube.lifecycle.expires_at
    if ends is not None and ends <= services.clock():
        raise MemoryNotFound(f"memory {memory_id} has expired; its history is still there")
    return cube


async def list_memories(
    services: Services,
    principal: Principal,
    space: str,
    limits: Filter,
    *,
    words: Sequence[str],
    before: UUID | None,
    limit: int,
    entity: str | None = None,
) -> Page[MemCube]:
    """Memories, newest first; of an `entity`, by id or name, where one is given."""
    scope = await scope_of(services, principal, [space])
    async with services.database.read(principal.tenant) as session:
        if entity is not None:
            group = await graph_views.find_group(session, scope.spaces[0].id, entity)
            limits = replace(limits, entities=tuple(group))
        return await memories.list_memories(
            session, scope, limits, words=words, limit=limit,
            before=None if before is None else MemoryId(before),
        )  # fmt: skip


async def update(
    services: Services,
    principal: Principal,
    space: str,
    memory_id: UUID,
    changes: Mapping[str, Any],
    *,
    expecting: int | None,
) -> MemCube:
    """Change a memory as a new version.

    Raises ImmutableEpisode for an episode's words, VersionMismatch, InvalidMemory, Malformed;
    NotPermitted unless an admin changes trust or a legal hold.
    """
    if changes.keys() & _BY_ADMINS:
        principal.require(Role.ADMIN)

    def change(cube: MemCube) -> MemCube:
        beyond = sorted(set(changes) - _OF_EPISODES)
        if cube.type is MemoryType.EPISODIC and beyond:
            raise ImmutableEpisode(
                f"an episode's {beyond[0]} cannot be changed", pointer=f"/{beyond[0]}"
            )
        return _changed(services, cube, changes, principal.name)

    return await _revise(services, principal, space, memory_id, change, expecting)


async def rollback(
    services: Services,
    principal: Principal,
    space: str,
    memory_id: UUID,
    version: int,
    *,
    expecting: int | None,
) -> MemCube:
    """Make an earlier version's words and claims current again, as a new version."""
    earlier = await history(services, principal, space, memory_id)
    wanted = next((cube for cube in earlier if cube.version == version), None)
    if wanted is None:
        raise MemoryNotFound(f"memory {memory_id} has no version {version}", pointer="/version")
    target = wanted

    def change(cube: MemCube) -> MemCube:
        made = replace(cube.provenance, actor=principal.name, method=_EDITED)
        # Holds, trust and pins are about the memory, not about what it said then.
        return replace(
            target,
            provenance=made,
            usage=cube.usage,
            governance=cube.governance,
            lifecycle=replace(cube.lifecycle, state=target.lifecycle.state),
            version=cube.version,
            text_version=cube.text_version,
        )

    return await _revise(services, principal, space, memory_id, change, expecting)


async def pin(
    services: Services, principal: Principal, space: str, memory_id: UUID, *, pinned: bool
) -> MemCube:
    """Keep a memory from decay, or let it go."""

    def change(cube: MemCube) -> MemCube:
        return replace(cube, lifecycle=replace(cube.lifecycle, pinned=pinned))

    return await _revise(services, principal, space, memory_id, change, None)


async def confirm(services: Services, principal: Principal, space: str, memory_id: UUID) -> MemCube:
    """Count the caller as a further source that says the same."""
    principal.require(Role.WRITER)
    home = (await scope_of(services, principal, [space])).spaces[0]
    async with services.database.write(principal.tenant) as session:
        cube = await memories.get(session, home.id, MemoryId(memory_id))
        if cube.type is MemoryType.EPISODIC:
            raise StateConflict("an episode is what was received; there is nothing to confirm")
        await usage.add_confirmations(session, {cube.id: 1})
        return await memories.get(session, home.id, cube.id)


async def history(
    services: Services, principal: Principal, space: str, memory_id: UUID
) -> list[MemCube]:
    """Every version, newest first; raises MemoryNotFound, Erased."""
    scope = await scope_of(services, principal, [space])
    async with services.database.read(principal.tenant) as session:
        return await memories.history(session, scope.spaces[0].id, MemoryId(memory_id))


async def lineage(services: Services, principal: Principal, space: str, memory_id: UUID) -> Lineage:
    """What the memory came from and what came from it."""
    scope = await scope_of(services, principal, [space])
    async with services.database.read(principal.tenant) as session:
        cube = await memories.get(session, scope.spaces[0].id, MemoryId(memory_id))
        return await provenance.lineage(session, cube.id)


async def _revise(
    services: Services,
    principal: Principal,
    space: str,
    memory_id: UUID,
    change: Callable[[MemCube], MemCube],
    expecting: int | None,
) -> MemCube:
    principal.require(Role.WRITER)
    home = (await scope_of(services, principal, [space])).spaces[0]
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        cube = await revise(
            session, home, MemoryId(memory_id), change, now=now, expecting=expecting
        )
        if cube.text_version == cube.version and cube.version > 1:
            await jobs.enqueue(session, home.id, "embed", now=now, total=1)
        await schedules.changed(session, home.id, now)
        return cube


def _changed(services: Services, cube: MemCube, changes: Mapping[str, Any], actor: str) -> MemCube:
    content = changes.get("content", cube.content)
    _check_size(services, content)
    data = changes.get("data", cube.data)
    now = services.clock()
    time = replace(cube.time, **_among(_TIMES, changes))
    if changes.keys() & _TIMES:
        check_interval(time.valid_at, time.invalid_at)
    check_expiry(changes.get("expires_at"), now)
    life = replace(cube.lifecycle, **_among(_LIFECYCLE, changes))
    return replace(
        cube,
        content=content,
        data=get_kind(cube.kind).validate(data),
        time=time,
        lifecycle=_reactivated(life, time.invalid_at, now),
        governance=replace(cube.governance, **_among(_GOVERNANCE, changes)),
        tags=changes.get("tags", cube.tags),
        provenance=replace(cube.provenance, actor=actor, method=_EDITED),
    )


def _among(names: frozenset[str], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in changes.items() if name in names}


def _reactivated(life: Lifecycle, invalid_at: datetime | None, now: datetime) -> Lifecycle:
    """A memory that was invalidated holds again once its end is taken back."""
    if life.state is State.INVALIDATED and (invalid_at is None or invalid_at > now):
        return replace(life, state=State.ACTIVE)
    return life


def _check_size(services: Services, content: str) -> None:
    most = services.limits.content_chars
    if len(content) > most:
        raise TooLarge(f"{len(content)} characters, at most {most} are taken", pointer="/content")


async def _evidence(
    session: ReadSession, space: Space, refs: Sequence[EvidenceRef]
) -> tuple[EvidenceLink, ...]:
    """The episodes and spans a caller named; raises MemoryNotFound, Malformed with a pointer."""
    named = [ref.external_id for ref in refs if ref.external_id]
    known = await episodic.find_known(session, space.id, named)
    links = []
    for number, ref in enumerate(refs):
        at = f"/evidence/{number}"
        found = known.get(ref.external_id or "")
        episode_id = ref.episode_id or (found.memory_id if found else None)
        if episode_id is None:
            raise MemoryNotFound(f"there is no episode {ref.external_id!r}", pointer=at)
        links.append(await _link(session, space, MemoryId(episode_id), ref.span, at))
    return tuple(links)


async def _link(
    session: ReadSession, space: Space, episode_id: MemoryId, span: tuple[int, int] | None, at: str
) -> EvidenceLink:
    episode = await memories.get(session, space.id, episode_id)
    if episode.type is not MemoryType.EPISODIC:
        raise Malformed("evidence is an episode; other memories are derived_from", pointer=at)
    start, end = span or (0, len(episode.content))
    if not 0 <= start < end <= len(episode.content):
        raise Malformed("the span lies outside the episode", pointer=f"{at}/span")
    return EvidenceLink(episode_id=episode_id, span=Span(start=start, end=end))
