"""Figures of a tenant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from memory_service.auth import Principal
from memory_service.verbs.errors import Malformed
from memory_service.verbs.services import Services
from stores import model_usage, spaces, statistics, timings
from stores.database import ReadSession
from stores.model_usage import Amount, ModelUsage
from stores.records import Page
from stores.statistics import Figures, Growth, SpaceFigures
from stores.timings import Buckets

#: Days of an account whose first day is not named, the last one among them.
_DAYS = 30
#: Days of growth that are answered at once.
_MOST_DAYS = 1100
#: Steps that a stretch of time is divided into, at most.
_MOST_STEPS = 300
#: Waits of jobs are told of those of the last hour.
_WAITS = timedelta(hours=1)


async def list_model_usage(
    services: Services,
    principal: Principal,
    *,
    space: str | None,
    since: date | None,
    until: date | None,
    after: str | None,
    limit: int,
) -> Page[ModelUsage]:
    """What language models were asked for, in the spaces the caller may see, by day.

    Raises SpaceNotFound, NotPermitted, Malformed, InvalidCursor.
    """
    first, last = _days(services, since, until)
    async with services.database.read(principal.tenant) as session:
        only = await _named(session, principal, space)
        return await model_usage.list_usage(
            session, only=only, since=first, until=last, after=after, limit=limit
        )


async def get_figures(services: Services, principal: Principal, *, space: str | None) -> Figures:
    """How the space stands, or all that the caller may see; raises SpaceNotFound, NotPermitted."""
    services.stopwatch.look_after(principal.tenant)
    now = services.clock()
    async with services.database.read(principal.tenant) as session:
        only = await _named(session, principal, space)
        return await statistics.figures(session, only=only, now=now, since=now - _WAITS)


async def list_spaces(
    services: Services, principal: Principal, *, after: str, limit: int
) -> Page[SpaceFigures]:
    """How each space stands that the caller may see, by name."""
    services.stopwatch.look_after(principal.tenant)
    async with services.database.read(principal.tenant) as session:
        return await statistics.list_spaces(
            session, only=principal.spaces, after=after, limit=limit, now=services.clock()
        )


async def list_growth(
    services: Services,
    principal: Principal,
    *,
    space: str | None,
    since: date | None,
    until: date | None,
) -> list[Growth]:
    """How many memories of each type there were at the end of a day, for days with a change.

    Begins with the day before, which tells how many there were already. Raises SpaceNotFound,
    NotPermitted, Malformed.
    """
    first, last = _days(services, since, until)
    if last - first >= timedelta(days=_MOST_DAYS):
        raise Malformed(f"at most {_MOST_DAYS} days are told at once", pointer="query:since")
    first = max(first, date.min + timedelta(days=1))
    services.stopwatch.look_after(principal.tenant)
    async with services.database.read(principal.tenant) as session:
        only = await _named(session, principal, space)
        return await statistics.growth(session, only=only, since=first, until=last)


async def chats_by_day(
    services: Services,
    principal: Principal,
    *,
    space: str | None,
    since: date | None,
    until: date | None,
) -> dict[date, Amount]:
    """What chats came to, for days with any; raises SpaceNotFound, NotPermitted, Malformed."""
    first, last = _days(services, since, until)
    async with services.database.read(principal.tenant) as session:
        only = await _named(session, principal, space)
        return await model_usage.by_day(session, "chat", only=only, since=first, until=last)


@dataclass(frozen=True, kw_only=True, slots=True)
class Latency:
    """How long calls of an operation took: within a step of time, or over all of it."""

    operation: str
    #: When the step began; None for all of the time asked for.
    at: datetime | None
    buckets: Buckets

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return sum(self.buckets.values())

    def quantile_ms(self, share: float) -> float:
        """Milliseconds that this share of the calls took at most."""
        return 1000 * (timings.quantile(self.buckets, share) or 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Latencies:
    """Operations over the time asked for, then step by step."""

    since: datetime
    until: datetime
    step: timedelta
    whole: Sequence[Latency]
    steps: Sequence[Latency]


async def get_latency(
    services: Services,
    principal: Principal,
    *,
    space: str | None,
    minutes: int,
    step_minutes: int | None,
) -> Latencies:
    """How long remembering and recalling took in the last `minutes`, in at most 300 steps.

    Raises SpaceNotFound, NotPermitted, Malformed.
    """
    step = timedelta(minutes=step_minutes or max(1, -(-minutes // 60)))
    if timedelta(minutes=minutes) / step > _MOST_STEPS:
        raise Malformed(f"at most {_MOST_STEPS} steps are told", pointer="query:step_minutes")
    until = services.clock()
    since = until.replace(second=0, microsecond=0) - timedelta(minutes=minutes - 1)
    async with services.database.read(principal.tenant) as session:
        only = await _named(session, principal, space)
        found = await timings.read(session, only=only, since=since, until=until, step=step)
    whole: dict[str, Counter[int]] = {}
    for (_, operation), buckets in found.items():
        whole.setdefault(operation, Counter()).update(buckets)
    return Latencies(
        since=since,
        until=until,
        step=step,
        whole=[Latency(operation=o, at=None, buckets=whole[o]) for o in sorted(whole)],
        steps=[Latency(operation=o, at=at, buckets=b) for (at, o), b in found.items()],
    )


def _days(services: Services, since: date | None, until: date | None) -> tuple[date, date]:
    """The first and the last day asked for; without, the last 30. Raises Malformed."""
    last = until or services.clock().date()
    first = since or max(date.min + timedelta(days=_DAYS), last) - timedelta(days=_DAYS - 1)
    if first > last:
        raise Malformed("since lies behind until", pointer="query:since")
    return first, last


async def _named(
    session: ReadSession, principal: Principal, space: str | None
) -> Sequence[str] | None:
    """The one space asked for, or those the caller may see; None is all of them.

    Raises NotPermitted, SpaceNotFound.
    """
    if space is None:
        return principal.spaces
    principal.require_spaces([space])
    await spaces.get_space(session, space)
    return [space]
