"""Claims as they stand: who is said to be, do or have what, since when, and on what grounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.database import ReadSession
from stores.ids import MemoryId, SpaceId
from stores.records import Span, State

#: By entities_merged_idx and relations_subject_idx: claims of entities that were found to be the
#: same are claims of one. What a person has taken out of force is no longer ours to judge.
_SLOTS = text("""
    WITH subjects AS MATERIALIZED (
        SELECT x.subject_id AS owner, e.memory_id
        FROM unnest(CAST(:subjects AS uuid[])) AS x(subject_id)
        CROSS JOIN LATERAL (
            SELECT memory_id FROM entities
            WHERE tenant_id = :tenant AND memory_id = x.subject_id
            UNION ALL
            SELECT memory_id FROM entities
            WHERE tenant_id = :tenant AND merged_into = x.subject_id) e)
    SELECT s.owner, r.memory_id, r.predicate, coalesce(o.merged_into, r.object_id) AS object_id,
           r.object, r.negated, r.form, m.version, m.state, m.valid_at, m.invalid_at, m.content,
           m.kind, coalesce((m.data->>'confidence')::real, 1) AS confidence,
           (SELECT jsonb_agg(jsonb_build_array(e.episode_id, e.span_start, e.span_end, e.valid_at,
                                               e.ended_at, e.sequence)
                             ORDER BY e.episode_id, e.span_start)
            FROM evidence e
            WHERE e.tenant_id = :tenant AND e.memory_id = r.memory_id) AS grounds
    FROM subjects s
    CROSS JOIN LATERAL (
        SELECT * FROM relations
        WHERE tenant_id = :tenant AND space_id = :space AND subject_id = s.memory_id
          AND predicate = ANY(:predicates) OFFSET 0) r
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = r.memory_id
        AND m.expired_at IS NULL
    LEFT JOIN entities o ON o.tenant_id = :tenant AND o.memory_id = r.object_id
    WHERE m.state = 'active' OR (m.state IN ('superseded', 'invalidated') AND m.actor = 'service')
    ORDER BY r.memory_id
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """Evidence of a claim: where it is said, and since and until when it holds as is said there."""

    episode_id: MemoryId
    span: Span
    valid_at: datetime | None
    ended_at: datetime | None
    sequence: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldClaim:
    """The claim of a memory in its current version."""

    memory_id: MemoryId
    version: int
    #: The entity asked for; the subject itself, or what it is merged into.
    subject_id: MemoryId
    predicate: str
    object_id: MemoryId | None
    object: str
    negated: bool
    form: str
    state: State
    valid_at: datetime | None
    invalid_at: datetime | None
    text: str
    kind: str
    confidence: float
    grounds: tuple[Ground, ...]


async def read(
    session: ReadSession,
    space: SpaceId,
    subjects: Sequence[MemoryId],
    predicates: Sequence[str],
) -> list[HeldClaim]:
    """Every claim of these subjects under these predicates, also those that hold no more."""
    if not subjects or not predicates:
        return []
    rows = await session.rows(
        _SLOTS, space=space, subjects=list(subjects), predicates=list(predicates)
    )
    return [_claim(row) for row in rows]


def _claim(row: Row[Any]) -> HeldClaim:
    return HeldClaim(
        memory_id=row.memory_id,
        version=row.version,
        subject_id=row.owner,
        predicate=row.predicate,
        object_id=row.object_id,
        object=row.object,
        negated=row.negated,
        form=row.form,
        state=State(row.state),
        valid_at=row.valid_at,
        invalid_at=row.invalid_at,
        text=row.content,
        kind=row.kind,
        confidence=row.confidence,
        grounds=tuple(map(_ground, row.grounds or ())),
    )


def _ground(item: Sequence[Any]) -> Ground:
    episode_id, start, end, valid_at, ended_at, sequence = item
    return Ground(
        episode_id=MemoryId(UUID(episode_id)),
        span=Span(start=start, end=end),
        valid_at=None if valid_at is None else datetime.fromisoformat(valid_at),
        ended_at=None if ended_at is None else datetime.fromisoformat(ended_at),
        sequence=sequence,
    )
