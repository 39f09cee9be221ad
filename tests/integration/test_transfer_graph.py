"""Export and import of a graph: what was known of whom is known elsewhere, and goes on there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import text

from memory_service.verbs import transfer
from stores import transfer as pages
from stores.ids import SpaceId, id_in
from tests.fixtures.service import (
    Service,
    Tenant,
    contents,
    recall,
    remember,
    settle,
    walk,
)
from tests.integration.test_transfer import Lines, export, import_

TALKS = {
    "spring": ("I live in Porto.", "I work at Acme.", "My brother Rui lives in Faro.",
               "The weather is nice today."),
    "summer": ("Rui visited me with his dog Bobi.", "I moved to Lisbon.", "Bobi likes the beach.",
               "My boss is Maria Sousa."),
}  # fmt: skip
#: Columns of a graph's rows that tell of memories, by table; runs stand in all but relations.
TABLES = {
    "entities": ("memory_id", "merged_into"),
    "entity_aliases": ("memory_id", "run_id"),
    "relations": ("memory_id", "subject_id", "object_id"),
    "assertions": ("memory_id", "episode_id", "first_id", "object_id", "run_id"),
    "mentions": ("memory_id", "entity_id", "run_id"),
    "links": ("memory_id", "target_id", "run_id"),
    "refinements": ("memory_id", "refinement_id", "run_id"),
    "evidence": ("memory_id", "episode_id", "run_id"),
}
_VERSION = text("""
    SELECT version FROM graph_versions WHERE tenant_id = :tenant AND space_id = :space
""")


async def rows(
    service: Service, tenant: Tenant, table: str, *, space: UUID, moved_to: UUID | None = None
) -> list[dict[str, Any]]:
    """The rows of a table, with their ids as they are, or as they will be in another space."""
    statement = text(f"""
        SELECT x.* FROM {table} x JOIN memories m
          ON m.tenant_id = x.tenant_id AND m.memory_id = x.memory_id AND m.expired_at IS NULL
        WHERE x.tenant_id = :tenant AND m.tenant_id = :tenant AND m.space_id = :space
    """)
    async with service.parts.services.database.read(tenant.id) as session:
        found = [dict(row._mapping) for row in await session.rows(statement, space=space)]
    for row in found:
        for column in TABLES[table]:
            if row[column] is not None and moved_to is not None:
                row[column] = id_in(SpaceId(moved_to), row[column])
        if table != "assertions":
            row.pop("since", None)
        row.pop("tenant_id")
        row.pop("space_id", None)
    return sorted(found, key=lambda row: json.dumps(row, default=str))


async def version(service: Service, tenant: Tenant, space: UUID) -> int:
    async with service.parts.services.database.read(tenant.id) as session:
        return int(await session.scalar(_VERSION, space=space))


async def space_id(client: AsyncClient, space: str) -> UUID:
    return UUID((await export(client, space))[0]["space_id"])


async def relate(client: AsyncClient, space: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/v1/spaces/{space}/relations", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def talk(client: AsyncClient, space: str, session: str, said: Sequence[str]) -> None:
    await remember(client, space, *(
        {"content": words, "speaker": "Ana", "session_id": session,
         "external_id": f"{session}-{n}",
         "occurred_at": f"2026-0{3 if session == 'spring' else 7}-01T10:{n:02}:00Z"}
        for n, words in enumerate(said)
    ))  # fmt: skip
    await settle(client, space)


@pytest.fixture
async def village(client: AsyncClient, space: str) -> str:
    """Two conversations, a graph a caller brought, and two entities that were merged."""
    for session, said in TALKS.items():
        await talk(client, space, session, said)
    brought = await relate(client, space, relations=[
        {"subject": "Acme", "predicate": "part_of", "object": "Umbrella Group"},
        {"subject": "Acme Corporation Limited", "predicate": "located_in", "object": "Braga"},
    ])  # fmt: skip
    await relate(
        client, space, evidence={"external_id": "spring-1"},
        relations=[{"subject": "Ana", "predicate": "employed_since", "object": "2019"}],
    )  # fmt: skip
    first, second = (r["subject"]["id"] for r in brought["relations"])
    path = f"/v1/spaces/{space}/entities/{second}/merge"
    (await client.post(path, json={"into": first})).raise_for_status()
    await settle(client, space)
    return space


@pytest.fixture
async def other(service: Service) -> Tenant:
    """Somebody else."""
    return await service.tenant()


async def _entities(client: AsyncClient, space: str) -> list[tuple[Any, ...]]:
    found = await walk(client, f"/v1/spaces/{space}/entities")
    names = {entity["id"]: entity["name"] for entity in found}
    return sorted(
        (e["name"], e["kind"], tuple(e["aliases"]), e["mentions"], names.get(e["merged_into"]))
        for e in found
    )


async def _relations(client: AsyncClient, space: str) -> list[str]:
    found = await walk(client, f"/v1/spaces/{space}/relations", include_superseded=True)
    for relation in found:
        for end in (relation["subject"], relation["object"]):
            end.pop("id", None)
        relation.pop("id", None)
        relation.pop("evidence", None)
    return sorted(json.dumps(relation, sort_keys=True) for relation in found)


async def test_a_graph_arrives_whole_in_another_tenant(
    service: Service, tenant: Tenant, village: str, other: Tenant
) -> None:
    here = await space_id(tenant.admin, village)
    lines = await export(tenant.admin, village)

    answer = await import_(other.admin, "copy", lines)
    there = await space_id(other.admin, "copy")

    assert answer.json() == {"imported": len(lines) - 1, "skipped": 0}
    for table in set(TABLES) - {"refinements"}:
        expected = await rows(service, tenant, table, space=here, moved_to=there)
        assert expected, table
        assert await rows(service, other, table, space=there) == expected, table
    assert await version(service, other, there) == 1
    await settle(other.admin, "copy")
    assert await _entities(other.admin, "copy") == await _entities(tenant.admin, village)
    assert await _relations(other.admin, "copy") == await _relations(tenant.admin, village)


async def test_recall_finds_the_same_through_the_graph(
    client: AsyncClient, village: str, other: Tenant
) -> None:
    await import_(other.admin, "copy", await export(client, village))
    await settle(other.admin, "copy")

    for query in ("Where does Ana live?", "Who is Bobi?", "What does Rui have to do with Faro?"):
        there, here = await recall(other.admin, "copy", query), await recall(client, village, query)
        assert contents(there) == contents(here)


async def test_what_is_said_later_supersedes_an_imported_fact(
    client: AsyncClient, village: str, other: Tenant
) -> None:
    await import_(other.admin, "copy", await export(client, village))
    await settle(other.admin, "copy")

    moved = {"content": "I moved to Madrid.", "speaker": "Ana", "session_id": "autumn",
             "occurred_at": "2026-10-01T10:00:00Z"}  # fmt: skip
    await remember(other.admin, "copy", moved)
    await settle(other.admin, "copy")

    query = {"subject": "Ana", "predicate": "lives_in"}
    path = "/v1/spaces/copy/relations"
    held = await walk(other.admin, path, **query)
    ever = await walk(other.admin, path, **query, include_superseded=True)
    assert [r["object"]["name"] for r in held] == ["Madrid"]
    assert {r["object"]["name"] for r in ever} == {"Porto", "Lisbon", "Madrid"}
    named = await walk(other.admin, "/v1/spaces/copy/entities", q="ana")
    assert [entity["name"] for entity in named] == ["Ana"]


async def test_a_merge_can_be_taken_back_elsewhere(
    client: AsyncClient, village: str, other: Tenant
) -> None:
    await import_(other.admin, "copy", await export(client, village))
    found = await walk(other.admin, "/v1/spaces/copy/entities", q="corporation")
    [merged] = [entity for entity in found if entity["name"] == "Acme Corporation Limited"]
    assert merged["merged_into"]

    path = f"/v1/spaces/copy/entities/{merged['id']}/split"
    split = (await other.admin.post(path)).raise_for_status().json()

    assert split["entity"]["merged_into"] is None


async def test_events_come_along_and_go_on(
    client: AsyncClient, village: str, other: Tenant
) -> None:
    await import_(other.admin, "copy", await export(client, village))
    await settle(other.admin, "copy")
    events = {"kind": "event"}
    before = await walk(other.admin, "/v1/spaces/copy/memories", **events)
    here = await walk(client, f"/v1/spaces/{village}/memories", **events)
    assert [cube["content"] for cube in before] == [cube["content"] for cube in here]

    await talk(other.admin, "copy", "summer", [*TALKS["summer"], "We swam all afternoon."])

    [late] = [
        cube for cube in await walk(other.admin, "/v1/spaces/copy/memories", session_id="summer")
        if cube["content"] == "We swam all afternoon."
    ]  # fmt: skip
    after = await walk(other.admin, "/v1/spaces/copy/memories", **events)
    turns = [e["episode_id"] for cube in after for e in cube["provenance"]["evidence"]]
    assert late["id"] in turns


async def test_twice_is_once_for_a_graph(
    service: Service, tenant: Tenant, village: str, other: Tenant
) -> None:
    lines = await export(tenant.admin, village)
    await import_(other.admin, "copy", lines)
    there = await space_id(other.admin, "copy")
    before = {table: await rows(service, other, table, space=there) for table in TABLES}

    await import_(other.admin, "copy", lines)

    assert {t: await rows(service, other, t, space=there) for t in TABLES} == before
    assert await version(service, other, there) == 1


async def test_claims_rest_on_an_episode_that_is_known_already(
    service: Service, client: AsyncClient, village: str, other: Tenant
) -> None:
    said = {"content": TALKS["summer"][1], "speaker": "Ana", "external_id": "summer-1"}
    [known] = await remember(other.admin, "copy", said, consolidate=False)

    await import_(other.admin, "copy", await export(client, village))

    there = await space_id(other.admin, "copy")
    for table in ("assertions", "evidence"):
        found = await rows(service, other, table, space=there)
        assert UUID(known["id"]) in {row["episode_id"] for row in found}, table
    mentions = await rows(service, other, "mentions", space=there)
    ours = {(m["alias"], m["role"]) for m in mentions if m["memory_id"] == UUID(known["id"])}
    assert ("Ana", "speaker") in ours


async def test_what_an_earlier_batch_rests_on_is_found_though_it_was_known(
    service: Service, client: AsyncClient, village: str, other: Tenant
) -> None:
    said = {"content": TALKS["summer"][1], "speaker": "Ana", "external_id": "summer-1"}
    [known] = await remember(other.admin, "copy", said, consolidate=False)
    header, *lines = await export(client, village)
    last = next(line for line in lines if line["external_id"] == "summer-1")
    fillers = _fillers(lines)

    answer = await import_(
        other.admin, "copy",
        [header, *(line for line in lines if line is not last), *fillers, last],
    )  # fmt: skip

    assert answer.json() == {"imported": len(lines) - 1 + len(fillers), "skipped": 1}
    there = await space_id(other.admin, "copy")
    gone = id_in(SpaceId(there), UUID(last["id"]))
    for table in ("assertions", "evidence"):
        told = {row["episode_id"] for row in await rows(service, other, table, space=there)}
        assert UUID(known["id"]) in told, table
        assert gone not in told, table


async def test_erased_words_are_in_no_export(client: AsyncClient, village: str) -> None:
    cubes = await walk(client, f"/v1/spaces/{village}/memories", limit=200)
    for cube in cubes:
        if cube["type"] == "episodic" and "Bobi" in cube["content"] and cube["kind"] == "message":
            path = f"/v1/spaces/{village}/memories/{cube['id']}"
            gone = await client.delete(path, params={"mode": "erase"})
            assert gone.status_code in (200, 404, 410), gone.text
    await settle(client, village)

    assert "bobi" not in json.dumps(await export(client, village)).casefold()


async def test_what_a_refinement_adds_comes_along(
    service: Service, tenant: Tenant, village: str, other: Tenant
) -> None:
    lines = await export(tenant.admin, village)
    lines[1]["graph"]["refinements"] = [
        {"refinement_id": lines[2]["id"], "version": 1, "keywords": ["moving"], "tags": ["home"],
         "sources": [lines[3]["id"]], "context": "Said when they met again.",
         "created_at": "2026-10-01T10:00:00Z"}
    ]  # fmt: skip

    await import_(other.admin, "copy", lines)

    again = await export(other.admin, "copy")
    [told] = [found for line in again[1:] for found in line["graph"]["refinements"]]
    here = SpaceId(UUID(again[0]["space_id"]))
    assert told["refinement_id"] == str(id_in(here, UUID(lines[2]["id"])))
    assert told["sources"] == [str(id_in(here, UUID(lines[3]["id"])))]
    assert (told["keywords"], told["tags"]) == (["moving"], ["home"])
    assert told["context"] == "Said when they met again."


async def test_a_file_of_the_first_format_is_taken(
    client: AsyncClient, village: str, other: Tenant
) -> None:
    header, *lines = await export(client, village)
    old = []
    for line in lines:
        if line["type"] == "graph" or line["kind"] == "event":
            continue
        links = [{k: e[k] for k in ("episode_id", "span", "created_at")} for e in line["evidence"]]
        kept = {key: value for key, value in line.items() if key != "graph"}
        old.append({**kept, "evidence": links, "owed": None})

    first = {**header, "format": "memory-service/1"}
    answer = await import_(other.admin, "copy", [first, *old])
    assert answer.json() == {"imported": len(old), "skipped": 0}
    await settle(other.admin, "copy")

    # Those sessions had not been divided yet.
    events = await walk(other.admin, "/v1/spaces/copy/memories", kind="event")
    assert {event["data"]["session_id"] for event in events} == set(TALKS)


async def test_a_graph_of_more_than_a_batch_and_a_page_is_whole(
    service: Service, tenant: Tenant, village: str, other: Tenant
) -> None:
    header, *lines = await export(tenant.admin, village)
    half = len(lines) // 2
    larger = [header, *lines[:half], *_fillers(lines), *lines[half:]]
    third = await service.tenant()

    await import_(other.admin, "copy", larger)
    await import_(third.admin, "copy", await export(other.admin, "copy"))

    here = UUID(header["space_id"])
    there, beyond = [await space_id(someone.admin, "copy") for someone in (other, third)]
    for table in TABLES:
        expected = await rows(service, tenant, table, space=here, moved_to=there)
        assert await rows(service, other, table, space=there) == expected, table
        expected = await rows(service, other, table, space=there, moved_to=beyond)
        assert await rows(service, third, table, space=beyond) == expected, table


def _fillers(lines: Lines) -> Lines:
    """Lines that say little, as many as one batch and as one page."""
    plain = next(line for line in lines if line["external_id"] == "spring-3")
    version = plain["versions"][0]
    unnamed = {**version, "data": {k: v for k, v in version["data"].items() if k != "external_id"}}
    filler = {**plain, "external_id": None, "graph": {}, "owed": [], "versions": [unnamed]}
    return [{**filler, "id": str(uuid4())} for _ in range(max(transfer.BATCH, pages.PAGE))]


def _graph(lines: Lines, kind: str, **changes: Any) -> tuple[Lines, int]:
    """The file with a change in the graph of the first memory of a kind, and its line."""
    at = next(n for n, line in enumerate(lines[1:], 1) if line["kind"] == kind)
    changed = {**lines[at], "graph": {**lines[at]["graph"], **changes}}
    return [*lines[:at], changed, *lines[at + 1 :]], at + 1


MENTION = {"entity_id": str(uuid4()), "role": "named", "alias": "Ana"}
LINK = {"target_id": str(uuid4()), "link_kind": "merged", "created_at": "2026-01-01T00:00:00Z"}
BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "an unknown role": ("message", {"mentions": [{**MENTION, "role": "enemy"}]},
                        "/graph/mentions/0/role"),
    "no id": ("message", {"mentions": [{**MENTION, "entity_id": "Ana"}]},
              "/graph/mentions/0/entity_id"),
    "a field too many": ("message", {"tenant_id": "x"}, "/graph/tenant_id"),
    "an entity that is none": ("message", {"entity": {"name": "Ana", "entity_kind": "person"}}, ""),
    "an unknown kind of thing": ("entity", {"entity": {"name": "Ana", "entity_kind": "god"}},
                                 "/graph/entity/entity_kind"),
    "a name as it is written": (
        "entity", {"entity": {"name": "Ana", "entity_kind": "person",
                              "aliases": [{"alias": "Ana"}]}},
        "/graph/entity/aliases/0",
    ),
    "merged twice": ("entity", {"links": [LINK, {**LINK, "target_id": str(uuid4())}]}, "/graph"),
    "no entity that is merged": ("fact", {"links": [LINK]}, "/graph"),
    "a weight beyond all": ("entity", {"links": [{**LINK, "weight": 1e300}]},
                            "/graph/links/0/weight"),
    "an unknown form": ("fact", {"claim": {"subject_id": str(uuid4()), "predicate": "is",
                                           "object": "old", "form": "song"}},
                        "/graph/claim/form"),
    "a place beyond all": (
        "fact", {"assertions": [{"episode_id": str(uuid4()), "first_id": str(uuid4()),
                                 "span": [0, 1], "value": "x", "form": "state", "text": "x",
                                 "sequence": 2**70}]},
        "/graph/assertions/0/sequence",
    ),
}  # fmt: skip


async def test_what_is_wrong_in_a_graph_is_pointed_at(client: AsyncClient, village: str) -> None:
    lines = await export(client, village)
    for case, (kind, changes, pointer) in BAD.items():
        spoilt, number = _graph(lines, kind, **changes)

        answer = await import_(client, "copy", spoilt)

        assert answer.status_code == 422, (case, answer.text)
        assert answer.json()["errors"][0]["pointer"] == f"/lines/{number}{pointer}", case
    assert not (await client.get("/v1/spaces/copy/memories")).json().get("items")


async def test_entities_that_are_merged_in_a_circle_are_refused(
    client: AsyncClient, village: str
) -> None:
    lines = await export(client, village)
    one, two = [x for x in lines if x.get("kind") == "entity" and _stands(x)][:2]
    one["graph"]["links"].append({**LINK, "target_id": two["id"]})
    two["graph"]["links"].append({**LINK, "target_id": one["id"]})

    answer = await import_(client, "copy", lines)

    assert answer.status_code == 422
    assert "merged" in answer.json()["detail"]


def _stands(line: dict[str, Any]) -> bool:
    return all(link["link_kind"] != "merged" for link in line["graph"]["links"])


async def test_a_graph_cannot_reach_into_another_space(client: AsyncClient, village: str) -> None:
    await talk(client, "private", "s", ["I live in Moscow."])
    [secret] = await walk(client, "/v1/spaces/private/entities", q="moscow")
    lines = await export(client, village)
    forged = [
        {**line, "id": str(uuid4()), "external_id": None,
         "versions": [{**line["versions"][0], "data": {}}],
         "graph": {"mentions": [{**MENTION, "entity_id": secret["id"]}]}}
        for line in lines if line.get("external_id") == "spring-3"
    ]  # fmt: skip

    answer = await import_(client, village, [lines[0], *forged])

    assert answer.status_code == 422, answer.text
