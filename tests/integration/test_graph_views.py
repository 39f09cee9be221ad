"""Reading the graph: entities, relations, subgraphs, paths; merging and splitting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from memory_service.auth import Role
from stores.ids import MemoryId
from tests.fixtures.service import Service, Tenant, walk
from tests.integration.graphs import Claim, Desk, Step

MAY, JUNE = datetime(2023, 5, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def desk(service: Service, tenant: Tenant, space: str) -> Desk:
    """A space nobody else writes in."""
    return Desk(service=service, tenant=tenant, name=space)


@dataclass(frozen=True, kw_only=True)
class Town:
    """Ana lived in Oslo, lives in Lisbon and works at Acme, where Ben works too; Cid is alone."""

    run_id: UUID
    ana: MemoryId
    ben: MemoryId
    cid: MemoryId
    oslo: MemoryId
    lisbon: MemoryId
    acme: MemoryId
    episode: MemoryId
    then: MemoryId
    now: MemoryId


@pytest.fixture
async def town(desk: Desk) -> Town:
    [episode, chat] = await desk.episodes(
        "I moved to Lisbon.", "Ben and Cid had lunch.", session_id="s"
    )

    async def work(step: Step) -> dict[str, MemoryId]:
        ana = await step.entity("Ana Silva", "person", "Ana")
        ben, cid = await step.entity("Ben"), await step.entity("Cid")
        oslo, lisbon = await step.entity("Oslo", "place"), await step.entity("Lisbon", "place")
        acme = await step.entity("Acme", "organisation")
        await step.mention(episode, ana, lisbon)
        await step.mention(chat, ben, cid)
        then = await step.memory(
            "Ana lived in Oslo.", Claim(subject=ana, predicate="lives_in", object_id=oslo),
            evidence=[episode], valid_at=MAY, invalid_at=JUNE, state="superseded",
        )  # fmt: skip
        current = await step.memory(
            "Ana lives in Lisbon.", Claim(subject=ana, predicate="lives_in", object_id=lisbon),
            evidence=[episode], valid_at=JUNE, session_id="s",
        )  # fmt: skip
        await step.link(current, then, "supersedes")
        for who in (ana, ben):
            claim = Claim(subject=who, predicate="works_at", object_id=acme)
            await step.memory("A job at Acme.", claim, kind="relation")
        await step.memory("Ana is 40.", Claim(subject=ana, predicate="age", object="40"))
        return {"ana": ana, "ben": ben, "cid": cid, "oslo": oslo, "lisbon": lisbon, "acme": acme,
                "then": then, "now": current}  # fmt: skip

    run_id, made = await desk.run(work)
    return Town(run_id=run_id, episode=episode, **made)


def _names(found: dict[str, Any]) -> list[str]:
    return sorted(item["name"] for item in found["items"])


async def test_entities_are_listed_with_their_names_and_mentions(desk: Desk, town: Town) -> None:
    found = await walk(desk.tenant.admin, f"{desk.path}/entities", limit=4)
    assert [e["id"] for e in found] == sorted((e["id"] for e in found), reverse=True)
    by_name = {e["name"]: e for e in found}
    assert set(by_name) == {"Ana Silva", "Ben", "Cid", "Oslo", "Lisbon", "Acme"}
    ana = by_name["Ana Silva"]
    assert (ana["kind"], ana["aliases"], ana["mentions"]) == ("person", ["ana", "ana silva"], 5)
    assert (ana["merged_into"], ana["version"]) == (None, 1)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"q": "an"}, ["Ana Silva"]),
        ({"q": "Silva"}, ["Ana Silva"]),
        ({"q": "SIL an"}, ["Ana Silva"]),
        ({"q": "lva"}, []),
        ({"q": "a%"}, ["Acme", "Ana Silva"]),
        ({"kind": "place"}, ["Lisbon", "Oslo"]),
        ({"kind": "place", "q": "ana"}, []),
    ],
)
async def test_entities_are_found_by_the_beginnings_of_their_words(
    desk: Desk, town: Town, query: dict[str, str], names: list[str]
) -> None:
    assert _names(await desk.get("/entities", **query)) == names


async def test_an_entity_is_shown_with_what_surrounds_it(desk: Desk, town: Town) -> None:
    found = await desk.get(f"/entities/{town.ana}")
    assert found["memory"]["kind"] == "entity"
    told = {(r["predicate"], r["object"].get("name") or r["object"]["value"])
            for r in found["relations"]}  # fmt: skip
    assert told == {("lives_in", "Lisbon"), ("works_at", "Acme"), ("age", "40")}
    assert {"Ana lives in Lisbon.", "I moved to Lisbon."} <= {
        m["content"] for m in found["memories"]
    }

    acme = await desk.get(f"/entities/{town.acme}")
    assert {r["subject"]["name"] for r in acme["relations"]} == {"Ana Silva", "Ben"}
    past = await desk.get(f"/entities/{town.oslo}", history=True)
    assert [r["state"] for r in past["relations"]] == ["superseded"]
    assert (await desk.get(f"/entities/{town.oslo}"))["relations"] == []


async def test_what_is_no_entity_is_not_shown_as_one(desk: Desk, town: Town) -> None:
    for wrong in (uuid4(), town.now):
        problem = await desk.get(f"/entities/{wrong}", 404)
        assert problem["code"] == "memory-not-found"


@pytest.mark.parametrize(
    ("query", "objects"),
    [
        ({"subject": "ana", "predicate": "lives_in"}, {"Lisbon"}),
        ({"subject": "Ana Silva", "predicate": "lives_in", "include_superseded": True},
         {"Lisbon", "Oslo"}),
        ({"predicate": "lives_in", "as_of_valid": "2023-12-01T00:00:00Z"}, {"Oslo"}),
        ({"object": "Acme"}, {"Acme"}),
        ({"object": "40"}, {"40"}),
        ({"subject": "nobody"}, set()),
        ({"as_of_known": "2020-01-01T00:00:00Z"}, set()),
    ],
)  # fmt: skip
async def test_relations_are_those_asked_for(
    desk: Desk, town: Town, query: dict[str, Any], objects: set[str]
) -> None:
    items = (await desk.get("/relations", **query))["items"]
    assert {i["object"].get("name") or i["object"]["value"] for i in items} == objects


async def test_a_relation_quotes_what_it_rests_on(desk: Desk, town: Town) -> None:
    [found] = (await desk.get("/relations", subject=str(town.ana), predicate="lives_in"))["items"]
    assert found["id"] == str(town.now)
    assert found["subject"] == {"id": str(town.ana), "name": "Ana Silva"}
    [evidence] = found["evidence"]
    assert (evidence["episode_id"], evidence["quote"]) == (str(town.episode), "I mov")
    assert (found["valid_at"], found["invalid_at"]) == ("2024-06-01T00:00:00Z", None)
    listed = await walk(desk.tenant.admin, f"{desk.path}/relations", limit=1)
    assert len(listed) == len({r["id"] for r in listed}) == 4


async def test_memories_name_their_entities(desk: Desk, town: Town) -> None:
    cube = await desk.get(f"/memories/{town.now}")
    assert cube["entities"] == ["Ana Silva", "Lisbon"]
    assert (await desk.get(f"/memories/{town.episode}"))["entities"] == ["Ana Silva", "Lisbon"]


async def test_a_subgraph_surrounds_its_center(desk: Desk, town: Town) -> None:
    near = await desk.get("/graph", center="Ana")
    assert {n["name"] for n in near["nodes"]} == {"Ana Silva", "Lisbon", "Acme"}
    assert {(e["predicate"], e["target"]) for e in near["edges"]} == {
        ("lives_in", str(town.lisbon)), ("works_at", str(town.acme))
    }  # fmt: skip
    assert near["truncated"] is False
    far = await desk.get("/graph", center=str(town.ana), depth=2)
    assert {n["name"] for n in far["nodes"]} == {"Ana Silva", "Lisbon", "Acme", "Ben"}
    then = await desk.get("/graph", center="Oslo", as_of="2023-12-01T00:00:00Z")
    assert {n["name"] for n in then["nodes"]} == {"Oslo", "Ana Silva", "Acme"} - {"Acme"}
    cut = await desk.get("/graph", center="Ana", limit=2)
    assert (len(cut["nodes"]), cut["truncated"]) == (2, True)
    assert (await desk.get("/graph", 404, center="nobody"))["errors"][0][
        "pointer"
    ] == "query:center"


async def test_without_a_center_it_is_the_most_mentioned(desk: Desk, town: Town) -> None:
    every = await desk.get("/graph")
    assert every["nodes"][0]["name"] == "Ana Silva"
    communities = {n["name"]: n["community"] for n in every["nodes"]}
    assert communities["Cid"] != communities["Ana Silva"] == communities["Lisbon"]
    assert every == await desk.get("/graph")
    assert [n["name"] for n in (await desk.get("/graph", limit=1))["nodes"]] == ["Ana Silva"]


async def test_paths_explain_how_two_are_connected(desk: Desk, town: Town) -> None:
    [path] = (await desk.get("/paths", **{"from": "Lisbon", "to": "Cid"}))["items"]
    assert path["length"] == 4
    names = [step["source"]["name"] for step in path["steps"]]
    assert names == ["Lisbon", "Ana Silva", "Acme", "Ben"]
    home, job, _, lunch = path["steps"]
    assert home["relation"]["predicate"] == "lives_in"
    assert home["evidence"][0]["quote"] == "I mov"
    assert job["relation"]["predicate"] == "works_at"
    assert lunch["memory"]["content"] == "Ben and Cid had lunch."
    assert lunch["evidence"][0]["episode_id"] == lunch["memory"]["id"]

    query = {"from": "Lisbon", "to": "Cid", "max_length": 3}
    assert (await desk.get("/paths", **query))["items"] == []
    wrong = await desk.get("/paths", 404, **{"from": "Lisbon", "to": "nobody"})
    assert wrong["errors"][0]["pointer"] == "query:to"


async def test_what_is_merged_counts_for_the_other(desk: Desk, town: Town) -> None:
    merged = await desk.post(f"{desk.path}/entities/{town.ben}/merge", into=str(town.ana))
    assert merged["entity"]["id"] == str(town.ana)
    assert [e["name"] for e in merged["entity"]["merged"]] == ["Ben"]
    items = (await desk.get("/relations", subject="Ben"))["items"]
    assert {i["subject"]["name"] for i in items} == {"Ana Silva"}
    assert len(items) == 4
    assert (await desk.get(f"/entities/{town.ben}"))["merged_into"] == str(town.ana)
    assert (await desk.get(f"/memories/{town.ben}"))["lifecycle"]["state"] == "merged"
    [path] = (await desk.get("/paths", **{"from": "Lisbon", "to": "Cid"}))["items"]
    assert path["length"] == 2

    split = await desk.post(f"{desk.path}/entities/{town.ben}/split")
    assert (split["entity"]["merged_into"], split["entity"]["name"]) == (None, "Ben")
    assert len((await desk.get("/relations", subject="Ben"))["items"]) == 1
    assert (await desk.get(f"/memories/{town.ben}"))["lifecycle"]["state"] == "active"
    for run_id in (merged["run_id"], split["run_id"]):
        assert (await desk.post(f"/v1/runs/{run_id}/undo", 409))["code"] == "state-conflict"


async def test_merging_two_groups_and_splitting_one_out_of_the_middle(
    desk: Desk, town: Town
) -> None:
    async def into() -> dict[str, str | None]:
        found = (await desk.get("/entities", kind="person"))["items"]
        names = {e["id"]: e["name"] for e in found}
        return {e["name"]: names.get(e["merged_into"]) for e in found}

    await desk.post(f"{desk.path}/entities/{town.cid}/merge", into=str(town.ben))
    last = await desk.post(f"{desk.path}/entities/{town.ben}/merge", into=str(town.ana))
    assert await into() == {"Ana Silva": None, "Ben": "Ana Silva", "Cid": "Ana Silva"}
    await desk.post(f"/v1/runs/{last['run_id']}/undo")
    assert await into() == {"Ana Silva": None, "Ben": None, "Cid": "Ben"}
    await desk.post(f"{desk.path}/entities/{town.ben}/merge", into=str(town.ana))
    await desk.post(f"{desk.path}/entities/{town.cid}/split")
    assert await into() == {"Ana Silva": None, "Ben": "Ana Silva", "Cid": None}


@pytest.mark.parametrize(
    ("what", "into", "status"),
    [("ana", "ana", 422), ("ana", "now", 404), ("now", "ana", 404), ("ana", None, 404)],
)
async def test_a_merge_that_cannot_be(
    desk: Desk, town: Town, what: str, into: str | None, status: int
) -> None:
    target = str(getattr(town, into)) if into else str(uuid4())
    path = f"{desk.path}/entities/{getattr(town, what)}/merge"
    await desk.post(path, status, into=target)
    assert (await desk.get(f"/entities/{town.ana}"))["merged_into"] is None


async def test_an_entity_is_merged_once_and_split_once(desk: Desk, town: Town) -> None:
    path = f"{desk.path}/entities/{town.ben}"
    await desk.post(f"{path}/split", 409)
    await desk.post(f"{path}/merge", into=str(town.ana))
    await desk.post(f"{path}/merge", 409, into=str(town.cid))
    await desk.post(f"{desk.path}/entities/{town.ana}/merge", 422, into=str(town.ben))


async def test_another_tenant_or_key_sees_nothing_of_it(
    desk: Desk, town: Town, service: Service
) -> None:
    stranger = (await service.tenant()).admin
    await stranger.put(desk.path, json={})
    other = await desk.tenant.client(Role.ADMIN, spaces=["elsewhere"])
    reader = await desk.tenant.client(Role.READER)
    for path in ("/entities", "/relations", "/graph", "/timeline", "/runs"):
        found = (await stranger.get(f"{desk.path}{path}")).json()
        assert found.get("items", found.get("nodes")) == []
        assert (await other.get(f"{desk.path}{path}")).status_code == 403
        assert (await reader.get(f"{desk.path}{path}")).status_code == 200
    for path in (f"/entities/{town.ana}", f"/graph?center={town.ana}"):
        assert (await stranger.get(f"{desk.path}{path}")).status_code == 404
    body = {"into": str(town.ana)}
    merge = f"{desk.path}/entities/{town.ben}/merge"
    assert (await stranger.post(merge, json=body)).status_code == 404
    assert (await reader.post(merge, json=body)).status_code == 403
