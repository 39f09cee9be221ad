"""Memories that say the same: what tells whether they do, and what one takes over from another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession, WriteSession
from stores.graph import meant
from stores.ids import MemoryId, SpaceId
from stores.marks import Mark

#: The link from a memory to the one it was merged into.
MERGED_INTO = "merged_into"

#: Kinds that are told anew from others are not for merging; nor is what somebody took back, until
#: it changes.
_MERGEABLE = """m.tenant_id = :tenant AND m.space_id = :space AND m.type = 'semantic'
          AND m.kind NOT IN ('summary', 'insight') AND m.state = 'active'
          AND m.expired_at IS NULL AND m.method->>'name' <> 'undo'"""
_NEXT = text(f"""
    SELECT m.memory_id, m.created_at,
           EXISTS (SELECT FROM backlog b
                   WHERE b.tenant_id = :tenant AND b.space_id = :space AND b.stage = 'embed'
                     AND b.memory_id = m.memory_id AND b.text_version = m.text_version
                     AND b.error IS NULL) AS waits
    FROM memories m
    WHERE {_MERGEABLE} AND (m.created_at, m.memory_id) > (:moment, :memory_id)
    ORDER BY m.created_at, m.memory_id LIMIT :limit
""")
_READ = text(f"""
    SELECT m.memory_id, m.version, m.kind, m.content, m.created_at, m.valid_at, m.invalid_at,
           m.expires_at, coalesce(m.valid_at, m.occurred_at) AS moment,
           m.data->>'subject' AS subject,
           coalesce(m.data->>'form' = 'event', false) AS happened, m.pinned, m.legal_hold,
           m.visibility, m.sensitivity, m.tags, m.origin = 'written' AS written,
           coalesce(u.confirmations, 0) AS confirmations,
           EXISTS (SELECT FROM relations r
                   WHERE r.tenant_id = :tenant AND r.memory_id = m.memory_id) AS claims,
           ARRAY(SELECT DISTINCT e.episode_id FROM evidence e
                 WHERE e.tenant_id = :tenant AND e.memory_id = m.memory_id) AS episodes,
           ARRAY(SELECT DISTINCT coalesce(ep.data->>'speaker', ep.data->>'role')
                 FROM evidence e JOIN memories ep
                     ON ep.tenant_id = :tenant AND ep.memory_id = e.episode_id
                    AND ep.expired_at IS NULL
                 WHERE e.tenant_id = :tenant AND e.memory_id = m.memory_id
                   AND coalesce(ep.data->>'speaker', ep.data->>'role') IS NOT NULL) AS speakers,
           ARRAY(SELECT DISTINCT e.memory_id FROM mentions n
                 CROSS JOIN {meant("n.entity_id", "e")}
                 WHERE n.tenant_id = :tenant AND n.memory_id = m.memory_id) AS named
    FROM memories m
    LEFT JOIN usage u ON u.tenant_id = :tenant AND u.memory_id = m.memory_id
    WHERE {_MERGEABLE} AND m.memory_id = ANY(:memory_ids)
""")
#: What the survivor rests on already stays as it is.
_UNITE = text("""
    INSERT INTO evidence
        (tenant_id, memory_id, episode_id, span_start, span_end, created_at, run_id)
    SELECT e.tenant_id, p.survivor, e.episode_id, e.span_start, e.span_end,
           CAST(:now AS timestamptz), CAST(:run_id AS uuid)
    FROM unnest(CAST(:losers AS uuid[]), CAST(:survivors AS uuid[])) AS p(loser, survivor)
    JOIN evidence e ON e.tenant_id = :tenant AND e.memory_id = p.loser
    ORDER BY p.survivor, e.episode_id, e.span_start, e.span_end
    ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mergeable:
    """A semantic memory that holds, and all that tells whether another says the same."""

    id: MemoryId
    version: int
    kind: str
    content: str
    created_at: datetime
    subject: str | None = None
    #: Since when it holds, or when it happened.
    moment: datetime | None = None
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    expires_at: datetime | None = None
    #: Whether it is of something that happened, not of something that lasts.
    happened: bool = False
    #: Whether it makes a claim, which beliefs follow from.
    claims: bool = False
    #: Whether a caller wrote it.
    written: bool = False
    pinned: bool = False
    held: bool = False
    confirmations: int = 0
    episodes: frozenset[MemoryId] = frozenset()
    #: Who said what it rests on.
    speakers: frozenset[str] = frozenset()
    #: The entities that it has to do with.
    named: frozenset[MemoryId] = frozenset()
    tags: tuple[str, ...] = ()
    visibility: str = "space"
    sensitivity: frozenset[str] = frozenset()


async def next_stretch(
    session: ReadSession, space: SpaceId, after: Mark, limit: int
) -> tuple[Mark, ...]:
    """The oldest that came or changed after a mark, up to the first that awaits its embedding."""
    rows = await session.rows(
        _NEXT, space=space, moment=after.moment, memory_id=after.memory_id, limit=limit
    )
    found = []
    for row in rows:
        if row.waits:
            break
        found.append(Mark(moment=row.created_at, memory_id=MemoryId(row.memory_id)))
    return tuple(found)


async def read(
    session: ReadSession, space: SpaceId, memory_ids: Sequence[MemoryId]
) -> Mapping[MemoryId, Mergeable]:
    """Those of the memories that may be merged."""
    rows = await session.rows(_READ, space=space, memory_ids=list(memory_ids))
    return {
        row.memory_id: Mergeable(
            id=MemoryId(row.memory_id),
            version=row.version,
            kind=row.kind,
            content=row.content,
            created_at=row.created_at,
            subject=row.subject,
            moment=row.moment,
            valid_at=row.valid_at,
            invalid_at=row.invalid_at,
            expires_at=row.expires_at,
            happened=row.happened,
            claims=row.claims,
            written=row.written,
            pinned=row.pinned,
            held=row.legal_hold,
            confirmations=row.confirmations,
            episodes=frozenset(map(MemoryId, row.episodes)),
            speakers=frozenset(row.speakers),
            named=frozenset(map(MemoryId, row.named)),
            tags=tuple(row.tags),
            visibility=row.visibility,
            sensitivity=frozenset(row.sensitivity),
        )
        for row in rows
    }


async def unite(
    session: WriteSession,
    pairs: Sequence[tuple[MemoryId, MemoryId]],
    run_id: UUID,
    now: datetime,
) -> None:
    """Have the second of each pair rest on what the first rests on, too."""
    await session.execute(
        _UNITE,
        losers=[loser for loser, _ in pairs],
        survivors=[survivor for _, survivor in pairs],
        run_id=run_id,
        now=now,
    )
