"""Which of some memories are at odds: they, or what was taken from them, contradict each other."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from stores.database import ReadSession
from stores.ids import MemoryId

#: By evidence_episode_idx and links_pk. A fact that no longer holds contradicts nothing.
_PAIRS = text("""
    WITH told AS MATERIALIZED (
        SELECT t.shown, t.memory_id FROM (
            SELECT id AS shown, id AS memory_id FROM unnest(CAST(:ids AS uuid[])) AS u(id)
            UNION
            SELECT episode_id, memory_id FROM evidence
            WHERE tenant_id = :tenant AND episode_id = ANY(:ids)) t
        JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = t.memory_id
            AND m.expired_at IS NULL AND m.state = 'active')
    SELECT DISTINCT least(a.shown, b.shown) AS one, greatest(a.shown, b.shown) AS other
    FROM told a
    JOIN links l ON l.tenant_id = :tenant AND l.memory_id = a.memory_id
        AND l.link_kind = 'contradicts'
    JOIN told b ON b.memory_id = l.target_id
    WHERE a.shown <> b.shown
    ORDER BY one, other
""")


async def pairs(
    session: ReadSession, ids: Sequence[MemoryId]
) -> tuple[tuple[MemoryId, MemoryId], ...]:
    """The pairs among these that are at odds, each once; of the tenant, whatever the space."""
    rows = await session.rows(_PAIRS, ids=list(ids))
    return tuple((MemoryId(row.one), MemoryId(row.other)) for row in rows)
