"""When a job is due follows from its cadence and what has happened, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consolidation.cadence import Plan, cadences, due, plan
from consolidation.jobs import load
from consolidation.services import Cadence, JobKind, Services, Work
from stores.schedules import QUIET, Activity, Ran

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
IDLE = timedelta(minutes=5)
QUIETLY = Activity(changed_at=T0, changes=3, memories=10, begun=0, spoken_at=None, alarm_at=None)
FRESH = Ran(at=T0 - HOUR)
SEEN = Ran(at=T0 - HOUR, changes=3, memories=10)


async def _nothing(services: Services, work: Work) -> None:
    """A job of these tests never runs."""


@pytest.mark.parametrize(
    ("cadence", "ran", "expected"),
    [
        (Cadence(every=DAY), FRESH, T0 - HOUR + DAY),
        (Cadence(every=DAY), SEEN, None),
        (Cadence(idle=IDLE), FRESH, T0 + IDLE),
        (Cadence(idle=IDLE), SEEN, None),
        (Cadence(every=DAY, idle=IDLE), FRESH, T0 + IDLE),
        (Cadence(volume=10), FRESH, T0),
        (Cadence(volume=11), FRESH, None),
        (Cadence(volume=1), SEEN, None),
        (Cadence(volume=10), replace(SEEN, memories=1), None),
        (Cadence(session_end=True), FRESH, None),
        (Cadence(), FRESH, None),
    ],
)
def test_without_sessions(cadence: Cadence, ran: Ran, expected: datetime | None) -> None:
    assert due(cadence, QUIETLY, ran) == expected


@pytest.mark.parametrize(
    ("begun", "ended", "expected"),
    [
        (1, 0, T0 + QUIET),
        (2, 0, T0 + HOUR),
        (2, 1, T0 + QUIET),
        (2, 2, None),
        (5, 3, T0 + HOUR),
    ],
)
def test_a_session_ends_when_a_later_one_begins_or_it_is_quiet(
    begun: int, ended: int, expected: datetime | None
) -> None:
    activity = replace(QUIETLY, begun=begun, spoken_at=T0, changed_at=T0 + HOUR)
    ran = replace(FRESH, ended=ended)
    assert due(Cadence(session_end=True), activity, ran) == expected


@pytest.mark.parametrize(("after", "ended"), [(QUIET - HOUR / 60, 1), (QUIET, 2)])
def test_the_latest_session_has_ended_once_it_is_quiet(after: timedelta, ended: int) -> None:
    assert replace(QUIETLY, begun=2, spoken_at=T0).ended(T0 + after) == ended


@pytest.mark.parametrize(
    ("owed", "expected"),
    [(T0 + DAY, T0 + DAY), (T0 - DAY, SEEN.at + HOUR), (None, None)],
)
def test_what_time_alone_owes_is_done_though_nothing_changed(
    owed: datetime | None, expected: datetime | None
) -> None:
    assert due(Cadence(every=HOUR), QUIETLY, SEEN, owed_at=owed) == expected


def _plan(on: dict[str, Cadence], **given: Any) -> Plan:
    ran = dict.fromkeys(on, FRESH) | given.pop("ran", {})
    activity = given.pop("activity", QUIETLY)
    defaults: dict[str, Any] = {"busy": set(), "waiting": set(), "owed_at": {}, "now": T0}
    return plan(on, activity, ran, **{**defaults, **given})


def test_what_is_due_begins_and_the_rest_waits_for_the_first_alarm() -> None:
    on = {"a": Cadence(every=HOUR), "b": Cadence(every=DAY), "c": Cadence(idle=IDLE)}
    made = _plan(on, waiting={"a", "gone"})
    assert made.begin == ("a",)
    assert made.wait == {"b": T0 - HOUR + DAY, "c": T0 + IDLE}
    assert made.drop == ("gone",)
    assert made.alarm == made.watch.alarm_at == T0 + IDLE
    assert made.watch.planned


def test_what_runs_is_left_alone_until_it_ends() -> None:
    made = _plan({"a": Cadence(every=HOUR, volume=1)}, busy={"a"})
    assert (made.begin, made.wait, made.alarm) == ((), {}, None)
    assert made.watch.planned
    assert made.watch.volume_at is None


def test_a_space_without_change_waits_for_nothing_and_its_next_writer_plans() -> None:
    made = _plan({"a": Cadence(every=HOUR)}, ran={"a": SEEN}, waiting={"a"})
    assert (made.begin, made.wait, made.drop, made.alarm) == ((), {}, ("a",), None)
    assert not made.watch.planned


def test_volume_and_sessions_are_watched_for_while_nothing_is_due() -> None:
    on = {"a": Cadence(volume=50), "b": Cadence(volume=20), "c": Cadence(session_end=True)}
    made = _plan(on)
    assert made.watch.planned
    assert (made.watch.volume_at, made.watch.begun_at) == (20, 1)


@pytest.mark.parametrize(
    ("set_to", "expected"),
    [(None, T0 + IDLE), (T0, T0 + IDLE), (T0 + IDLE, None), (T0 + DAY, T0 + IDLE)],
)
def test_an_alarm_is_set_unless_one_rings_no_later(
    set_to: datetime | None, expected: datetime | None
) -> None:
    activity = replace(QUIETLY, alarm_at=set_to)
    made = _plan({"a": Cadence(idle=IDLE)}, activity=activity)
    assert made.alarm == expected
    assert made.watch.alarm_at == T0 + IDLE


def test_a_policy_turns_jobs_off_and_on_and_changes_when_they_are_due() -> None:
    kinds = {
        "a": JobKind(name="a", run=_nothing, cadence=Cadence(every=DAY, idle=IDLE)),
        "b": JobKind(name="b", run=_nothing, cadence=Cadence(volume=5), on=False),
        "c": JobKind(name="c", run=_nothing),
    }
    assert cadences(kinds, {}) == {"a": Cadence(every=DAY, idle=IDLE)}
    said = {"jobs": {"a": {"every_s": 60, "idle_s": None}, "b": {"on": True, "session_end": True}}}
    assert cadences(kinds, said) == {
        "a": Cadence(every=timedelta(minutes=1)),
        "b": Cadence(volume=5, session_end=True),
    }
    assert cadences(kinds, {"jobs": {"a": {"on": False}}}) == {}


def test_the_jobs_that_feed_others_are_those_that_read_episodes() -> None:
    assert {name for name, kind in load().items() if kind.feeds} == {"extract", "segment"}


_cadence = st.builds(
    Cadence,
    every=st.none() | st.timedeltas(min_value=HOUR, max_value=30 * DAY),
    idle=st.none() | st.timedeltas(min_value=IDLE, max_value=DAY),
    volume=st.none() | st.integers(1, 100),
    session_end=st.booleans(),
)
_times = st.timedeltas(-60 * DAY, 60 * DAY).map(lambda passed: T0 + passed)


@given(
    on=st.dictionaries(st.sampled_from("abcd"), _cadence),
    counts=st.tuples(st.integers(1, 50), st.integers(0, 50), st.integers(0, 5)),
    seen=st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 5)),
    times=st.tuples(_times, _times, _times),
)
def test_a_plan_waits_for_the_future_and_misses_no_change(
    on: dict[str, Cadence],
    counts: tuple[int, int, int],
    seen: tuple[int, int, int],
    times: tuple[datetime, datetime, datetime],
) -> None:
    changes, memories, begun = counts
    ran_at, changed_at, now = sorted(times)
    activity = Activity(
        changed_at=changed_at, changes=changes, memories=memories, begun=begun,
        spoken_at=changed_at if begun else None, alarm_at=None,
    )  # fmt: skip
    ran = Ran(
        at=ran_at, changes=min(seen[0], changes), memories=min(seen[1], memories),
        ended=min(seen[2], begun),
    )  # fmt: skip
    made = plan(
        on, activity, dict.fromkeys(on, ran), busy=set(), waiting=set(), owed_at={}, now=now
    )
    assert not set(made.begin) & made.wait.keys()
    assert all(at > now for at in made.wait.values())
    assert made.alarm == min(made.wait.values(), default=None)
    if made.watch.planned:
        # What a later change makes due has a job that waits, or is watched for.
        timed = {n for n, c in on.items() if c.every is not None or c.idle is not None}
        assert timed <= made.wait.keys() | set(made.begin)
