"""How far a job has come in a space: it goes on behind its mark, and does nothing twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId

_GET = text("""
    SELECT moment, last_id FROM marks
    WHERE tenant_id = :tenant AND space_id = :space AND job = :job
""")
_SET = text("""
    INSERT INTO marks (tenant_id, space_id, job, moment, last_id)
    VALUES (:tenant, :space, :job, :moment, :memory_id)
    ON CONFLICT (tenant_id, space_id, job)
    DO UPDATE SET moment = excluded.moment, last_id = excluded.last_id
""")


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Mark:
    """The current version of a memory, by when it was made; those behind it are still to do."""

    moment: datetime
    memory_id: MemoryId


#: Before every memory.
START = Mark(moment=datetime(1970, 1, 1, tzinfo=UTC), memory_id=MemoryId(UUID(int=0)))


async def get(session: ReadSession, space: SpaceId, job: str) -> Mark:
    """Where the job is."""
    row = await session.row(_GET, space=space, job=job)
    if row is None:
        return START
    return Mark(moment=row.moment, memory_id=MemoryId(row.last_id))


async def put(session: WriteSession, space: SpaceId, job: str, mark: Mark) -> None:
    """Note where it is, in the transaction that stores what it did until there."""
    await session.execute(_SET, space=space, job=job, moment=mark.moment, memory_id=mark.memory_id)
