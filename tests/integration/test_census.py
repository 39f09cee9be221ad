"""What is counted as it happens is what a count of all rows finds, whatever happened."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from consolidation.lifecycle.fading import fade
from consolidation.services import Work
from stores import backlog, census, decay, jobs, owed, spaces, statistics
from stores.backlog import Stage
from stores.decay import Finding
from stores.errors import StoreError
from stores.ids import MemoryId, TenantId, now
from stores.records import Tier
from tests.fixtures.database import Urls
from tests.fixtures.histories import Episode, Past, Step, few, histories
from tests.fixtures.service import Service, Start, remember, running, settings_for, write

_TRUTH = text("""
    SELECT m.space_id, m.type, m.kind, m.state, u.tier,
           coalesce(m.data->>'stale' = 'true', false) AS stale, count(*) AS n
    FROM memories m JOIN usage u ON u.tenant_id = :tenant AND u.memory_id = m.memory_id
    WHERE m.tenant_id = :tenant AND m.expired_at IS NULL AND m.state <> 'erased'
    GROUP BY 1, 2, 3, 4, 5, 6
""")
_KEPT = text("""
    SELECT space_id, type, kind, state, tier, stale, CAST(sum(n) AS bigint) AS n
    FROM (SELECT space_id, type, kind, state, tier, stale, n FROM census
          WHERE tenant_id = :tenant
          UNION ALL SELECT space_id, type, kind, state, tier, stale, n FROM census_changes
          WHERE tenant_id = :tenant) both_of
    GROUP BY 1, 2, 3, 4, 5, 6 HAVING sum(n) <> 0
""")
_OWED_TRUTH = text("""
    SELECT space_id, stage, error IS NOT NULL AS aside, count(*) AS n FROM backlog
    WHERE tenant_id = :tenant GROUP BY 1, 2, 3
""")
_OWED_KEPT = text("""
    SELECT space_id, stage, aside, CAST(sum(n) AS bigint) AS n
    FROM (SELECT space_id, stage, aside, n FROM owed WHERE tenant_id = :tenant
          UNION ALL SELECT space_id, stage, aside, n FROM owed_changes
          WHERE tenant_id = :tenant) both_of
    GROUP BY 1, 2, 3 HAVING sum(n) <> 0
""")
_CURRENT = text("""
    SELECT memory_id FROM memories
    WHERE tenant_id = :tenant AND expired_at IS NULL AND state <> 'erased' ORDER BY memory_id
""")


@pytest.fixture(scope="module")
async def quiet(own: Urls, data_dir: Path) -> AsyncIterator[Service]:
    """A service without a worker."""
    async with running(settings_for(own, data_dir)) as service:
        yield service


async def check(service: Service, tenant: TenantId, *, folded: bool = True) -> int:
    """The census agrees with the rows, and what is said to be owed with the backlog, before and
    after notes are added up; returns how many memories there are.
    """
    database = service.parts.services.database
    async with database.read(tenant) as session:
        truth = set(map(tuple, await session.rows(_TRUTH)))
        assert set(map(tuple, await session.rows(_KEPT))) == truth
        due = set(map(tuple, await session.rows(_OWED_TRUTH)))
        assert set(map(tuple, await session.rows(_OWED_KEPT))) == due
    if folded:
        async with database.write(tenant) as session:
            await census.fold(session)
            await owed.fold(session)
        async with database.read(tenant) as session:
            assert set(map(tuple, await session.rows(_KEPT))) == truth
            assert set(map(tuple, await session.rows(_OWED_KEPT))) == due
            days = await statistics.growth(
                session, only=None, since=date(2020, 1, 1), until=date(2100, 1, 1)
            )
        totals: Counter[str] = Counter()
        for row in truth:
            totals[row[1]] += row[-1]
        assert {day.type: day.total for day in days if day.total} == dict(totals)
        assert {t: sum(d.change for d in days if d.type == t) for t in totals} == dict(totals)
    return sum(row[-1] for row in truth)


async def _turn(service: Service, past: Past, data: st.DataObject) -> None:
    """Put some memories into another tier, as decay does."""
    async with service.parts.services.database.write(past.principal.tenant) as session:
        ids = [MemoryId(row.memory_id) for row in await session.rows(_CURRENT)]
        chosen = data.draw(st.lists(st.sampled_from(ids), unique=True, max_size=4))
        held = await decay.hold(session, chosen)
        tiers = [data.draw(st.sampled_from(list(Tier))) for _ in held]
        found = [Finding(memory_id=one.memory_id, tier=tier, retention=0.5)
                 for one, tier in zip(held, tiers, strict=True)]  # fmt: skip
        await decay.settle(session, 1, found, now() + timedelta(days=data.draw(st.integers(0, 3))))


def _told(steps: Sequence[Step]) -> list[Episode]:
    return [episode for step in steps for episode in step.episodes]


@few
@given(histories(splits=True), st.data())
async def test_random_histories_are_counted_exactly(
    quiet: Service, steps: tuple[Step, ...], data: st.DataObject
) -> None:
    past = await Past.begin(quiet.parts.services, _told(steps))
    tenant = past.principal.tenant
    runs = []
    for step in steps:
        runs.append(await past.do(step))
        await _turn(quiet, past, data)
        await check(quiet, tenant, folded=data.draw(st.booleans()))
    for run in reversed(runs):
        if run is None or not data.draw(st.booleans()):
            continue
        try:
            await past.undo(run, cascade=True)
        except StoreError:
            continue  # Taken back with an earlier one.
        await check(quiet, tenant, folded=data.draw(st.booleans()))
    for episode in data.draw(st.permutations(_told(steps))):
        await past.erase(episode)
        await check(quiet, tenant, folded=data.draw(st.booleans()))


async def test_a_life_by_hand_is_counted(start: Start, space: str) -> None:
    service = await start()
    tenant = await service.tenant()
    client, path = tenant.admin, f"/v1/spaces/{space}"
    made = await write(client, space, "The boat leaks")
    other = await write(client, space, "The boat is green")
    await remember(client, space, "Hello there", {"content": "I sail.", "session_id": "s"})
    assert await check(service, tenant.id, folded=False) == 4

    await client.patch(f"{path}/memories/{made['id']}", json={"content": "The boat is dry"})
    await client.post(f"{path}/memories/{made['id']}/pin", json={"pinned": True})
    await client.delete(f"{path}/memories/{other['id']}", params={"mode": "archive"})
    assert await check(service, tenant.id) == 4
    await client.delete(f"{path}/memories/{other['id']}", params={"mode": "erase"})
    assert await check(service, tenant.id) == 3

    overview = (await client.get("/v1/stats/overview", params={"space": space})).json()
    assert (overview["total"], overview["active"]) == (3, 3)
    assert {(m["kind"], m["memories"]) for m in overview["memories"]} == {
        ("fact", 1), ("message", 2),
    }  # fmt: skip


async def test_decay_moves_what_it_moves_in_the_census(start: Start, space: str) -> None:
    service = await start()
    tenant = await service.tenant()
    for n in range(3):
        await write(tenant.admin, space, f"The boat number {n} leaks")
    database = service.parts.services.database
    async with database.write(tenant.id) as session:
        home = await spaces.get_space(session, space)
        job_id = await jobs.enqueue(session, home.id, "decay", now=now())
    work = Work(tenant=tenant.id, space=home, job_id=job_id)
    ahead = replace(service.parts.jobs, clock=lambda: now() + timedelta(days=480))
    await fade(ahead, work)
    assert await check(service, tenant.id) == 3
    overview = (await tenant.admin.get("/v1/stats/overview")).json()
    assert {m["tier"] for m in overview["memories"]} == {"cold"}


async def test_what_is_held_set_aside_and_released_is_counted(quiet: Service, space: str) -> None:
    tenant = await quiet.tenant()
    database = quiet.parts.services.database
    many = [f"I have {n} boats" for n in range(40)]  # too many to be embedded at once
    await remember(tenant.admin, space, *many, consolidate=False)
    async with database.write(tenant.id) as session:
        home = await spaces.get_space(session, space)
        items = await backlog.next_items(session, home.id, Stage.EMBED, 3)
        await backlog.set_aside(session, home.id, Stage.EMBED, dict.fromkeys(items, "TooLarge"))
        await backlog.set_aside(session, home.id, Stage.EMBED, {items[0]: "TooLarge"})
    await check(quiet, tenant.id, folded=False)
    figures = (await tenant.admin.get("/v1/stats/overview")).json()["backlog"]
    assert (figures["embed"], figures["held"], figures["set_aside"]) == (40, 40, 3)

    async with database.write(tenant.id) as session:
        assert await backlog.release(session, home.id) == 43
        await backlog.claim(session, home.id, Stage.EMBED, items)
    await check(quiet, tenant.id)
    figures = (await tenant.admin.get("/v1/stats/overview")).json()["backlog"]
    assert (figures["embed"], figures["extract"], figures["held"]) == (37, 40, 0)
    assert figures["set_aside"] == 0


async def test_an_import_is_counted_in_its_tiers(quiet: Service, space: str) -> None:
    tenant, target = await quiet.tenant(), await quiet.tenant()
    made = await write(tenant.admin, space, "The boat leaks")
    database = quiet.parts.services.database
    async with database.write(tenant.id) as session:
        [held] = await decay.hold(session, [MemoryId(made["id"])])
        cold = Finding(memory_id=held.memory_id, tier=Tier.COLD, retention=0.1)
        await decay.settle(session, 1, [cold], now())
    exported = await tenant.admin.post(f"/v1/spaces/{space}/export")
    taken = await target.admin.post(f"/v1/spaces/{space}/import", content=exported.content)
    assert taken.status_code == 201, taken.text
    assert await check(quiet, target.id) == 1
    overview = (await target.admin.get("/v1/stats/overview")).json()
    assert [m["tier"] for m in overview["memories"]] == ["cold"]


async def test_writers_at_once_are_counted_and_folded_once(quiet: Service, space: str) -> None:
    tenant = await quiet.tenant()
    database = quiet.parts.services.database

    async def fold() -> None:
        for _ in range(5):
            async with database.write(tenant.id) as session:
                await census.fold(session)
                await owed.fold(session)
            await asyncio.sleep(0.01)

    say = [remember(tenant.admin, space, f"message {n}", f"and {n}") for n in range(12)]
    await asyncio.gather(*say, fold(), fold())
    assert await check(quiet, tenant.id) == 24


async def test_an_erased_space_leaves_nothing_in_the_statistics(
    quiet: Service, own: Urls, space: str
) -> None:
    tenant = await quiet.tenant()
    await remember(tenant.admin, space, "Hello there")
    await quiet.parts.services.stopwatch.write()
    await write(tenant.admin, space, "The boat leaks")
    erased = await tenant.admin.delete(f"/v1/spaces/{space}")
    assert erased.status_code == 200
    await quiet.parts.services.stopwatch.write()
    with psycopg.connect(own.superuser) as connection:
        for table in ("census", "census_days", "census_changes", "owed", "owed_changes", "timings"):
            select = f"SELECT count(*) FROM {table} WHERE tenant_id = %s"
            assert connection.execute(select, [tenant.id]).fetchone() == (0,), table
