"""What insights are drawn from, which there are, and what raised or lowered the score of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.graph import meant
from stores.ids import MemoryId, SpaceId
from stores.records import Span

#: The method by which insights are drawn; what has it goes with any of its sources.
REFLECT = "reflect"

#: What was said of whom, once for each passage that says so. What has ended was so, too.
_SAID = text(f"""
    SELECT m.memory_id, m.content, m.trust, m.sensitivity, m.visibility, r.predicate,
           s.memory_id AS subject_id, s.name AS subject, r.object,
           o.memory_id AS object_id, o.name AS called,
           CASE WHEN r.form = 'event' THEN m.valid_at END AS happened_at,
           e.episode_id, e.span_start, e.span_end, ep.session_id,
           coalesce(ep.occurred_at, ep.created_at) AS told_at
    FROM memories m
    JOIN evidence e ON e.tenant_id = :tenant AND e.memory_id = m.memory_id
    JOIN memories ep ON ep.tenant_id = :tenant AND ep.memory_id = e.episode_id
        AND ep.expired_at IS NULL AND ep.state = 'active' AND ep.origin = 'received'
    LEFT JOIN relations r ON r.tenant_id = :tenant AND r.memory_id = m.memory_id
    LEFT JOIN {meant("r.subject_id", "s")} ON true
    LEFT JOIN {meant("r.object_id", "o")} ON true
    WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.expired_at IS NULL
      AND m.state IN ('active', 'superseded') AND (m.type = 'semantic' OR m.kind = 'relation')
      AND m.kind NOT IN ('insight', 'summary') AND NOT coalesce(r.negated, false)
    ORDER BY m.memory_id DESC, e.episode_id, e.span_start LIMIT :limit
""")
#: Entities that the same episodes name; `all` are the episodes that name anybody.
_TOGETHER = text(f"""
    WITH said AS MATERIALIZED (
        SELECT DISTINCT n.memory_id, e.memory_id AS entity_id, e.name
        FROM mentions n
        JOIN memories ep ON ep.tenant_id = :tenant AND ep.memory_id = n.memory_id
            AND ep.expired_at IS NULL AND ep.state = 'active' AND ep.origin = 'received'
        CROSS JOIN {meant("n.entity_id", "e")}
        WHERE n.tenant_id = :tenant AND n.space_id = :space AND n.role = 'named'),
    each AS MATERIALIZED (
        SELECT entity_id, count(*) AS n FROM said GROUP BY entity_id HAVING count(*) >= :least),
    pairs AS (
        SELECT a.entity_id AS one, b.entity_id AS other, a.name AS one_name, b.name AS other_name,
               array_agg(a.memory_id ORDER BY a.memory_id) AS episodes
        FROM said a JOIN said b USING (memory_id)
        WHERE a.entity_id < b.entity_id
          AND a.entity_id IN (SELECT entity_id FROM each)
          AND b.entity_id IN (SELECT entity_id FROM each)
        GROUP BY 1, 2, 3, 4 HAVING count(*) >= :least)
    SELECT p.one, p.other, p.one_name, p.other_name, x.n AS one_count, y.n AS other_count,
           (SELECT count(DISTINCT memory_id) FROM said) AS all_count,
           ep.memory_id AS episode_id, ep.session_id, length(ep.content) AS length,
           coalesce(ep.occurred_at, ep.created_at) AS told_at, ep.trust, ep.sensitivity,
           ep.visibility
    FROM (SELECT * FROM pairs ORDER BY cardinality(episodes) DESC, one, other LIMIT :limit) p
    JOIN each x ON x.entity_id = p.one JOIN each y ON y.entity_id = p.other
    CROSS JOIN LATERAL unnest(p.episodes) AS u(episode_id)
    JOIN memories ep ON ep.tenant_id = :tenant AND ep.memory_id = u.episode_id
        AND ep.expired_at IS NULL
    ORDER BY p.one, p.other, ep.memory_id
""")
#: Of two memories that contradict each other, both still hold.
_OPEN = text("""
    SELECT l.memory_id, l.target_id FROM links l
    JOIN memories a ON a.tenant_id = :tenant AND a.memory_id = l.memory_id
        AND a.expired_at IS NULL AND a.state = 'active'
    JOIN memories b ON b.tenant_id = :tenant AND b.memory_id = l.target_id
        AND b.expired_at IS NULL AND b.state = 'active'
    WHERE l.tenant_id = :tenant AND l.space_id = :space AND l.link_kind = 'contradicts'
      AND a.invalid_at IS NULL AND b.invalid_at IS NULL
    ORDER BY l.memory_id, l.target_id LIMIT :limit
""")
#: With those that were taken back or died: their last version tells the motive still.
_KNOWN = text("""
    SELECT DISTINCT ON (m.memory_id) m.memory_id, m.version, m.state, m.expired_at,
           m.data->>'motive' AS motive, m.data->>'pattern' AS pattern,
           CAST(m.data->>'score' AS int) AS score,
           ARRAY(SELECT d.source_id FROM derivations d
                 WHERE d.tenant_id = :tenant AND d.memory_id = m.memory_id) AS sources,
           ARRAY(SELECT s.memory_id FROM derivations d
                 JOIN memories s ON s.tenant_id = :tenant AND s.memory_id = d.source_id
                     AND s.expired_at IS NULL AND s.state = 'active'
                 WHERE d.tenant_id = :tenant AND d.memory_id = m.memory_id) AS standing,
           ARRAY(SELECT DISTINCT e.episode_id FROM evidence e
                 WHERE e.tenant_id = :tenant AND e.memory_id = m.memory_id) AS episodes
    FROM memories m
    WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.kind = 'insight'
      AND m.origin = 'derived' AND m.data ? 'motive'
    ORDER BY m.memory_id, m.version DESC
""")
#: What recalls that showed an insight came to, and what was counted of that so far.
_OUTCOMES = text("""
    SELECT i.memory_id, i.recall_id, i.used, r.outcome, coalesce((
        SELECT sum(k.delta) FROM insight_marks k
        WHERE k.tenant_id = :tenant AND k.memory_id = i.memory_id
          AND k.cause = 'recall ' || CAST(i.recall_id AS text)), 0) AS counted
    FROM impressions i JOIN recalls r ON r.tenant_id = :tenant AND r.recall_id = i.recall_id
    WHERE i.tenant_id = :tenant AND i.memory_id = ANY(:memory_ids) AND i.used IS NOT NULL
    ORDER BY i.memory_id, i.recall_id
""")
_ADD = text("""
    INSERT INTO insight_marks
        (tenant_id, memory_id, run_id, cause, space_id, delta, created_at)
    SELECT :tenant, k.memory_id, :run_id, k.cause, :space, k.delta, :now
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:causes AS text[]), CAST(:deltas AS int[]))
         AS k(memory_id, cause, delta)
    ORDER BY k.memory_id, k.cause
""")
#: Insights tell of all their sources at once.
_DRAWN = text("""
    SELECT DISTINCT m.memory_id FROM (
        SELECT d.memory_id FROM derivations d
        WHERE d.tenant_id = :tenant AND d.source_id = ANY(:memory_ids)
        UNION
        SELECT e.memory_id FROM evidence e
        WHERE e.tenant_id = :tenant AND e.episode_id = ANY(:memory_ids)) over
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = over.memory_id
    WHERE m.method->>'name' = :method AND m.state <> 'erased'
    ORDER BY m.memory_id
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """Where something was said: in which session, and when."""

    episode_id: MemoryId
    span: Span
    session_id: str | None
    told_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """How far something may be trusted and shown."""

    trust: float = 0.5
    sensitivity: tuple[str, ...] = ()
    visibility: str = "space"


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A memory as one passage says it; its claim, where it makes one."""

    memory_id: MemoryId
    content: str
    passage: Passage
    bounds: Bounds = Bounds()
    subject_id: MemoryId | None = None
    subject: str | None = None
    predicate: str | None = None
    #: What is compared, and what it is called.
    object: str | None = None
    called: str | None = None
    #: When it happened, if it is of something that happened.
    happened_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Together:
    """Two entities that an episode names, in how many each and any is named."""

    one: MemoryId
    other: MemoryId
    names: tuple[str, str]
    counts: tuple[int, int]
    all_count: int
    passage: Passage
    bounds: Bounds = Bounds()


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An insight there is or was."""

    id: MemoryId
    version: int
    motive: str
    pattern: str
    score: int
    #: Whether it counts now.
    live: bool
    sources: frozenset[MemoryId]
    #: Those of its sources that still hold.
    standing: frozenset[MemoryId]
    episodes: frozenset[MemoryId]


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of an insight that a recall showed; `counted` is in its score already."""

    memory_id: MemoryId
    recall_id: UUID
    used: bool
    outcome: str | None
    counted: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """What changes the score of an insight, and by how much."""

    memory_id: MemoryId
    cause: str
    delta: int


async def said(session: ReadSession, space: SpaceId, *, limit: int) -> list[Said]:
    """What was told in the space, the latest memories first."""
    rows = await session.rows(_SAID, space=space, limit=limit)
    return [
        Said(
            memory_id=MemoryId(row.memory_id),
            content=row.content,
            passage=_passage(row, Span(start=row.span_start, end=row.span_end)),
            bounds=_bounds(row),
            subject_id=row.subject_id,
            subject=row.subject,
            predicate=row.predicate,
            object=str(row.object_id) if row.object_id else row.object,
            called=row.called or row.object,
            happened_at=row.happened_at,
        )
        for row in rows
    ]


async def together(
    session: ReadSession, space: SpaceId, *, least: int, limit: int
) -> list[Together]:
    """Pairs of entities with the episodes that name both, at least so many; some pairs at most."""
    rows = await session.rows(_TOGETHER, space=space, least=least, limit=limit)
    return [
        Together(
            one=MemoryId(row.one),
            other=MemoryId(row.other),
            names=(row.one_name, row.other_name),
            counts=(row.one_count, row.other_count),
            all_count=row.all_count,
            passage=_passage(row, Span(start=0, end=row.length)),
            bounds=_bounds(row),
        )
        for row in rows
    ]


async def contradictions(
    session: ReadSession, space: SpaceId, *, limit: int
) -> list[tuple[MemoryId, MemoryId]]:
    """Pairs of memories that hold and contradict each other."""
    rows = await session.rows(_OPEN, space=space, limit=limit)
    return [(MemoryId(row.memory_id), MemoryId(row.target_id)) for row in rows]


async def known(session: ReadSession, space: SpaceId) -> list[Known]:
    """The insights of a space, those that died or were taken back among them."""
    return [
        Known(
            id=MemoryId(row.memory_id),
            version=row.version,
            motive=row.motive,
            pattern=row.pattern,
            score=row.score,
            live=row.expired_at is None and row.state == "active",
            sources=frozenset(map(MemoryId, row.sources)),
            standing=frozenset(map(MemoryId, row.standing)),
            episodes=frozenset(map(MemoryId, row.episodes)),
        )
        for row in await session.rows(_KNOWN, space=space)
    ]


async def outcomes(session: ReadSession, memory_ids: Sequence[MemoryId]) -> list[Outcome]:
    """What became of recalls that showed these insights, as far as anybody said."""
    rows = await session.rows(_OUTCOMES, memory_ids=list(memory_ids))
    return [
        Outcome(
            memory_id=MemoryId(row.memory_id),
            recall_id=row.recall_id,
            used=row.used,
            outcome=row.outcome,
            counted=row.counted,
        )
        for row in rows
    ]


async def add_marks(
    session: WriteSession, space: SpaceId, marks: Sequence[Mark], run_id: UUID, now: datetime
) -> None:
    """Note what changed the scores of insights, as part of a run."""
    if marks:
        await session.execute(
            _ADD, space=space, run_id=run_id, now=now,
            memory_ids=[mark.memory_id for mark in marks], causes=[mark.cause for mark in marks],
            deltas=[mark.delta for mark in marks],
        )  # fmt: skip


async def drawn_from(session: ReadSession, memory_ids: Sequence[MemoryId]) -> list[MemoryId]:
    """The insights that rest on any of these memories; they go with the first that is erased."""
    rows = await session.rows(_DRAWN, memory_ids=list(memory_ids), method=REFLECT)
    return [MemoryId(row.memory_id) for row in rows]


def _passage(row: Row[Any], span: Span) -> Passage:
    return Passage(
        episode_id=MemoryId(row.episode_id),
        span=span,
        session_id=row.session_id,
        told_at=row.told_at,
    )


def _bounds(row: Row[Any]) -> Bounds:
    return Bounds(
        trust=round(row.trust, 6),
        sensitivity=tuple(row.sensitivity),
        visibility=row.visibility,
    )
