"""Figures of spaces, from what is kept: the census, what is owed, the queues, the minutes.

None of them reads the memories or the backlog. What is queued is counted as it lies there: a space
has few jobs at a time, and each count is served by an index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.backlog import Stage
from stores.database import ReadSession
from stores.ids import first_id
from stores.jobs import JobState
from stores.records import MemoryType, Page

#: Job states that are counted; the others are over.
OPEN_STATES = (JobState.SCHEDULED, JobState.PENDING, JobState.RUNNING, JobState.FAILED)
#: What has to be done before a memory is found by its meaning, and before all is drawn from it.
SEARCH, CONSOLIDATION = Stage.EMBED, (Stage.EXTRACT, Stage.HELD, Stage.SEGMENT, Stage.LINK)

_IN = """
    {table}.tenant_id = :tenant AND (CAST(:only AS text[]) IS NULL OR {table}.space_id IN (
        SELECT space_id FROM spaces
        WHERE tenant_id = :tenant AND name = ANY(CAST(:only AS text[]))))
"""
#: Added up, and not yet.
_PLACES = f"""
    SELECT c.space_id, c.type, c.kind, c.state, c.tier, c.stale, c.n FROM census c
    WHERE {_IN.format(table="c")}
    UNION ALL
    SELECT h.space_id, h.type, h.kind, h.state, h.tier, h.stale, h.n FROM census_changes h
    WHERE {_IN.format(table="h")}
"""
_MEMORIES = text(f"""
    SELECT type, kind, state, tier, CAST(sum(n) AS bigint) AS n,
           CAST(coalesce(sum(n) FILTER (WHERE stale), 0) AS bigint) AS stale
    FROM ({_PLACES}) places GROUP BY type, kind, state, tier HAVING sum(n) <> 0
    ORDER BY type, kind, state, tier
""")
#: Added up, and not yet.
_OWED = f"""
    SELECT o.space_id, o.stage, o.aside, o.n FROM owed o WHERE {_IN.format(table="o")}
    UNION ALL
    SELECT h.space_id, h.stage, h.aside, h.n FROM owed_changes h WHERE {_IN.format(table="h")}
"""
_BACKLOG = text(f"""
    SELECT stage, CAST(sum(n) AS bigint) AS n,
           CAST(coalesce(sum(n) FILTER (WHERE aside), 0) AS bigint) AS set_aside
    FROM ({_OWED}) both_of GROUP BY stage
""")
#: By jobs_state_idx. What is scheduled waits from the time on at which it is due.
_JOBS = text(f"""
    SELECT j.state, count(*) AS n,
           min(coalesce(j.due_at, j.created_at)) FILTER (WHERE j.state IN ('pending', 'running'))
           AS oldest
    FROM jobs j WHERE {_IN.format(table="j")} AND j.state = ANY(:states) GROUP BY j.state
""")
#: By jobs_pk: ids sort by the time at which they were made.
_WAITS = text(f"""
    SELECT count(*) AS n,
           percentile_cont(CAST(:shares AS float8[])) WITHIN GROUP (ORDER BY greatest(0,
               extract(epoch FROM j.started_at - coalesce(j.due_at, j.created_at)))) AS seconds
    FROM jobs j
    WHERE {_IN.format(table="j")} AND j.job_id >= :first AND j.started_at >= :since
      AND j.attempts <= 1
""")
_GROWTH = text(f"""
    WITH days AS (
        SELECT c.day, c.type, c.n FROM census_days c WHERE {_IN.format(table="c")}
        UNION ALL
        SELECT h.day, h.type, h.n FROM census_changes h WHERE {_IN.format(table="h")}),
    sums AS (
        SELECT greatest(day, CAST(:since AS date) - 1) AS day, type, sum(n) AS n FROM days
        WHERE day <= CAST(:until AS date) GROUP BY 1, 2),
    totals AS (
        SELECT day, type, n, sum(n) OVER (PARTITION BY type ORDER BY day) AS total FROM sums)
    SELECT day, type, CAST(n AS bigint) AS n, CAST(total AS bigint) AS total FROM totals
    ORDER BY day, type
""")
_SPACES = text("""
    WITH page AS (
        SELECT space_id, name FROM spaces
        WHERE tenant_id = :tenant AND name > :after
          AND (CAST(:only AS text[]) IS NULL OR name = ANY(CAST(:only AS text[])))
        ORDER BY name LIMIT :limit)
    SELECT p.name, places.n AS memories, places.active, places.stale,
           due.unsearchable, due.unconsolidated, due.set_aside,
           jobs.pending, jobs.failed, jobs.oldest, a.changed_at
    FROM page p
    LEFT JOIN activity a ON a.tenant_id = :tenant AND a.space_id = p.space_id
    CROSS JOIN LATERAL (
        SELECT CAST(coalesce(sum(n), 0) AS bigint) AS n,
               CAST(coalesce(sum(n) FILTER (WHERE state = 'active'), 0) AS bigint) AS active,
               CAST(coalesce(sum(n) FILTER (WHERE stale), 0) AS bigint) AS stale
        FROM (SELECT state, stale, n FROM census c
              WHERE c.tenant_id = :tenant AND c.space_id = p.space_id
              UNION ALL
              SELECT state, stale, n FROM census_changes h
              WHERE h.tenant_id = :tenant AND h.space_id = p.space_id) both_of) places
    CROSS JOIN LATERAL (
        SELECT CAST(coalesce(sum(n) FILTER (WHERE stage = :search), 0) AS bigint) AS unsearchable,
               CAST(coalesce(sum(n) FILTER (WHERE stage = ANY(:consolidation)), 0) AS bigint)
               AS unconsolidated,
               CAST(coalesce(sum(n) FILTER (WHERE aside), 0) AS bigint) AS set_aside
        FROM (SELECT stage, aside, n FROM owed o
              WHERE o.tenant_id = :tenant AND o.space_id = p.space_id
              UNION ALL
              SELECT stage, aside, n FROM owed_changes h
              WHERE h.tenant_id = :tenant AND h.space_id = p.space_id) both_of) due
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE state <> 'failed') AS pending,
               count(*) FILTER (WHERE state = 'failed') AS failed,
               min(coalesce(due_at, created_at)) FILTER (WHERE state <> 'failed') AS oldest
        FROM jobs j WHERE j.tenant_id = :tenant AND j.space_id = p.space_id
          AND j.state IN ('pending', 'running', 'failed')) jobs
    ORDER BY p.name
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """So many memories count as this."""

    type: MemoryType
    kind: str
    state: str
    tier: str
    memories: int
    #: Of them, to be told anew.
    stale: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Waits:
    """How long jobs waited from when they were due until they began, in seconds."""

    jobs: int
    p50_s: float | None
    p95_s: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How one space stands, or many of them together."""

    counts: tuple[Count, ...]
    #: What is owed by stage, and how much of it was set aside because it fails.
    backlog: Mapping[Stage, int]
    set_aside: int
    jobs: Mapping[JobState, int]
    #: Age of the oldest job that is due and not done; 0 when there is none.
    oldest_pending_s: float
    waits: Waits


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """By how many memories of a type the spaces grew on a day, and how many there were then."""

    day: date
    type: MemoryType
    change: int
    total: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpaceFigures:
    """How one space stands, in a line."""

    space: str
    memories: int
    active: int
    stale: int
    unsearchable: int
    unconsolidated: int
    set_aside: int
    pending_jobs: int
    failed_jobs: int
    oldest_pending_s: float
    changed_at: datetime | None


async def figures(
    session: ReadSession, *, only: Sequence[str] | None, now: datetime, since: datetime
) -> Figures:
    """How these spaces stand, or all of them; waits are those of jobs made `since` then."""
    names = None if only is None else list(only)
    counts = await session.rows(_MEMORIES, only=names)
    owed = {row.stage: row for row in await session.rows(_BACKLOG, only=names)}
    states = [str(state) for state in OPEN_STATES]
    queued = await session.rows(_JOBS, only=names, states=states)
    waits = await session.row(
        _WAITS, only=names, since=since, first=_before(since), shares=[0.5, 0.95]
    )
    assert waits is not None  # noqa: S101
    jobs = {row.state: row.n for row in queued}
    p50, p95 = waits.seconds or (None, None)
    return Figures(
        counts=tuple(_count(row) for row in counts),
        backlog={stage: owed[stage].n if stage in owed else 0 for stage in Stage},
        set_aside=sum(row.set_aside for row in owed.values()),
        jobs={state: jobs.get(state, 0) for state in OPEN_STATES},
        oldest_pending_s=_age(min((row.oldest for row in queued if row.oldest), default=None), now),
        waits=Waits(jobs=waits.n, p50_s=p50, p95_s=p95),
    )


async def growth(
    session: ReadSession, *, only: Sequence[str] | None, since: date, until: date
) -> list[Growth]:
    """Days on which something changed, from one to another; the line of a type that comes before
    `since` says how many there were until then.
    """
    names = None if only is None else list(only)
    rows = await session.rows(_GROWTH, only=names, since=since, until=until)
    return [
        Growth(day=row.day, type=MemoryType(row.type), change=row.n, total=row.total)
        for row in rows
    ]


async def list_spaces(
    session: ReadSession, *, only: Sequence[str] | None, after: str, limit: int, now: datetime
) -> Page[SpaceFigures]:
    """How spaces stand, by name, from the one behind `after`; `only` these, if given."""
    rows = await session.rows(
        _SPACES,
        only=None if only is None else list(only),
        after=after,
        limit=limit + 1,
        search=str(SEARCH),
        consolidation=[str(stage) for stage in CONSOLIDATION],
    )
    items = tuple(_space(row, now) for row in rows[:limit])
    return Page(items=items, next_cursor=items[-1].space if len(rows) > limit else None)


def _count(row: Row[Any]) -> Count:
    return Count(
        type=MemoryType(row.type),
        kind=row.kind,
        state=row.state,
        tier=row.tier,
        memories=row.n,
        stale=row.stale,
    )


def _space(row: Row[Any], now: datetime) -> SpaceFigures:
    return SpaceFigures(
        space=row.name,
        memories=row.memories,
        active=row.active,
        stale=row.stale,
        unsearchable=row.unsearchable,
        unconsolidated=row.unconsolidated,
        set_aside=row.set_aside,
        pending_jobs=row.pending,
        failed_jobs=row.failed,
        oldest_pending_s=_age(row.oldest, now),
        changed_at=row.changed_at,
    )


def _before(moment: datetime) -> UUID:
    """What was scheduled long before it was due has an older id; a day covers every cadence."""
    return first_id(moment - timedelta(days=1))


def _age(oldest: datetime | None, now: datetime) -> float:
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())
