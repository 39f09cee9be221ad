"""What is held true of somebody and speaks of certain things, to be ended or replaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.claims import BY_HAND
from stores.database import ReadSession
from stores.ids import MemoryId, SpaceId
from stores.records import Span

#: By mentions_entity_idx, newest first; what a person changed stays as that person said it.
_STANDING = text("""
    SELECT m.memory_id, m.content, m.data->>'subject' AS subject,
           coalesce(m.data->>'form', 'state') AS form, m.valid_at, r.subject_id, r.predicate,
           coalesce(o.merged_into, r.object_id) AS object_id, r.object, r.negated,
           r.form AS claim_form,
           (SELECT jsonb_agg(jsonb_build_array(e.episode_id, e.span_start, e.span_end))
            FROM evidence e
            WHERE e.tenant_id = :tenant AND e.memory_id = m.memory_id) AS evidence
    FROM (SELECT DISTINCT memory_id FROM mentions
          WHERE tenant_id = :tenant AND entity_id = ANY(:subjects) AND role = 'about'
            AND space_id = :space) x
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = x.memory_id
        AND m.expired_at IS NULL AND m.type = 'semantic' AND m.state = 'active'
        AND m.origin = 'derived' AND m.method->>'name' <> ALL(:by_hand)
        AND m.content ILIKE ANY(:patterns)
    LEFT JOIN relations r ON r.tenant_id = :tenant AND r.memory_id = m.memory_id
    LEFT JOIN entities o ON o.tenant_id = :tenant AND o.memory_id = r.object_id
    ORDER BY m.memory_id DESC LIMIT :most
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class StandingClaim:
    """What a memory claims of its subject."""

    predicate: str
    object: str
    object_id: MemoryId | None
    negated: bool
    form: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """An active memory about somebody, with the passages that it rests on."""

    memory_id: MemoryId
    text: str
    subject: str | None
    form: str
    valid_at: datetime | None
    claim: StandingClaim | None
    evidence: tuple[tuple[MemoryId, Span], ...]


async def read(
    session: ReadSession,
    space: SpaceId,
    subjects: Sequence[MemoryId],
    speaking_of: Sequence[str],
    *,
    most: int,
) -> list[Standing]:
    """The newest memories about these entities in which one of these beginnings of words stands."""
    if not subjects or not speaking_of:
        return []
    rows = await session.rows(
        _STANDING, space=space, subjects=list(subjects), by_hand=list(BY_HAND), most=most,
        patterns=[f"%{_literal(word)}%" for word in speaking_of],
    )  # fmt: skip
    return [_standing(row) for row in rows]


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _standing(row: Row[Any]) -> Standing:
    claim = None
    if row.predicate is not None:
        claim = StandingClaim(predicate=row.predicate, object=row.object, object_id=row.object_id,
                              negated=row.negated, form=row.claim_form)  # fmt: skip
    return Standing(
        memory_id=row.memory_id,
        text=row.content,
        subject=row.subject,
        form=row.form,
        valid_at=row.valid_at,
        claim=claim,
        evidence=tuple(
            (MemoryId(UUID(episode)), Span(start=start, end=end))
            for episode, start, end in row.evidence or ()
        ),
    )
