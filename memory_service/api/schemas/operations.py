"""Spaces, jobs and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from memory_service.api.deps import SPACE_NAME
from memory_service.api.schemas.base import Answer, Json, Moment, Name, Ratio, Schema
from memory_service.auth import Role
from stores import jobs, keys, records


class Policies(Schema):
    """What holds for a space. `purpose` and `metadata` are notes, the service acts on the rest.

    A key that it would not act on, such as a retention, is refused rather than ignored.
    """

    #: Who speaks where a message has the role `user` and no speaker.
    owner: Name | None = None
    #: What is extracted must be at least so important, and so sure, to be stored.
    admission_threshold: Ratio | None = None
    purpose: Name | None = None
    metadata: Json | None = None


class SpaceIn(Schema):
    policies: Policies = Policies()

    def given(self) -> dict[str, Any]:
        """The policies that were named; None for one that is to go."""
        return {name: getattr(self.policies, name) for name in self.policies.model_fields_set}


class Space(Answer):
    name: str
    policies: dict[str, Any]
    created_at: datetime

    @classmethod
    def of(cls, space: records.Space) -> Self:
        """The answer for a record."""
        return cls(name=space.name, policies=dict(space.policies), created_at=space.created_at)


class SpaceList(Answer):
    items: list[Space]
    next_cursor: str | None


class SpaceErased(Answer):
    erased: int


class Status(Answer):
    """Zero pending and unembedded = all that was written is processed."""

    episodes: int
    memories: dict[str, int]
    pending_jobs: int
    failed_jobs: int
    unembedded: int
    failed_items: int
    oldest_pending_s: float


class JobIds(Answer):
    job_ids: list[UUID]


class Progress(Answer):
    done: int
    total: int | None


class Job(Answer):
    id: UUID
    space: str
    name: str
    state: jobs.JobState
    attempts: int
    error: str | None
    progress: Progress
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, job: jobs.Job) -> Self:
        """The answer for a record."""
        return cls(
            id=job.id,
            space=job.space,
            name=job.name,
            state=job.state,
            attempts=job.attempts,
            error=job.error,
            progress=Progress(done=job.done, total=job.total),
            created_at=job.created_at,
            started_at=job.started_at,
            finished_at=job.finished_at,
        )


class JobList(Answer):
    items: list[Job]
    next_cursor: str | None


class KeyIn(Schema):
    """`spaces` limits the key to these; null is every space of the tenant."""

    name: Name
    role: Role
    spaces: (
        Annotated[
            list[Annotated[str, Field(pattern=SPACE_NAME)]], Field(min_length=1, max_length=1000)
        ]
        | None
    ) = None
    expires_at: Moment | None = None


class Key(Answer):
    id: UUID
    name: str
    role: str
    spaces: list[str] | None
    expires_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, record: keys.ApiKey, **more: Any) -> Self:
        """The answer for a record."""
        return cls(
            id=record.key_id,
            name=record.name,
            role=record.role,
            spaces=None if record.spaces is None else list(record.spaces),
            expires_at=record.expires_at,
            created_at=record.created_at,
            **more,
        )


class NewKey(Key):
    """`key` is shown here and never again."""

    key: str


class KeyList(Answer):
    items: list[Key]
    next_cursor: str | None
