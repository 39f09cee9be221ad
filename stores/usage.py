"""How often memories are shown, used and confirmed: counters beside the versions, not versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text

from stores.database import WriteSession
from stores.ids import MemoryId

#: Only for memories that are still there: what was erased meanwhile must leave no trace. Locks are
#: taken in the order of ids, so that two writers cannot wait for each other.
_ADD = text("""
    INSERT INTO usage AS u
        (tenant_id, memory_id, retrieved, used, confirmations, tier, retention)
    SELECT :tenant, c.memory_id, c.retrieved, 0, c.confirmations, 'hot', 1
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:retrieved AS int[]),
                CAST(:confirmations AS int[])) AS c(memory_id, retrieved, confirmations)
    WHERE EXISTS (SELECT 1 FROM memories m
                  WHERE m.tenant_id = :tenant AND m.memory_id = c.memory_id
                    AND m.expired_at IS NULL AND m.state <> 'erased')
    ORDER BY c.memory_id
    ON CONFLICT (tenant_id, memory_id)
    DO UPDATE SET retrieved = u.retrieved + excluded.retrieved,
                  confirmations = u.confirmations + excluded.confirmations
""")


#: A use that is taken back leaves the time of the last one: the one before it is not known.
_USE = text("""
    INSERT INTO usage AS u
        (tenant_id, memory_id, retrieved, used, last_used_at, confirmations, tier, retention)
    SELECT :tenant, c.memory_id, 0, c.used,
           CASE WHEN c.used > 0 THEN CAST(:now AS timestamptz) END, 0, 'hot', 1
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:used AS int[])) AS c(memory_id, used)
    ORDER BY c.memory_id
    ON CONFLICT (tenant_id, memory_id)
    DO UPDATE SET used = greatest(u.used + excluded.used, 0),
                  last_used_at = greatest(u.last_used_at, excluded.last_used_at)
""")


async def add_used(session: WriteSession, counts: Mapping[MemoryId, int], now: datetime) -> None:
    """Count that memories served, with 1, or did not after all, with -1.

    They must be kept from being erased meanwhile: what is erased leaves no trace.
    """
    if counts:
        await session.execute(_USE, memory_ids=list(counts), used=list(counts.values()), now=now)


async def add_retrieved(session: WriteSession, counts: Mapping[MemoryId, int]) -> None:
    """Count how often memories were shown."""
    await _add(session, counts, {})


async def add_confirmations(session: WriteSession, counts: Mapping[MemoryId, int]) -> None:
    """Count further sources that say the same."""
    await _add(session, {}, counts)


async def _add(
    session: WriteSession, retrieved: Mapping[MemoryId, int], confirmations: Mapping[MemoryId, int]
) -> None:
    if ids := [*retrieved, *confirmations]:
        await session.execute(
            _ADD,
            memory_ids=ids,
            retrieved=[retrieved.get(i, 0) for i in ids],
            confirmations=[confirmations.get(i, 0) for i in ids],
        )
