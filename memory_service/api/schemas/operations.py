"""Spaces, jobs and keys."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field

from consolidation import jobs as job_kinds
from consolidation.distill.policy import Policy as ParametricPolicy
from memory_service.api.deps import SPACE_NAME
from memory_service.api.schemas.base import Answer, Json, Moment, Name, Ratio, Schema
from memory_service.api.schemas.lifecycle import DecayPolicy, Quotas, Ttl
from memory_service.auth import Role
from memory_service.verbs.llm_state import LlmState
from stores import jobs, keys, records


def _has_cadence(name: str) -> str:
    names = sorted(n for n, kind in job_kinds.load().items() if kind.cadence is not None)
    if name not in names:
        raise ValueError(f"no job of that name runs by itself; these do: {', '.join(names)}")
    return name


JobWithCadence = Annotated[str, AfterValidator(_has_cadence)]
#: A minute to ten years.
Seconds = Annotated[int, Field(ge=60, le=315_360_000)]


class JobPolicy(Schema):
    """Whether a job runs by itself, and when: at the first of these. Null takes one away."""

    on: bool = True
    #: So long after it last ran, if something has changed.
    every_s: Seconds | None = None
    #: When nothing has changed for so long.
    idle_s: Annotated[int, Field(ge=1, le=315_360_000)] | None = None
    #: After so many new memories.
    volume: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    #: When a session has ended.
    session_end: bool | None = None


class LlmPolicy(Schema):
    """What language models may be asked for."""

    #: Of prompts and answers, a day of UTC; beyond, the space goes by rules. 0: never ask one.
    tokens_per_day: Annotated[int, Field(ge=0, le=1_000_000_000_000)] | None = None
    #: What extraction does while the model is away: go by rules, or wait until it is back.
    when_away: Literal["rules", "wait"] | None = None


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
    llm: LlmPolicy | None = None
    #: Which jobs run by themselves and when, by name; what is not said stays as it is.
    jobs: dict[JobWithCadence, JobPolicy] | None = None
    #: How memories fade.
    decay: DecayPolicy | None = None
    #: What becomes of a memory whose `expires_at` has passed; without, it is archived.
    ttl: Ttl | None = None
    #: How many active memories there may be, by type or kind; beyond, some are archived.
    quotas: Quotas | None = None
    #: What may be learned by adapters, how, and how good they have to be.
    parametric: ParametricPolicy | None = None


class SpaceIn(Schema):
    policies: Policies = Policies()

    def given(self) -> dict[str, Any]:
        """The policies that were named; None for one that is to go."""
        return self.policies.model_dump(mode="json", exclude_unset=True)


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


class DoneByRules(Answer):
    """Runs of a job that did by rules, all or a part, what the chat model was to do."""

    job: str
    #: A code, such as `backend-unavailable`, or what was wrong with the answer.
    reason: str
    runs: int
    last_at: datetime


class LlmStatus(Answer):
    """The chat model as this process sees it, and how the space stands with it."""

    #: `none` is configured, it is `ok`, `slow`, or `down`.
    state: Literal["none", "ok", "slow", "down"]
    #: Since when it is down and why; null while it answers, or was not heard of yet.
    since: datetime | None
    reason: str | None
    #: Pending jobs that wait until it is back.
    waiting_jobs: int
    #: What was done by rules in the last 24 hours.
    by_rules: list[DoneByRules]
    #: Of prompts and answers, today in UTC; what there may be, null without a budget.
    tokens_today: int
    tokens_per_day: int | None

    @classmethod
    def of(cls, found: LlmState, *, waiting_jobs: int) -> Self:
        """The answer for what was found."""
        return cls(
            state=found.state,
            since=found.since,
            reason=found.reason,
            waiting_jobs=waiting_jobs,
            by_rules=[
                DoneByRules(job=one.job, reason=one.reason, runs=one.runs, last_at=one.last_at)
                for one in found.by_rules
            ],
            tokens_today=found.tokens_today,
            tokens_per_day=found.tokens_per_day,
        )


class Status(Answer):
    """Zero pending and unembedded = all that was written is processed."""

    episodes: int
    memories: dict[str, int]
    pending_jobs: int
    failed_jobs: int
    unembedded: int
    failed_items: int
    oldest_pending_s: float
    llm: LlmStatus


class ConsolidateIn(Schema):
    """Which jobs are to run; without, what is owed and all that are on in the space."""

    jobs: Annotated[list[Name], Field(min_length=1, max_length=100)] | None = None


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
    #: When it is due by itself; null for one that was asked for.
    due_at: datetime | None
    #: What it did, each to be looked at and taken back by itself.
    run_ids: list[UUID]

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
            due_at=job.due_at,
            run_ids=list(job.run_ids),
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
