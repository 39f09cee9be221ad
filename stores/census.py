"""Keeps count of memories by type, kind, state and tier, so that no figure reads them all.

Whoever changes what a memory counts as notes that it leaves its place, and enters another, in the
transaction of the change. Notes are only added, so that writers do not wait for each other; `fold`
adds them up. A count is what was added up and what was not yet: exact at any time.

What a memory counts as stands in its header and in its row of usage. Whoever notes a change holds
both until commit, the header's lock being the caller's, so that no two notes tell of one place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import text

from stores.database import WriteSession
from stores.ids import MemoryId, new_id
from stores.tallies import AT_ONCE, add_up

#: Where a memory is counted. Tombstones count nowhere.
_PLACE = ("space_id", "type", "kind", "state", "tier", "stale")
#: Each memory is looked up by memories_current_key; OFFSET 0 has that done also where nothing is
#: known of the table yet. Before its row of usage is written, a memory is hot. Without a `day` it
#: is that on which the version was made.
_NOTE = text("""
    WITH held AS MATERIALIZED (
        SELECT memory_id, tier FROM usage
        WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
        ORDER BY memory_id FOR UPDATE)
    INSERT INTO census_changes
        (tenant_id, change_id, space_id, type, kind, state, tier, stale, day, n)
    SELECT CAST(:tenant AS uuid), CAST(:change_id AS uuid), m.space_id, m.type, m.kind, m.state,
           coalesce(h.tier, 'hot'), m.stale, coalesce(CAST(:day AS date), m.day),
           CAST(:sign AS bigint) * count(*)
    FROM (SELECT DISTINCT memory_id FROM unnest(CAST(:memory_ids AS uuid[])) AS i(memory_id)) those
    CROSS JOIN LATERAL (
        SELECT space_id, type, kind, state, coalesce(data->>'stale' = 'true', false) AS stale,
               CAST(created_at AT TIME ZONE 'UTC' AS date) AS day
        FROM memories
        WHERE tenant_id = :tenant AND memory_id = those.memory_id AND expired_at IS NULL
          AND state <> 'erased' OFFSET 0) m
    LEFT JOIN held h ON h.memory_id = those.memory_id
    GROUP BY 3, 4, 5, 6, 7, 8, 9
""")
_TAKE = text("""
    DELETE FROM census_changes c
    USING (SELECT change_id, space_id, type, kind, state, tier, stale, day FROM census_changes
           WHERE tenant_id = :tenant ORDER BY change_id LIMIT :limit FOR UPDATE SKIP LOCKED) t
    WHERE c.tenant_id = :tenant AND c.change_id = t.change_id AND c.space_id = t.space_id
      AND c.type = t.type AND c.kind = t.kind AND c.state = t.state AND c.tier = t.tier
      AND c.stale = t.stale AND c.day = t.day
    RETURNING c.space_id, c.type, c.kind, c.state, c.tier, c.stale, c.day, c.n
""")
#: In the order of the key, so that two that add up cannot wait for each other.
_ADD = text("""
    INSERT INTO census AS c (tenant_id, space_id, type, kind, state, tier, stale, n)
    SELECT CAST(:tenant AS uuid), a.*
    FROM unnest(CAST(:space_id AS uuid[]), CAST(:type AS text[]), CAST(:kind AS text[]),
                CAST(:state AS text[]), CAST(:tier AS text[]), CAST(:stale AS boolean[]),
                CAST(:n AS bigint[])) AS a(space_id, type, kind, state, tier, stale, n)
    ORDER BY a.space_id, a.type, a.kind, a.state, a.tier, a.stale
    ON CONFLICT (tenant_id, space_id, type, kind, state, tier, stale)
    DO UPDATE SET n = c.n + excluded.n
""")
_ADD_DAYS = text("""
    INSERT INTO census_days AS c (tenant_id, space_id, day, type, n)
    SELECT CAST(:tenant AS uuid), a.*
    FROM unnest(CAST(:space_id AS uuid[]), CAST(:day AS date[]), CAST(:type AS text[]),
                CAST(:n AS bigint[])) AS a(space_id, day, type, n)
    ORDER BY a.space_id, a.day, a.type
    ON CONFLICT (tenant_id, space_id, day, type) DO UPDATE SET n = c.n + excluded.n
""")


async def leave(session: WriteSession, memory_ids: Sequence[MemoryId], day: date) -> None:
    """Note, before they change or go, that memories will no longer count as what they are."""
    await _note(session, memory_ids, -1, day)


async def enter(
    session: WriteSession, memory_ids: Sequence[MemoryId], day: date | None = None
) -> None:
    """Note what memories count as from now on; without a `day`, since their version was made."""
    await _note(session, memory_ids, 1, day)


async def _note(
    session: WriteSession, memory_ids: Sequence[MemoryId], sign: int, day: date | None
) -> None:
    if memory_ids:
        await session.execute(
            _NOTE, memory_ids=list(memory_ids), change_id=new_id(), sign=sign, day=day
        )


async def fold(session: WriteSession) -> int:
    """Add up notes, some thousands at most; returns how many, so that it can be done again."""
    rows = await session.rows(_TAKE, limit=AT_ONCE)
    if not rows:
        return 0
    places: Counter[tuple[Any, ...]] = Counter()
    days: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        places[tuple(getattr(row, name) for name in _PLACE)] += row.n
        days[row.space_id, row.day, row.type] += row.n
    await add_up(session, _ADD, _PLACE, places)
    await add_up(session, _ADD_DAYS, ("space_id", "day", "type"), days)
    return len(rows)
