"""Jobs that run by themselves: when they are due, once each, for the space and for nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event

from consolidation import jobs as job_kinds
from memory_service.auth import Role
from memory_service.settings import WorkerSettings
from memory_service.telemetry import Metrics
from memory_service.worker import Worker, ring, run_job
from stores.ids import SpaceId
from stores.schedules import QUIET
from tests.fixtures.service import Service, Start, Tenant, remember, settle, until, walk, write

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: Everything off, so that each test turns on what it is about.
OFF = {name: {"on": False} for name, kind in job_kinds.load().items() if kind.cadence is not None}


class Diary:
    """A service without a worker in a time of our own, a tenant, and hands to ring its alarms."""

    def __init__(self, service: Service, tenant: Tenant) -> None:
        self.service = service
        self.tenant = tenant
        self.client = tenant.admin
        self.now = T0
        parts = service.parts
        service.app.state.parts = replace(
            parts,
            services=replace(parts.services, clock=lambda: self.now),
            jobs=replace(parts.jobs, clock=lambda: self.now),
        )

    async def set_jobs(self, space: str, **jobs: dict[str, Any]) -> None:
        """Say when jobs of the space run; all others are off."""
        body = {"policies": {"jobs": {**OFF, **jobs}}}
        (await self.client.put(f"/v1/spaces/{space}", json=body)).raise_for_status()

    async def jobs(self, name: str, **query: str) -> list[dict[str, Any]]:
        """The jobs of that name, oldest first."""
        found = await walk(self.client, "/v1/jobs", **query)
        return [job for job in found[::-1] if job["name"] == name]

    async def run_pending(self) -> list[str]:
        """Run what is pending, and what that calls for; the names of what ran."""
        ran = []
        while pending := await walk(self.client, "/v1/jobs", state="pending"):
            await run_job(
                self.service.parts.jobs, Metrics(), self.tenant.id, UUID(pending[-1]["id"])
            )
            ran.append(pending[-1]["name"])
        return ran

    def alarms(self) -> list[tuple[str, datetime]]:
        """The spaces the queue is to look after, and when."""
        with psycopg.connect(self.service.parts.services.database.url) as connection:
            rows = connection.execute(
                "SELECT args->>'space', args->>'at' FROM procrastinate_jobs"
                " WHERE task_name = 'memory-service.alarm' AND args->>'tenant' = %s ORDER BY id",
                [str(self.tenant.id)],
            ).fetchall()
        return [(space, datetime.fromisoformat(at)) for space, at in rows]

    async def pass_until(self, moment: datetime) -> list[str]:
        """Let time pass: ring what rings meanwhile, run what is due; the names of what ran."""
        ran = await self.run_pending()
        rung: set[tuple[str, datetime]] = set()
        while due := [a for a in self.alarms() if a[1] <= moment and a not in rung]:
            space, at = min(due, key=lambda alarm: alarm[1])
            rung.add((space, at))
            self.now = max(self.now, at)
            await ring(self.service.parts.jobs, self.tenant.id, SpaceId(UUID(space)), at)
            ran += await self.run_pending()
        self.now = moment
        return ran


@pytest.fixture
async def diary(start: Start) -> Diary:
    """A diary on a database of its own."""
    service = await start()
    return Diary(service, await service.tenant())


def _at(job: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(job["due_at"])


async def test_a_job_waits_without_being_pending_and_runs_when_it_is_due(
    diary: Diary, space: str
) -> None:
    await diary.set_jobs(space, learn={"every_s": 3600})
    await remember(diary.client, space, "I work at the Oslo aquarium")
    assert "learn" not in await diary.run_pending()
    [waiting] = await diary.jobs("learn")
    assert (waiting["state"], _at(waiting)) == ("scheduled", T0 + HOUR)
    status = (await diary.client.get(f"/v1/spaces/{space}/status")).json()
    assert (status["pending_jobs"], status["oldest_pending_s"]) == (0, 0)

    assert await diary.pass_until(T0 + HOUR - MINUTE) == []
    assert await diary.pass_until(T0 + HOUR) == ["learn"]
    [done] = await diary.jobs("learn")
    assert (done["id"], done["state"]) == (waiting["id"], "succeeded")


async def test_a_space_in_which_nothing_changes_costs_nothing(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"every_s": 3600})
    await remember(diary.client, space, "I work at the Oslo aquarium")
    assert (await diary.pass_until(T0 + 30 * DAY)).count("learn") == 1
    last = max(at for _, at in diary.alarms())
    assert last <= T0 + HOUR
    await remember(diary.client, space, "I play the oboe in Ghent")
    assert "learn" in await diary.run_pending()


async def test_idle_counts_from_the_last_write(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"idle_s": 600})
    for minute in range(0, 30, 5):
        assert "learn" not in await diary.pass_until(T0 + minute * MINUTE)
        await remember(diary.client, space, f"It is minute {minute}")
    assert "learn" not in await diary.pass_until(T0 + 34 * MINUTE)
    assert await diary.pass_until(T0 + 35 * MINUTE) == ["learn"]
    assert len(await diary.jobs("learn")) == 1


async def test_so_many_new_memories_make_a_job_due_at_once(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"volume": 3, "every_s": 86400})
    for number in range(2):
        await remember(diary.client, space, f"Number {number}")
    assert "learn" not in await diary.run_pending()
    await write(diary.client, space, "The third")
    assert (await diary.run_pending()).count("learn") == 1
    await remember(diary.client, space, "Four", "Five")
    assert "learn" not in await diary.run_pending()
    await remember(diary.client, space, "Six")
    assert (await diary.run_pending()).count("learn") == 1
    assert len(await diary.jobs("learn", state="succeeded")) == 2


async def test_the_end_of_a_session_makes_a_job_due(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"session_end": True})

    async def say(session: str) -> list[str]:
        await remember(diary.client, space, {"content": "Hello", "session_id": session})
        return await diary.run_pending()

    assert "learn" not in await say("one")
    diary.now += MINUTE
    assert "learn" not in await say("one")
    diary.now += MINUTE
    assert "learn" in await say("two")
    spoken = diary.now
    assert "learn" not in await diary.pass_until(spoken + QUIET - MINUTE)
    assert await diary.pass_until(spoken + QUIET) == ["learn"]
    assert await diary.pass_until(spoken + DAY) == []
    assert "learn" not in await say("two")
    assert await diary.pass_until(spoken + 2 * DAY) == ["learn"]


async def test_what_a_policy_turns_off_or_moves_follows_at_once(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"every_s": 86400})
    await remember(diary.client, space, "one")
    await diary.run_pending()
    await diary.set_jobs(space, learn={"every_s": 3600})
    [moved] = await diary.jobs("learn")
    assert _at(moved) == T0 + HOUR
    await diary.set_jobs(space)
    [off] = await diary.jobs("learn")
    assert (off["id"], off["state"]) == (moved["id"], "cancelled")
    assert await diary.pass_until(T0 + 3 * DAY) == []
    await diary.set_jobs(space, learn={"every_s": 3600})
    assert await diary.run_pending() == ["learn"]


@pytest.mark.parametrize(
    ("jobs", "pointer"),
    [
        ({"nonsense": {"on": False}}, "/policies/jobs/nonsense"),
        ({"embed": {"on": False}}, "/policies/jobs/embed"),
        ({"learn": {"every_s": 1}}, "/policies/jobs/learn/every_s"),
        ({"learn": {"volume": 0}}, "/policies/jobs/learn/volume"),
        ({"learn": {"often": True}}, "/policies/jobs/learn/often"),
        ({"learn": {"on": None}}, "/policies/jobs/learn/on"),
    ],
)
async def test_a_policy_that_says_nothing_the_service_knows_is_refused(
    diary: Diary, space: str, jobs: dict[str, Any], pointer: str
) -> None:
    answer = await diary.client.put(f"/v1/spaces/{space}", json={"policies": {"jobs": jobs}})
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_dead_job_does_not_stop_the_schedule(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"every_s": 3600})
    await remember(diary.client, space, "one")
    await diary.pass_until(T0 + HOUR - MINUTE)
    diary.now = T0 + HOUR
    [(of, at)] = diary.alarms()
    await ring(diary.service.parts.jobs, diary.tenant.id, SpaceId(UUID(of)), at)
    [job] = await diary.jobs("learn", state="pending")
    # The state a job is left in by an error that no retry can help.
    parts = diary.service.parts
    diary.service.app.state.parts = replace(
        parts, jobs=replace(parts.jobs, clock=_stumbling(diary))
    )
    await diary.run_pending()
    diary.service.app.state.parts = parts
    [dead] = await diary.jobs("learn", state="failed")
    assert dead["id"] == job["id"]
    assert await diary.pass_until(T0 + DAY) == []

    await remember(diary.client, space, "two")
    assert "learn" in await diary.run_pending()
    assert [job["state"] for job in await diary.jobs("learn")] == ["failed", "succeeded"]


def _stumbling(diary: Diary) -> Any:
    """A clock at which a job fails for good once it has begun."""
    looks = 0

    class Broken(Exception):
        code, retryable = "broken", False

    def clock() -> datetime:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise Broken("as it were")
        return diary.now

    return clock


async def test_a_job_that_is_cancelled_is_planned_anew_by_the_next_change(
    diary: Diary, space: str
) -> None:
    await diary.set_jobs(space, learn={"every_s": 3600})
    await remember(diary.client, space, "one")
    await diary.run_pending()
    [waiting] = await diary.jobs("learn")
    answer = await diary.client.post(f"/v1/jobs/{waiting['id']}/cancel")
    assert answer.json()["state"] == "cancelled"
    assert await diary.pass_until(T0 + 2 * HOUR) == []
    await remember(diary.client, space, "two")
    assert (await diary.run_pending()).count("learn") == 1


async def test_what_extraction_finds_is_a_change_though_it_comes_late(
    diary: Diary, space: str
) -> None:
    """A job that ran between a message and its extraction runs again for what was extracted."""
    await diary.set_jobs(space, learn={"idle_s": 60})
    await remember(diary.client, space, "I work at the Oslo aquarium")
    pending = await walk(diary.client, "/v1/jobs", state="pending")
    diary.now = T0 + MINUTE
    [(of, at)] = diary.alarms()
    await ring(diary.service.parts.jobs, diary.tenant.id, SpaceId(UUID(of)), at)
    [due] = await diary.jobs("learn", state="pending")
    await run_job(diary.service.parts.jobs, Metrics(), diary.tenant.id, UUID(due["id"]))
    assert {job["name"] for job in pending} == {"extract"}
    diary.now += HOUR
    assert "learn" in await diary.pass_until(diary.now + MINUTE)


async def test_a_batch_costs_one_statement_more_once_the_schedule_holds(
    diary: Diary, space: str
) -> None:
    database = diary.service.parts.services.database
    sent: list[str] = []
    engine = database._engine.sync_engine

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        sent.append(" ".join(statement.split()))

    async def statements() -> list[str]:
        sent.clear()
        event.listen(engine, "before_cursor_execute", note)
        await remember(diary.client, space, {"content": "Hello", "session_id": "a"})
        event.remove(engine, "before_cursor_execute", note)
        return [s for s in sent if "activity" in s or "schedules" in s or "'scheduled'" in s]

    every = {name: {"every_s": 3600, "idle_s": 600} for name in OFF}
    await diary.set_jobs(space, **every)
    assert len(await statements()) > 1
    for _ in range(3):
        [touch] = await statements()
        assert touch.startswith("INSERT INTO activity")


async def test_an_alarm_that_was_lost_is_made_up_for_by_the_next_change(
    diary: Diary, space: str
) -> None:
    await diary.set_jobs(space, learn={"every_s": 3600})
    await remember(diary.client, space, "one")
    with psycopg.connect(diary.service.parts.services.database.url) as connection:
        connection.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'schedule'")
    assert "learn" not in await diary.pass_until(T0 + DAY)
    await remember(diary.client, space, "two")
    assert (await diary.run_pending()).count("learn") == 1


async def test_alarms_that_ring_twice_or_late_begin_a_job_once(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"every_s": 3600})
    await remember(diary.client, space, "one")
    await diary.run_pending()
    await diary.set_jobs(space, learn={"every_s": 1800})
    late, soon = sorted(diary.alarms(), key=lambda alarm: alarm[1], reverse=True)
    diary.now = T0 + HOUR
    jobs = diary.service.parts.jobs
    rings = [
        ring(jobs, diary.tenant.id, SpaceId(UUID(of)), at) for of, at in (soon, soon, late, soon)
    ]
    await asyncio.gather(*rings)
    assert await diary.run_pending() == ["learn"]
    assert len(diary.alarms()) == 2


async def test_many_writers_at_once_leave_one_job_and_one_alarm(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"every_s": 3600})
    await asyncio.gather(*(remember(diary.client, space, f"Number {n}") for n in range(8)))
    assert len(await diary.jobs("learn")) == 1
    assert len(diary.alarms()) == 1


async def test_consolidate_runs_what_is_wanted_now(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"every_s": 86400})
    await remember(diary.client, space, "I work at the Oslo aquarium", consolidate=False)
    path = f"/v1/spaces/{space}/consolidate"
    [only] = (await diary.client.post(path, json={"jobs": ["learn"]})).json()["job_ids"]
    again = (await diary.client.post(path, json={"jobs": ["learn", "learn"]})).json()
    assert again == {"job_ids": [only]}
    assert set(await diary.run_pending()) == {"learn"}

    both = (await diary.client.post(path)).json()["job_ids"]
    names = {j["name"] for j in await walk(diary.client, "/v1/jobs") if j["id"] in both}
    assert names == {"extract", "learn"}
    refused = await diary.client.post(path, json={"jobs": ["learn", "nonsense"]})
    assert refused.status_code == 422
    assert [e["pointer"] for e in refused.json()["errors"]] == ["/jobs/1"]


async def test_consolidate_takes_the_job_that_waits(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"every_s": 86400})
    await remember(diary.client, space, "one")
    await diary.run_pending()
    [waiting] = await diary.jobs("learn")
    path = f"/v1/spaces/{space}/consolidate"
    asked = (await diary.client.post(path, json={"jobs": ["learn"]})).json()["job_ids"]
    assert asked == [waiting["id"]]
    assert await diary.run_pending() == ["learn"]
    assert await diary.pass_until(T0 + 2 * DAY) == []


async def test_a_job_names_its_runs(diary: Diary, space: str) -> None:
    await diary.set_jobs(space)
    await remember(diary.client, space, "I work at the Oslo aquarium")
    await diary.run_pending()
    [job] = await diary.jobs("extract")
    [run_id] = job["run_ids"]
    assert (await diary.client.get(f"/v1/runs/{run_id}")).json()["job_id"] == job["id"]
    assert job["due_at"] is None


async def test_a_space_is_erased_with_its_schedule(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"every_s": 3600})
    await remember(diary.client, space, "one")
    alarms = diary.alarms()
    (await diary.client.delete(f"/v1/spaces/{space}")).raise_for_status()
    diary.now = T0 + DAY
    for of, at in alarms:
        await ring(diary.service.parts.jobs, diary.tenant.id, SpaceId(UUID(of)), at)
    assert await walk(diary.client, "/v1/jobs") == []


async def test_nobody_schedules_or_rings_for_another_tenant(diary: Diary, space: str) -> None:
    await diary.set_jobs(space, learn={"every_s": 3600})
    await remember(diary.client, space, "one")
    await diary.run_pending()
    other = await diary.service.tenant()
    diary.now = T0 + DAY
    [(of, at)] = diary.alarms()
    await ring(diary.service.parts.jobs, other.id, SpaceId(UUID(of)), at)
    [waiting] = await diary.jobs("learn")
    assert waiting["state"] == "scheduled"
    path = f"/v1/spaces/{space}/consolidate"
    assert (await other.admin.post(path, json={"jobs": ["learn"]})).status_code == 404
    assert (await other.admin.post(f"/v1/jobs/{waiting['id']}/cancel")).status_code == 404
    reader = await diary.tenant.client(Role.READER)
    assert (await reader.post(path)).status_code == 403


# With workers, in real time.


@pytest.fixture
async def busy(start: Start) -> AsyncIterator[Tenant]:
    """A tenant of a service with two workers."""
    service = await start(worker=WorkerSettings(stalled_after_s=1.2, grace_s=0.2))
    second = Worker(service.parts.jobs, WorkerSettings(stalled_after_s=1.2, grace_s=0.2), Metrics())
    second.start()
    yield await service.tenant()
    await second.stop()


async def _learned(tenant: Tenant, space: str) -> list[str]:
    found = await walk(tenant.admin, "/v1/jobs", space=space)
    return [job["state"] for job in found if job["name"] == "learn"]


async def test_two_workers_run_what_is_due_once(busy: Tenant, space: str) -> None:
    jobs = {**OFF, "learn": {"idle_s": 1}}
    body = {"policies": {"jobs": jobs}}
    (await busy.admin.put(f"/v1/spaces/{space}", json=body)).raise_for_status()
    await write(busy.admin, space, "The ferry to Bornholm leaves at nine")

    async def done() -> bool:
        return await _learned(busy, space) == ["succeeded"]

    await until(done)
    await settle(busy.admin, space)
    await asyncio.sleep(2)
    assert await _learned(busy, space) == ["succeeded"]


async def test_a_worker_that_dies_with_the_alarm_at_hand_loses_nothing(
    start: Start, space: str
) -> None:
    """The queue thinks another has the alarm, who is gone; those who come later ring it."""
    service = await start()
    tenant = await service.tenant()
    body = {"policies": {"jobs": {**OFF, "learn": {"idle_s": 1}}}}
    (await tenant.admin.put(f"/v1/spaces/{space}", json=body)).raise_for_status()
    await write(tenant.admin, space, "The ferry to Bornholm leaves at nine")
    with psycopg.connect(service.parts.services.database.url) as connection:
        [(gone,)] = connection.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 h') RETURNING id"
        ).fetchall()
        connection.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [gone])
    worker = Worker(service.parts.jobs, WorkerSettings(stalled_after_s=1.2, grace_s=0.2), Metrics())
    worker.start()

    async def done() -> bool:
        return await _learned(tenant, space) == ["succeeded"]

    try:
        await until(done)
    finally:
        await worker.stop()
