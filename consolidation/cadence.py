"""When jobs are due in a space, from what has happened there; pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from consolidation.services import Cadence, JobKind
from stores.records import Payload
from stores.schedules import QUIET, Activity, Ran, Watch


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is to become of the jobs of a space."""

    #: These are due.
    begin: tuple[str, ...]
    #: These wait until then.
    wait: Mapping[str, datetime]
    #: These wait for nothing any more.
    drop: tuple[str, ...]
    watch: Watch
    #: When the queue is to look again; None if it will anyway, or need not.
    alarm: datetime | None


def cadences(kinds: Mapping[str, JobKind], policies: Payload) -> dict[str, Cadence]:
    """Per job that is on in a space, its cadence with what the space's policies say instead."""
    said: Mapping[str, Payload] = policies.get("jobs") or {}
    return {
        name: _with(kind.cadence, said.get(name, {}))
        for name, kind in kinds.items()
        if kind.cadence is not None and is_on(policies, name, usual=kind.on)
    }


def is_on(policies: Payload, name: str, *, usual: bool) -> bool:
    """Whether a space's policies have a job run by schedule; `usual` where they do not say."""
    said: Mapping[str, Payload] = policies.get("jobs") or {}
    return bool(said.get(name, {}).get("on", usual))


def due(
    cadence: Cadence,
    activity: Activity,
    ran: Ran,
    *,
    owed_at: datetime | None = None,
) -> datetime | None:
    """When a job is due next, as things stand; None: not before something changes.

    Without a change since it began there is nothing to do, but for what time alone owes it: that is
    not done more often than every so long either.
    """
    at: list[datetime] = []
    if activity.changes > ran.changes:
        if cadence.every is not None:
            at.append(ran.at + cadence.every)
        if cadence.idle is not None:
            at.append(activity.changed_at + cadence.idle)
    if cadence.volume is not None and activity.memories - ran.memories >= cadence.volume:
        at.append(activity.changed_at)
    if cadence.session_end and activity.spoken_at is not None and activity.begun > ran.ended:
        later = activity.begun - 1 > ran.ended
        at.append(activity.changed_at if later else activity.spoken_at + QUIET)
    if owed_at is not None:
        at.append(max(owed_at, ran.at + (cadence.every or timedelta())))
    return min(at, default=None)


def plan(
    on: Mapping[str, Cadence],
    activity: Activity,
    ran: Mapping[str, Ran],
    *,
    busy: Set[str],
    waiting: Set[str],
    owed_at: Mapping[str, datetime],
    now: datetime,
) -> Plan:
    """The schedule of a space. Jobs that are `busy` make it anew when they end."""
    begin: list[str] = []
    wait: dict[str, datetime] = {}
    asleep = False
    for name in sorted(on.keys() - busy):
        at = due(on[name], activity, ran[name], owed_at=owed_at.get(name))
        if at is None:
            asleep |= on[name].every is not None or on[name].idle is not None
        elif at <= now:
            begin.append(name)
        else:
            wait[name] = at
    settled = on.keys() - busy - set(begin)
    alarm = _alarm(activity, wait, now)
    return Plan(
        begin=tuple(begin),
        wait=wait,
        drop=tuple(sorted(waiting - wait.keys() - set(begin))),
        watch=Watch(
            planned=not asleep,
            volume_at=_volume_at(on, ran, settled),
            begun_at=activity.begun + 1 if any(on[n].session_end for n in settled) else None,
            alarm_at=alarm or activity.alarm_at,
        ),
        alarm=alarm,
    )


def _with(cadence: Cadence, said: Payload) -> Cadence:
    """The cadence with those of its fields replaced that a space's policy names."""
    changed: dict[str, timedelta | int | bool | None] = {
        field: None if said[name] is None else timedelta(seconds=said[name])
        for field, name in (("every", "every_s"), ("idle", "idle_s"))
        if name in said
    }
    changed |= {name: said[name] for name in ("volume", "session_end") if name in said}
    return replace(cadence, **changed)  # type: ignore[arg-type]


def _volume_at(on: Mapping[str, Cadence], ran: Mapping[str, Ran], names: Set[str]) -> int | None:
    volumes = ((ran[name].memories, on[name].volume) for name in names)
    return min((had + more for had, more in volumes if more is not None), default=None)


def _alarm(activity: Activity, wait: Mapping[str, datetime], now: datetime) -> datetime | None:
    """The first time something is due, unless an alarm is set that rings no later."""
    first = min(wait.values(), default=None)
    if first is None:
        return None
    rings = activity.alarm_at
    return first if rings is None or rings <= now or first < rings else None
