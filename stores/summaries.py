"""The summaries of a space, level by level: which are out of date, and what each is made from.

A day is told from its events, the facts that were stated in it, and its turns; a month from its
days, and the space from its months, and both from turns as well: never from what they said before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np
from numpy import float32
from numpy.typing import NDArray
from sqlalchemy import Row, text

from stores.database import ReadSession
from stores.ids import MemoryId, SpaceId
from stores.records import Span

#: By whom summaries are made.
NAME = "summarise"
#: Turns of a day that are read at most, and of a longer time beside those that its children tell.
_OF_DAY, _SAMPLED = 400, 60
#: Characters that are read of a turn.
_LONGEST = 4000


class Level(StrEnum):
    """How long a time a summary tells of."""

    DAY = "day"
    MONTH = "month"
    SPACE = "space"


#: The key of the period of a level that a moment is in; days are those of UTC.
_PERIOD: Mapping[Level, str] = {
    Level.DAY: "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    Level.MONTH: "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM')",
    Level.SPACE: "'all'",
}
_SHOWN = """m.tenant_id = :tenant AND m.space_id = :space AND m.expired_at IS NULL
          AND m.state = 'active' AND m.visibility = 'space'"""
_TURN = f"""{_SHOWN} AND m.type = 'episodic' AND m.origin = 'received'
          AND m.kind IN ('message', 'event', 'document') AND m.occurred_at IS NOT NULL
          AND m.expires_at IS NULL"""
#: A child by its period; its text is what counts of it.
_CHILDREN_OF_DAYS = f"""
    turns AS MATERIALIZED (
        SELECT {_PERIOD[Level.DAY].format("m.occurred_at")} AS period, m.memory_id, m.text_version
        FROM memories m WHERE {_TURN}),
    children AS (
        SELECT period, memory_id, text_version, false AS told FROM turns
        UNION ALL
        SELECT {_PERIOD[Level.DAY].format("m.occurred_at")}, m.memory_id, m.text_version, true
        FROM memories m WHERE {_SHOWN} AND m.kind = 'event' AND m.origin = 'derived'
          AND m.occurred_at IS NOT NULL
        UNION ALL
        SELECT DISTINCT t.period, m.memory_id, m.text_version, true
        FROM turns t
        JOIN evidence e ON e.tenant_id = :tenant AND e.episode_id = t.memory_id
        JOIN memories m ON m.memory_id = e.memory_id AND {_SHOWN} AND m.type = 'semantic'
            AND m.kind NOT IN ('summary', 'insight'))
"""
_CHILDREN_OF_OTHERS = """
    children AS (
        SELECT {period} AS period, m.memory_id, m.text_version, true AS told
        FROM memories m WHERE {shown} AND m.kind = 'summary' AND m.origin = 'derived'
          AND m.data->>'level' = '{below}')
"""
_OWED = """
    WITH {children},
    periods AS (
        SELECT period, md5(string_agg(memory_id::text || ':' || text_version, ' '
                                      ORDER BY memory_id)) AS hash
        FROM children GROUP BY period {having}),
    summaries AS (
        SELECT m.memory_id, m.version, m.data->>'period' AS period, m.data->>'hash' AS hash,
               m.state, coalesce(CAST(m.data->>'stale' AS boolean), false) AS stale,
               m.pinned OR m.legal_hold
                   OR m.method->>'name' IN ('edit', 'invalidate', 'archive') AS kept
        FROM memories m
        WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.expired_at IS NULL
          AND m.kind = 'summary' AND m.origin = 'derived' AND m.data->>'level' = '{level}')
    SELECT coalesce(p.period, s.period) AS period, p.hash, s.memory_id, s.version
    FROM periods p FULL JOIN summaries s ON s.period = p.period
    WHERE NOT coalesce(s.kept, false)
      AND (s.memory_id IS NULL OR s.stale OR p.hash IS DISTINCT FROM s.hash
           OR (p.hash IS NOT NULL) <> (s.state = 'active'))
      AND (p.hash IS NOT NULL OR s.state = 'active')
      AND (CAST(:periods AS text[]) IS NULL OR coalesce(p.period, s.period) = ANY(:periods))
      AND coalesce(p.period, s.period) > :after
    ORDER BY 1 LIMIT :limit
"""
_TOLD = """
    WITH {children}
    SELECT c.period, c.memory_id, m.data->'cites' AS cites
    FROM children c JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = c.memory_id
        AND m.expired_at IS NULL
    WHERE c.told AND c.period = ANY(:periods)
    ORDER BY c.period, c.memory_id
"""
#: Always the same for the same turns, but not the first of them only.
_TURNS = f"""
    SELECT t.*, v.embedding, s.spans FROM (
        SELECT {{period}} AS period, m.memory_id, left(m.content, {_LONGEST}) AS content,
               m.occurred_at, m.trust, m.sensitivity,
               coalesce(m.data->>'speaker', m.data->>'role', '') AS speaker,
               row_number() OVER (PARTITION BY {{period}}
                                  ORDER BY md5(m.memory_id::text), m.memory_id) AS place
        FROM memories m WHERE {_TURN} AND {{period}} = ANY(:periods)) t
    LEFT JOIN vectors v ON v.tenant_id = :tenant AND v.model_id = :model
        AND v.memory_id = t.memory_id AND v.part = 0
        AND v.text_version = (SELECT m.text_version FROM memories m WHERE m.tenant_id = :tenant
                              AND m.memory_id = t.memory_id AND m.expired_at IS NULL)
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(DISTINCT jsonb_build_array(e.span_start, e.span_end)) AS spans
        FROM evidence e JOIN memories m ON m.memory_id = e.memory_id AND {_SHOWN}
            AND m.type = 'semantic' AND m.kind NOT IN ('summary', 'insight')
        WHERE e.tenant_id = :tenant AND e.episode_id = t.memory_id) s ON {{facts}}
    WHERE t.place <= :most OR t.memory_id = ANY(:cited)
    ORDER BY t.period, t.occurred_at, t.memory_id
"""
#: Every version counts: an older one may say what a newer one does not.
_OVER = text("""
    WITH RECURSIVE told AS (
        SELECT memory_id FROM memories
        WHERE tenant_id = :tenant AND kind = 'summary' AND origin = 'derived'
          AND memory_id IN (
              SELECT memory_id FROM evidence
              WHERE tenant_id = :tenant AND episode_id = ANY(:memory_ids)
              UNION ALL
              SELECT memory_id FROM derivations
              WHERE tenant_id = :tenant AND source_id = ANY(:memory_ids))
        UNION
        SELECT m.memory_id FROM told
        JOIN derivations d ON d.tenant_id = :tenant AND d.source_id = told.memory_id
        JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = d.memory_id
            AND m.kind = 'summary' AND m.origin = 'derived'
    ) SELECT memory_id FROM told ORDER BY memory_id
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """A period whose summary is missing or out of date, or tells of what is not there any more."""

    period: str
    #: Of the children there are now; None without any.
    hash: str | None
    #: The summary there is, and its version.
    memory_id: MemoryId | None
    version: int | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PeriodTurn:
    """A turn as it is read for a summary."""

    id: MemoryId
    content: str
    speaker: str
    occurred_at: datetime
    trust: float
    sensitivity: tuple[str, ...]
    supported: tuple[Span, ...]
    #: None, if it has none of the model yet.
    embedding: NDArray[float32] | None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Material:
    """What a summary is made from: its children, and turns in the order of the talk."""

    children: tuple[MemoryId, ...]
    turns: tuple[PeriodTurn, ...]


async def owed(
    session: ReadSession,
    space: SpaceId,
    level: Level,
    *,
    limit: int,
    after: str = "",
    periods: Sequence[str] | None = None,
) -> list[Owed]:
    """What is to be told anew of a level behind a period, or of these periods alone, in order.

    What somebody pinned, holds or changed by hand is left as it is.
    """
    having = "HAVING NOT bool_and(told)" if level is Level.DAY else ""
    sql = text(_OWED.format(children=_children(level), having=having, level=level))
    given = None if periods is None else list(periods)
    rows = await session.rows(sql, space=space, limit=limit, after=after, periods=given)
    return [
        Owed(period=row.period, hash=row.hash, memory_id=row.memory_id, version=row.version)
        for row in rows
    ]


async def material(
    session: ReadSession, space: SpaceId, level: Level, periods: Sequence[str], model: UUID
) -> dict[str, Material]:
    """What the summaries of these periods are made from; embeddings are those of a model."""
    about = {"space": space, "periods": list(periods)}
    children = await session.rows(text(_TOLD.format(children=_children(level))), **about)
    cites = [cite for row in children for line in row.cites or () for cite in line]
    days = level is Level.DAY
    sql = _TURNS.format(period=_PERIOD[level].format("m.occurred_at"), facts=str(days).lower())
    rows = await session.rows(
        text(sql), **about, model=model, most=_OF_DAY if days else _SAMPLED,
        cited=list({UUID(episode) for episode, _, _ in cites}),
    )  # fmt: skip
    spans: dict[UUID, list[Span]] = {}
    for episode, start, end in cites:
        spans.setdefault(UUID(episode), []).append(Span(start=start, end=end))
    return {
        period: Material(
            children=tuple(MemoryId(c.memory_id) for c in children if c.period == period),
            turns=tuple(_turn(r, spans.get(r.memory_id, ())) for r in rows if r.period == period),
        )
        for period in periods
    }


async def over(session: ReadSession, memory_ids: Sequence[MemoryId]) -> list[MemoryId]:
    """The summaries that tell of any of these, or of a summary that does, in whatever version.

    A summary says in a few words what others say, so it goes with the first of them that is
    erased; the job makes another one from those that are left.
    """
    rows = await session.rows(_OVER, memory_ids=list(memory_ids))
    return [MemoryId(row.memory_id) for row in rows]


def _children(level: Level) -> str:
    if level is Level.DAY:
        return _CHILDREN_OF_DAYS
    below = Level.DAY if level is Level.MONTH else Level.MONTH
    period = "left(m.data->>'period', 7)" if level is Level.MONTH else "'all'"
    return _CHILDREN_OF_OTHERS.format(period=period, shown=_SHOWN, below=below)


def _turn(row: Row[Any], cited: Sequence[Span]) -> PeriodTurn:
    facts = [Span(start=start, end=end) for start, end in row.spans or ()]
    return PeriodTurn(
        id=MemoryId(row.memory_id),
        content=row.content,
        speaker=row.speaker,
        occurred_at=row.occurred_at,
        trust=row.trust,
        sensitivity=tuple(row.sensitivity),
        supported=(*facts, *cited),
        embedding=None if row.embedding is None else _floats(row.embedding),
    )


def _floats(embedding: Any) -> NDArray[float32]:
    values: NDArray[float32] = np.asarray(embedding.to_numpy(), dtype=float32)
    return values
