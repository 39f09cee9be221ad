"""What may be learned by an adapter: the memories that stand, with all that decides about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession
from stores.ids import MemoryId, SpaceId, first_id, made_at
from stores.records import Payload

#: By links_since_idx and memories_space_idx. The words of a memory stand unchanged since the
#: version that they came with.
_CANDIDATES = text("""
    WITH disputed AS MATERIALIZED (
        SELECT unnest(ARRAY[l.memory_id, l.target_id]) AS memory_id FROM links l
        JOIN memories a ON a.tenant_id = :tenant AND a.memory_id = l.memory_id
            AND a.expired_at IS NULL AND a.state = 'active'
        JOIN memories b ON b.tenant_id = :tenant AND b.memory_id = l.target_id
            AND b.expired_at IS NULL AND b.state = 'active'
        WHERE l.tenant_id = :tenant AND l.space_id = :space AND l.link_kind = 'contradicts'
          AND a.invalid_at IS NULL AND b.invalid_at IS NULL)
    SELECT m.memory_id, m.version, m.kind, m.content, m.data, m.valid_at, m.invalid_at,
           m.expires_at, m.trust, m.sensitivity, m.visibility, m.legal_hold, m.tags,
           coalesce(w.created_at, m.created_at) AS stable_since,
           coalesce(u.used, 0) AS used, coalesce(u.confirmations, 0) AS confirmations,
           u.last_used_at,
           m.memory_id IN (SELECT memory_id FROM disputed) AS contradicted
    FROM memories m
    LEFT JOIN usage u ON u.tenant_id = :tenant AND u.memory_id = m.memory_id
    LEFT JOIN memories w ON w.tenant_id = :tenant AND w.memory_id = m.memory_id
        AND w.version = m.text_version
    WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.expired_at IS NULL
      AND m.state = 'active' AND m.type = 'semantic'
    ORDER BY m.memory_id LIMIT :limit
""")


#: By memories_space_idx: the first that was made after an id.
_NEXT = text("""
    SELECT memory_id FROM memories
    WHERE tenant_id = :tenant AND space_id = :space AND memory_id > :after
      AND expired_at IS NULL AND state = 'active' AND type = 'semantic'
    ORDER BY memory_id LIMIT 1
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """A memory that stands, and what decides whether it may be learned."""

    id: MemoryId
    kind: str
    content: str
    stable_since: datetime
    version: int = 1
    data: Payload = field(default_factory=dict)
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    expires_at: datetime | None = None
    trust: float = 0.5
    sensitivity: tuple[str, ...] = ()
    visibility: str = "space"
    legal_hold: bool = False
    tags: tuple[str, ...] = ()
    used: int = 0
    last_used_at: datetime | None = None
    confirmations: int = 0
    #: Whether another memory that holds says otherwise.
    contradicted: bool = False


async def candidates(session: ReadSession, space: SpaceId, *, limit: int) -> Sequence[Candidate]:
    """The semantic memories of a space that stand, by id."""
    return [
        Candidate(
            id=MemoryId(row.memory_id),
            kind=row.kind,
            content=row.content,
            stable_since=row.stable_since,
            version=row.version,
            data=row.data,
            valid_at=row.valid_at,
            invalid_at=row.invalid_at,
            expires_at=row.expires_at,
            trust=round(row.trust, 6),
            sensitivity=tuple(row.sensitivity),
            visibility=row.visibility,
            legal_hold=row.legal_hold,
            tags=tuple(row.tags),
            used=row.used,
            last_used_at=row.last_used_at,
            confirmations=row.confirmations,
            contradicted=row.contradicted,
        )
        for row in await session.rows(_CANDIDATES, space=space, limit=limit)
    ]


async def next_made(session: ReadSession, space: SpaceId, after: datetime) -> datetime | None:
    """When the first of those that stand was made which came after a moment."""
    found: UUID | None = await session.scalar(_NEXT, space=space, after=first_id(after))
    return None if found is None else made_at(found)
