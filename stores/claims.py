"""Claims as they stand: who is said to be, do or have what, since when, and on what grounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.records import Span, State

#: Methods by which a person changes a memory.
BY_HAND = ("edit", "invalidate", "archive")
#: By entities_merged_idx and relations_subject_idx: claims of entities that were found to be the
#: same are claims of one. OFFSET 0 has each looked up also where nothing is known of the tables
#: yet; what is joined to all claims there takes minutes for a thousand.
_HELD = text("""
    WITH subjects AS MATERIALIZED (
        SELECT DISTINCT x.subject_id AS owner, e.memory_id
        FROM unnest(CAST(:subjects AS uuid[])) AS x(subject_id)
        CROSS JOIN LATERAL (
            (SELECT memory_id FROM entities
             WHERE tenant_id = :tenant AND memory_id = x.subject_id OFFSET 0)
            UNION ALL
            (SELECT memory_id FROM entities
             WHERE tenant_id = :tenant AND merged_into = x.subject_id OFFSET 0)) e)
    SELECT s.owner, r.memory_id, r.predicate, coalesce(o.merged_into, r.object_id) AS object_id,
           r.object, r.negated, r.form, m.state, m.valid_at, m.invalid_at, m.content, m.kind,
           m.method->>'name' = ANY(:by_hand) AS by_hand,
           (SELECT jsonb_agg(jsonb_build_array(
                        a.episode_id, a.span_start, a.span_end, a.value,
                        coalesce(ao.merged_into, a.object_id), a.negated, a.form, a.since, a.until,
                        a.sequence, a.told_at, a.text))
            FROM assertions a
            LEFT JOIN entities ao ON ao.tenant_id = :tenant AND ao.memory_id = a.object_id
            WHERE a.tenant_id = :tenant AND a.memory_id = r.memory_id) AS assertions,
           (SELECT jsonb_agg(jsonb_build_array(l.link_kind, l.target_id))
            FROM links l WHERE l.tenant_id = :tenant AND l.memory_id = r.memory_id
              AND l.link_kind IN ('supersedes', 'contradicts')) AS links
    FROM subjects s
    CROSS JOIN LATERAL (
        SELECT * FROM relations
        WHERE tenant_id = :tenant AND space_id = :space AND subject_id = s.memory_id
          AND predicate = ANY(:predicates) OFFSET 0) r
    CROSS JOIN LATERAL (
        SELECT * FROM memories
        WHERE tenant_id = :tenant AND memory_id = r.memory_id AND expired_at IS NULL
          AND state IN ('active', 'superseded', 'invalidated') OFFSET 0) m
    LEFT JOIN LATERAL (
        SELECT merged_into FROM entities
        WHERE tenant_id = :tenant AND memory_id = r.object_id OFFSET 0) o ON true
    ORDER BY r.memory_id
""")
_ADD = text("""
    INSERT INTO assertions
        (tenant_id, memory_id, episode_id, span_start, span_end, value, negated, space_id,
         first_id, object_id, form, since, until, sequence, told_at, text, run_id)
    VALUES (:tenant, :memory_id, :episode_id, :start, :end, :value, :negated, :space, :memory_id,
            :object_id, :form, :since, :until, :sequence, :told_at, :text, :run_id)
    ON CONFLICT DO NOTHING
""")
_MOVE = text("""
    UPDATE assertions SET memory_id = :target
    WHERE tenant_id = :tenant AND memory_id = :source AND episode_id = :episode_id
      AND span_start = :start AND span_end = :end AND value = :value AND negated = :negated
""")
_COPY_EVIDENCE = text("""
    INSERT INTO evidence
        (tenant_id, memory_id, episode_id, span_start, span_end, created_at, run_id)
    SELECT tenant_id, CAST(:target AS uuid), episode_id, span_start, span_end, created_at, run_id
    FROM evidence
    WHERE tenant_id = :tenant AND memory_id = :source AND episode_id = :episode_id
      AND span_start = :start AND span_end = :end
    ON CONFLICT DO NOTHING
""")
_DROP_EVIDENCE = text("""
    DELETE FROM evidence e
    WHERE tenant_id = :tenant AND memory_id = :source AND episode_id = :episode_id
      AND span_start = :start AND span_end = :end
      AND NOT EXISTS (
          SELECT FROM assertions a
          WHERE a.tenant_id = :tenant AND a.memory_id = e.memory_id
            AND a.episode_id = e.episode_id AND a.span_start = e.span_start
            AND a.span_end = e.span_end)
""")
_FORGET = text("DELETE FROM assertions WHERE tenant_id = :tenant AND run_id = ANY(:run_ids)")
#: Under which predicates anything is claimed of, or by way of, these entities.
_PAIRS = text("""
    SELECT DISTINCT coalesce(s.merged_into, r.subject_id) AS subject_id, r.predicate
    FROM (
        SELECT subject_id, predicate FROM relations
        WHERE tenant_id = :tenant AND space_id = :space AND subject_id = ANY(:entities)
        UNION ALL
        SELECT subject_id, predicate FROM relations
        WHERE tenant_id = :tenant AND space_id = :space AND object_id = ANY(:entities)) r
    LEFT JOIN entities s ON s.tenant_id = :tenant AND s.memory_id = r.subject_id
    ORDER BY 1, 2
""")
#: Assertions about an entity that rest with a memory about another one now, which it is not
#: merged with.
_STRAYED = text("""
    SELECT a.first_id, a.memory_id, jsonb_agg(jsonb_build_array(
               a.episode_id, a.span_start, a.span_end, a.value, a.object_id, a.negated, a.form,
               a.since, a.until, a.sequence, a.told_at, a.text)) AS assertions
    FROM relations r
    JOIN assertions a ON a.tenant_id = :tenant AND a.first_id = r.memory_id
        AND a.memory_id <> a.first_id
    JOIN relations held ON held.tenant_id = :tenant AND held.memory_id = a.memory_id
    JOIN entities e ON e.tenant_id = :tenant AND e.memory_id = :entity
    LEFT JOIN entities hs ON hs.tenant_id = :tenant AND hs.memory_id = held.subject_id
    LEFT JOIN entities ho ON ho.tenant_id = :tenant AND ho.memory_id = held.object_id
    WHERE r.tenant_id = :tenant AND r.space_id = :space
      AND ((r.subject_id = :entity AND coalesce(hs.merged_into, held.subject_id)
                                    <> coalesce(e.merged_into, e.memory_id))
           OR (r.object_id = :entity AND coalesce(ho.merged_into, held.object_id)
                                       <> coalesce(e.merged_into, e.memory_id)))
    GROUP BY a.first_id, a.memory_id ORDER BY a.first_id, a.memory_id
""")
_SET = text("""
    UPDATE relations
    SET object = :value, object_id = :object_id, negated = :negated, form = :form, state = :state,
        valid_at = :valid_at, invalid_at = :invalid_at, since = :since
    WHERE tenant_id = :tenant AND memory_id = :memory_id
""")
_PART = text("""
    DELETE FROM links
    WHERE tenant_id = :tenant AND memory_id = :memory_id AND link_kind = 'merged_into'
""")
_UNLINK = text("""
    DELETE FROM links WHERE tenant_id = :tenant AND memory_id = :memory_id
      AND target_id = :target_id AND link_kind = :kind
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class AssertionRow:
    """What a passage of an episode claims."""

    episode_id: MemoryId
    span: Span
    value: str
    object_id: MemoryId | None
    negated: bool
    form: str
    since: datetime | None
    until: datetime | None
    sequence: int | None
    told_at: datetime | None
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Stance:
    """What a memory claims in its current version, its subject and predicate apart."""

    value: str
    object_id: MemoryId | None
    negated: bool
    form: str
    state: State
    valid_at: datetime | None
    invalid_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldClaim:
    """The claim of a memory, and the assertions it rests on."""

    memory_id: MemoryId
    #: The entity asked for; the subject itself, or what it is merged into.
    subject_id: MemoryId
    predicate: str
    stance: Stance
    text: str
    kind: str
    #: Whether a person changed it last.
    by_hand: bool
    assertions: tuple[AssertionRow, ...]
    #: Kind and target of those that say how it stands to other claims.
    links: tuple[tuple[str, MemoryId], ...]


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
        _HELD, space=space, subjects=list(subjects), predicates=list(predicates),
        by_hand=list(BY_HAND),
    )  # fmt: skip
    return [_claim(row) for row in rows]


async def add(
    session: WriteSession,
    space: SpaceId,
    rows: Sequence[tuple[MemoryId, AssertionRow]],
    run_id: UUID | None,
) -> None:
    """Note assertions, each with the memory that rests on it."""
    await session.execute_many(_ADD, [
        {"memory_id": memory_id, "episode_id": row.episode_id, "start": row.span.start,
         "end": row.span.end, "value": row.value, "negated": row.negated, "space": space,
         "object_id": row.object_id, "form": row.form, "since": row.since, "until": row.until,
         "sequence": row.sequence, "told_at": row.told_at, "text": row.text, "run_id": run_id}
        for memory_id, row in rows
    ])  # fmt: skip


async def move(
    session: WriteSession,
    source: MemoryId,
    target: MemoryId,
    rows: Sequence[AssertionRow],
    *,
    leaving: bool = False,
) -> None:
    """Have another memory rest on these assertions, and on what they are read from.

    One that is `leaving` keeps its evidence: erasing what it rested on must find it still.
    """
    places = [
        {"source": source, "target": target, "episode_id": row.episode_id,
         "start": row.span.start, "end": row.span.end, "value": row.value, "negated": row.negated}
        for row in rows
    ]  # fmt: skip
    for statement in (_COPY_EVIDENCE, _MOVE, *(() if leaving else (_DROP_EVIDENCE,))):
        await session.execute_many(statement, places)


async def forget(session: WriteSession, run_ids: Sequence[UUID]) -> None:
    """Take away what runs asserted."""
    await session.execute(_FORGET, run_ids=list(run_ids))


async def claimed_of(
    session: ReadSession, space: SpaceId, entities: Sequence[MemoryId]
) -> list[tuple[MemoryId, str]]:
    """The subjects and predicates of all claims that have one of the entities at either end."""
    rows = await session.rows(_PAIRS, space=space, entities=list(entities))
    return [(row.subject_id, row.predicate) for row in rows]


async def strayed(
    session: ReadSession, space: SpaceId, entity: MemoryId
) -> list[tuple[MemoryId, MemoryId, list[AssertionRow]]]:
    """The memories that lost assertions about an entity to memories about another, and these."""
    rows = await session.rows(_STRAYED, space=space, entity=entity)
    return [(row.first_id, row.memory_id, list(map(_assertion, row.assertions))) for row in rows]


async def set_stance(
    session: WriteSession, memory_id: MemoryId, stance: Stance, since: int
) -> None:
    """Have the claim of a memory follow what is believed now."""
    await session.execute(
        _SET, memory_id=memory_id, value=stance.value, object_id=stance.object_id,
        negated=stance.negated, form=stance.form, state=str(stance.state),
        valid_at=stance.valid_at, invalid_at=stance.invalid_at, since=since,
    )  # fmt: skip


async def part(session: WriteSession, memory_id: MemoryId) -> None:
    """Take back that a memory went into another."""
    await session.execute(_PART, memory_id=memory_id)


async def unlink(
    session: WriteSession, memory_id: MemoryId, target_id: MemoryId, kind: str
) -> None:
    """Take back a link that no longer holds."""
    await session.execute(_UNLINK, memory_id=memory_id, target_id=target_id, kind=kind)


def _claim(row: Row[Any]) -> HeldClaim:
    return HeldClaim(
        memory_id=row.memory_id,
        subject_id=row.owner,
        predicate=row.predicate,
        stance=Stance(
            value=row.object,
            object_id=row.object_id,
            negated=row.negated,
            form=row.form,
            state=State(row.state),
            valid_at=row.valid_at,
            invalid_at=row.invalid_at,
        ),
        text=row.content,
        kind=row.kind,
        by_hand=row.by_hand,
        assertions=tuple(map(_assertion, row.assertions or ())),
        links=tuple((kind, MemoryId(UUID(target))) for kind, target in row.links or ()),
    )


def _assertion(item: Sequence[Any]) -> AssertionRow:
    episode_id, start, end, value, object_id, negated, form, since, until, sequence, told, said = (
        item
    )
    return AssertionRow(
        episode_id=MemoryId(UUID(episode_id)),
        span=Span(start=start, end=end),
        value=value,
        object_id=None if object_id is None else MemoryId(UUID(object_id)),
        negated=negated,
        form=form,
        since=_moment(since),
        until=_moment(until),
        sequence=sequence,
        told_at=_moment(told),
        text=said,
    )


def _moment(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)
