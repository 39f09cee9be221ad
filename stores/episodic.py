"""Episodes: appended once, exactly as received, under the writer's own ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from stores import backlog, writing
from stores.backlog import Stage
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.memories import cube_of, cubes_sql
from stores.records import MemCube, NewMemory, Page, Space
from stores.writing import Embedded

_KNOWN = text("""
    SELECT external_id, memory_id, content_hash FROM external_ids
    WHERE tenant_id = :tenant AND space_id = :space AND external_id = ANY(:external_ids)
""")
_DERIVED = cubes_sql("""
    m.space_id = :space AND m.expired_at IS NULL AND m.memory_id > :after
    AND m.state <> 'erased' AND m.memory_id IN (
        WITH RECURSIVE derived AS (
            SELECT e.memory_id FROM evidence e JOIN memories ep
                ON ep.tenant_id = e.tenant_id AND ep.memory_id = e.episode_id
            WHERE e.tenant_id = :tenant AND ep.tenant_id = :tenant AND ep.space_id = :space
              AND ep.session_id = :session_id AND ep.type = 'episodic' AND ep.expired_at IS NULL
            UNION
            SELECT d.memory_id FROM derivations d JOIN derived ON d.source_id = derived.memory_id
            WHERE d.tenant_id = :tenant
        ) SELECT memory_id FROM derived)
    ORDER BY m.memory_id LIMIT :limit
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An episode stored earlier under the same external id."""

    memory_id: MemoryId
    content_hash: bytes


async def find_known(
    session: ReadSession, space: SpaceId, external_ids: Sequence[str]
) -> dict[str, Known]:
    """Which of the writer's ids are taken, and by what."""
    if not external_ids:
        return {}
    rows = await session.rows(_KNOWN, space=space, external_ids=list(external_ids))
    return {r.external_id: Known(memory_id=r.memory_id, content_hash=r.content_hash) for r in rows}


async def append(
    session: WriteSession,
    space: Space,
    episodes: Sequence[NewMemory],
    *,
    embedded: Embedded | None,
    consolidate: bool,
) -> set[MemoryId]:
    """Store the episodes whose external id is still free; returns the ids stored."""
    free = await writing.claim_external_ids(session, space, episodes)
    new = [episode for episode in episodes if episode.id in free]
    stage = Stage.EXTRACT if consolidate else Stage.HELD
    await backlog.owe(session, space.id, stage, [(episode.id, 1) for episode in new])
    await writing.store(session, space, new, embedded)
    return free


async def derived_from_session(
    session: ReadSession, space: SpaceId, session_id: str, *, after: MemoryId, limit: int
) -> Page[MemCube]:
    """Everything stored because of a session, oldest first."""
    rows = await session.rows(
        _DERIVED, space=space, session_id=session_id, after=after, limit=limit + 1
    )
    items = tuple(map(cube_of, rows[:limit]))
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)
