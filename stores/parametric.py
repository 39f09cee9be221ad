"""Adapters: what each was made of, in which state it is, and which one serves a space.

An adapter is a MemCube whose sources are its members; here is what only adapters have. Its words
are not indexed, since they tell nothing that a member does not tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores import jobs, memories
from stores.database import ReadSession, WriteSession
from stores.errors import AdapterNotFound, StateConflict
from stores.ids import MemoryId, SpaceId, TenantId, new_id
from stores.records import (
    EMPTY,
    Lifecycle,
    MemCube,
    MemoryType,
    Method,
    Page,
    Payload,
    Provenance,
    Space,
    State,
    Times,
)

#: The job that trains what is asked for here, and how it signs.
NAME = "distill"
METHOD = Method(name=NAME, version="1")
#: The alias under which a space's adapter is known if nobody says another one.
ALIAS = "memory"

_COLUMNS = """
    a.memory_id, a.space_id, s.name AS space, a.version, a.alias, a.state, a.share, a.activate,
    a.actor, a.base_model, a.base_model_hash, a.artifact_sha256, a.artifact_bytes, a.manifest,
    a.manifest_sha256, a.data_sha256, a.metrics, a.training, a.progress, a.error, a.replaces,
    a.created_at, a.changed_at
    FROM adapters a JOIN spaces s ON s.tenant_id = a.tenant_id AND s.space_id = a.space_id
    WHERE a.tenant_id = :tenant AND s.tenant_id = :tenant
"""
_ADAPTER = f"SELECT {_COLUMNS}"
_GET = text(_ADAPTER + " AND a.space_id = :space AND a.memory_id = :adapter")
_LIST = text(
    _ADAPTER
    + """ AND a.space_id = :space AND a.memory_id < :before
    ORDER BY a.memory_id DESC LIMIT :limit"""
)
#: By adapters_active_idx and adapters_shadow_idx, of which there is one each at most.
_SERVING = text(
    _ADAPTER + " AND a.space_id = :space AND a.state IN ('active', 'shadow') ORDER BY a.state"
)
_LEARNED = text("""
    SELECT DISTINCT source_id FROM derivations
    WHERE tenant_id = :tenant AND memory_id = ANY(:adapters) AND source_id = ANY(:memory_ids)
""")
_BUILDING = text(_ADAPTER + " AND a.space_id = :space AND a.state = 'building' ORDER BY a.version")
_NEXT_VERSION = text("""
    SELECT coalesce(max(version), 0) + 1 FROM adapters
    WHERE tenant_id = :tenant AND space_id = :space
""")
_INSERT = text("""
    INSERT INTO adapters
        (tenant_id, memory_id, space_id, base_model, base_model_hash, artifact_sha256,
         artifact_bytes, manifest, metrics, version, alias, state, share, activate, actor,
         replaces, manifest_sha256, data_sha256, training, progress, created_at, changed_at)
    VALUES (:tenant, :adapter, :space, :base_model, :base_hash, :artifact, :bytes,
            CAST(:manifest AS jsonb), CAST(:metrics AS jsonb), :version, :alias, :state, 0,
            :activate, :actor, NULL, :manifest_sha256, :data_sha256, CAST(:training AS jsonb),
            '{}', :now, :now)
""")
_FREEZE = text("""
    UPDATE adapters
    SET manifest = CAST(:manifest AS jsonb), manifest_sha256 = :sha256, data_sha256 = :data,
        training = CAST(:training AS jsonb), changed_at = :now
    WHERE tenant_id = :tenant AND memory_id = :adapter AND state = 'building'
""")
_SET_PROGRESS = text("""
    UPDATE adapters SET progress = CAST(:progress AS jsonb), changed_at = :now
    WHERE tenant_id = :tenant AND memory_id = :adapter AND state = 'building'
""")
_FINISH = text("""
    UPDATE adapters
    SET state = :state, base_model_hash = :base_hash, artifact_sha256 = :artifact,
        artifact_bytes = :bytes, metrics = CAST(:metrics AS jsonb), error = :error,
        changed_at = :now
    WHERE tenant_id = :tenant AND memory_id = :adapter AND state = 'building'
""")
_SET_STATE = text("""
    UPDATE adapters
    SET state = :state, share = :share, replaces = coalesce(:replaces, replaces),
        error = coalesce(:error, error), changed_at = :now
    WHERE tenant_id = :tenant AND memory_id = :adapter AND state = ANY(:among)
""")
_DROP_LINEAGE = text("""
    DELETE FROM derivations WHERE tenant_id = :tenant AND memory_id = :adapter
""")
_ADD_LINEAGE = text("""
    INSERT INTO derivations (tenant_id, memory_id, source_id, operation)
    SELECT :tenant, :adapter, source_id, 'distill'
    FROM unnest(CAST(:sources AS uuid[])) AS s(source_id) ORDER BY source_id
    ON CONFLICT DO NOTHING
""")
#: Members that do not say any more what was learned of them, or do not hold any more.
_CHANGED = text("""
    SELECT l.memory_id FROM adapters a
    CROSS JOIN LATERAL jsonb_to_recordset(a.manifest) AS l(memory_id uuid, sha256 text)
    LEFT JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = l.memory_id
        AND m.expired_at IS NULL
    WHERE a.tenant_id = :tenant AND a.memory_id = :adapter
      AND NOT coalesce(m.state = 'active' AND m.invalid_at IS NULL
          AND encode(sha256(convert_to(m.content, 'UTF8')), 'hex') = l.sha256, false)
    ORDER BY l.memory_id
""")
#: By derivations_source_idx: whoever was made of it.
_OUTDATED = text("""
    SELECT a.memory_id, a.state, a.alias, a.base_model FROM adapters a
    JOIN derivations d ON d.tenant_id = :tenant AND d.memory_id = a.memory_id
    WHERE a.tenant_id = :tenant AND a.space_id = :space AND d.source_id = :source
      AND a.state IN ('gated', 'shadow', 'active')
    ORDER BY a.memory_id FOR UPDATE OF a
""")


#: Behind every id.
_LAST = UUID(int=2**128 - 1)


class AdapterState(StrEnum):
    """Where an adapter stands. Only `active` and `shadow` serve.

    `gated` has passed the gate and waits; `stale` has learned what has changed since.
    """

    BUILDING = "building"
    GATED = "gated"
    SHADOW = "shadow"
    ACTIVE = "active"
    RETIRED = "retired"
    FAILED = "failed"
    STALE = "stale"


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """A memory as it was learned: the version, and the SHA-256 of its words."""

    memory_id: MemoryId
    version: int
    sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AdapterRow:
    """One version of a space's adapter."""

    id: MemoryId
    tenant: TenantId
    space_id: SpaceId
    space: str
    version: int
    alias: str
    state: AdapterState
    #: Of the space's requests, while it is the shadow.
    share: float
    activate: bool
    actor: str
    base_model: str
    #: Empty until the base model was read for the first time.
    base_model_hash: str
    #: Of the weights, None while there are none; where they lie, `stores.artifacts` knows.
    artifact_sha256: bytes | None
    artifact_bytes: int | None
    manifest: tuple[Member, ...]
    manifest_sha256: str | None
    data_sha256: str | None
    metrics: Payload
    training: Payload
    progress: Payload
    error: str | None
    #: Which one was active before this one was.
    replaces: MemoryId | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """An adapter that was trained elsewhere."""

    base_hash: str
    artifact: bytes
    size: int
    manifest: tuple[Member, ...]
    manifest_sha256: str | None
    data_sha256: str | None
    metrics: Payload
    training: Payload


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """What a space's requests go to; `shadow` gets `shadow.share` of them."""

    active: AdapterRow | None = None
    shadow: AdapterRow | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of a build: the weights, if there are any, and what the gate said."""

    state: AdapterState
    base_hash: str = ""
    artifact: bytes | None = None
    bytes: int | None = None
    metrics: Payload = field(default_factory=dict)
    error: str | None = None


async def request(
    session: WriteSession,
    space: Space,
    *,
    base_model: str,
    alias: str = ALIAS,
    activate: bool = False,
    actor: str = "service",
    now: datetime,
) -> MemoryId:
    """Ask for an adapter to be built, in this transaction; the job freezes what it is made of."""
    adapter = await _add(
        session, space, AdapterState.BUILDING, base_model=base_model, alias=alias,
        activate=activate, actor=actor, now=now,
    )  # fmt: skip
    await jobs.follow_up(session, space.id, NAME, now)
    return adapter


async def bring(
    session: WriteSession,
    space: Space,
    brought: Brought,
    *,
    base_model: str,
    alias: str,
    actor: str,
    now: datetime,
) -> MemoryId:
    """Add an adapter that was trained elsewhere, as one that has passed its gate."""
    adapter = await _add(
        session, space, AdapterState.GATED, base_model=base_model, alias=alias, activate=False,
        actor=actor, now=now, brought=brought,
    )  # fmt: skip
    sources = [member.memory_id for member in brought.manifest]
    there = await memories.keep(session, sorted(sources))
    await session.execute(_ADD_LINEAGE, adapter=adapter, sources=sorted(there))
    return adapter


async def get_adapter(session: ReadSession, space: SpaceId, adapter: MemoryId) -> AdapterRow:
    """The adapter with that id; raises AdapterNotFound."""
    row = await session.row(_GET, space=space, adapter=adapter)
    if row is None:
        raise AdapterNotFound(f"there is no adapter {adapter} in this space")
    return _adapter(session, row)


async def list_adapters(
    session: ReadSession, space: SpaceId, *, before: UUID, limit: int
) -> Page[AdapterRow]:
    """The adapters of a space, newest first."""
    rows = await session.rows(_LIST, space=space, before=before, limit=limit + 1)
    items = tuple(_adapter(session, row) for row in rows[:limit])
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


async def newest_adapter(session: ReadSession, space: SpaceId) -> AdapterRow | None:
    """The adapter of a space that was asked for last."""
    page = await list_adapters(session, space, before=_LAST, limit=1)
    return page.items[0] if page.items else None


async def serving(session: ReadSession, space: SpaceId) -> Serving:
    """What serves a space, in one round trip."""
    rows = await session.rows(_SERVING, space=space)
    found = {row.state: _adapter(session, row) for row in rows}
    return Serving(active=found.get("active"), shadow=found.get("shadow"))


async def active_adapter(session: ReadSession, space: SpaceId) -> AdapterRow | None:
    """The one adapter that is active in a space, if there is one."""
    return (await serving(session, space)).active


async def learned(
    session: ReadSession, adapters: Sequence[MemoryId], memory_ids: Sequence[MemoryId]
) -> set[MemoryId]:
    """Those of some memories that any of these adapters was made of."""
    rows = await session.rows(_LEARNED, adapters=list(adapters), memory_ids=list(memory_ids))
    return {MemoryId(row.source_id) for row in rows}


async def list_building(session: ReadSession, space: SpaceId) -> list[AdapterRow]:
    """The adapters of a space that are still to be built, the oldest first."""
    return [_adapter(session, row) for row in await session.rows(_BUILDING, space=space)]


async def freeze(
    session: WriteSession,
    adapter: MemoryId,
    manifest: Sequence[Member],
    *,
    sha256: str,
    data_sha256: str,
    training: Payload,
    now: datetime,
) -> bool:
    """Fix what an adapter is made of; False if it is not being built any more.

    The lineage follows, both ways: it is what erasure and corrections go by.
    """
    done = await session.execute(
        _FREEZE, adapter=adapter, manifest=_manifest_json(manifest), sha256=sha256,
        data=data_sha256, training=json.dumps(dict(training)), now=now,
    )  # fmt: skip
    if done:
        sources = sorted(member.memory_id for member in manifest)
        await session.execute(_DROP_LINEAGE, adapter=adapter)
        await session.execute(_ADD_LINEAGE, adapter=adapter, sources=sources)
    return bool(done)


async def set_progress(
    session: WriteSession, adapter: MemoryId, progress: Payload, now: datetime
) -> bool:
    """Tell how far a build is; False if it is not being built any more."""
    told = json.dumps(dict(progress))
    return bool(await session.execute(_SET_PROGRESS, adapter=adapter, progress=told, now=now))


async def finish(session: WriteSession, adapter: MemoryId, outcome: Outcome, now: datetime) -> bool:
    """End a build; False if it had ended already."""
    return bool(await session.execute(
        _FINISH, adapter=adapter, state=str(outcome.state), base_hash=outcome.base_hash,
        artifact=outcome.artifact, bytes=outcome.bytes, metrics=json.dumps(dict(outcome.metrics)),
        error=outcome.error, now=now,
    ))  # fmt: skip


async def set_state(
    session: WriteSession,
    adapter: AdapterRow,
    state: AdapterState,
    *,
    now: datetime,
    share: float = 0.0,
    replaces: MemoryId | None = None,
    error: str | None = None,
) -> None:
    """Bring an adapter into another state; raises StateConflict if it left its own meanwhile."""
    done = await session.execute(
        _SET_STATE, adapter=adapter.id, state=str(state), share=share, replaces=replaces,
        error=error, among=[str(adapter.state)], now=now,
    )  # fmt: skip
    if not done:
        raise StateConflict(f"adapter {adapter.id} is not {adapter.state} any more")


async def changed_members(session: ReadSession, adapter: MemoryId) -> list[MemoryId]:
    """The members that were corrected, ended or erased since the adapter learned them."""
    rows = await session.rows(_CHANGED, adapter=adapter)
    return [MemoryId(row.memory_id) for row in rows]


async def outdate(
    session: WriteSession, space: Space, source: MemoryId, now: datetime
) -> list[MemoryId]:
    """Mark stale what has learned from a memory that has changed; returns which those are.

    One that was active does not serve any more, since weights cannot be told that a fact has
    changed; another one is asked for, which takes its place when it has passed its gate.
    """
    rows = await session.rows(_OUTDATED, space=space.id, source=source)
    for row in rows:
        await session.execute(
            _SET_STATE, adapter=row.memory_id, state="stale", share=0.0, replaces=None,
            error="a memory that it has learned was changed", among=[row.state], now=now,
        )  # fmt: skip
    active = next((row for row in rows if row.state == "active"), None)
    if active is not None and not await list_building(session, space.id):
        await request(
            session, space, base_model=active.base_model, alias=active.alias, activate=True, now=now
        )
    return [MemoryId(row.memory_id) for row in rows]


async def _add(
    session: WriteSession,
    space: Space,
    state: AdapterState,
    *,
    base_model: str,
    alias: str,
    activate: bool,
    actor: str,
    now: datetime,
    brought: Brought | None = None,
) -> MemoryId:
    adapter, version = MemoryId(new_id()), await session.scalar(_NEXT_VERSION, space=space.id)
    cube = MemCube(
        id=adapter, version=1, space_id=space.id, space=space.name, type=MemoryType.PARAMETRIC,
        kind="adapter", content=f"Adapter {version} of the space {space.name}",
        provenance=Provenance(origin="derived", actor=actor, method=METHOD),
        time=Times(created_at=now), lifecycle=Lifecycle(state=_CUBE_STATES[state]),
        data={"version": version, "alias": alias, "base_model": base_model},
    )  # fmt: skip
    await memories.insert(session, [memories.row_of(cube, None)])
    training: Mapping[str, Any] = EMPTY if brought is None else brought.training
    metrics: Mapping[str, Any] = EMPTY if brought is None else brought.metrics
    await session.execute(
        _INSERT, adapter=adapter, space=space.id, version=version, alias=alias, state=str(state),
        activate=activate, actor=actor, base_model=base_model, now=now,
        base_hash="" if brought is None else brought.base_hash,
        artifact=None if brought is None else brought.artifact,
        bytes=None if brought is None else brought.size,
        manifest=_manifest_json(() if brought is None else brought.manifest),
        manifest_sha256=None if brought is None else brought.manifest_sha256,
        data_sha256=None if brought is None else brought.data_sha256,
        training=json.dumps(dict(training)), metrics=json.dumps(dict(metrics)),
    )  # fmt: skip
    return adapter


#: What its MemCube says of an adapter in each state.
_CUBE_STATES: Mapping[AdapterState, State] = {
    AdapterState.BUILDING: State.STAGED,
    AdapterState.FAILED: State.STAGED,
    AdapterState.GATED: State.ACTIVE,
    AdapterState.SHADOW: State.ACTIVE,
    AdapterState.ACTIVE: State.ACTIVE,
    AdapterState.STALE: State.SUPERSEDED,
    AdapterState.RETIRED: State.ARCHIVED,
}


def cube_state(state: AdapterState) -> State:
    """The state of the MemCube of an adapter in that state."""
    return _CUBE_STATES[state]


def _manifest_json(manifest: Sequence[Member]) -> str:
    return json.dumps(
        [{"memory_id": str(m.memory_id), "version": m.version, "sha256": m.sha256}
         for m in manifest]
    )  # fmt: skip


def _adapter(session: ReadSession, row: Row[Any]) -> AdapterRow:
    return AdapterRow(
        id=MemoryId(row.memory_id),
        tenant=session.tenant,
        space_id=SpaceId(row.space_id),
        space=row.space,
        version=row.version,
        alias=row.alias,
        state=AdapterState(row.state),
        share=round(row.share, 6),
        activate=row.activate,
        actor=row.actor,
        base_model=row.base_model,
        base_model_hash=row.base_model_hash,
        artifact_sha256=None if row.artifact_sha256 is None else bytes(row.artifact_sha256),
        artifact_bytes=row.artifact_bytes,
        manifest=tuple(
            Member(memory_id=MemoryId(UUID(m["memory_id"])), version=m["version"],
                   sha256=m["sha256"])
            for m in row.manifest
        ),
        manifest_sha256=row.manifest_sha256,
        data_sha256=row.data_sha256,
        metrics=row.metrics,
        training=row.training,
        progress=row.progress,
        error=row.error,
        replaces=None if row.replaces is None else MemoryId(row.replaces),
        created_at=row.created_at,
        changed_at=row.changed_at,
    )  # fmt: skip
