"""Keeps count of what is owed, by stage, so that no figure reads the backlog.

As in `stores.census`: every change of the backlog notes, in its own statement, by how many rows of
which sort it is longer or shorter. Notes are only added, so that workers do not wait for each
other; `fold` adds them up. A count is what was added up and what was not yet: exact at any time.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from sqlalchemy import TextClause, text

from stores.database import WriteSession
from stores.tallies import AT_ONCE, add_up

#: What a row of the backlog counts as.
_ROW = "backlog.tenant_id, backlog.space_id, backlog.stage, backlog.error IS NOT NULL AS aside"
#: What a note is made of: rows of `counts`, each with by how many.
_NOTE = """
    noted AS (
        INSERT INTO owed_changes (tenant_id, change_id, space_id, stage, aside, n)
        SELECT tenant_id, CAST(:change_id AS uuid), space_id, stage, aside, CAST(sum(n) AS bigint)
        FROM counts GROUP BY tenant_id, space_id, stage, aside HAVING sum(n) <> 0)
    SELECT memory_id, text_version FROM changed
"""
_TAKE = text("""
    DELETE FROM owed_changes c
    USING (SELECT change_id, space_id, stage, aside FROM owed_changes
           WHERE tenant_id = :tenant ORDER BY change_id LIMIT :limit FOR UPDATE SKIP LOCKED) t
    WHERE c.tenant_id = :tenant AND c.change_id = t.change_id AND c.space_id = t.space_id
      AND c.stage = t.stage AND c.aside = t.aside
    RETURNING c.space_id, c.stage, c.aside, c.n
""")
#: In the order of the key, so that two that add up cannot wait for each other.
_ADD = text("""
    INSERT INTO owed AS o (tenant_id, space_id, stage, aside, n)
    SELECT CAST(:tenant AS uuid), a.*
    FROM unnest(CAST(:space_id AS uuid[]), CAST(:stage AS text[]), CAST(:aside AS boolean[]),
                CAST(:n AS bigint[])) AS a(space_id, stage, aside, n)
    ORDER BY a.space_id, a.stage, a.aside
    ON CONFLICT (tenant_id, space_id, stage, aside) DO UPDATE SET n = o.n + excluded.n
""")


def counted(change: str, *, by: Literal[1, -1]) -> TextClause:
    """An INSERT into the backlog or a DELETE from it that counts what it does.

    It is executed with a `change_id`, and returns the items that came or went.
    """
    return text(f"""
        WITH changed AS ({change} RETURNING {_ROW}, backlog.memory_id, backlog.text_version),
        counts AS (SELECT tenant_id, space_id, stage, aside, {by} AS n FROM changed),
        {_NOTE}
    """)


def moved(assignments: str, condition: str) -> TextClause:
    """An UPDATE of the rows of the backlog that meet a condition, counted likewise."""
    return text(f"""
        WITH old AS MATERIALIZED (
            SELECT {_ROW}, memory_id, text_version FROM backlog
            WHERE backlog.tenant_id = :tenant AND {condition}
            ORDER BY space_id, stage, memory_id, text_version FOR UPDATE),
        changed AS (
            UPDATE backlog SET {assignments} FROM old
            WHERE backlog.tenant_id = :tenant AND backlog.space_id = old.space_id
              AND backlog.stage = old.stage AND backlog.memory_id = old.memory_id
              AND backlog.text_version = old.text_version
            RETURNING {_ROW}, backlog.memory_id, backlog.text_version),
        counts AS (
            SELECT tenant_id, space_id, stage, aside, -1 AS n FROM old
            UNION ALL SELECT tenant_id, space_id, stage, aside, 1 FROM changed),
        {_NOTE}
    """)


async def fold(session: WriteSession) -> int:
    """Add up notes, some thousands at most; returns how many, so that it can be done again."""
    rows = await session.rows(_TAKE, limit=AT_ONCE)
    sums: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        sums[row.space_id, row.stage, row.aside] += row.n
    await add_up(session, _ADD, ("space_id", "stage", "aside"), sums)
    return len(rows)
