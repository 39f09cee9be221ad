"""MemCubes of every type: stored as versions, read as records."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from stores import census
from stores.database import ReadSession, WriteSession
from stores.errors import Erased, MemoryNotFound, VersionMismatch
from stores.graph import meant
from stores.ids import MemoryId, SpaceId
from stores.records import (
    Evidence,
    Governance,
    Lifecycle,
    MemCube,
    MemoryType,
    Method,
    Page,
    Provenance,
    Span,
    State,
    Tier,
    Times,
    Usage,
)
from stores.scope import Filter, Scope, visible

_COLUMNS = (
    "memory_id", "version", "space_id", "type", "kind", "state", "content", "data", "text_version",
    "session_id", "occurred_at", "valid_at", "invalid_at", "created_at", "expired_at", "origin",
    "actor", "method", "run_id", "importance", "pinned", "expires_at", "trust", "sensitivity",
    "visibility", "legal_hold", "tags", "merge_key",
)  # fmt: skip
_JSON = {"data", "method"}
_INSERT = text(
    f"INSERT INTO memories (tenant_id, {', '.join(_COLUMNS)}) VALUES (:tenant, "
    + ", ".join(f"CAST(:{c} AS jsonb)" if c in _JSON else f":{c}" for c in _COLUMNS)
    + ")"
)
_CLOSE = text("""
    UPDATE memories SET expired_at = :now
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND expired_at IS NULL
""")
#: The first version stands for the memory: it stays until the memory is erased, while the current
#: one is replaced by the very change somebody waits for.
_LOCK = text("""
    SELECT memory_id FROM memories
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND version = 1
    ORDER BY memory_id FOR UPDATE
""")
#: Waits for an erasure or a change that is under way, and keeps an erasure waiting, nothing else.
_KEEP = text("""
    SELECT memory_id FROM memories
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND version = 1
    ORDER BY memory_id FOR KEY SHARE
""")

_MEANT = meant("n.entity_id", "e")
#: A MemCube in one row: the header, its space, its usage, its evidence with quotes, its sources,
#: the entities it has to do with.
#: The quote is cut from the episode, so it cannot outlive it or differ from it.
_CUBE_WITH = """
    SELECT m.*, s.name AS space, u.retrieved, u.used, u.last_used_at, u.confirmations, u.tier,
           u.strength, u.retention, evidence.items AS evidence, sources.ids AS derived_from,
           named.names AS entities
    FROM memories m
    JOIN spaces s ON s.tenant_id = m.tenant_id AND s.space_id = m.space_id
    LEFT JOIN usage u ON u.tenant_id = m.tenant_id AND u.memory_id = m.memory_id
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(e.episode_id, ep.data->>'external_id', e.span_start,
                   e.span_end, substring(ep.content FROM e.span_start + 1
                                         FOR e.span_end - e.span_start))
                   ORDER BY e.created_at, e.episode_id, e.span_start) AS items
        FROM evidence e
        JOIN memories ep ON ep.tenant_id = e.tenant_id AND ep.memory_id = e.episode_id
                        AND ep.expired_at IS NULL
        WHERE e.tenant_id = :tenant AND e.memory_id = m.memory_id {known}
    ) evidence ON (m.type <> 'episodic' OR m.origin = 'derived')
    LEFT JOIN LATERAL (
        SELECT array_agg(d.source_id ORDER BY d.source_id) AS ids
        FROM derivations d WHERE d.tenant_id = :tenant AND d.memory_id = m.memory_id
    ) sources ON (m.type <> 'episodic' OR m.origin = 'derived')
    LEFT JOIN LATERAL (
        SELECT array_agg(DISTINCT e.name ORDER BY e.name) AS names
        FROM mentions n
        CROSS JOIN {meant}
        WHERE n.tenant_id = :tenant AND n.memory_id = m.memory_id
    ) named ON true
    WHERE m.tenant_id = :tenant AND s.tenant_id = :tenant
"""
_CUBE = _CUBE_WITH.format(known="", meant=_MEANT)
#: Evidence comes when a further source says the same, without a new version; sources of
#: derivations are there from the first.
_CUBE_THEN = _CUBE_WITH.format(
    known="AND (CAST(:known AS timestamptz) IS NULL OR e.created_at <= :known)", meant=_MEANT
)
_BY_IDS = text(_CUBE + " AND m.memory_id = ANY(:memory_ids) AND m.expired_at IS NULL")
_BY_VERSIONS = text(
    _CUBE_THEN
    + """ AND (m.memory_id, m.version) IN
        (SELECT * FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:versions AS int[])))"""
)
_HISTORY = text(
    _CUBE + " AND m.space_id = :space AND m.memory_id = :memory_id ORDER BY m.version DESC"
)
_OF_RUN = text(
    _CUBE + " AND m.run_id = :run_id AND m.expired_at IS NULL ORDER BY m.memory_id LIMIT :limit"
)


def row_of(cube: MemCube, merge_key: bytes | None) -> dict[str, Any]:
    """The columns of a version, as `insert` binds them."""
    made, life, rules = cube.provenance, cube.lifecycle, cube.governance
    return {
        "memory_id": cube.id, "version": cube.version, "space_id": cube.space_id,
        "type": str(cube.type), "kind": cube.kind, "state": str(life.state),
        "content": cube.content, "data": json.dumps(dict(cube.data)),
        "text_version": cube.text_version, "session_id": cube.session_id,
        "occurred_at": cube.time.occurred_at, "valid_at": cube.time.valid_at,
        "invalid_at": cube.time.invalid_at, "created_at": cube.time.created_at,
        "expired_at": cube.time.expired_at, "origin": made.origin, "actor": made.actor,
        "method": json.dumps(_method_json(made.method)), "run_id": made.run_id,
        "importance": life.importance, "pinned": life.pinned, "expires_at": life.expires_at,
        "trust": rules.trust, "sensitivity": list(rules.sensitivity),
        "visibility": rules.visibility, "legal_hold": rules.legal_hold,
        "tags": list(cube.tags), "merge_key": merge_key,
    }  # fmt: skip


async def insert(session: WriteSession, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append versions, and count the memories as what the current ones say."""
    await session.execute_many(_INSERT, rows)
    await census.enter(session, [row["memory_id"] for row in rows if row["expired_at"] is None])


async def close(session: WriteSession, memory_ids: Sequence[MemoryId], now: datetime) -> None:
    """End the current versions in system time; nothing counts the memories until the next ones."""
    await census.leave(session, memory_ids, now.astimezone(UTC).date())
    await session.execute(_CLOSE, memory_ids=list(memory_ids), now=now)


async def lock(session: WriteSession, memory_ids: Sequence[MemoryId]) -> None:
    """Hold the memories until commit, so that two changes come one after the other."""
    await session.rows(_LOCK, memory_ids=list(memory_ids))


async def keep(session: WriteSession, memory_ids: Sequence[MemoryId]) -> set[MemoryId]:
    """Those of the memories that are not erased, and will not be before we commit."""
    rows = await session.rows(_KEEP, memory_ids=list(memory_ids))
    return {MemoryId(row.memory_id) for row in rows}


async def find_many(session: ReadSession, memory_ids: Sequence[MemoryId]) -> list[MemCube]:
    """The current versions there are, in the order asked for."""
    rows = await session.rows(_BY_IDS, memory_ids=list(memory_ids))
    found = {row.memory_id: cube_of(row) for row in rows}
    return [found[memory_id] for memory_id in memory_ids if memory_id in found]


async def find_versions(
    session: ReadSession,
    versions: Sequence[tuple[MemoryId, int]],
    *,
    known: datetime | None = None,
) -> dict[MemoryId, MemCube]:
    """These versions, by memory id, with the evidence that was `known` then; by default all."""
    if not versions:
        return {}
    ids, numbers = map(list, zip(*versions, strict=True))
    rows = await session.rows(_BY_VERSIONS, memory_ids=ids, versions=numbers, known=known)
    return {row.memory_id: cube_of(row) for row in rows}


async def get(
    session: ReadSession,
    space: SpaceId,
    memory_id: MemoryId,
    *,
    expecting: int | None = None,
) -> MemCube:
    """The current version of a memory in a space.

    Raises MemoryNotFound; Erased if only the tombstone is left; VersionMismatch if the current
    version is not the one `expecting`.
    """
    found = await find_many(session, [memory_id])
    if not found or found[0].space_id != space:
        raise MemoryNotFound(f"there is no memory {memory_id} in this space")
    cube = found[0]
    if cube.lifecycle.state is State.ERASED:
        raise Erased(f"memory {memory_id} was erased")
    if expecting is not None and cube.version != expecting:
        raise VersionMismatch(f"memory {memory_id} is at version {cube.version}, not {expecting}")
    return cube


async def history(session: ReadSession, space: SpaceId, memory_id: MemoryId) -> list[MemCube]:
    """Every version, newest first; raises MemoryNotFound or Erased."""
    rows = await session.rows(_HISTORY, space=space, memory_id=memory_id)
    if not rows:
        raise MemoryNotFound(f"there is no memory {memory_id} in this space")
    cubes = [cube_of(row) for row in rows]
    if cubes[0].lifecycle.state is State.ERASED:
        raise Erased(f"memory {memory_id} was erased")
    return cubes


async def list_memories(
    session: ReadSession,
    scope: Scope,
    limits: Filter,
    *,
    words: Sequence[str] = (),
    before: MemoryId | None,
    limit: int,
) -> Page[MemCube]:
    """Memories, newest first, behind `before`; all of the terms `words` occur in them."""
    conditions = visible(scope, limits)
    values = dict(conditions.values)
    statement = f"{_CUBE} AND {conditions.sql}"
    if before is not None:
        statement += " AND m.memory_id < :before"
        values["before"] = before
    for number, word in enumerate(words):
        statement += (
            " AND EXISTS (SELECT 1 FROM postings p WHERE p.tenant_id = :tenant"
            " AND p.space_id = m.space_id AND p.memory_id = m.memory_id"
            f" AND p.text_version = m.text_version AND p.term = :word{number})"
        )
        values[f"word{number}"] = word
    sql = text(statement + " ORDER BY m.memory_id DESC LIMIT :limit")
    rows = await session.rows(sql, limit=limit + 1, **values)
    items = tuple(map(cube_of, rows[:limit]))
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


async def of_run(session: ReadSession, run_id: UUID, limit: int) -> list[MemCube]:
    """What a run has made and is still current."""
    return list(map(cube_of, await session.rows(_OF_RUN, run_id=run_id, limit=limit)))


def cubes_sql(condition: str) -> TextClause:
    """A statement for MemCubes (`m`) that meet a constant condition; other stores build on it."""
    return text(f"{_CUBE} AND {condition}")


def cube_of(row: Row[Any]) -> MemCube:
    """The record of a row of `_CUBE`."""
    return MemCube(
        id=MemoryId(row.memory_id),
        version=row.version,
        space_id=SpaceId(row.space_id),
        space=row.space,
        type=MemoryType(row.type),
        kind=row.kind,
        content=row.content,
        data=row.data,
        text_version=row.text_version,
        session_id=row.session_id,
        provenance=Provenance(
            origin=row.origin,
            actor=row.actor,
            method=Method(**row.method),
            evidence=tuple(_evidence(item) for item in row.evidence or ()),
            derived_from=tuple(row.derived_from or ()),
            run_id=row.run_id,
        ),
        time=Times(
            occurred_at=row.occurred_at,
            valid_at=row.valid_at,
            invalid_at=row.invalid_at,
            created_at=row.created_at,
            expired_at=row.expired_at,
        ),
        lifecycle=Lifecycle(
            state=State(row.state),
            tier=Tier(row.tier or Tier.HOT),
            strength=row.strength,
            retention=1.0 if row.retention is None else row.retention,
            importance=round(row.importance, 6),
            pinned=row.pinned,
            expires_at=row.expires_at,
        ),
        governance=Governance(
            trust=round(row.trust, 6),
            sensitivity=tuple(row.sensitivity),
            visibility=row.visibility,
            legal_hold=row.legal_hold,
        ),
        usage=Usage(
            retrieved=row.retrieved or 0,
            used=row.used or 0,
            last_used_at=row.last_used_at,
            confirmations=row.confirmations or 0,
        ),
        tags=tuple(row.tags),
        # Some readers of whole versions leave the names out.
        entities=tuple(getattr(row, "entities", None) or ()),
    )


def _evidence(item: Sequence[Any]) -> Evidence:
    episode_id, external_id, start, end, quote = item
    return Evidence(
        episode_id=MemoryId(UUID(episode_id)),
        external_id=external_id,
        span=Span(start=start, end=end),
        quote=quote,
    )


def _method_json(method: Method) -> dict[str, str]:
    parts = {
        "name": method.name,
        "version": method.version,
        "model": method.model,
        "prompt": method.prompt,
    }
    return {name: value for name, value in parts.items() if value is not None}
