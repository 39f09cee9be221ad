"""Runs: one execution that made memories, so that what it made can be told and undone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.errors import RunNotFound
from stores.ids import MemoryId, SpaceId
from stores.records import Method, Page, Payload

_INSERT = text("""
    INSERT INTO runs
        (tenant_id, run_id, space_id, job_id, method, counts, notes, started_at, finished_at)
    VALUES (:tenant, :run_id, :space, :job_id, CAST(:method AS jsonb), CAST(:counts AS jsonb),
            CAST(:notes AS text[]), :started_at, :finished_at)
""")
_RUN = """
    SELECT r.*, s.name AS space FROM runs r
    JOIN spaces s ON s.tenant_id = r.tenant_id AND s.space_id = r.space_id
    WHERE r.tenant_id = :tenant AND s.tenant_id = :tenant
"""
_GET = text(_RUN + " AND r.run_id = :run_id")
_LIST = text(
    _RUN + " AND r.space_id = :space AND r.run_id < :before ORDER BY r.run_id DESC LIMIT :limit"
)
#: In the order of the primary key, so that two writers wait for each other only one way.
_NOTE_CHANGES = text("""
    INSERT INTO run_changes (tenant_id, run_id, memory_id, before, after, confirmations)
    SELECT :tenant, :run_id, c.memory_id, c.before, c.after, c.confirmations
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:before AS int[]), CAST(:after AS int[]),
                CAST(:confirmations AS int[])) AS c(memory_id, before, after, confirmations)
    ORDER BY c.memory_id
    ON CONFLICT (tenant_id, run_id, memory_id) DO UPDATE
    SET before = CASE WHEN run_changes.after IS NULL THEN excluded.before
                      ELSE run_changes.before END,
        after = coalesce(excluded.after, run_changes.after),
        confirmations = run_changes.confirmations + excluded.confirmations
""")
_CHANGES = text("""
    SELECT memory_id, before, after, confirmations FROM run_changes
    WHERE tenant_id = :tenant AND run_id = :run_id AND memory_id > :behind
    ORDER BY memory_id LIMIT :limit
""")
#: What jobs note where they went without a model: why stands at the end. By runs_space_idx.
_BY_RULES = text("""
    SELECT j.name AS job, m.reason, count(*) AS runs, max(r.started_at) AS last_at
    FROM runs r
    JOIN jobs j ON j.tenant_id = :tenant AND j.job_id = r.job_id
    CROSS JOIN LATERAL (
        SELECT DISTINCT substring(n.note FROM '[A-Za-z -]+$') AS reason FROM unnest(r.notes) n(note)
        WHERE n.note ~ '(left to [a-z]+|without the model): [A-Za-z -]+$') m
    WHERE r.tenant_id = :tenant AND r.space_id = :space AND r.started_at >= :since
    GROUP BY j.name, m.reason ORDER BY j.name, m.reason
""")
_MARK_UNDONE = text("""
    UPDATE runs SET undone_at = :now
    WHERE tenant_id = :tenant AND run_id = ANY(:run_ids) AND undone_at IS NULL
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One execution: by which job and method, when, and what it did, as counts per outcome."""

    id: UUID
    space: str
    job_id: UUID | None
    method: Payload
    counts: Mapping[str, int]
    started_at: datetime
    finished_at: datetime | None
    notes: tuple[str, ...] = ()
    undone_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What a run did to a memory: the versions before and after, None where there is none.

    A memory that was only confirmed has neither.
    """

    memory_id: MemoryId
    before: int | None = None
    after: int | None = None
    confirmations: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ByRules:
    """That runs of a job did by rules, all or a part, what a model was to do; and why."""

    job: str
    reason: str
    runs: int
    last_at: datetime


async def add_run(
    session: WriteSession,
    space: SpaceId,
    run_id: UUID,
    *,
    job_id: UUID | None,
    method: Method,
    counts: Mapping[str, int],
    started_at: datetime,
    finished_at: datetime,
    notes: Sequence[str] = (),
) -> None:
    """Record a run, in the transaction that stores what it made."""
    named: dict[str, Any] = {"name": method.name, "version": method.version}
    asked = {"model": method.model, "prompt": method.prompt}
    named |= {name: value for name, value in asked.items() if value is not None}
    await session.execute(
        _INSERT,
        run_id=run_id,
        space=space,
        job_id=job_id,
        method=json.dumps(named),
        counts=json.dumps(dict(counts)),
        notes=list(notes),
        started_at=started_at,
        finished_at=finished_at,
    )


async def note_changes(session: WriteSession, run_id: UUID, changes: Sequence[Change]) -> None:
    """Note what a run did to memories, each named once, in the run's own transaction.

    Of a memory that is named again in a later call, the version before stays the first one.
    """
    if changes:
        await session.execute(
            _NOTE_CHANGES,
            run_id=run_id,
            memory_ids=[change.memory_id for change in changes],
            before=[change.before for change in changes],
            after=[change.after for change in changes],
            confirmations=[change.confirmations for change in changes],
        )


async def mark_undone(session: WriteSession, run_ids: Sequence[UUID], now: datetime) -> None:
    """Note that what the runs did was taken back."""
    await session.execute(_MARK_UNDONE, run_ids=list(run_ids), now=now)


async def get_run(session: ReadSession, run_id: UUID) -> Run:
    """The run with that id; raises RunNotFound."""
    row = await session.row(_GET, run_id=run_id)
    if row is None:
        raise RunNotFound(f"there is no run {run_id}")
    return _run(row)


async def list_runs(session: ReadSession, space: SpaceId, *, before: UUID, limit: int) -> Page[Run]:
    """The runs of a space, newest first."""
    rows = await session.rows(_LIST, space=space, before=before, limit=limit + 1)
    items = tuple(map(_run, rows[:limit]))
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


async def by_rules(session: ReadSession, space: SpaceId, since: datetime) -> list[ByRules]:
    """What jobs did without the model that they were to ask, by job and reason."""
    rows = await session.rows(_BY_RULES, space=space, since=since)
    return [
        ByRules(job=row.job, reason=row.reason.strip(), runs=row.runs, last_at=row.last_at)
        for row in rows
    ]


async def list_changes(
    session: ReadSession, run_id: UUID, *, behind: MemoryId, limit: int
) -> Page[Change]:
    """What a run did, by memory."""
    rows = await session.rows(_CHANGES, run_id=run_id, behind=behind, limit=limit + 1)
    items = tuple(
        Change(
            memory_id=MemoryId(row.memory_id),
            before=row.before,
            after=row.after,
            confirmations=row.confirmations,
        )
        for row in rows[:limit]
    )
    return Page(items=items, next_cursor=str(items[-1].memory_id) if len(rows) > limit else None)


def _run(row: Row[Any]) -> Run:
    return Run(
        id=row.run_id,
        space=row.space,
        job_id=row.job_id,
        method=row.method,
        counts=row.counts,
        started_at=row.started_at,
        finished_at=row.finished_at,
        notes=tuple(row.notes),
        undone_at=row.undone_at,
    )
