"""Figures of a tenant."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Self

from memory_service.api.schemas.base import Answer
from memory_service.verbs import stats
from stores import model_usage, statistics
from stores.backlog import Stage
from stores.records import MemoryType, State, Tier


class ModelUsage(Answer):
    """Answered requests and their tokens; those that were cached are among the prompt's."""

    space: str
    day: date
    purpose: str
    model: str
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int

    @classmethod
    def of(cls, line: model_usage.ModelUsage) -> Self:
        """The answer for a record."""
        return cls(
            space=line.space,
            day=line.day,
            purpose=line.purpose,
            model=line.model,
            requests=line.amount.requests,
            prompt_tokens=line.amount.prompt_tokens,
            cached_tokens=line.amount.cached_tokens,
            completion_tokens=line.amount.completion_tokens,
        )


class ModelUsageList(Answer):
    items: list[ModelUsage]
    next_cursor: str | None


class MemoryCount(Answer):
    """How many memories are of this sort; `stale` of them are to be told anew."""

    type: MemoryType
    kind: str
    state: State
    tier: Tier
    memories: int
    stale: int


class BacklogFigures(Answer):
    """Memories that something is owed to, by what that is; some may be in several.

    `embed`: an embedding, so that they are found by meaning; `extract`: what they say; `held`: the
    same, once somebody asks for it; `segment`: a place among events; `link`: links to others.
    `set_aside` are those of all stages that fail by themselves, and wait for `consolidate`.
    """

    embed: int
    extract: int
    held: int
    segment: int
    link: int
    set_aside: int


class JobFigures(Answer):
    """Jobs by state, but those that are over; and how long jobs of the last hour waited to begin.

    `oldest_pending_s` is the age of the oldest that is due and not done, 0 if there is none; waits
    are null where no job has begun.
    """

    scheduled: int
    pending: int
    running: int
    failed: int
    oldest_pending_s: float
    begun_last_hour: int
    wait_p50_s: float | None
    wait_p95_s: float | None


class Overview(Answer):
    """How a space stands, or all of them. Memories of every state but `erased` are counted."""

    total: int
    active: int
    stale: int
    memories: list[MemoryCount]
    backlog: BacklogFigures
    jobs: JobFigures

    @classmethod
    def of(cls, found: statistics.Figures) -> Self:
        """The answer for a record."""
        counts, jobs, waits = found.counts, found.jobs, found.waits
        return cls(
            total=sum(count.memories for count in counts),
            active=sum(count.memories for count in counts if count.state == State.ACTIVE),
            stale=sum(count.stale for count in counts),
            memories=[
                MemoryCount(
                    type=count.type,
                    kind=count.kind,
                    state=State(count.state),
                    tier=Tier(count.tier),
                    memories=count.memories,
                    stale=count.stale,
                )
                for count in counts
            ],
            backlog=BacklogFigures(
                **{str(stage): found.backlog[stage] for stage in Stage}, set_aside=found.set_aside
            ),
            jobs=JobFigures(
                **{str(state): n for state, n in jobs.items()},
                oldest_pending_s=found.oldest_pending_s,
                begun_last_hour=waits.jobs,
                wait_p50_s=waits.p50_s,
                wait_p95_s=waits.p95_s,
            ),
        )


class SpaceFigures(Answer):
    """How one space stands.

    `unsearchable` memories are owed an embedding; `unconsolidated` ones an extraction, a place
    among events, or links. `changed_at` is null where nothing was written since spaces are watched.
    """

    space: str
    memories: int
    active: int
    stale: int
    unsearchable: int
    unconsolidated: int
    set_aside: int
    pending_jobs: int
    failed_jobs: int
    oldest_pending_s: float
    changed_at: datetime | None

    @classmethod
    def of(cls, line: statistics.SpaceFigures) -> Self:
        """The answer for a record."""
        return cls(
            space=line.space,
            memories=line.memories,
            active=line.active,
            stale=line.stale,
            unsearchable=line.unsearchable,
            unconsolidated=line.unconsolidated,
            set_aside=line.set_aside,
            pending_jobs=line.pending_jobs,
            failed_jobs=line.failed_jobs,
            oldest_pending_s=line.oldest_pending_s,
            changed_at=line.changed_at,
        )


class SpaceFiguresList(Answer):
    items: list[SpaceFigures]
    next_cursor: str | None


class Growth(Answer):
    """At the end of the day (UTC) there were `total` memories of the type, `change` more than the
    day before; less where there are fewer.
    """

    day: date
    type: MemoryType
    change: int
    total: int


class GrowthList(Answer):
    """Days with a change, by day and type. The first of a type may be the day before the first
    one asked for: it tells how many there were until then.
    """

    items: list[Growth]

    @classmethod
    def of(cls, days: Iterable[statistics.Growth]) -> Self:
        """The answer for records."""
        return cls(
            items=[
                Growth(day=one.day, type=one.type, change=one.change, total=one.total)
                for one in days
            ]
        )


class Took(Answer):
    """Quantiles of how long calls of an operation took, in milliseconds, true to a tenth."""

    operation: str
    calls: int
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def of(cls, one: stats.Latency) -> Self:
        """The answer for a record."""
        return cls(operation=one.operation, **_quantiles(one))


class TookStep(Took):
    """The same of one step, which began `at`."""

    at: datetime

    @classmethod
    def of(cls, one: stats.Latency) -> Self:
        """The answer for a record."""
        return cls(operation=one.operation, at=one.at, **_quantiles(one))


class Latency(Answer):
    """How long calls took. What is about several spaces counts in each. Kept for seven days."""

    since: datetime
    until: datetime
    step_s: int
    operations: list[Took]
    #: Without those in which nothing was called.
    steps: list[TookStep]

    @classmethod
    def of(cls, found: stats.Latencies) -> Self:
        """The answer for a record."""
        return cls(
            since=found.since,
            until=found.until,
            step_s=int(found.step.total_seconds()),
            operations=[Took.of(one) for one in found.whole],
            steps=[TookStep.of(one) for one in found.steps],
        )


def _quantiles(one: stats.Latency) -> dict[str, Any]:
    return {
        "calls": one.calls,
        "p50_ms": one.quantile_ms(0.5),
        "p95_ms": one.quantile_ms(0.95),
        "p99_ms": one.quantile_ms(0.99),
    }
