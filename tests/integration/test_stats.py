"""The figures that are served: what is owed and queued, growth by day, how long calls took."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from memory_service.auth import Role
from memory_service.timing import Stopwatch
from stores import census, spaces, timings
from stores.database import Database
from stores.ids import MemoryId, new_id
from stores.records import Method, NewMemory
from stores.timings import Slot
from stores.writing import store
from tests.fixtures.service import Service, Start, Tenant, recall, remember, settle, walk, write

NOON = datetime(2026, 5, 8, 12, tzinfo=UTC)


async def _get(client: AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    answer = (await client.get(f"/v1/stats/{path}", params=query)).raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


async def test_what_is_owed_and_queued_is_told_until_it_is_done(start: Start, space: str) -> None:
    service = await start()  # Nobody works.
    client = (await service.tenant()).admin
    await remember(client, space, *[{"content": f"Turn {n}", "session_id": "s"} for n in range(3)])
    await remember(client, space, "Held back", consolidate=False)
    await write(client, space, "The boat leaks")
    found = await _get(client, "overview")
    assert found["total"] == found["active"] == 5
    assert found["backlog"] == {
        "embed": 0, "extract": 3, "held": 1, "segment": 3, "link": 1, "set_aside": 0,
    }  # fmt: skip
    assert found["jobs"]["pending"] > 0
    assert found["jobs"]["begun_last_hour"] == 0
    assert found["jobs"]["oldest_pending_s"] >= 0
    [line] = (await _get(client, "spaces"))["items"]
    assert (line["space"], line["memories"], line["unsearchable"]) == (space, 5, 0)
    assert line["unconsolidated"] == 8
    assert line["pending_jobs"] == found["jobs"]["pending"]
    assert line["changed_at"] is not None


async def test_when_all_is_done_nothing_is_owed_and_waits_are_told(
    service: Service, client: AsyncClient, space: str
) -> None:
    await remember(client, space, "I live in Lisbon.")
    await settle(client, space)
    found = await _get(client, "overview", space=space)
    assert set(found["backlog"].values()) <= {0}
    assert found["jobs"]["begun_last_hour"] >= 1
    assert 0 <= found["jobs"]["wait_p50_s"] <= found["jobs"]["wait_p95_s"]


async def test_growth_is_told_by_day_from_what_there_was_before(
    database: Database, tenant: Tenant
) -> None:
    async with database.write(tenant.id) as session:
        home, _ = await spaces.ensure_space(session, "home", NOON)
        for days, many in ((-90, 2), (0, 3), (2, 1)):
            made = NOON + timedelta(days=days)
            await store(session, home, [
                NewMemory(id=MemoryId(new_id()), kind="note", content=f"{days} {n}", actor="a test",
                          provenance_origin="received", method=Method(name="test", version="1"),
                          created_at=made)
                for n in range(many)
            ])  # fmt: skip
    query = {"since": "2026-05-01", "until": "2026-05-31"}
    told = (await _get(tenant.admin, "growth", **query))["items"]
    wanted = [
        {"day": "2026-04-30", "type": "semantic", "change": 2, "total": 2},
        {"day": "2026-05-08", "type": "semantic", "change": 3, "total": 5},
        {"day": "2026-05-10", "type": "semantic", "change": 1, "total": 6},
    ]
    assert told == wanted
    async with database.write(tenant.id) as session:
        assert await census.fold(session) == 3
        assert await census.fold(session) == 0
    assert (await _get(tenant.admin, "growth", **query))["items"] == wanted


async def test_how_long_calls_took_is_written_down_and_told(start: Start, space: str) -> None:
    service = await start()
    client = (await service.tenant()).admin
    await remember(client, space, "I live in Lisbon.")
    for _ in range(3):
        await recall(client, space, "Where do I live?")
    assert (await _get(client, "latency"))["operations"] == []
    await service.parts.services.stopwatch.write()
    found = await _get(client, "latency", space=space, minutes=5)
    assert [(o["operation"], o["calls"]) for o in found["operations"]] == [
        ("recall", 3), ("remember", 1),
    ]  # fmt: skip
    for one in found["operations"]:
        assert 0 < one["p50_ms"] <= one["p95_ms"] <= one["p99_ms"]
    assert sum(step["calls"] for step in found["steps"]) == 4
    await client.put("/v1/spaces/another", json={"policies": {}})
    assert (await _get(client, "latency", space="another"))["operations"] == []


async def test_minutes_are_added_up_in_steps_and_dropped_after_a_week(
    database: Database, tenant: Tenant
) -> None:
    stopwatch = Stopwatch(database, lambda: NOON)
    async with database.write(tenant.id) as session:
        await spaces.ensure_space(session, "home", NOON)
        noted = {
            Slot(space="home", minute=NOON - timedelta(minutes=n), operation="recall", bucket=n): 2
            for n in range(4)
        }
        old = Slot(space="home", minute=NOON - timedelta(days=8), operation="recall", bucket=1)
        gone = Slot(space="gone", minute=NOON, operation="recall", bucket=1)
        await timings.add(session, {**noted, old: 1, gone: 1})
        await timings.add(session, noted)
    week = {"since": NOON - timedelta(days=30), "until": NOON + timedelta(minutes=1)}
    async with database.read(tenant.id) as session:
        found = await timings.read(session, only=["home"], step=timedelta(minutes=2), **week)
    assert [(at, dict(b)) for (at, _), b in found.items()] == [
        (NOON - timedelta(days=8), {1: 1}),
        (NOON - timedelta(minutes=4), {3: 4}),
        (NOON - timedelta(minutes=2), {1: 4, 2: 4}),
        (NOON, {0: 4}),
    ]
    async with database.write(tenant.id) as session:
        await timings.prune(session, NOON)
    async with database.read(tenant.id) as session:
        left = await timings.read(session, only=None, step=timedelta(minutes=1), **week)
    assert {at for at, _ in left} == {slot.minute for slot in noted}
    await stopwatch.stop()


async def test_a_key_sees_the_figures_of_its_spaces_only(service: Service) -> None:
    tenant, other = await service.tenant(), await service.tenant()
    for name, many in (("mine", 1), ("theirs", 2)):
        await remember(tenant.admin, name, *[f"Turn {n}" for n in range(many)], consolidate=False)
    reader = await tenant.client(Role.READER, spaces=["mine"])
    assert (await _get(reader, "overview"))["total"] == 1
    assert [s["space"] for s in (await _get(reader, "spaces"))["items"]] == ["mine"]
    assert {g["total"] for g in (await _get(reader, "growth"))["items"]} == {1}
    for path in ("overview", "growth", "latency"):
        denied = await reader.get(f"/v1/stats/{path}", params={"space": "theirs"})
        assert denied.status_code == 403
        missing = await other.admin.get(f"/v1/stats/{path}", params={"space": "mine"})
        assert missing.status_code == 404
    assert (await _get(other.admin, "overview"))["total"] == 0
    lines = await walk(tenant.admin, "/v1/stats/spaces", limit=1)
    assert [(s["space"], s["memories"]) for s in lines] == [("mine", 1), ("theirs", 2)]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("growth", {"since": "2026-05-09", "until": "2026-05-08"}),
        ("growth", {"since": "2016-05-09", "until": "2026-05-08"}),
        ("latency", {"minutes": 10080, "step_minutes": 1}),
        ("latency", {"minutes": 0}),
        ("spaces", {"cursor": "!"}),
    ],
)
async def test_questions_that_make_no_sense(
    tenant: Tenant, path: str, query: dict[str, Any]
) -> None:
    answer = await tenant.admin.get(f"/v1/stats/{path}", params=query)
    assert answer.status_code == 422, answer.text
