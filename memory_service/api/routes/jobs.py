"""Jobs."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from memory_service.api import pages
from memory_service.api.deps import SPACE_NAME, Cursor, Limit, PrincipalDep, ServicesDep
from memory_service.api.schemas.operations import Job, JobList
from memory_service.verbs import jobs
from stores.jobs import JobState

router = APIRouter(prefix="/v1", tags=["jobs"])


@router.get("/jobs")
async def list_jobs(
    services: ServicesDep,
    principal: PrincipalDep,
    space: Annotated[str | None, Query(pattern=SPACE_NAME)] = None,
    state: Annotated[JobState | None, Query()] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobList:
    """Jobs, newest first; dead letters are those in the state `failed`."""
    page = await jobs.list_jobs(
        services, principal, space=space, state=state, before=pages.before(cursor), limit=limit
    )
    return JobList(
        items=[Job.of(job) for job in page.items], next_cursor=pages.encode(page.next_cursor)
    )


@router.get("/jobs/{job_id}")
async def get_job(services: ServicesDep, principal: PrincipalDep, job_id: UUID) -> Job:
    """One job and its progress."""
    return Job.of(await jobs.get_job(services, principal, job_id))


@router.post("/jobs/{job_id}/retry")
async def retry_job(services: ServicesDep, principal: PrincipalDep, job_id: UUID) -> Job:
    """Give a failed or cancelled job another round of attempts."""
    return Job.of(await jobs.retry(services, principal, job_id))


@router.post("/jobs/{job_id}/cancel")
async def cancel_job(services: ServicesDep, principal: PrincipalDep, job_id: UUID) -> Job:
    """Give up a job that is not running; what it owed stays owed."""
    return Job.of(await jobs.cancel(services, principal, job_id))
