"""Works the queue off: runs jobs, retries them with growing pauses, takes over from the dead."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import procrastinate
from procrastinate import retry

from consolidation import jobs as job_kinds
from consolidation import schedules
from consolidation.distill import leftovers
from consolidation.services import Services, Work
from llm_backend.errors import ModelAwaited
from memory_service.settings import WorkerSettings
from memory_service.telemetry import Metrics, logger
from stores import idempotency, jobs, spaces
from stores.database import WriteSession
from stores.errors import StoreError, StoreUnavailable
from stores.ids import SpaceId, TenantId
from stores.jobs import ALARM, TASK, Job, JobState

#: Seconds until a worker that stopped on an error, such as a database restart, begins again.
_AGAIN_S = 2.0
#: While the database, or a model that is waited for, does not answer, pauses grow no longer than
#: after so many attempts.
_ATTEMPTS_IN_OUTAGE = 3
#: Seconds between two looks for files of processes that died.
_CLEAR_UP_S = 3600.0
#: Finished jobs are shown, and idempotency keys honoured, for so long.
_KEPT = timedelta(days=7)
_REGISTERED = "SELECT id FROM procrastinate_workers WHERE id = %(worker)s"
#: The queue itself belongs to no tenant.
_NO_TENANT = TenantId(UUID(int=0))


class _RunAgain(Exception):
    """The job is to be delivered again after a pause."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__(f"again in {pause}")
        self.pause = pause


class _Forgotten(Exception):
    """The queue has taken this worker for dead; it has to begin anew."""


class _Redelivery(retry.BaseRetryStrategy):
    """Deliver again what did not end; at once what a stopping worker gave back.

    A job that fails for good says so in its own row and raises nothing. So anything else that is
    raised here means that the row could not be written, and without a delivery it never would be.
    """

    def get_retry_decision(
        self,
        *,
        exception: BaseException,
        job: procrastinate.jobs.Job,  # noqa: ARG002
    ) -> procrastinate.RetryDecision:
        seconds = int(_AGAIN_S)
        if isinstance(exception, _RunAgain):
            seconds = int(exception.pause.total_seconds())
        if isinstance(exception, (asyncio.CancelledError, procrastinate.exceptions.JobAborted)):
            seconds = 0
        return procrastinate.RetryDecision(retry_in={"seconds": seconds})


class Worker:
    """Runs jobs until told to stop. Several may work on one queue."""

    def __init__(self, services: Services, settings: WorkerSettings, metrics: Metrics) -> None:
        self._services = services
        self._settings = settings
        self._metrics = metrics
        self._task: asyncio.Task[None] | None = None
        #: The queue's ids of the jobs at hand, and of us.
        self._at_hand: set[int | None] = set()
        self._worker_id: int | None = None
        self.alive = False

    def start(self) -> None:
        """Begin to work, in the background."""
        self._task = asyncio.create_task(self._run(), name="worker")

    async def stop(self) -> None:
        """Finish or give back the jobs at hand, then return."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        """Work; after an error of the queue itself, say so and begin again."""
        while True:
            try:
                await self._work()
            except Exception as error:  # noqa: BLE001 - the worker loop must not die
                logger().warning("worker-stopped", error=type(error).__name__)
            self.alive = False
            await asyncio.sleep(_AGAIN_S)

    async def _work(self) -> None:
        self._worker_id = None
        app = jobs.queue_app(self._services.database.url, self._begun)
        app.task(name=TASK, pass_context=True, retry=_Redelivery())(self._deliver)
        app.task(name=ALARM, pass_context=True, retry=_Redelivery())(self._ring)
        async with app.open_async():
            self.alive = True
            tasks = (
                asyncio.create_task(self._work_off(app), name="work-off"),
                asyncio.create_task(self._rescue(app), name="rescue"),
                asyncio.create_task(self._clear_up(), name="clear-up"),
            )
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
            for error in ended:
                if isinstance(error, Exception):
                    raise error

    async def _work_off(self, app: procrastinate.App) -> None:
        await app.run_worker_async(
            concurrency=self._settings.concurrency,
            install_signal_handlers=False,
            shutdown_graceful_timeout=self._settings.grace_s,
            update_heartbeat_interval=self._settings.stalled_after_s / 4,
            stalled_worker_timeout=self._settings.stalled_after_s,
            fetch_job_polling_interval=1.0,
            delete_jobs="always",
        )

    async def _rescue(self, app: procrastinate.App) -> None:
        """Give the jobs of workers that died to those that live; keep the queue's figures."""
        after = self._settings.stalled_after_s
        stranded: set[int | None] = set()
        while True:
            await self._show_life(app)
            stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=after)
            theirs = [job for job in stalled if job.id not in self._at_hand]
            left = await self._left_behind(app)
            # Between its end and the queue's note of it a job is not at hand, so look twice.
            for job in {
                j.id: j for j in (*theirs, *(j for j in left if j.id in stranded))
            }.values():
                logger().warning("job-taken-over", job_id=job.task_kwargs.get("job_id"))
                await app.job_manager.retry_job(job)
            stranded = {job.id for job in left}
            await app.job_manager.prune_stalled_workers(after)
            # The figures are not worth a stop of the worker; they come with the next look.
            with suppress(StoreError):
                await observe_queue(self._services, self._metrics)
            await asyncio.sleep(after / 4)

    async def _clear_up(self) -> None:
        """Now and then, and at first, remove the files of those who died."""
        while True:
            try:
                await leftovers.clear_up(self._services)
            except (StoreError, OSError) as error:
                logger().warning("leftovers-stay", error=type(error).__name__)
            await asyncio.sleep(_CLEAR_UP_S)

    async def _show_life(self, app: procrastinate.App) -> None:
        """Tell the queue that we are there; raises _Forgotten if it has given us up.

        That happens after the machine slept, or was too busy to say so in time. A worker that the
        queue does not know gets no jobs, and keeps the locks of those it had.
        """
        if self._worker_id is None:
            return
        await app.job_manager.update_heartbeat(self._worker_id)
        if not await app.connector.execute_query_all_async(_REGISTERED, worker=self._worker_id):
            raise _Forgotten

    def _begun(self, worker_id: int) -> None:
        self._worker_id = worker_id

    async def _left_behind(self, app: procrastinate.App) -> list[procrastinate.jobs.Job]:
        """Jobs the queue thinks we run, or nobody, though they ended while it could not be told."""
        doing = await app.job_manager.list_jobs_async(status="doing")
        return [
            job for job in doing
            if job.id not in self._at_hand and job.worker_id in {None, self._worker_id}
        ]  # fmt: skip

    async def _deliver(self, context: procrastinate.JobContext, tenant: str, job_id: str) -> None:
        self._at_hand.add(context.job.id)
        try:
            await run_job(self._services, self._metrics, TenantId(UUID(tenant)), UUID(job_id))
        finally:
            self._at_hand.discard(context.job.id)

    async def _ring(
        self, context: procrastinate.JobContext, tenant: str, space: str, at: str
    ) -> None:
        self._at_hand.add(context.job.id)
        try:
            await ring(
                self._services, TenantId(UUID(tenant)), SpaceId(UUID(space)),
                datetime.fromisoformat(at),
            )  # fmt: skip
        finally:
            self._at_hand.discard(context.job.id)


async def ring(services: Services, tenant: TenantId, space: SpaceId, at: datetime) -> None:
    """Look after the schedule of a space at the time that an alarm was set to."""
    async with services.database.write(tenant) as session:
        await schedules.ring(session, space, at, services.clock())


async def observe_queue(services: Services, metrics: Metrics) -> None:
    """Bring the gauges of the queue up to date; raises StoreUnavailable, StoreBusy."""
    async with services.database.read(_NO_TENANT) as session:
        queued = await jobs.queued(session)
    metrics.queue_jobs.clear()
    for some in queued:
        metrics.queue_jobs.labels(some.name, some.state).set(some.jobs)
    now = services.clock()
    oldest = min((some.oldest for some in queued if some.oldest), default=now)
    metrics.queue_oldest_seconds.set(max(0.0, (now - oldest).total_seconds()))


async def run_job(services: Services, metrics: Metrics, tenant: TenantId, job_id: UUID) -> None:
    """Run one job and tell how it ended; what is delivered twice is done once."""
    job = await _start(services, tenant, job_id)
    if job is None:
        return
    began = time.monotonic()
    ended = JobState.PENDING
    try:
        await _run_kind(services, tenant, job)
    except asyncio.CancelledError:
        await asyncio.shield(_give_back(services, tenant, job_id))
        raise
    except Exception as error:
        pause = _pause_after(await _current(services, tenant, job), error)
        ended = JobState.FAILED if pause is None else JobState.PENDING
        await _failed(services, tenant, job, error, ended)
        if pause is not None:
            raise _RunAgain(pause) from error
    else:
        ended = JobState.SUCCEEDED
        told = await _end(services, tenant, job, ended, None)
        if told is not None:
            logger().warning("items-set-aside", job_id=str(job.id), name=job.name, error=told)
    finally:
        metrics.job_seconds.labels(job.name, str(ended)).observe(time.monotonic() - began)


async def _start(services: Services, tenant: TenantId, job_id: UUID) -> Job | None:
    async with services.database.write(tenant) as session:
        now = services.clock()
        if not await jobs.start(session, job_id, now):
            return None
        job = await jobs.get_job(session, job_id)
        if job_kinds.load()[job.name].cadence is not None:
            await schedules.began(session, job.space_id, job.name, now)
        return job


async def _run_kind(services: Services, tenant: TenantId, job: Job) -> None:
    async with services.database.read(tenant) as session:
        space = await spaces.get_space(session, job.space)
    work = Work(tenant=tenant, space=space, job_id=job.id)
    await job_kinds.load()[job.name].run(services.at_work(work, job.name), work)


async def _current(services: Services, tenant: TenantId, job: Job) -> Job:
    """The job as it stands now: attempts count from its last progress."""
    async with services.database.read(tenant) as session:
        return await jobs.get_job(session, job.id)


def _pause_after(job: Job, error: Exception) -> timedelta | None:
    """How long to wait before the job is tried again; None to give it up."""
    if isinstance(error, StoreUnavailable | ModelAwaited) and error.retryable:
        # That is no fault of the job's, and it ends when what is away is back.
        return jobs.delay(min(job.attempts, _ATTEMPTS_IN_OUTAGE))
    return jobs.delay(job.attempts) if getattr(error, "retryable", True) else None


async def _failed(
    services: Services, tenant: TenantId, job: Job, error: Exception, state: JobState
) -> None:
    """Pending again or failed for good, with a line that holds no memory text."""
    code = getattr(error, "code", None)
    line = f"{code}: {error}" if code else type(error).__name__
    logger().warning("job-failed", job_id=str(job.id), name=job.name, state=str(state),
                     attempts=job.attempts, error=line, exc_info=code is None)  # fmt: skip
    await _end(services, tenant, job, state, line)


async def _give_back(services: Services, tenant: TenantId, job_id: UUID) -> None:
    async with services.database.write(tenant) as session:
        await jobs.give_back(session, job_id)


async def _end(
    services: Services, tenant: TenantId, job: Job, state: JobState, error: str | None
) -> str | None:
    """How it ended and what went wrong; raises _RunAgain if another has given it back meanwhile.

    That other had it, too, because the queue took one of us for dead. What was owed since then may
    count on the job to begin yet, and the queue must not forget it.
    """
    now = services.clock()
    async with services.database.write(tenant) as session:
        told = await jobs.end(session, job.id, state, now, error)
        given_back = state is not JobState.PENDING and await jobs.is_pending(session, job.id)
        await jobs.tidy(session, now - _KEPT)
        await idempotency.forget_before(session, now - _KEPT)
        if state is not JobState.PENDING:
            await _look_ahead(session, job, now)
    if given_back:
        raise _RunAgain(timedelta())
    return told


async def _look_ahead(session: WriteSession, job: Job, now: datetime) -> None:
    """What the end of a job means for the schedule of its space, last in its transaction."""
    kind = job_kinds.load()[job.name]
    if kind.cadence is not None:
        await schedules.replan(session, job.space_id, now)
    elif kind.feeds and await jobs.has_advanced(session, job.id):
        await schedules.changed(session, job.space_id, now)
