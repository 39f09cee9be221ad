"""What became different in a space between two moments, on either time axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, text

from stores.database import ReadSession
from stores.ids import MemoryId, SpaceId, first_id
from stores.memories import find_versions
from stores.records import MemCube, Page

#: A version is shown while it is active and has not ended. Of what was erased only the tombstone is
#: left, and its id, which tells when it was made.
_KNOWN = """
    WITH touched AS MATERIALIZED (
        SELECT DISTINCT memory_id FROM memories
        WHERE tenant_id = :tenant AND space_id = :space
          AND ((created_at > :since AND created_at <= :until)
               OR (expired_at > :since AND expired_at <= :until))),
    told AS (
        SELECT t.memory_id, b.version AS before, a.version AS after, a.state,
               CASE WHEN a.state = 'erased' AND b.version IS NULL THEN t.memory_id < :first
                    ELSE coalesce(b.state = 'active', false) END AS was,
               coalesce(a.state = 'active', false) AS is_now
        FROM touched t
        LEFT JOIN LATERAL (
            SELECT version, state FROM memories
            WHERE tenant_id = :tenant AND memory_id = t.memory_id AND created_at <= :since
              AND (expired_at IS NULL OR expired_at > :since)
              AND state <> 'erased' LIMIT 1) b ON true
        LEFT JOIN LATERAL (
            SELECT version, state FROM memories
            WHERE tenant_id = :tenant AND memory_id = t.memory_id AND created_at <= :until
              AND (expired_at IS NULL OR expired_at > :until) LIMIT 1) a ON true),
    differences AS (
        SELECT memory_id, CAST(NULL AS uuid) AS after_id, before, after,
               CASE WHEN was AND is_now THEN 'changed' WHEN is_now THEN 'added'
                    ELSE 'ended' END AS change,
               CASE WHEN is_now THEN NULL ELSE coalesce(state, 'undone') END AS how
        FROM told WHERE was OR is_now)
"""
#: By what is known now. What replaced something else is told together with it.
_VALID = """
    WITH held AS MATERIALIZED (
        SELECT memory_id, version, state,
               coalesce(valid_at, occurred_at, created_at) AS begun, invalid_at AS ended
        FROM memories
        WHERE tenant_id = :tenant AND space_id = :space AND expired_at IS NULL
          AND kind <> 'entity' AND state IN ('active', 'superseded', 'invalidated')),
    added AS MATERIALIZED (
        SELECT * FROM held
        WHERE begun > :since AND begun <= :until AND (ended IS NULL OR ended > :until)),
    ended AS MATERIALIZED (
        SELECT * FROM held
        WHERE begun <= :since AND ended > :since AND ended <= :until),
    replaced AS MATERIALIZED (
        SELECT DISTINCT ON (e.memory_id) e.memory_id, a.memory_id AS after_id,
               e.version AS before, a.version AS after
        FROM ended e
        JOIN links l ON l.tenant_id = :tenant AND l.target_id = e.memory_id
                    AND l.link_kind = 'supersedes'
        JOIN added a ON a.memory_id = l.memory_id
        ORDER BY e.memory_id, a.begun, a.memory_id),
    differences AS (
        SELECT memory_id, after_id, before, after, 'changed' AS change, CAST(NULL AS text) AS how
        FROM replaced
        UNION ALL
        SELECT memory_id, NULL, NULL, version, 'added', NULL FROM added
        WHERE memory_id NOT IN (SELECT after_id FROM replaced)
        UNION ALL
        SELECT memory_id, NULL, version, NULL, 'ended', state FROM ended
        WHERE memory_id NOT IN (SELECT memory_id FROM replaced))
"""
_LISTED = """
    SELECT * FROM differences WHERE memory_id > :behind ORDER BY memory_id LIMIT :limit
"""
_COUNTED = "SELECT change, count(*) AS n FROM differences GROUP BY change"
#: No id of ours is older.
_FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


class Axis(StrEnum):
    """What the system knew, or what held in the world."""

    KNOWN = "known"
    VALID = "valid"


_BY_AXIS: Mapping[Axis, str] = {Axis.KNOWN: _KNOWN, Axis.VALID: _VALID}


@dataclass(frozen=True, kw_only=True, slots=True)
class Stretch:
    """From one moment to another, on an axis."""

    since: datetime
    until: datetime
    axis: Axis


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One memory that was added, ended or changed; `how` it ended is a state, or `undone`.

    On the axis of the world, what changed is one memory before and another one after.
    """

    memory_id: MemoryId
    change: str
    how: str | None
    before: MemCube | None
    after: MemCube | None


async def list_differences(
    session: ReadSession, space: SpaceId, stretch: Stretch, *, behind: MemoryId, limit: int
) -> Page[Difference]:
    """The differences, by memory id; of what was erased nothing but the id."""
    sql = text(_BY_AXIS[stretch.axis] + _LISTED)
    rows = await session.rows(sql, **_bound(space, stretch), behind=behind, limit=limit + 1)
    page = rows[:limit]
    # On the axis of what is known, a memory may be shown in two versions.
    before = [(MemoryId(r.memory_id), r.before) for r in page if r.before is not None]
    after = [
        (MemoryId(r.after_id or r.memory_id), r.after)
        for r in page
        if r.after is not None and r.how is None
    ]
    old, new = await find_versions(session, before), await find_versions(session, after)
    items = tuple(_difference(row, old, new) for row in page)
    return Page(items=items, next_cursor=str(items[-1].memory_id) if len(rows) > limit else None)


async def count_differences(
    session: ReadSession, space: SpaceId, stretch: Stretch
) -> Mapping[str, int]:
    """How many memories were added, ended and changed."""
    sql = text(_BY_AXIS[stretch.axis] + _COUNTED)
    found = {row.change: row.n for row in await session.rows(sql, **_bound(space, stretch))}
    return {change: found.get(change, 0) for change in ("added", "ended", "changed")}


def _bound(space: SpaceId, stretch: Stretch) -> dict[str, Any]:
    bound = {"space": space, "since": stretch.since, "until": stretch.until}
    if stretch.axis is Axis.VALID:
        return bound
    return {**bound, "first": first_id(max(stretch.since, _FIRST_MOMENT))}


def _difference(
    row: Row[Any], old: Mapping[MemoryId, MemCube], new: Mapping[MemoryId, MemCube]
) -> Difference:
    memory_id = MemoryId(row.memory_id)
    return Difference(
        memory_id=memory_id,
        change=row.change,
        how=row.how,
        before=old.get(memory_id),
        after=new.get(MemoryId(row.after_id or memory_id)),
    )
