"""How much a space holds: memories by state and tier, and bytes by table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text

from stores.database import ReadSession
from stores.ids import SpaceId

#: The tables that grow with what is remembered, and that know their space.
TABLES = ("memories", "vectors", "cold_vectors", "postings", "links")

_STATES = text("""
    SELECT m.type || '/' || m.state AS name, count(*) AS n FROM memories m
    WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.expired_at IS NULL
    GROUP BY 1 ORDER BY 1
""")
_TIERS = text("""
    SELECT u.tier AS name, count(*) AS n FROM memories m
    JOIN usage u ON u.tenant_id = m.tenant_id AND u.memory_id = m.memory_id
    WHERE m.tenant_id = :tenant AND u.tenant_id = :tenant AND m.space_id = :space
      AND m.expired_at IS NULL AND m.state = 'active'
    GROUP BY 1 ORDER BY 1
""")
#: Whole rows, as they lie in the table; indexes come on top.
_BYTES = {
    table: text(f"""
        SELECT coalesce(sum(pg_column_size(t.*)), 0)::bigint FROM {table} t
        WHERE t.tenant_id = :tenant AND t.space_id = :space
    """)
    for table in TABLES
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """What a space holds."""

    #: Memories by `type/state`.
    states: Mapping[str, int]
    #: Active memories by tier.
    tiers: Mapping[str, int]
    #: Bytes of its rows, by table.
    sizes: Mapping[str, int]


async def measure(session: ReadSession, space: SpaceId) -> Sizes:
    """Count and weigh; reads every row of the space, so it is not for a request."""
    states = await session.rows(_STATES, space=space)
    tiers = await session.rows(_TIERS, space=space)
    return Sizes(
        states={row.name: row.n for row in states},
        tiers={row.name: row.n for row in tiers},
        sizes={table: await session.scalar(sql, space=space) for table, sql in _BYTES.items()},
    )
