"""What was derived from memories that may have changed since, and how those stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from stores.database import ReadSession
from stores.ids import MemoryId, SpaceId

#: Kinds that tell in their own words what others tell.
KINDS = ("summary", "insight", "procedure")
#: A source has changed if it says, or is, something else than when what rests on it was told. What
#: merely was pinned or labelled has not.
_DEPENDENTS = text("""
    WITH told AS MATERIALIZED (
        SELECT m.memory_id, m.version, m.kind, m.created_at,
               coalesce(CAST(m.data->>'stale' AS boolean), false) AS stale,
               m.pinned, m.legal_hold, m.method->>'name' = 'undo' AS restored
        FROM memories m
        WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.expired_at IS NULL
          AND m.kind = ANY(:kinds) AND m.origin = 'derived' AND m.state = 'active'),
    edges AS (
        SELECT t.memory_id, t.created_at, d.source_id FROM told t
        JOIN derivations d ON d.tenant_id = :tenant AND d.memory_id = t.memory_id
        UNION
        SELECT t.memory_id, t.created_at, e.episode_id FROM told t
        JOIN evidence e ON e.tenant_id = :tenant AND e.memory_id = t.memory_id),
    looked_at AS (
        SELECT e.memory_id, e.source_id, e.source_id IN (SELECT memory_id FROM told) AS above,
               coalesce(s.state = 'active', false) AS stands,
               w.version IS NOT NULL AND (
                   (s.text_version, s.state, s.valid_at, s.invalid_at)
                       IS DISTINCT FROM (w.text_version, w.state, w.valid_at, w.invalid_at)
                   OR (s.data->>'stale' = 'true' AND w.stale IS DISTINCT FROM 'true')) AS changed
        FROM edges e
        LEFT JOIN memories s ON s.tenant_id = :tenant AND s.memory_id = e.source_id
            AND s.expired_at IS NULL
        LEFT JOIN LATERAL (
            SELECT version, text_version, state, valid_at, invalid_at, data->>'stale' AS stale
            FROM memories
            WHERE tenant_id = :tenant AND memory_id = e.source_id AND created_at <= e.created_at
            ORDER BY version DESC LIMIT 1) w ON true)
    SELECT t.memory_id, t.version, t.kind, t.stale, t.pinned, t.legal_hold, t.restored,
           bool_or(l.changed) AS changed, bool_or(l.stands AND NOT l.above) AS stands,
           array_agg(l.source_id) FILTER (WHERE l.above) AS upon
    FROM told t JOIN looked_at l ON l.memory_id = t.memory_id
    GROUP BY t.memory_id, t.version, t.kind, t.stale, t.pinned, t.legal_hold, t.restored
    ORDER BY t.memory_id
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Dependent:
    """Something that was derived, and how that stands which it rests on."""

    id: MemoryId
    version: int = 1
    kind: str = "summary"
    stale: bool = False
    pinned: bool = False
    held: bool = False
    #: Whether somebody took back what was last done to it.
    restored: bool = False
    #: Whether a source has changed since it was told.
    changed: bool = False
    #: Whether a source stands that is no such dependent itself.
    stands: bool = True
    #: The dependents among its sources.
    upon: tuple[MemoryId, ...] = ()


async def read(session: ReadSession, space: SpaceId) -> list[Dependent]:
    """The dependents of a space that rest on anything: one walk over their sources."""
    rows = await session.rows(_DEPENDENTS, space=space, kinds=list(KINDS))
    return [
        Dependent(
            id=MemoryId(row.memory_id),
            version=row.version,
            kind=row.kind,
            stale=row.stale,
            pinned=row.pinned,
            held=row.legal_hold,
            restored=row.restored,
            changed=row.changed,
            stands=row.stands,
            upon=_ids(row.upon),
        )
        for row in rows
    ]


def _ids(upon: Sequence[MemoryId] | None) -> tuple[MemoryId, ...]:
    return tuple(map(MemoryId, upon or ()))
