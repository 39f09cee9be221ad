"""How a space stands: what it holds and what is still to be done for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from stores import backlog, jobs
from stores.database import ReadSession
from stores.ids import SpaceId
from stores.records import MemoryType

#: Served by memories_list_idx alone.
_COUNTS = text("""
    SELECT type, count(*) AS n, count(*) FILTER (WHERE origin = 'received') AS received
    FROM memories
    WHERE tenant_id = :tenant AND space_id = :space AND expired_at IS NULL AND state <> 'erased'
    GROUP BY type
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """Zero pending and unembedded = all that was written is processed."""

    episodes: int
    memories: Mapping[str, int]
    #: Jobs not done yet; and one more for extraction that is owed while no job is to do it.
    pending_jobs: int
    #: Of these, such as wait for a chat model that is away.
    awaiting_jobs: int
    failed_jobs: int
    unembedded: int
    #: Items set aside because they fail by themselves. They are owed until `consolidate`.
    failed_items: int
    #: Age in seconds of the oldest job not done yet; 0 when there is none.
    oldest_pending_s: float


async def status(session: ReadSession, space: SpaceId, now: datetime) -> Status:
    """Count, in one transaction, so that the numbers belong together."""
    rows = await session.rows(_COUNTS, space=space)
    counts = {row.type: row.n for row in rows}
    received = {row.type: row.received for row in rows}
    queued = await jobs.count(session, space)
    owed = await backlog.count(session, space)
    oldest = 0.0 if queued.oldest is None else (now - queued.oldest).total_seconds()
    return Status(
        episodes=received.get(MemoryType.EPISODIC, 0),
        memories={str(t): counts.get(t, 0) for t in MemoryType},
        pending_jobs=queued.pending + (owed.to_extract > 0 and not queued.extracting),
        awaiting_jobs=queued.awaiting,
        failed_jobs=queued.failed,
        unembedded=owed.to_embed,
        failed_items=owed.set_aside,
        oldest_pending_s=max(0.0, oldest),
    )
