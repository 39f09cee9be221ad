"""Jobs as callers see them: list, look at, try again, give up."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from consolidation import jobs as job_kinds
from consolidation import schedules
from memory_service.auth import Principal, Role
from memory_service.verbs.services import Services
from stores import jobs
from stores import schedules as activity
from stores.errors import JobNotFound
from stores.jobs import Job, JobState
from stores.records import Page


async def list_jobs(
    services: Services,
    principal: Principal,
    *,
    space: str | None,
    state: str | None,
    before: UUID,
    limit: int,
) -> Page[Job]:
    """Jobs of the spaces the caller may see, newest first."""
    names: Sequence[str] | None = principal.spaces
    if space is not None:
        principal.require_spaces([space])
        names = [space]
    async with services.database.read(principal.tenant) as session:
        return await jobs.list_jobs(session, spaces=names, state=state, before=before, limit=limit)


async def get_job(services: Services, principal: Principal, job_id: UUID) -> Job:
    """The job; raises JobNotFound, also for a job of a space the key does not cover."""
    async with services.database.read(principal.tenant) as session:
        job = await jobs.get_job(session, job_id)
    if not principal.covers(job.space):
        raise JobNotFound(f"there is no job {job_id}")
    return job


async def retry(services: Services, principal: Principal, job_id: UUID) -> Job:
    """Give a dead letter another round; raises StateConflict."""
    principal.require(Role.WRITER)
    await get_job(services, principal, job_id)
    async with services.database.write(principal.tenant) as session:
        return await jobs.retry(session, job_id)


async def cancel(services: Services, principal: Principal, job_id: UUID) -> Job:
    """Give up a job that is not running; raises StateConflict.

    One that runs by itself is left out this time: it is planned anew when something changes.
    """
    principal.require(Role.WRITER)
    job = await get_job(services, principal, job_id)
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        if job.state is JobState.SCHEDULED:
            # Whoever plans takes the job after the space's activity, and so do we.
            await activity.hold(session, job.space_id)
        cancelled = await jobs.cancel(session, job_id, now)
        if job_kinds.load()[job.name].cadence is not None:
            await schedules.skip(session, job.space_id, job.name, now)
        return cancelled
