"""What a space's policies put out of the way: memories past their time, or beyond a quota."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from stores import graph, labels, memories, writing
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.records import MemCube, MemoryType, Method, Space, State
from stores.runs import Change

#: States out of which a memory is archived when its time is over.
IN_VIEW = (State.ACTIVE, State.SUPERSEDED, State.INVALIDATED)

#: By memories_expiry_idx.
_EXPIRED = text("""
    SELECT memory_id FROM memories
    WHERE tenant_id = :tenant AND space_id = :space AND state = ANY(:states)
      AND expired_at IS NULL AND expires_at IS NOT NULL AND expires_at <= :now
      AND NOT legal_hold AND memory_id <> ALL(:without)
    ORDER BY expires_at, memory_id LIMIT :limit
""")
_NEXT_EXPIRY = text("""
    SELECT min(expires_at) FROM (
        SELECT (SELECT expires_at FROM memories
                WHERE tenant_id = :tenant AND space_id = :space AND state = s.state
                  AND expired_at IS NULL AND expires_at IS NOT NULL AND NOT legal_hold
                ORDER BY expires_at LIMIT 1) AS expires_at
        FROM unnest(CAST(:states AS text[])) AS s(state)) first
""")
_COUNTS = text("""
    SELECT type, kind, count(*) AS n FROM memories
    WHERE tenant_id = :tenant AND space_id = :space AND expired_at IS NULL AND state = 'active'
    GROUP BY type, kind
""")
#: Retention as decay found it last, times the share of showings that served (by Laplace's rule:
#: one half for what was never shown).
_RANKED = text("""
    SELECT * FROM (
        SELECT m.memory_id,
               CAST(u.retention * (u.used + 1.0) / (u.retrieved + 2.0) AS float8) AS worth
        FROM memories m JOIN usage u ON u.tenant_id = :tenant AND u.memory_id = m.memory_id
        WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.expired_at IS NULL
          AND m.state = 'active' AND (m.type = :name OR m.kind = :name)
          AND NOT m.pinned AND NOT m.legal_hold) ranked
    WHERE (worth, memory_id) > (CAST(:worth AS float8), CAST(:after AS uuid))
    ORDER BY worth, memory_id LIMIT :limit
""")
#: By evidence_episode_idx and derivations_source_idx, then by the primary keys.
_SUPPORTS = text("""
    WITH resting AS MATERIALIZED (
        SELECT memory_id FROM evidence
        WHERE tenant_id = :tenant AND episode_id = ANY(:memory_ids)
        UNION
        SELECT memory_id FROM derivations
        WHERE tenant_id = :tenant AND source_id = ANY(:memory_ids))
    SELECT r.memory_id, array_agg(DISTINCT s.source_id) AS sources
    FROM resting r
    JOIN memories d ON d.tenant_id = :tenant AND d.memory_id = r.memory_id
                   AND d.expired_at IS NULL AND d.state = 'active'
    CROSS JOIN LATERAL (
        SELECT episode_id AS source_id FROM evidence
        WHERE tenant_id = :tenant AND memory_id = r.memory_id
        UNION
        SELECT source_id FROM derivations
        WHERE tenant_id = :tenant AND memory_id = r.memory_id) s
    JOIN memories o ON o.tenant_id = :tenant AND o.memory_id = s.source_id
                   AND o.expired_at IS NULL AND o.state = 'active'
    GROUP BY r.memory_id
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranked:
    """A memory that a quota may archive, and what it is worth: 0..1, less is archived first."""

    worth: float
    memory_id: MemoryId


#: Before every memory.
FIRST = Ranked(worth=-1.0, memory_id=MemoryId(UUID(int=0)))


async def expired(
    session: ReadSession,
    space: SpaceId,
    states: Sequence[State],
    *,
    now: datetime,
    without: Sequence[MemoryId] = (),
    limit: int,
) -> list[MemoryId]:
    """Memories in these states whose time is over, but for those under legal hold."""
    rows = await session.rows(
        _EXPIRED, space=space, states=[str(s) for s in states], now=now,
        without=list(without), limit=limit,
    )  # fmt: skip
    return [MemoryId(row.memory_id) for row in rows]


async def next_expiry(
    session: ReadSession, space: SpaceId, states: Sequence[State]
) -> datetime | None:
    """When the time of one of the memories in these states is over; None if they have time."""
    found: datetime | None = await session.scalar(
        _NEXT_EXPIRY, space=space, states=[str(state) for state in states]
    )
    return found


async def count(session: ReadSession, space: SpaceId) -> Mapping[str, int]:
    """How many active memories there are of each type and of each kind."""
    counts: dict[str, int] = {}
    for row in await session.rows(_COUNTS, space=space):
        for name in (row.type, row.kind):
            counts[name] = counts.get(name, 0) + row.n
    return counts


async def ranked(
    session: ReadSession, space: SpaceId, name: str, *, after: Ranked, limit: int
) -> list[Ranked]:
    """Active memories of a type or kind that may be archived, those worth least first."""
    rows = await session.rows(
        _RANKED, space=space, name=name, worth=after.worth, after=after.memory_id, limit=limit
    )
    return [Ranked(worth=row.worth, memory_id=MemoryId(row.memory_id)) for row in rows]


async def supports(
    session: ReadSession, memory_ids: Sequence[MemoryId]
) -> Mapping[MemoryId, frozenset[MemoryId]]:
    """The active memories that rest on these, each with all active ones it rests on."""
    rows = await session.rows(_SUPPORTS, memory_ids=list(memory_ids))
    return {MemoryId(row.memory_id): frozenset(map(MemoryId, row.sources)) for row in rows}


async def archive(
    session: WriteSession,
    space: Space,
    memory_ids: Sequence[MemoryId],
    *,
    still: Callable[[MemCube], bool],
    method: Method,
    run_id: UUID,
    now: datetime,
) -> list[Change]:
    """Append a version in the state `archived` to each memory that is `still` to be archived."""
    if not memory_ids:
        return []
    await memories.lock(session, memory_ids)
    cubes = [cube for cube in await memories.find_many(session, memory_ids) if still(cube)]
    if not cubes:
        return []
    # A change that waited for another was begun before it, but comes after.
    latest = max(cube.time.created_at for cube in cubes)
    now = max(now, latest + timedelta(microseconds=1))
    archived = [_archived(cube, method, run_id, now) for cube in cubes]
    await memories.close(session, [cube.id for cube in archived], now)
    await memories.insert(session, [writing.row_of(cube) for cube in archived])
    texts = [cube for cube in archived if cube.type is not MemoryType.GRAPH]
    await labels.add(session, space.id, texts)
    await graph.follow(session, space.id, archived)
    return [Change(memory_id=c.id, before=c.version - 1, after=c.version) for c in archived]


def _archived(cube: MemCube, method: Method, run_id: UUID, now: datetime) -> MemCube:
    return replace(
        cube,
        version=cube.version + 1,
        time=replace(cube.time, created_at=now),
        lifecycle=replace(cube.lifecycle, state=State.ARCHIVED),
        provenance=replace(cube.provenance, actor="service", method=method, run_id=run_id),
    )
