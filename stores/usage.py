"""How often memories are shown, used and confirmed: counters beside the versions, not versions.

Every memory has a row from the first; with its counters it says how the memory has decayed. A row
whose `rules` are 0 is to be looked at by the job `decay`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import text

from stores.database import WriteSession
from stores.ids import MemoryId, SpaceId
from stores.records import Tier

#: A use makes a memory more lasting only so long after the last that did.
SPACING = timedelta(hours=12)
#: Tiers out of which a use brings a memory back.
_FAR = (Tier.COLD, Tier.ARCHIVED)

_BEGIN = text("""
    INSERT INTO usage
        (tenant_id, memory_id, space_id, retrieved, used, confirmations, tier, retention)
    SELECT :tenant, c.memory_id, :space, 0, 0, 0, 'hot', 1
    FROM unnest(CAST(:memory_ids AS uuid[])) AS c(memory_id)
    ON CONFLICT DO NOTHING
""")
#: What was erased meanwhile has no row. Locks are taken in the order of ids, so that two writers
#: cannot wait for each other. The ids are named again for the planner: while nothing is known of a
#: table it would otherwise read the whole tenant.
_ADD = text("""
    WITH held AS MATERIALIZED (
        SELECT u.memory_id, c.retrieved, c.confirmations
        FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:retrieved AS int[]),
                    CAST(:confirmations AS int[])) AS c(memory_id, retrieved, confirmations)
        JOIN usage u ON u.tenant_id = :tenant AND u.memory_id = c.memory_id
            AND u.memory_id = ANY(:memory_ids)
        ORDER BY u.memory_id FOR UPDATE OF u)
    UPDATE usage u SET retrieved = u.retrieved + h.retrieved,
                       confirmations = u.confirmations + h.confirmations,
                       rules = CASE WHEN h.confirmations = 0 THEN u.rules ELSE 0 END
    FROM held h
    WHERE u.tenant_id = :tenant AND u.memory_id = h.memory_id AND u.memory_id = ANY(:memory_ids)
""")
#: A use that is taken back leaves the time of the last one: the one before it is not known.
_USE = text("""
    WITH held AS MATERIALIZED (
        SELECT u.memory_id, c.used, c.used > 0 AND (
                   u.counted_at IS NULL OR u.counted_at <= :spaced) AS counts
        FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:used AS int[])) AS c(memory_id, used)
        JOIN usage u ON u.tenant_id = :tenant AND u.memory_id = c.memory_id
            AND u.memory_id = ANY(:memory_ids)
        ORDER BY u.memory_id FOR UPDATE OF u)
    UPDATE usage u
    SET used = greatest(u.used + h.used, 0),
        last_used_at = CASE WHEN h.used > 0 THEN greatest(u.last_used_at, CAST(:now AS timestamptz))
                            ELSE u.last_used_at END,
        counted = CASE WHEN h.counts THEN u.counted + 1
                       ELSE least(u.counted, greatest(u.used + h.used, 0)) END,
        counted_at = CASE WHEN h.counts THEN CAST(:now AS timestamptz) ELSE u.counted_at END,
        rules = 0
    FROM held h
    WHERE u.tenant_id = :tenant AND u.memory_id = h.memory_id AND u.memory_id = ANY(:memory_ids)
    RETURNING u.space_id, u.tier
""")
_LOOK_AGAIN = text("""
    UPDATE usage SET rules = 0 WHERE tenant_id = :tenant AND memory_id = :memory_id
""")


async def begin(session: WriteSession, space: SpaceId, memory_ids: Sequence[MemoryId]) -> None:
    """Give new memories their rows."""
    if memory_ids:
        await session.execute(_BEGIN, space=space, memory_ids=list(memory_ids))


async def add_used(
    session: WriteSession, counts: Mapping[MemoryId, int], now: datetime
) -> set[SpaceId]:
    """Count that memories served, with 1, or did not after all, with -1.

    Returns the spaces in which one of them is in a far tier and has to be brought back.
    """
    if not counts:
        return set()
    rows = await session.rows(
        _USE, memory_ids=list(counts), used=list(counts.values()), now=now, spaced=now - SPACING
    )
    return {SpaceId(row.space_id) for row in rows if row.tier in _FAR}


async def add_retrieved(session: WriteSession, counts: Mapping[MemoryId, int]) -> None:
    """Count how often memories were shown."""
    await _add(session, counts, {})


async def add_confirmations(session: WriteSession, counts: Mapping[MemoryId, int]) -> None:
    """Count further sources that say the same."""
    await _add(session, {}, counts)


async def look_again(session: WriteSession, memory_id: MemoryId) -> None:
    """Have decay look at a memory that was changed: it may be more lasting now, or less."""
    await session.execute(_LOOK_AGAIN, memory_id=memory_id)


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
