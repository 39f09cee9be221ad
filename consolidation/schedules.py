"""Keeps the schedule of a space: in the transactions that change something there, and by alarms.

Everything here holds the space's row of activity until commit. So one makes the schedule at a time,
and a change that comes later finds it made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from consolidation import cadence, jobs
from consolidation.cadence import Plan
from consolidation.services import Cadence
from stores import jobs as queue
from stores import schedules, spaces
from stores.database import WriteSession
from stores.ids import SpaceId
from stores.jobs import JobState
from stores.records import Space
from stores.schedules import Activity, Ran


async def changed(
    session: WriteSession,
    space: SpaceId,
    now: datetime,
    *,
    memories: int = 0,
    sessions: Sequence[str] = (),
) -> None:
    """Note a change, last in its transaction: one statement, unless the schedule is outdone by it.

    `memories` are how many are new, `sessions` those spoken in, in the order of their messages.
    """
    if not await schedules.touch(session, space, now, memories, sessions):
        await replan(session, space, now)


async def replan(session: WriteSession, space: SpaceId, now: datetime) -> None:
    """Make the schedule anew, and have begun what is due."""
    activity = await schedules.hold(session, space)
    if activity is not None:
        await _replan(session, space, activity, now)


async def ring(session: WriteSession, space: SpaceId, at: datetime, now: datetime) -> None:
    """Do what an alarm for that time calls for; another than the space waits for does nothing."""
    activity = await schedules.hold(session, space)
    if activity is not None and activity.alarm_at == at:
        await _replan(session, space, replace(activity, alarm_at=None), max(now, at))


async def began(session: WriteSession, space: SpaceId, name: str, now: datetime) -> None:
    """Note that a job with a cadence begins now: it sees all that has changed until now."""
    activity = await schedules.hold(session, space)
    if activity is not None:
        await schedules.note_ran(session, space, {name: _ran(activity, now)})


async def skip(session: WriteSession, space: SpaceId, name: str, now: datetime) -> None:
    """Leave a job out this time: it is due again when something changes."""
    await began(session, space, name, now)
    await replan(session, space, now)


async def ask(
    session: WriteSession, space: SpaceId, names: Sequence[str], now: datetime
) -> tuple[UUID, ...]:
    """Have jobs run now that need not be due; returns their ids in the order of their names."""
    await schedules.hold(session, space)
    open_jobs = await queue.list_open(session, space)
    pending = {
        name: states[JobState.PENDING]
        for name, states in open_jobs.items() if JobState.PENDING in states
    }  # fmt: skip
    others = [name for name in names if name not in pending]
    begun = dict(zip(others, await queue.begin(session, space, others, now), strict=True))
    return tuple((pending | begun)[name] for name in names)


async def _replan(session: WriteSession, space: SpaceId, activity: Activity, now: datetime) -> None:
    # Not what the caller read before: another may have changed the policies since.
    home = await spaces.find_space(session, space)
    if home is None:
        return
    on = cadence.cadences(jobs.load(), home.policies)
    ran = await _ran_of(session, space, on, now)
    open_jobs = await queue.list_open(session, space)
    made = cadence.plan(
        on, activity, ran, now=now, owed_at=await _owed_at(session, home, on),
        busy={n for n, states in open_jobs.items() if states.keys() - {JobState.SCHEDULED}},
        waiting={n for n, states in open_jobs.items() if JobState.SCHEDULED in states},
    )  # fmt: skip
    await _carry_out(session, space, made, now)


async def _owed_at(session: WriteSession, home: Space, on: Iterable[str]) -> Mapping[str, datetime]:
    """What time alone will owe jobs, where it owes them something."""
    looks = {name: jobs.load()[name].owed_at for name in on}
    found = {name: await look(session, home) for name, look in looks.items() if look is not None}
    return {name: at for name, at in found.items() if at is not None}


async def _ran_of(
    session: WriteSession, space: SpaceId, on: Mapping[str, Cadence], now: datetime
) -> Mapping[str, Ran]:
    """When each last began; those planned for the first time count from now."""
    known = await schedules.list_ran(session, space)
    new = {name: Ran(at=now) for name in on.keys() - known.keys()}
    await schedules.note_ran(session, space, new)
    return {**known, **new}


async def _carry_out(session: WriteSession, space: SpaceId, made: Plan, now: datetime) -> None:
    await queue.drop(session, space, made.drop, now)
    await queue.begin(session, space, made.begin, now)
    await queue.schedule(session, space, made.wait, now)
    if made.alarm is not None:
        await queue.set_alarm(session, space, made.alarm)
    await schedules.set_watch(session, space, made.watch)


def _ran(activity: Activity, now: datetime) -> Ran:
    return Ran(
        at=now,
        changes=activity.changes,
        memories=activity.memories,
        ended=activity.ended(now),
    )
