"""How often memories are shown and confirmed: counters beside the versions, not versions."""

from __future__ import annotations

from collections.abc import Mapping

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


async def add_retrieved(session: WriteSession, counts: Mapping[MemoryId, int]) -> None:
    """Count how often memories were shown."""
    ids = list(counts)
    await session.execute(
        _ADD,
        memory_ids=ids,
        retrieved=[counts[i] for i in ids],
        confirmations=[0] * len(ids),
    )


async def add_confirmations(session: WriteSession, counts: Mapping[MemoryId, int]) -> None:
    """Count further sources that say the same."""
    ids = list(counts)
    await session.execute(
        _ADD, memory_ids=ids, retrieved=[0] * len(ids), confirmations=[counts[i] for i in ids]
    )
