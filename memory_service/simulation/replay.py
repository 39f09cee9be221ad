"""Replays a workload: remember, let the jobs run when they are due, and measure on the way."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from consolidation import jobs as job_kinds
from memory_service.simulation.measuring import Examiner
from memory_service.simulation.records import Checkpoint, Told, Workload
from memory_service.simulation.world import World
from memory_service.verbs.remember import Episode, remember
from memory_service.verbs.spaces import put_space
from memory_service.worker import ring, run_job
from stores import jobs, schedules, sizes
from stores.ids import MemoryId
from stores.records import Payload, Space

#: Episodes of one call, as many as a service takes by default.
_BATCH = 1000
#: How often decay runs at most: a day has 48 half hours, and a simulated year is to take minutes.
_DECAY_S = 6 * 3600


class Variant(StrEnum):
    """What runs by itself: everything, nothing, all but decay, decay alone."""

    FULL = "full"
    BARE = "bare"
    NO_DECAY = "no-decay"
    NO_CONSOLIDATION = "no-consolidation"

    def policies(self) -> Payload:
        """The policies of a space of this variant."""
        named = [n for n, kind in job_kinds.load().items() if kind.cadence is not None]
        said: dict[str, Payload] = {name: {"on": False} for name in named if not self._runs(name)}
        if "decay" in named and self._runs("decay"):
            said["decay"] = {"every_s": _DECAY_S}
        return {"jobs": said}

    def _runs(self, name: str) -> bool:
        decays = name == "decay"
        match self:
            case Variant.FULL:
                return True
            case Variant.BARE:
                return False
            case Variant.NO_DECAY:
                return not decays
            case Variant.NO_CONSOLIDATION:
                return decays


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """How a workload is replayed."""

    variant: Variant
    #: Days between checkpoints, and how many questions of each sort are asked at one.
    every_days: int
    questions: int
    seed: int = 1


@dataclass(kw_only=True, slots=True)
class _Progress:
    """What has been done so far."""

    began: float = field(default_factory=time.monotonic)
    episodes: int = 0
    ids: dict[str, MemoryId] = field(default_factory=dict)
    ran: Counter[str] = field(default_factory=Counter)


async def replay(world: World, workload: Workload, course: Course) -> AsyncIterator[Checkpoint]:
    """How things stand at each checkpoint, the last one after the last episode."""
    name = str(course.variant)
    first, last = workload.told[0].at, workload.told[-1].at
    world.clock.advance(first)
    space, _ = await put_space(world.services, world.principal, name, course.variant.policies())
    examiner = Examiner.of(workload, course.questions, course.seed)
    done = _Progress()
    for day, told in _by_day(workload.told):
        await _remember(world, space, told, done)
        elapsed = (day - first.date()).days + 1
        at_end = told[-1].at == last
        # After the last word a day goes by, so that what is due then is seen as well.
        await _pass(world, space, last + timedelta(days=1) if at_end else told[-1].at, done)
        if at_end or elapsed % course.every_days == 0:
            yield await _checkpoint(world, space, examiner, course, elapsed, done)


async def _remember(world: World, space: Space, told: Sequence[Told], done: _Progress) -> None:
    for start in range(0, len(told), _BATCH):
        batch = told[start : start + _BATCH]
        await _pass(world, space, batch[0].at, done)
        world.clock.advance(batch[-1].at)
        stored = await remember(world.services, world.principal, space.name, [
            Episode(content=t.text, role="user", speaker=t.speaker, occurred_at=t.at,
                    session_id=t.session, external_id=t.id)
            for t in batch
        ])  # fmt: skip
        done.ids |= {t.id: e.id for t, e in zip(batch, stored.episodes, strict=True)}
        done.episodes += len(batch)


async def _pass(world: World, space: Space, until: datetime, done: _Progress) -> None:
    """Let time pass: run what is pending, then what becomes due before that moment."""
    while True:
        await _run_pending(world, done)
        async with world.services.database.read(world.principal.tenant) as session:
            alarm = await schedules.next_alarm(session, space.id)
        if alarm is None or alarm > until:
            break
        world.clock.advance(alarm)
        await ring(world.jobs, world.principal.tenant, space.id, alarm)
    world.clock.advance(until)


async def _run_pending(world: World, done: _Progress) -> None:
    """Every pending job, oldest first, and those that they call for."""
    tenant = world.principal.tenant
    while True:
        async with world.services.database.read(tenant) as session:
            pending = await jobs.list_pending(session)
        if not pending:
            return
        for job_id, name in pending:
            await run_job(world.jobs, world.metrics, tenant, job_id)
            done.ran[name] += 1


async def _checkpoint(
    world: World, space: Space, examiner: Examiner, course: Course, day: int, done: _Progress
) -> Checkpoint:
    at = world.clock()
    valid, superseded = await examiner.ask(world, space.name, at, done.ids)
    async with world.services.database.read(world.principal.tenant) as session:
        held = await sizes.measure(session, space.id)
    ran: Mapping[str, int] = dict(sorted(done.ran.items()))
    done.ran.clear()
    return Checkpoint(
        variant=str(course.variant), day=day, at=at, episodes=done.episodes,
        states=held.states, tiers=held.tiers, sizes=held.sizes, valid=valid,
        superseded=superseded, jobs=ran, seconds=round(time.monotonic() - done.began, 1),
    )  # fmt: skip


def _by_day(told: Sequence[Told]) -> Iterator[tuple[date, list[Told]]]:
    for day, some in groupby(told, key=lambda t: t.at.date()):
        yield day, list(some)
