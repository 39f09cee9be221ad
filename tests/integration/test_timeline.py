"""What held and happened in the order of world time, and what became different meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from stores.ids import MemoryId, now
from tests.fixtures.service import Service, Tenant, walk
from tests.integration.graphs import Claim, Desk, Step


@pytest.fixture
def desk(service: Service, tenant: Tenant, space: str) -> Desk:
    """A space nobody else writes in."""
    return Desk(service=service, tenant=tenant, name=space)


def _day(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


@pytest.fixture
async def homes(desk: Desk) -> dict[str, MemoryId]:
    """Ana lived in Oslo from January 2023 to June 2024, then in Lisbon; she won a cup in between.

    Ben sings.
    """
    [said] = await desk.episodes("I moved.", occurred_at="2024-07-01T09:00:00Z", session_id="s")

    async def work(step: Step) -> dict[str, MemoryId]:
        ana, ben = await step.entity("Ana"), await step.entity("Ben")
        oslo, lisbon = await step.entity("Oslo", "place"), await step.entity("Lisbon", "place")
        await step.mention(said, ana)
        old = await step.memory(
            "Ana lived in Oslo.", Claim(subject=ana, predicate="lives_in", object_id=oslo),
            valid_at=_day("2023-01-15"), invalid_at=_day("2024-06-02"), state="superseded",
        )  # fmt: skip
        new = await step.memory(
            "Ana lives in Lisbon.", Claim(subject=ana, predicate="lives_in", object_id=lisbon),
            valid_at=_day("2024-06-02"), evidence=[said],
        )  # fmt: skip
        await step.link(new, old, "supersedes")
        cup = await step.memory(
            "Ana won a cup.", kind="event", occurred_at=_day("2023-09-09"), about=[ana],
        )  # fmt: skip
        song = await step.memory("Ben sings.", about=[ben], valid_at=_day("2022-02-02"))
        return {"said": said, "old": old, "new": new, "cup": cup, "song": song}

    return (await desk.run(work))[1]


async def _told(desk: Desk, **query: Any) -> list[str]:
    return [i["content"] for i in (await desk.get("/timeline", **query))["items"]]


async def test_a_timeline_is_told_in_the_order_of_world_time(
    desk: Desk, homes: dict[str, MemoryId]
) -> None:
    found = await desk.get("/timeline", entity="Ana")
    told = [(i["content"], i["state"], i["period"]) for i in found["items"]]
    assert told == [
        ("Ana lived in Oslo.", "superseded", "2023-01 – 2024-06"),
        ("Ana won a cup.", "active", None),
        ("Ana lives in Lisbon.", "active", "since 2024-06"),
    ]
    moment = "2024-07-01T09:00:00Z"
    assert found["episodes"] == {"count": 1, "first": moment, "last": moment}
    assert found["items"][0]["entities"] == ["Ana", "Oslo"]
    assert await _told(desk) == ["Ben sings.", *(content for content, _, _ in told)]
    walked = await walk(desk.tenant.admin, f"{desk.path}/timeline", limit=1)
    assert [item["content"] for item in walked] == await _told(desk)


@pytest.mark.parametrize(
    ("query", "contents"),
    [
        ({"predicate": "lives_in"}, ["Ana lived in Oslo.", "Ana lives in Lisbon."]),
        ({"from": "2024-06-15"}, ["Ben sings.", "Ana lives in Lisbon."]),
        ({"to": "2023-06-01"}, ["Ben sings.", "Ana lived in Oslo."]),
        ({"from": "2023-06-01", "to": "2023-12-01", "entity": "Ana"},
         ["Ana lived in Oslo.", "Ana won a cup."]),
        ({"types": "episodic"}, ["Ana won a cup.", "I moved."]),
        ({"types": ["semantic", "graph"], "entity": "Ben"}, ["Ben sings."]),
    ],
)  # fmt: skip
async def test_a_timeline_is_limited(
    desk: Desk, homes: dict[str, MemoryId], query: dict[str, Any], contents: list[str]
) -> None:
    assert await _told(desk, **query) == contents


async def test_a_timeline_refuses_what_makes_no_sense(
    desk: Desk, homes: dict[str, MemoryId]
) -> None:
    wrong = await desk.get("/timeline", 422, **{"from": "2024-01-01", "to": "2023-01-01"})
    assert wrong["code"] == "malformed-request"
    for cursor in ("MjAyNA", "bm9uc2Vuc2UgaGVyZQ"):
        assert (await desk.get("/timeline", 422, cursor=cursor))["code"] == "invalid-cursor"
    assert (await desk.get("/timeline", 404, entity=str(uuid4())))["code"] == "memory-not-found"


async def _diff(desk: Desk, **query: Any) -> dict[tuple[str, str | None], list[str | None]]:
    """What is before and after, by change and how."""
    found = await desk.get("/diff", **query)
    told: dict[tuple[str, str | None], list[str | None]] = {}
    for item in found["items"]:
        for side in ("before", "after"):
            content = item[side] and item[side]["content"]
            told.setdefault((item["change"], item["how"]), []).append(content)
    counts = {"added": 0, "ended": 0, "changed": 0}
    for item in found["items"]:
        counts[item["change"]] += 1
    assert found["counts"] == counts
    return told


async def test_what_became_known_between_two_moments(desk: Desk) -> None:
    _, one = await desk.run(lambda step: step.memory("one"))
    _, two = await desk.run(lambda step: step.memory("two"))
    fourth, _ = await desk.run(lambda step: step.memory("four"))
    begin = now()
    path = f"{desk.path}/memories"
    client = desk.tenant.admin
    await client.patch(f"{path}/{one}", json={"content": "one, more or less"})
    await client.delete(f"{path}/{two}", params={"mode": "erase"})
    await desk.run(lambda step: step.memory("three"))
    await desk.post(f"/v1/runs/{fourth}/undo")
    _, brief = await desk.run(lambda step: step.memory("brief"))
    await client.delete(f"{path}/{brief}", params={"mode": "invalidate"})
    end = now()
    await desk.run(lambda step: step.memory("five"))

    stretch = {"from": begin.isoformat(), "to": end.isoformat()}
    assert await _diff(desk, **stretch) == {
        ("changed", None): ["one", "one, more or less"],
        ("ended", "erased"): [None, None],
        ("added", None): [None, "three"],
        ("ended", "undone"): ["four", None],
    }
    paged = await walk(client, f"{desk.path}/diff", limit=1, **stretch)
    assert len({item["id"] for item in paged}) == 4
    for begin in ("0002-01-01", "2020-01-01"):
        assert await _diff(desk, **{"from": begin, "to": "2020-02-01"}) == {}


async def test_what_changed_in_the_world_between_two_moments(
    desk: Desk, homes: dict[str, MemoryId]
) -> None:
    async def between(begin: str, end: str) -> dict[Any, Any]:
        return await _diff(desk, **{"from": begin, "to": end, "axis": "valid"})

    assert await between("2024-01-01", "2024-06-15") == {
        ("changed", None): ["Ana lived in Oslo.", "Ana lives in Lisbon."]
    }
    assert await between("2022-06-01", "2023-02-01") == {
        ("added", None): [None, "Ana lived in Oslo."]
    }
    assert await between("2023-08-01", "2023-10-01") == {("added", None): [None, "Ana won a cup."]}
    wrong = await desk.get("/diff", 422, **{"from": "2024-01-01", "to": "2024-01-01"})
    assert wrong["errors"][0]["pointer"] == "query:to"


async def test_what_ended_without_a_successor(desk: Desk) -> None:
    await desk.run(
        lambda step: step.memory(
            "A visa.", valid_at=_day("2023-01-01"), invalid_at=_day("2023-03-01")
        )
    )
    found = await _diff(desk, **{"from": "2023-02-01", "to": "2023-04-01", "axis": "valid"})
    assert found == {("ended", "active"): ["A visa.", None]}
