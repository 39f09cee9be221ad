"""What a run has grouped, told in the transaction that wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from consolidation.services import Work
from stores import jobs, runs
from stores.database import WriteSession
from stores.records import Method


async def note(
    session: WriteSession,
    work: Work,
    run_id: UUID,
    method: Method,
    counts: Mapping[str, int],
    *,
    done: int,
    started: datetime,
    now: datetime,
) -> None:
    """Record the run and that so many were done."""
    await jobs.progress(session, work.job_id, done)
    await runs.add_run(
        session, work.space.id, run_id, job_id=work.job_id, method=method, counts=counts,
        started_at=started, finished_at=now,
    )  # fmt: skip
