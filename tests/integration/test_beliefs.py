"""What is believed: the new supersedes the old, whatever the order, and erasing takes it back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.service import Tenant, settle

_TOLD = {
    "home": ("Ana", "I live in Boston.", "2024-01-05T10:00:00Z"),
    "moved": ("Ana", "I moved to Denver last week.", "2024-06-10T09:00:00Z"),
    "still": ("Ana", "I live in Denver now.", "2024-07-11T09:00:00Z"),
    "sister": ("Ana", "My sister Clara lives in Paris.", "2024-08-01T09:00:00Z"),
}


async def tell(tenant: Tenant, *names: str, space: str = "home") -> None:
    """Remember some of what is told, and wait until it is taken in."""
    for name in names:
        speaker, content, said_at = _TOLD[name]
        episode = {"content": content, "speaker": speaker, "occurred_at": said_at,
                   "session_id": said_at[:7], "external_id": name}  # fmt: skip
        answer = await tenant.admin.post(
            f"/v1/spaces/{space}/episodes", json={"episodes": [episode]}
        )
        assert answer.status_code == 201, answer.text
        await settle(tenant.admin, space)


async def homes(tenant: Tenant, state: str, space: str = "home") -> list[dict[str, Any]]:
    """Where people live, as far as memories in that state say so."""
    answer = await tenant.admin.get(
        f"/v1/spaces/{space}/memories", params={"state": state, "limit": 100}
    )
    answer.raise_for_status()
    return sorted(
        (m for m in answer.json()["items"] if m["data"].get("predicate") == "lives_in"),
        key=lambda m: str(m["data"]["object"]),
    )


def brief(memory: dict[str, Any]) -> tuple[str, str, str | None, list[str]]:
    """Who lives where, until when, and by whose words."""
    sources = sorted(e["external_id"] for e in memory["provenance"]["evidence"])
    return (
        memory["data"]["subject"], memory["data"]["object"], memory["time"]["invalid_at"], sources
    )  # fmt: skip


_DENVER = ("Ana", "Denver", None, ["moved", "still"])
_BOSTON = ("Ana", "Boston", "2024-06-03T00:00:00Z", ["home"])
_PARIS = ("Clara", "Paris", None, ["sister"])


@pytest.mark.parametrize(
    "order",
    [
        ("home", "moved", "still", "sister"),
        ("still", "sister", "home", "moved"),
        ("moved", "still", "home", "sister"),
    ],
)
async def test_the_new_supersedes_the_old_in_whichever_order_it_is_told(
    tenant: Tenant, order: tuple[str, ...]
) -> None:
    await tell(tenant, *order)
    assert [brief(m) for m in await homes(tenant, "active")] == [_DENVER, _PARIS]
    assert [brief(m) for m in await homes(tenant, "superseded")] == [_BOSTON]


async def test_erasing_what_ended_a_belief_brings_it_back(tenant: Tenant) -> None:
    await tell(tenant, "home", "moved", "still")
    for name in ("moved", "still"):
        [episode] = [
            m for m in (await tenant.admin.get("/v1/spaces/home/memories",
                                               params={"type": "episodic"})).json()["items"]
            if m["data"].get("external_id") == name
        ]  # fmt: skip
        gone = await tenant.admin.delete(
            f"/v1/spaces/home/memories/{episode['id']}", params={"mode": "erase"}
        )
        assert gone.status_code == 200, gone.text
    assert [brief(m) for m in await homes(tenant, "active")] == [("Ana", "Boston", None, ["home"])]
    assert await homes(tenant, "superseded") == []


async def test_a_relation_of_a_caller_is_stored_once_and_supersedes(tenant: Tenant) -> None:
    await tell(tenant, "home")
    body = {"relations": [{"subject": "Ana", "predicate": "lives in", "object": "Lisbon",
                           "valid_at": "2025-01-01T00:00:00Z"}]}  # fmt: skip
    first, again = [
        (await tenant.admin.post("/v1/spaces/home/relations", json=body)).json() for _ in range(2)
    ]
    assert [r["status"] for r in first["relations"]] == ["stored"]
    await settle(tenant.admin, "home")
    assert [m["data"]["object"] for m in await homes(tenant, "active")] == ["Lisbon"]
    assert [m["data"]["object"] for m in await homes(tenant, "superseded")] == ["Boston"]
    assert [r["status"] for r in again["relations"]] == ["confirmed"]
    assert again["relations"][0]["id"] == first["relations"][0]["id"]


async def test_a_relation_that_stands_twice_in_a_call_is_one(tenant: Tenant) -> None:
    await tell(tenant, "home")
    one = {"subject": "Ana", "predicate": "abbreviated as", "object": "$"}
    body = {"evidence": {"external_id": "home"}, "relations": [one, one]}
    for status in ("stored", "confirmed"):
        answer = await tenant.admin.post("/v1/spaces/home/relations", json=body)
        assert answer.status_code == 201, answer.text
        told = answer.json()["relations"]
        assert {r["status"] for r in told} == {status}
        assert told[0]["id"] == told[1]["id"]
    empty = await tenant.admin.post("/v1/spaces/home/relations", json={"relations": []})
    assert (empty.status_code, empty.json()["relations"]) == (201, [])


async def test_memories_of_an_entity_are_listed_by_its_name(tenant: Tenant) -> None:
    await tell(tenant, "home", "sister")
    path, found = "/v1/spaces/home/memories", {}
    for entity in ("Clara", "clara", "nobody"):
        answer = await tenant.admin.get(path, params={"entity": entity, "type": "semantic"})
        found[entity] = {m["content"] for m in answer.json()["items"]}
    assert found["nobody"] == set()
    assert found["Clara"] == found["clara"] != set()
    assert all("Clara" in content for content in found["Clara"])


async def test_what_happened_twice_is_told_twice(tenant: Tenant) -> None:
    houses = [{"content": f"I bought a house in {place}.", "speaker": "Ana"}
              for place in ("Rome", "Oslo")]  # fmt: skip
    await tenant.admin.post("/v1/spaces/home/episodes", json={"episodes": houses})
    await settle(tenant.admin, "home")
    bought = await tenant.admin.get("/v1/spaces/home/memories", params={"type": "semantic"})
    told = {m["content"] for m in bought.json()["items"] if "bought" in m["content"]}
    assert len(told) == 2
    related = await tenant.admin.get("/v1/spaces/home/relations", params={"predicate": "bought"})
    assert {r["predicate"] for r in related.json()["items"]} <= {"bought"}
