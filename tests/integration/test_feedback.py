"""Feedback on a recall counts what served, once; and a space learns its ranking from it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from httpx import AsyncClient, Response

from memory_service.auth import Role
from memory_service.verbs.feedback import LEARN_EVERY
from retrieval.rerank import MODEL
from stores import feedback, rankers, spaces
from stores.feedback import KEPT, Impression, Shown
from stores.ids import MemoryId, SpaceId, new_id, now
from tests.fixtures.database import Urls
from tests.fixtures.service import (
    Service,
    Start,
    Tenant,
    contents,
    recall,
    settle,
    write,
)

QUESTION = "What colour is the boat?"
BOATS = ("The first boat is red", "The second boat is blue", "The third boat is green")
#: The feature that the base model makes least of.
_LEAST = min(range(len(MODEL.weights)), key=lambda i: abs(MODEL.weights[i]))
_TABLES = ("recalls", "impressions", "rankers")


@pytest.fixture
async def ids(client: AsyncClient, space: str) -> list[str]:
    """The memories of a space, of which recall shows every one."""
    return [(await write(client, space, boat))["id"] for boat in BOATS]


async def _give(client: AsyncClient, recall_id: str, **body: Any) -> Response:
    return await client.post(f"/v1/recalls/{recall_id}/feedback", json=body)


async def _given(client: AsyncClient, recall_id: str, **body: Any) -> int:
    answer = await _give(client, recall_id, **body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["recall_id"] == recall_id
    return int(answer.json()["used"])


async def _asked(client: AsyncClient, space: str) -> str:
    return str((await recall(client, space, QUESTION))["recall_id"])


async def _usage(client: AsyncClient, space: str, memory_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/spaces/{space}/memories/{memory_id}")).json()
    return found["usage"]


def _is_refused(answer: Response, status: int, code: str, *pointers: str) -> bool:
    told = answer.json()
    named = [error["pointer"] for error in told.get("errors", ())]
    return (answer.status_code, told["code"], *named) == (status, code, *pointers)


def _left(urls: Urls, tenant: Tenant, table: str) -> int:
    assert table in _TABLES
    with psycopg.connect(urls.superuser) as connection:
        counted = f"SELECT count(*) FROM {table} WHERE tenant_id = %s"
        [[count]] = connection.execute(counted, [tenant.id]).fetchall()
    return int(count)


# What counts.


async def test_what_served_is_counted(client: AsyncClient, space: str, ids: list[str]) -> None:
    recall_id = await _asked(client, space)
    began = now()

    assert await _given(client, recall_id, used=ids[:2], irrelevant=ids[2:], outcome="success") == 2

    first, _, third = [await _usage(client, space, memory_id) for memory_id in ids]
    assert (first["used"], first["retrieved"]) == (1, 1)
    assert first["last_used_at"] >= began.isoformat()[:19]
    assert (third["used"], third["last_used_at"]) == (0, None)


async def test_said_again_it_is_counted_once(
    client: AsyncClient, space: str, ids: list[str]
) -> None:
    recall_id = await _asked(client, space)
    assert await _given(client, recall_id, used=[ids[0], ids[0]]) == 1
    assert await _given(client, recall_id, used=ids[:2]) == 1
    assert await _given(client, recall_id, used=ids[:2]) == 0
    assert await _given(client, await _asked(client, space), used=ids[:1]) == 1
    assert [(await _usage(client, space, i))["used"] for i in ids] == [2, 1, 0]


async def test_said_at_the_same_time_it_is_counted_once(
    client: AsyncClient, space: str, ids: list[str]
) -> None:
    recall_id = await _asked(client, space)
    new = await asyncio.gather(*(_given(client, recall_id, used=ids[:1]) for _ in range(5)))
    assert sorted(new) == [0, 0, 0, 0, 1]
    assert (await _usage(client, space, ids[0]))["used"] == 1


async def test_the_last_word_counts(client: AsyncClient, space: str, ids: list[str]) -> None:
    recall_id = await _asked(client, space)
    for body, count in (
        ({"used": ids[:1]}, 1),
        ({"irrelevant": ids[:1]}, 0),
        ({"irrelevant": ids[:1]}, 0),
        ({"outcome": "failure"}, 0),
        ({"used": ids[:1]}, 1),
    ):
        await _given(client, recall_id, **body)
        assert (await _usage(client, space, ids[0]))["used"] == count


async def test_a_recall_that_showed_nothing_takes_an_outcome(
    client: AsyncClient, space: str, ids: list[str]
) -> None:
    asked = await recall(client, space, "quantum chromodynamics", kinds=["preference"])
    assert asked["hits"] == []
    assert await _given(client, asked["recall_id"], outcome="failure") == 0
    assert _is_refused(
        await _give(client, asked["recall_id"], used=ids[:1]),
        422, "malformed-request", "/used/0",
    )  # fmt: skip


async def test_of_a_context_only_what_was_packed_was_shown(
    client: AsyncClient, space: str, ids: list[str]
) -> None:
    body = {"query": QUESTION, "budget_tokens": 50}
    context = (await client.post(f"/v1/spaces/{space}/context", json=body)).json()
    [packed] = [citation["memory_id"] for citation in context["citations"]]
    beside = next(memory_id for memory_id in ids if memory_id != packed)

    refused = await _give(client, context["recall_id"], used=[packed, beside])
    assert _is_refused(refused, 422, "malformed-request", "/used/1")
    assert await _given(client, context["recall_id"], used=[packed]) == 1
    assert (await _usage(client, space, beside))["retrieved"] == 0


# What is refused.


async def test_only_what_was_shown_can_be_judged(
    client: AsyncClient, space: str, ids: list[str]
) -> None:
    recall_id = await _asked(client, space)
    later = await write(client, space, "The fourth boat is white")
    for body, pointer in (
        ({"used": [ids[0], later["id"]]}, "/used/1"),
        ({"irrelevant": [str(uuid4())]}, "/irrelevant/0"),
        ({"used": ids[:2], "irrelevant": ids[1:2]}, "/irrelevant/0"),
        ({"used": ["boat"]}, "/used/0"),
        ({"outcome": "splendid"}, "/outcome"),
    ):
        answer = await _give(client, recall_id, **body)
        assert _is_refused(answer, 422, "malformed-request", pointer), answer.text
    assert (await _usage(client, space, ids[0]))["used"] == 0


async def test_a_reader_judges_nothing(
    tenant: Tenant, client: AsyncClient, space: str, ids: list[str]
) -> None:
    recall_id = await _asked(client, space)
    reader, writer = [await tenant.client(role) for role in (Role.READER, Role.WRITER)]
    assert _is_refused(await _give(reader, recall_id, used=ids[:1]), 403, "not-permitted")
    assert await _given(writer, recall_id, used=ids[:1]) == 1
    for nobody in (reader, writer):
        answer = await nobody.post(f"/v1/spaces/{space}/rankers/revert")
        assert _is_refused(answer, 403, "not-permitted")
    assert (await reader.get(f"/v1/spaces/{space}/rankers")).json()["items"] == []


async def test_a_recall_nobody_asked_is_not_found(client: AsyncClient, space: str) -> None:
    for recall_id in (uuid4(), new_id(), UUID(int=0), UUID(int=2**128 - 1)):
        answer = await _give(client, str(recall_id), outcome="success")
        assert _is_refused(answer, 404, "recall-not-found")


async def test_a_recall_of_another_tenant_is_not_found(
    service: Service, client: AsyncClient, space: str, ids: list[str]
) -> None:
    recall_id = await _asked(client, space)
    stranger = (await service.tenant()).admin
    for body in ({"used": ids[:1]}, {"outcome": "success"}):
        assert _is_refused(await _give(stranger, recall_id, **body), 404, "recall-not-found")


async def test_a_key_for_one_space_judges_no_recall_that_asked_another_too(
    tenant: Tenant, client: AsyncClient, space: str, ids: list[str]
) -> None:
    await write(client, "harbour", "The old boat is black")
    asked = {"query": QUESTION, "spaces": [space, "harbour"], "kinds": ["fact"]}
    both = (await client.post("/v1/recall", json=asked)).json()["recall_id"]
    empty = (await recall(client, space, QUESTION, kinds=["preference"]))["recall_id"]
    limited = await tenant.client(Role.WRITER, spaces=["harbour"])
    for recall_id in (both, empty, await _asked(client, space)):
        for body in ({"outcome": "success"}, {"used": ids[:1]}):
            answer = await _give(limited, recall_id, **body)
            assert _is_refused(answer, 404, "recall-not-found")
    assert await _given(limited, await _asked(client, "harbour"), outcome="success") == 0
    assert await _given(client, both, used=ids[:1]) == 1


async def test_feedback_comes_too_late_after_ninety_days(
    service: Service, tenant: Tenant, client: AsyncClient, space: str, ids: list[str], urls: Urls
) -> None:
    recall_id = await _asked(client, space)
    await service.parts.services.usage.write()
    with psycopg.connect(urls.superuser) as connection:
        connection.execute(
            "UPDATE recalls SET created_at = %s WHERE tenant_id = %s",
            [now() - KEPT - timedelta(hours=1), tenant.id],
        )
    kept = await _asked(client, space)
    assert _is_refused(await _give(client, recall_id, used=ids[:1]), 404, "recall-not-found")

    await service.parts.services.usage.write()
    await service.parts.services.usage.prune()
    assert [_left(urls, tenant, table) for table in _TABLES] == [1, len(ids), 0]
    assert await _given(client, kept, used=ids[:1]) == 1


# What is erased leaves nothing.


async def test_an_erased_memory_takes_its_impressions_along(
    tenant: Tenant, client: AsyncClient, space: str, ids: list[str], urls: Urls
) -> None:
    recall_id = await _asked(client, space)
    await _given(client, recall_id, used=ids[:2])
    path = f"/v1/spaces/{space}/memories/{ids[0]}"
    assert (await client.delete(path, params={"mode": "erase"})).status_code == 200

    assert _left(urls, tenant, "impressions") == 2
    refused = await _give(client, recall_id, used=ids[:1])
    assert _is_refused(refused, 422, "malformed-request", "/used/0")
    assert await _given(client, recall_id, used=ids[1:]) == 1


async def test_notes_of_what_was_erased_meanwhile_are_not_written(
    service: Service, tenant: Tenant, client: AsyncClient, space: str, ids: list[str], urls: Urls
) -> None:
    """An erasure and the notes wait for each other, whoever comes first."""
    notes = service.parts.services.usage
    for memory_id in ids[:2]:
        await _asked(client, space)
        path = f"/v1/spaces/{space}/memories/{memory_id}"
        await asyncio.gather(client.delete(path, params={"mode": "erase"}), notes.write())
    await notes.write()
    with psycopg.connect(urls.superuser) as connection:
        for table in ("impressions", "usage"):
            left = f"SELECT DISTINCT memory_id FROM {table} WHERE tenant_id = %s"
            rows = connection.execute(left, [tenant.id]).fetchall()
            assert {str(row[0]) for row in rows} == {ids[2]}, table


async def test_an_erased_space_takes_its_recalls_along(
    tenant: Tenant, client: AsyncClient, space: str, ids: list[str], urls: Urls
) -> None:
    await write(client, "harbour", "The old boat is black")
    asked = {"query": QUESTION, "spaces": [space, "harbour"]}
    both = (await client.post("/v1/recall", json=asked)).json()
    alone = await _asked(client, space)
    await _given(client, alone, used=ids[:1])
    unwritten = await _asked(client, space)
    assert (await client.delete(f"/v1/spaces/{space}")).status_code == 200

    for recall_id in (alone, unwritten):
        answer = await _give(client, recall_id, outcome="success")
        assert _is_refused(answer, 404, "recall-not-found")
    assert [_left(urls, tenant, table) for table in _TABLES] == [1, 1, 0]
    assert await _given(client, both["recall_id"], outcome="success") == 0


# Two processes.


async def test_feedback_waits_for_the_notes_of_another_process(start: Start, urls: Urls) -> None:
    """A recall that another process answered a moment ago is not yet written down."""
    one, other = await start(urls=urls), await start(urls=urls)
    tenant = await one.tenant()
    memory = await write(tenant.admin, "home", BOATS[0])
    recall_id = await _asked(tenant.admin, "home")
    elsewhere = await other.client(tenant.admin.headers["Authorization"].removeprefix("Bearer "))
    assert await _given(elsewhere, recall_id, used=[memory["id"]]) == 1


# What is learned.


@pytest.fixture
async def home(service: Service, tenant: Tenant, space: str, ids: list[str]) -> SpaceId:
    """The space's id, once the memories are in it."""
    async with service.parts.services.database.read(tenant.id) as session:
        return (await spaces.get_space(session, space)).id


async def _judge(
    service: Service,
    tenant: Tenant,
    home: SpaceId,
    ids: Sequence[str],
    *,
    count: int,
    telling: bool,
) -> None:
    """Log recalls and judge them: what served is what had most of the telling feature.

    Every fourth is held out, which goes by the id.
    """
    chance = random.Random(5)  # noqa: S311
    for number in range(count):
        rows = [[chance.gauss(0, 0.05) for _ in MODEL.weights] for _ in ids]
        for row in rows:
            row[_LEAST] = 2 * chance.random()
        rows.sort(key=lambda row: -sum(w * f for w, f in zip(MODEL.weights, row, strict=True)))
        most = max(range(len(ids)), key=lambda i, rows=rows: rows[i][_LEAST])  # type: ignore[misc]
        best = most if telling else chance.randrange(len(ids))
        shown = Shown(
            recall_id=UUID(int=new_id().int & ~0xFF | number),
            at=now(),
            spaces=(home,),
            model=MODEL.name,
            impressions=tuple(
                Impression(
                    memory_id=MemoryId(UUID(memory_id)), space=home, rank=rank, features=tuple(row)
                )
                for rank, (memory_id, row) in enumerate(zip(ids, rows, strict=True), start=1)
            ),
        )
        async with service.parts.services.database.write(tenant.id) as session:
            await feedback.add(session, [shown])
        await _given(tenant.admin, str(shown.recall_id), used=[ids[best]])


async def _rankers(client: AsyncClient, space: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"/v1/spaces/{space}/rankers")).json()["items"]
    return found


async def _lessons(client: AsyncClient, space: str) -> list[str]:
    jobs = (await client.get("/v1/jobs", params={"space": space})).json()["items"]
    return [job["state"] for job in jobs if job["name"] == "learn"]


@pytest.fixture
async def fleet(client: AsyncClient, space: str, ids: list[str]) -> list[str]:
    """More memories, so that there is something to rank."""
    return [*ids, *[(await write(client, space, f"Boat {n} has a sail"))["id"] for n in range(5)]]


async def test_every_twentieth_recall_with_feedback_is_a_lesson(
    service: Service, tenant: Tenant, space: str, home: SpaceId, fleet: list[str]
) -> None:
    await _judge(service, tenant, home, fleet, count=LEARN_EVERY - 1, telling=True)
    assert await _lessons(tenant.admin, space) == []
    other = await _asked(tenant.admin, space)
    await _given(tenant.admin, other, outcome="success")
    assert await _lessons(tenant.admin, space) == []
    await _judge(service, tenant, home, fleet, count=1, telling=True)
    assert len(await _lessons(tenant.admin, space)) == 1
    await settle(tenant.admin, space)
    assert await _rankers(tenant.admin, space) == []  # Too little to hold any of it out.


async def test_a_space_learns_what_tells(
    service: Service, tenant: Tenant, space: str, home: SpaceId, fleet: list[str]
) -> None:
    await _judge(service, tenant, home, fleet, count=4 * LEARN_EVERY, telling=True)
    await settle(tenant.admin, space)

    assert await _lessons(tenant.admin, space) == ["succeeded"] * 4
    found = await _rankers(tenant.admin, space)
    [active] = [ranker for ranker in found if ranker["state"] == "active"]
    assert {ranker["state"] for ranker in found} <= {"active", "retired", "rejected"}
    assert active["base"] == MODEL.name
    assert len(active["weights"]) == len(MODEL.weights)
    assert max(active["weights"]) == active["weights"][_LEAST]
    measured = active["metrics"]
    assert measured["recall_at_3_learned"] > measured["recall_at_3_serving"]

    await _reverts(tenant.admin, space, active["version"])
    # What taught it does not teach the next one the same.
    await _judge(service, tenant, home, fleet, count=LEARN_EVERY, telling=True)
    await settle(tenant.admin, space)
    assert len(await _rankers(tenant.admin, space)) == len(found)


async def _reverts(client: AsyncClient, space: str, version: int) -> None:
    answer = await client.post(f"/v1/spaces/{space}/rankers/revert")
    assert answer.status_code == 200
    states = {ranker["version"]: ranker["state"] for ranker in answer.json()["items"]}
    assert states.pop(version) == "reverted"
    before = [v for v, state in states.items() if v < version and state in ("active", "retired")]
    assert [v for v, state in states.items() if state == "active"] == before[:1]


async def test_what_chance_would_have_it_does_not_rank(
    service: Service, tenant: Tenant, space: str, home: SpaceId, fleet: list[str]
) -> None:
    await _judge(service, tenant, home, fleet, count=2 * LEARN_EVERY, telling=False)
    await settle(tenant.admin, space)
    assert [ranker["state"] for ranker in await _rankers(tenant.admin, space)] == ["rejected"]


async def test_an_active_ranker_ranks_until_it_is_taken_back(
    service: Service, tenant: Tenant, space: str, home: SpaceId, urls: Urls
) -> None:
    client = tenant.admin
    asked = await recall(client, space, QUESTION)
    await service.parts.services.usage.write()
    before = contents(asked)
    second_first = _just_enough(*_features(urls, asked["recall_id"])[:2])
    async with service.parts.services.database.write(tenant.id) as session:
        for weights in (second_first, MODEL.unchanged):
            await rankers.add_ranker(
                session, home, base=MODEL.name, weights=weights, metrics={}, deploy=True, now=now()
            )
    assert contents(await recall(client, space, QUESTION)) == before

    [_, learned] = (await client.post(f"/v1/spaces/{space}/rankers/revert")).json()["items"]
    assert learned["state"] == "active"
    now_ranked = contents(await recall(client, space, QUESTION))
    assert sorted(now_ranked) == sorted(before)
    assert now_ranked[0] != before[0]

    await client.post(f"/v1/spaces/{space}/rankers/revert")
    states = [ranker["state"] for ranker in await _rankers(client, space)]
    assert states == ["reverted", "reverted"]
    assert contents(await recall(client, space, QUESTION)) == before
    again = await client.post(f"/v1/spaces/{space}/rankers/revert")
    assert [ranker["state"] for ranker in again.json()["items"]] == states


def _features(urls: Urls, recall_id: str) -> list[list[float]]:
    """What the memories were ranked by, best first."""
    query = "SELECT features FROM impressions WHERE recall_id = %s ORDER BY rank"
    with psycopg.connect(urls.superuser) as connection:
        return [row[0] for row in connection.execute(query, [recall_id])]


def _just_enough(first: list[float], second: list[float]) -> tuple[float, ...]:
    """The least addition to the weights that puts the second before the first."""
    lead = [one - other for one, other in zip(first, second, strict=True)]
    ahead = sum(w * f for w, f in zip(MODEL.weights, lead, strict=True))
    return tuple(-(ahead + 0.01) * f / sum(f * f for f in lead) for f in lead)


async def test_a_ranker_of_another_model_does_not_rank(
    service: Service, tenant: Tenant, space: str, home: SpaceId
) -> None:
    before = contents(await recall(tenant.admin, space, QUESTION))
    async with service.parts.services.database.write(tenant.id) as session:
        await rankers.add_ranker(
            session, home, base="another", metrics={}, deploy=True, now=now(), weights=(-9.0,)
        )
    assert contents(await recall(tenant.admin, space, QUESTION)) == before
