"""Runs: one execution that made memories, so that what it made can be told and undone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession, WriteSession
from stores.errors import RunNotFound
from stores.ids import SpaceId
from stores.records import Method, Payload

_INSERT = text("""
    INSERT INTO runs
        (tenant_id, run_id, space_id, job_id, method, counts, started_at, finished_at)
    VALUES (:tenant, :run_id, :space, :job_id, CAST(:method AS jsonb), CAST(:counts AS jsonb),
            :started_at, :finished_at)
""")
_GET = text("""
    SELECT r.*, s.name AS space FROM runs r
    JOIN spaces s ON s.tenant_id = r.tenant_id AND s.space_id = r.space_id
    WHERE r.tenant_id = :tenant AND s.tenant_id = :tenant AND r.run_id = :run_id
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
) -> None:
    """Record a run, in the transaction that stores what it made."""
    named: dict[str, Any] = {"name": method.name, "version": method.version}
    await session.execute(
        _INSERT,
        run_id=run_id,
        space=space,
        job_id=job_id,
        method=json.dumps(named),
        counts=json.dumps(dict(counts)),
        started_at=started_at,
        finished_at=finished_at,
    )


async def get_run(session: ReadSession, run_id: UUID) -> Run:
    """The run with that id; raises RunNotFound."""
    row = await session.row(_GET, run_id=run_id)
    if row is None:
        raise RunNotFound(f"there is no run {run_id}")
    return Run(
        id=row.run_id,
        space=row.space,
        job_id=row.job_id,
        method=row.method,
        counts=row.counts,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
