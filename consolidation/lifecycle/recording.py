"""What decay did, as runs: each transaction that changed something is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from consolidation.services import Work
from stores import runs
from stores.database import WriteSession
from stores.records import Method
from stores.runs import Change

METHOD = Method(name="decay", version="1")


async def record(
    session: WriteSession,
    work: Work,
    run_id: UUID,
    counts: Mapping[str, int],
    *,
    started: datetime,
    finished: datetime,
    changes: Sequence[Change] = (),
) -> None:
    """Tell what was done, if anything was, in the transaction that did it."""
    if counts:
        await runs.add_run(
            session, work.space.id, run_id, job_id=work.job_id, method=METHOD, counts=counts,
            started_at=started, finished_at=finished,
        )  # fmt: skip
        await runs.note_changes(session, run_id, changes)
