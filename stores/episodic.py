"""Episodes: appended once, exactly as received, under the writer's own ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from stores import backlog, writing
from stores.backlog import Stage
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.records import NewMemory, Space
from stores.writing import Embedded

_KNOWN = text("""
    SELECT external_id, memory_id, content_hash FROM external_ids
    WHERE tenant_id = :tenant AND space_id = :space AND external_id = ANY(:external_ids)
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
