"""Jobs: enqueued in the caller's transaction, told truthfully, delivered by procrastinate.

Our own row is what callers see and row-level security protects; the queue's row only carries two
ids to a worker. Both are written with the work itself: a job exists exactly if its work does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import procrastinate
from procrastinate.jobs import JobDeferrer, Status
from procrastinate.manager import JobManager
from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.errors import JobNotFound, StateConflict
from stores.ids import SpaceId, TenantId, first_id, made_at, new_id
from stores.records import Page

#: The queue's name for every job; what is to be done stands in our row.
TASK = "memory-service.job"
#: Its name for looking after the schedule of a space, and the queue for that.
ALARM, _ALARMS = "memory-service.alarm", "schedule"
#: How the error of a job begins that waits for a chat model.
AWAITED = "model-awaited:"
#: Seconds before attempt 2, 3, …; after the last the job is a dead letter.
BACKOFF = (1, 4, 15, 60, 240, 900)


class JobState(StrEnum):
    """Where a job stands; `failed` is the dead letter, it stays until retried or cancelled.

    One that is `scheduled` is not owed yet; it becomes pending when it is due.
    """

    SCHEDULED = "scheduled"
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Queued work on one space."""

    id: UUID
    space_id: SpaceId
    space: str
    name: str
    state: JobState
    attempts: int
    error: str | None
    done: int
    total: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    #: When it is due by itself, or was; None for one that was asked for.
    due_at: datetime | None
    #: What it did that can be taken back.
    run_ids: tuple[UUID, ...]


_INSERT = text("""
    INSERT INTO jobs (tenant_id, job_id, space_id, name, state, attempts, done, total, created_at)
    VALUES (:tenant, :job_id, :space, :name, 'pending', 0, 0, :total, :now)
""")
_JOB = """
    SELECT j.*, s.name AS space, ARRAY(
        SELECT r.run_id FROM runs r WHERE r.tenant_id = :tenant AND r.job_id = j.job_id
        ORDER BY r.run_id) AS run_ids
    FROM jobs j
    JOIN spaces s ON s.tenant_id = j.tenant_id AND s.space_id = j.space_id
    WHERE j.tenant_id = :tenant AND s.tenant_id = :tenant
"""
#: Who waits for the row of a job that another has just begun gets none.
_PENDING = text("""
    SELECT job_id FROM jobs
    WHERE tenant_id = :tenant AND space_id = :space AND state = 'pending' AND name = :name
    ORDER BY job_id LIMIT 1 FOR UPDATE
""")
_GET = text(_JOB + " AND j.job_id = :job_id")
_LIST = text(
    _JOB
    + """ AND j.job_id < :before
      AND (CAST(:spaces AS text[]) IS NULL OR s.name = ANY(CAST(:spaces AS text[])))
      AND (CAST(:state AS text) IS NULL OR j.state = CAST(:state AS text))
    ORDER BY j.job_id DESC LIMIT :limit"""
)
_START = text("""
    UPDATE jobs SET state = 'running', attempts = attempts + 1, started_at = :now, error = NULL
    WHERE tenant_id = :tenant AND job_id = :job_id AND state IN ('pending', 'running')
""")
_PROGRESS = text("""
    UPDATE jobs SET done = done + :done, attempts = 1
    WHERE tenant_id = :tenant AND job_id = :job_id
""")
_NOTE = text("""
    UPDATE jobs SET error = :error WHERE tenant_id = :tenant AND job_id = :job_id
""")
_END = text("""
    UPDATE jobs
    SET state = :state, error = COALESCE(CAST(:error AS text), error), finished_at = :now
    WHERE tenant_id = :tenant AND job_id = :job_id AND state = 'running'
    RETURNING error
""")
_IS_PENDING = text("""
    SELECT 1 FROM jobs WHERE tenant_id = :tenant AND job_id = :job_id AND state = 'pending'
""")
_HAS_ADVANCED = text("""
    SELECT 1 FROM jobs WHERE tenant_id = :tenant AND job_id = :job_id AND done > 0
""")
_GIVE_BACK = text("""
    UPDATE jobs SET state = 'pending', attempts = greatest(attempts - 1, 0)
    WHERE tenant_id = :tenant AND job_id = :job_id AND state = 'running'
""")
_RESTART = text("""
    UPDATE jobs SET state = 'pending', attempts = 0, error = NULL, finished_at = NULL
    WHERE tenant_id = :tenant AND job_id = :job_id AND state IN ('failed', 'cancelled')
""")
_CANCEL = text("""
    UPDATE jobs SET state = 'cancelled', finished_at = :now
    WHERE tenant_id = :tenant AND job_id = :job_id AND state IN ('scheduled', 'pending', 'failed')
""")
_OPEN = text("""
    SELECT name, state, job_id FROM jobs
    WHERE tenant_id = :tenant AND space_id = :space AND state IN ('scheduled', 'pending', 'running')
""")
_LIST_PENDING = text("""
    SELECT job_id, name FROM jobs WHERE tenant_id = :tenant AND state = 'pending' ORDER BY job_id
""")
_SCHEDULE = text("""
    INSERT INTO jobs (tenant_id, job_id, space_id, name, state, attempts, done, created_at, due_at)
    SELECT :tenant, i.job_id, :space, i.name, 'scheduled', 0, 0, :now, i.due_at
    FROM unnest(CAST(:job_ids AS uuid[]), CAST(:names AS text[]), CAST(:due AS timestamptz[]))
         AS i(job_id, name, due_at)
    ON CONFLICT (tenant_id, space_id, name) WHERE state = 'scheduled'
    DO UPDATE SET due_at = excluded.due_at
""")
_BEGIN = text("""
    UPDATE jobs SET state = 'pending', due_at = least(due_at, :now)
    WHERE tenant_id = :tenant AND space_id = :space AND state = 'scheduled' AND name = ANY(:names)
    RETURNING job_id, name
""")
_DROP = text("""
    UPDATE jobs SET state = 'cancelled', finished_at = :now
    WHERE tenant_id = :tenant AND space_id = :space AND state = 'scheduled' AND name = ANY(:names)
""")
#: Ids sort by time, so the key leads to the few that are old enough, past those that are kept.
_TIDY = text("""
    DELETE FROM jobs WHERE tenant_id = :tenant AND job_id < :first_kept
      AND state IN ('succeeded', 'cancelled') AND finished_at < :before
""")
#: What the queue itself sends when a job is enqueued.
_WAKE = """
    SELECT pg_notify('procrastinate_any_queue_v1', '{"type": "job_inserted", "job_id": 0}')
"""
_STATUS = text("""
    SELECT count(*) FILTER (WHERE state IN ('pending', 'running')) AS pending,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           min(COALESCE(due_at, created_at))
               FILTER (WHERE state IN ('pending', 'running')) AS oldest,
           count(*) FILTER (WHERE state = 'pending' AND starts_with(error, :awaited)) AS awaiting,
           COALESCE(bool_or(name = 'extract' AND state <> 'failed'), false) AS extracting
    FROM jobs WHERE tenant_id = :tenant AND space_id = :space
      AND state IN ('pending', 'running', 'failed')
""")
#: The queue holds no text and belongs to no tenant: its figures are those of the service.
_QUEUED = text("""
    SELECT queue_name AS name, status AS state, count(*) AS jobs,
           min(args ->> 'job_id') FILTER (WHERE status = 'todo') AS oldest
    FROM procrastinate_jobs WHERE status IN ('todo', 'doing') AND task_name = :task
    GROUP BY queue_name, status
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class JobCounts:
    """How much is on its way in a space, how much was given up, how old the oldest is."""

    pending: int
    failed: int
    oldest: datetime | None
    #: Whether one of the pending extracts.
    extracting: bool
    #: Of the pending, those that wait for a chat model that is away.
    awaiting: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Queued:
    """How many jobs of one name the queue holds in one of its states."""

    name: str
    state: str
    jobs: int
    #: When the oldest of those not yet started was made.
    oldest: datetime | None


async def enqueue(
    session: WriteSession,
    space: SpaceId,
    name: str,
    *,
    now: datetime,
    total: int | None = None,
) -> UUID:
    """Enqueue a job in this transaction; jobs of one name in one space run in this order."""
    job_id = new_id()
    await session.execute(_INSERT, job_id=job_id, space=space, name=name, total=total, now=now)
    await _defer(session, space, name, job_id)
    return job_id


async def follow_up(session: WriteSession, space: SpaceId, name: str, now: datetime) -> UUID:
    """Have what this transaction owes done by a job that has not begun, or else by a new one.

    The job found is held until commit, so that it begins when there is something for it to see.
    """
    waiting: UUID | None = await session.scalar(_PENDING, space=space, name=name)
    return waiting or await enqueue(session, space, name, now=now)


async def list_open(session: ReadSession, space: SpaceId) -> Mapping[str, Mapping[JobState, UUID]]:
    """The jobs of a space that are not over: by name, one of each state."""
    found: dict[str, dict[JobState, UUID]] = {}
    for row in await session.rows(_OPEN, space=space):
        found.setdefault(row.name, {})[JobState(row.state)] = row.job_id
    return found


async def list_pending(session: ReadSession) -> list[tuple[UUID, str]]:
    """Ids and names of all jobs that wait to be delivered, oldest first."""
    return [(row.job_id, row.name) for row in await session.rows(_LIST_PENDING)]


async def schedule(
    session: WriteSession, space: SpaceId, due: Mapping[str, datetime], now: datetime
) -> None:
    """Have one job of each name wait until it is due; one that waits already is due then."""
    if due:
        names = sorted(due)
        await session.execute(
            _SCHEDULE, space=space, now=now, names=names, due=[due[name] for name in names],
            job_ids=[new_id() for _ in names],
        )  # fmt: skip


async def begin(
    session: WriteSession, space: SpaceId, names: Sequence[str], now: datetime
) -> tuple[UUID, ...]:
    """Enqueue a job of each name: the one that waits for its time, or else a new one."""
    waiting = {r.name: r.job_id for r in await session.rows(
        _BEGIN, space=space, names=list(names), now=now
    )} if names else {}  # fmt: skip
    for name, job_id in waiting.items():
        await _defer(session, space, name, job_id)
    return tuple(
        [waiting.get(name) or await enqueue(session, space, name, now=now) for name in names]
    )


async def drop(session: WriteSession, space: SpaceId, names: Sequence[str], now: datetime) -> None:
    """Let jobs that wait for their time not run after all."""
    if names:
        await session.execute(_DROP, space=space, names=list(names), now=now)


async def set_alarm(session: WriteSession, space: SpaceId, at: datetime) -> None:
    """Have the queue look after the schedule of a space at that time."""
    alarm = procrastinate.jobs.Job(
        queue=_ALARMS,
        lock=None,
        queueing_lock=None,
        task_name=ALARM,
        task_kwargs={"tenant": str(session.tenant), "space": str(space), "at": at.isoformat()},
        scheduled_at=at,
    )
    await JobDeferrer(_MANAGER, alarm, await session.raw()).defer_async()


async def get_job(session: ReadSession, job_id: UUID) -> Job:
    """The job with that id; raises JobNotFound."""
    row = await session.row(_GET, job_id=job_id)
    if row is None:
        raise JobNotFound(f"there is no job {job_id}")
    return _job(row)


async def list_jobs(
    session: ReadSession,
    *,
    spaces: Sequence[str] | None,
    state: str | None,
    before: UUID,
    limit: int,
) -> Page[Job]:
    """Jobs, newest first, of these spaces."""
    names = None if spaces is None else list(spaces)
    rows = await session.rows(_LIST, spaces=names, state=state, before=before, limit=limit + 1)
    items = tuple(map(_job, rows[:limit]))
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


async def start(session: WriteSession, job_id: UUID, now: datetime) -> bool:
    """Mark the job running; False if it is over already or its space is gone."""
    return bool(await session.execute(_START, job_id=job_id, now=now))


async def progress(session: WriteSession, job_id: UUID, done: int) -> None:
    """Count work done, in the transaction that wrote it. A job that advances has not failed yet."""
    if done:
        await session.execute(_PROGRESS, job_id=job_id, done=done)


async def note(session: WriteSession, job_id: UUID, error: str) -> None:
    """Say what went wrong in a job that goes on."""
    await session.execute(_NOTE, job_id=job_id, error=error)


async def end(
    session: WriteSession, job_id: UUID, state: JobState, now: datetime, error: str | None = None
) -> str | None:
    """Mark a running job as ended, or as pending again when it is to be retried.

    Returns what went wrong: this error, or else what was noted on the way.
    """
    finished = None if state is JobState.PENDING else now
    told: str | None = await session.scalar(
        _END, job_id=job_id, state=str(state), error=error, now=finished
    )
    return told


async def is_pending(session: ReadSession, job_id: UUID) -> bool:
    """Whether it waits to be delivered."""
    return await session.row(_IS_PENDING, job_id=job_id) is not None


async def has_advanced(session: ReadSession, job_id: UUID) -> bool:
    """Whether it has done anything; not if its space was erased meanwhile, and so was the job."""
    return await session.row(_HAS_ADVANCED, job_id=job_id) is not None


async def give_back(session: WriteSession, job_id: UUID) -> None:
    """Mark a running job as pending again without counting the attempt: it was not its fault."""
    await session.execute(_GIVE_BACK, job_id=job_id)


async def retry(session: WriteSession, job_id: UUID) -> Job:
    """Give a failed or cancelled job another round of attempts; raises StateConflict."""
    job = await get_job(session, job_id)
    if not await session.execute(_RESTART, job_id=job_id):
        raise StateConflict(f"job {job_id} is {job.state}; only failed ones are retried")
    await _defer(session, job.space_id, job.name, job_id)
    return await get_job(session, job_id)


async def cancel(session: WriteSession, job_id: UUID, now: datetime) -> Job:
    """Give up a job that is not running; what it owed stays owed. Raises StateConflict."""
    job = await get_job(session, job_id)
    if not await session.execute(_CANCEL, job_id=job_id, now=now):
        raise StateConflict(f"job {job_id} is {job.state}; only waiting ones are cancelled")
    return await get_job(session, job_id)


async def count(session: ReadSession, space: SpaceId) -> JobCounts:
    """How the jobs of a space stand."""
    row = await session.row(_STATUS, space=space, awaited=AWAITED)
    assert row is not None  # noqa: S101
    return JobCounts(
        pending=row.pending, failed=row.failed, oldest=row.oldest, extracting=row.extracting,
        awaiting=row.awaiting,
    )  # fmt: skip


async def queued(session: ReadSession) -> list[Queued]:
    """What the queue holds, of all tenants, whoever asks."""
    return [
        Queued(
            name=row.name,
            state=row.state,
            jobs=row.jobs,
            oldest=row.oldest and made_at(UUID(row.oldest)),
        )
        for row in await session.rows(_QUEUED, task=TASK)
    ]


async def tidy(session: WriteSession, before: datetime) -> int:
    """Drop the rows of jobs that ended well before a time."""
    return await session.execute(_TIDY, before=before, first_kept=first_id(before))


def delay(attempts: int) -> timedelta | None:
    """How long to wait after so many attempts; None when it is time to give up."""
    return timedelta(seconds=BACKOFF[attempts - 1]) if attempts <= len(BACKOFF) else None


class _Manager(JobManager):
    """Wakes the workers when a job ends, for the next of the same lock may begin.

    They would look again by themselves, but only once per polling interval, and a writer of many
    small batches enqueues more jobs than that on one space. And it tells by which id the queue
    knows a worker that begins.
    """

    def __init__(
        self, connector: procrastinate.PsycopgConnector, on_begin: Callable[[int], None]
    ) -> None:
        super().__init__(connector)
        self._on_begin = on_begin

    async def register_worker(self) -> int:
        """As ever, and then tell."""
        worker = await super().register_worker()
        self._on_begin(worker)
        return worker

    async def finish_job(
        self,
        job: procrastinate.jobs.Job,
        status: Status,
        delete_job: bool,  # noqa: FBT001
    ) -> None:
        """As ever, and then tell."""
        await super().finish_job(job, status, delete_job)
        await self.connector.execute_query_async(_WAKE)


def queue_app(url: str, on_begin: Callable[[int], None]) -> procrastinate.App:
    """The queue, on connections of its own; the worker adds the task, and is told its id."""
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)
    app = procrastinate.App(connector=connector)
    app.job_manager = _Manager(connector, on_begin)
    return app


async def _defer(session: WriteSession, space: SpaceId, name: str, job_id: UUID) -> None:
    """Hand the job to the queue on the caller's connection, so that both commit or neither."""
    connection = await session.raw()
    job = procrastinate.jobs.Job(
        queue=name,
        lock=f"{name}:{space}",
        queueing_lock=None,
        task_name=TASK,
        task_kwargs=arguments(session.tenant, job_id),
    )
    await JobDeferrer(_MANAGER, job, connection).defer_async()


def arguments(tenant: TenantId, job_id: UUID) -> dict[str, Any]:
    """What travels through the queue: ids, never any text."""
    return {"tenant": str(tenant), "job_id": str(job_id)}


#: Never opened: enqueuing uses the caller's connection.
_MANAGER = procrastinate.App(connector=procrastinate.PsycopgConnector()).job_manager


def _job(row: Row[Any]) -> Job:
    return Job(
        id=row.job_id,
        space_id=SpaceId(row.space_id),
        space=row.space,
        name=row.name,
        state=JobState(row.state),
        attempts=row.attempts,
        error=row.error,
        done=row.done,
        total=row.total,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        due_at=row.due_at,
        run_ids=tuple(row.run_ids),
    )
