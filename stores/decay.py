"""What decay has to look at: memories that are due, and what it found out about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, text

from stores import census
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.records import MemoryType, Tier

#: Three stretches of usage_due_idx: never worked out or by other rules, on either side of the rules
#: in force; and worked out by these, whose time has come.
_DUE = text("""
    SELECT memory_id FROM (
        (SELECT memory_id FROM usage
         WHERE tenant_id = :tenant AND space_id = :space AND rules < :rules
         ORDER BY rules LIMIT :limit)
        UNION ALL
        (SELECT memory_id FROM usage
         WHERE tenant_id = :tenant AND space_id = :space AND rules > :rules
         ORDER BY rules LIMIT :limit)
        UNION ALL
        (SELECT memory_id FROM usage
         WHERE tenant_id = :tenant AND space_id = :space AND rules = :rules
           AND next_transition_at <= :now
         ORDER BY next_transition_at LIMIT :limit)) stretches
    LIMIT :limit
""")
#: Those that somebody is just counting a use of are left for later, so that nobody waits for us in
#: another order than we wait for them.
_HOLD = text("""
    SELECT memory_id FROM usage WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
    ORDER BY memory_id FOR UPDATE SKIP LOCKED
""")
#: Each row looked up by usage_pk and memories_current_key; OFFSET 0 has that done also where
#: nothing is known of the tables yet. A version that decay itself made does not make a memory
#: younger. A memory whose making was undone has no current version.
_READ = text("""
    SELECT u.memory_id, u.counted, u.last_used_at, u.confirmations, u.tier, m.text_version, m.type,
           m.kind, m.importance, m.trust, m.valid_at, m.pinned OR m.legal_hold AS held,
           CASE WHEN m.method ->> 'name' <> 'decay' THEN m.created_at
                ELSE (SELECT v.created_at FROM memories v
                      WHERE v.tenant_id = :tenant AND v.memory_id = m.memory_id
                        AND v.version = m.version - 1) END AS since
    FROM unnest(CAST(:memory_ids AS uuid[])) AS those(memory_id)
    CROSS JOIN LATERAL (
        SELECT * FROM usage
        WHERE tenant_id = :tenant AND memory_id = those.memory_id OFFSET 0) u
    LEFT JOIN LATERAL (
        SELECT * FROM memories
        WHERE tenant_id = :tenant AND memory_id = those.memory_id AND expired_at IS NULL
        OFFSET 0) m ON true
""")
#: What no rules have worked out is owed since it was written; both by usage_due_idx.
_OWED_AT = text("""
    SELECT CASE WHEN EXISTS (SELECT FROM usage WHERE tenant_id = :tenant AND space_id = :space
                             AND rules < :rules)
                  OR EXISTS (SELECT FROM usage WHERE tenant_id = :tenant AND space_id = :space
                             AND rules > :rules)
                THEN CAST(:ever AS timestamptz)
                ELSE (SELECT next_transition_at FROM usage
                      WHERE tenant_id = :tenant AND space_id = :space AND rules = :rules
                        AND next_transition_at IS NOT NULL
                      ORDER BY next_transition_at LIMIT 1) END
""")
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_TURNED = text("""
    SELECT u.memory_id FROM usage u
    JOIN unnest(CAST(:memory_ids AS uuid[]), CAST(:tiers AS text[])) AS f(memory_id, tier)
      ON f.memory_id = u.memory_id
    WHERE u.tenant_id = :tenant AND u.memory_id = ANY(:memory_ids) AND u.tier <> f.tier
""")
_SETTLE = text("""
    UPDATE usage u
    SET tier = f.tier, strength = f.strength, retention = f.retention,
        next_transition_at = f.next_transition_at, rules = :rules
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:tiers AS text[]), CAST(:strengths AS real[]),
                CAST(:retentions AS real[]), CAST(:transitions AS timestamptz[]))
         AS f(memory_id, tier, strength, retention, next_transition_at)
    WHERE u.tenant_id = :tenant AND u.memory_id = ANY(:memory_ids) AND u.memory_id = f.memory_id
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Current:
    """What decay goes by of the current version. `importance` and `trust` are in 0..1."""

    text_version: int
    type: MemoryType
    kind: str
    importance: float
    trust: float
    since: datetime
    valid_at: datetime | None
    held: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """What decay goes by of one memory, as its row of usage and its current version say."""

    memory_id: MemoryId
    tier: Tier
    uses: int
    last_used_at: datetime | None
    confirmations: int
    #: None where the making of the memory was undone.
    current: Current | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """How a memory stands."""

    memory_id: MemoryId
    tier: Tier
    #: In 0..1.
    retention: float
    #: In days.
    strength: float | None = None
    next_transition_at: datetime | None = None


async def due(
    session: ReadSession, space: SpaceId, rules: int, *, now: datetime, limit: int
) -> list[MemoryId]:
    """Memories whose tier changes by now, or that were not worked out by these rules."""
    rows = await session.rows(_DUE, space=space, rules=rules, now=now, limit=limit)
    return [MemoryId(row.memory_id) for row in rows]


async def owed_at(session: ReadSession, space: SpaceId, rules: int) -> datetime | None:
    """Since when, or from when on, something is due; None if nothing is."""
    found: datetime | None = await session.scalar(_OWED_AT, space=space, rules=rules, ever=_EVER)
    return found


async def hold(session: WriteSession, memory_ids: Sequence[MemoryId]) -> list[Subject]:
    """Those of the memories nobody is counting for, held until commit and as they are now."""
    held = await session.rows(_HOLD, memory_ids=list(memory_ids))
    rows = await session.rows(_READ, memory_ids=[row.memory_id for row in held])
    return [_subject(row) for row in rows]


async def find(session: ReadSession, memory_id: MemoryId) -> Subject | None:
    """What decay goes by of one memory, as it is now; None if it is not there."""
    rows = await session.rows(_READ, memory_ids=[memory_id])
    return _subject(rows[0]) if rows else None


async def settle(
    session: WriteSession, rules: int, found: Sequence[Finding], now: datetime
) -> None:
    """Note how memories stand, by which rules, and when to look at them again."""
    if found:
        ids, tiers = [one.memory_id for one in found], [str(one.tier) for one in found]
        rows = await session.rows(_TURNED, memory_ids=ids, tiers=tiers)
        turned, today = [MemoryId(row.memory_id) for row in rows], now.astimezone(UTC).date()
        await census.leave(session, turned, today)
        await session.execute(
            _SETTLE,
            rules=rules,
            memory_ids=ids,
            tiers=tiers,
            strengths=[one.strength for one in found],
            retentions=[one.retention for one in found],
            transitions=[one.next_transition_at for one in found],
        )
        await census.enter(session, turned, today)


def _subject(row: Row[Any]) -> Subject:
    return Subject(
        memory_id=MemoryId(row.memory_id),
        tier=Tier(row.tier),
        uses=row.counted,
        last_used_at=row.last_used_at,
        confirmations=row.confirmations,
        current=None if row.kind is None else _current(row),
    )


def _current(row: Row[Any]) -> Current:
    return Current(
        text_version=row.text_version,
        type=MemoryType(row.type),
        kind=row.kind,
        importance=row.importance,
        trust=row.trust,
        since=row.since,
        valid_at=row.valid_at,
        held=row.held,
    )
