"""Export and import: a space arrives whole elsewhere, once however often it is sent."""

from __future__ import annotations

import json
from secrets import token_hex
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient, Response

from memory_service.auth import Principal, Role
from memory_service.verbs import transfer
from memory_service.verbs.transfer import Export
from stores import transfer as pages
from stores.errors import SpaceNotFound
from tests.fixtures.service import (
    Service,
    Start,
    Tenant,
    contents,
    recall,
    remember,
    settle,
    until,
    walk,
    write,
)

Lines = list[dict[str, Any]]
CONVERSATION = (
    {"content": "I live in Lisbon and I work as a nurse.", "speaker": "Ana", "external_id": "m-1"},
    {"content": "My brother Rui moved to Porto.", "speaker": "Ana", "external_id": "m-2"},
    {"content": "A long design note.\n\n" + "The lock is held per hour. " * 90,
     "kind": "document", "title": "Locks", "external_id": "d-1"},
    {"content": "Fix the invoices", "kind": "trajectory", "external_id": "t-1",
     "steps": [{"action": "search", "outcome": "found 3"}, {"action": "send"}]},
)  # fmt: skip


async def export(client: AsyncClient, space: str) -> Lines:
    answer = await client.post(f"/v1/spaces/{space}/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def as_text(lines: Lines) -> bytes:
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


async def import_(client: AsyncClient, space: str, lines: Lines | bytes) -> Response:
    content = lines if isinstance(lines, bytes) else as_text(lines)
    return await client.post(f"/v1/spaces/{space}/import", content=content)


async def cubes(client: AsyncClient, space: str) -> Lines:
    return await walk(client, f"/v1/spaces/{space}/memories", limit=200)


async def history(client: AsyncClient, space: str, memory_id: str) -> Lines:
    return await walk(client, f"/v1/spaces/{space}/memories/{memory_id}/history")


async def said(client: AsyncClient, space: str) -> dict[str, Any]:
    """All that a space holds, without ids: by content, its history and what it rests on."""
    found = {}
    for cube in await cubes(client, space):
        versions = await history(client, space, cube["id"])
        lineage = (await client.get(f"/v1/spaces/{space}/memories/{cube['id']}/lineage")).json()
        key = f"{cube['kind']}: {cube['content']}"
        found[key] = {
            "versions": [anonymous(version) for version in versions],
            "sources": sorted(source["content"] for source in lineage["sources"]),
            "derived": sorted(derived["content"] for derived in lineage["derived"]),
        }
    return found


def anonymous(cube: dict[str, Any]) -> dict[str, Any]:
    made = cube["provenance"]
    evidence = [{k: e[k] for k in ("external_id", "span", "quote")} for e in made["evidence"]]
    kept = {key: value for key, value in cube.items() if key not in ("id", "space")}
    return kept | {"provenance": {**made, "evidence": evidence, "derived_from": [], "run_id": None}}


async def written_blocks(client: AsyncClient, space: str) -> dict[str, str]:
    """The blocks that callers wrote, by name."""
    items = await walk(client, f"/v1/spaces/{space}/blocks")
    return {block["name"]: block["text"] for block in items if block["origin"] == "written"}


@pytest.fixture
async def filled(client: AsyncClient, space: str) -> str:
    """A space with episodes of every kind, extracted facts, and a fact with a history."""
    await remember(client, space, *CONVERSATION)
    await settle(client, space)
    evidence = [{"external_id": "m-1", "span": [0, 16]}]
    fact = await write(client, space, "Ana lives in Lisbon.", evidence=evidence, tags=["home"])
    path = f"/v1/spaces/{space}/memories/{fact['id']}"
    (await client.patch(path, json={"content": "Ana lives in Faro."})).raise_for_status()
    (await client.post(f"{path}/pin")).raise_for_status()
    (await client.post(f"{path}/confirm")).raise_for_status()
    gone = await write(client, space, "A secret nobody may see again.")
    gone_path = f"/v1/spaces/{space}/memories/{gone['id']}"
    (await client.delete(gone_path, params={"mode": "erase"})).raise_for_status()
    await settle(client, space)
    return space


async def test_a_space_arrives_whole_in_another_tenant(
    client: AsyncClient, filled: str, service: Service
) -> None:
    other = (await service.tenant()).admin
    lines = await export(client, filled)

    answer = await import_(other, "copy", lines)
    await settle(other, "copy")

    assert answer.status_code == 201, answer.text
    assert answer.json() == {"imported": len(lines) - 1, "skipped": 0}
    assert await said(other, "copy") == await said(client, filled)
    theirs = {cube["id"] for cube in await cubes(other, "copy")}
    assert theirs.isdisjoint({line["id"] for line in lines[1:]})


async def test_policies_and_blocks_that_callers_wrote_come_along(
    client: AsyncClient, filled: str, service: Service
) -> None:
    path = f"/v1/spaces/{filled}"
    policies = {"owner": "Ana", "jobs": {"reflect": {"on": False}}}
    (await client.put(path, json={"policies": policies})).raise_for_status()
    for text in ("Answer in prose.", "Answer in rhymes."):
        (await client.put(f"{path}/blocks/rules", json={"text": text})).raise_for_status()
    lines = await export(client, filled)

    other = (await service.tenant()).admin
    (await import_(other, "copy", lines)).raise_for_status()

    assert (await other.get("/v1/spaces/copy")).json()["policies"] == policies
    assert await written_blocks(other, "copy") == {"rules": "Answer in rhymes."}
    # What is there stays as it is.
    (await other.put("/v1/spaces/copy", json={"policies": {}})).raise_for_status()
    (await other.put("/v1/spaces/copy/blocks/rules", json={"text": "Be brief."})).raise_for_status()
    (await import_(other, "copy", lines)).raise_for_status()
    assert (await other.get("/v1/spaces/copy")).json()["policies"] == {}
    assert await written_blocks(other, "copy") == {"rules": "Be brief."}


async def test_an_import_brings_no_more_blocks_than_a_space_may_have(
    client: AsyncClient, space: str
) -> None:
    (
        await client.put(f"/v1/spaces/{space}/blocks/own", json={"text": "Be brief."})
    ).raise_for_status()
    [header, *_] = await export(client, space)
    many = [{"name": f"b{n}", "text": "Rhyme."} for n in range(50)]

    answer = await import_(client, space, [{**header, "blocks": many}])

    assert (answer.status_code, answer.json()["code"]) == (409, "state-conflict")
    assert await written_blocks(client, space) == {"own": "Be brief."}
    (await import_(client, space, [{**header, "blocks": many[:49]}])).raise_for_status()
    assert len(await written_blocks(client, space)) == 50


async def test_recall_finds_the_same(client: AsyncClient, filled: str) -> None:
    await import_(client, "copy", await export(client, filled))
    await settle(client, "copy")

    for query in ("Where does Ana live?", "Who moved to Porto?", "How long is the lock held?"):
        there, here = await recall(client, "copy", query), await recall(client, filled, query)
        assert contents(there) == contents(here)
        assert [h["relevance"] for h in there["hits"]] == [h["relevance"] for h in here["hits"]]


async def test_what_was_known_then_is_still_found(client: AsyncClient, space: str) -> None:
    fact = await write(client, space, "The boiler stands in the cellar.")
    path = f"/v1/spaces/{space}/memories/{fact['id']}"
    (await client.patch(path, json={"content": "The boiler is in the attic."})).raise_for_status()
    await import_(client, "copy", await export(client, space))
    await settle(client, "copy")

    as_of = {"known": fact["time"]["created_at"]}
    then = await recall(client, "copy", "Where does the boiler stand? Cellar?", as_of=as_of)

    assert contents(then) == ["The boiler stands in the cellar."]


async def test_twice_is_once(client: AsyncClient, filled: str) -> None:
    lines = await export(client, filled)
    await import_(client, "copy", lines)
    before = await cubes(client, "copy")

    again = await import_(client, "copy", lines)

    assert again.json() == {"imported": 0, "skipped": len(lines) - 1}
    assert [c["id"] for c in await cubes(client, "copy")] == [c["id"] for c in before]
    twice = (await export(client, "copy"))[1:]
    assert len(twice) == len(lines) - 1


async def test_a_space_is_restored_in_place_under_its_own_ids(
    client: AsyncClient, filled: str
) -> None:
    lines = await export(client, filled)
    [extra] = await remember(client, filled, "Said after the export.")

    answer = await import_(client, filled, lines)

    assert answer.json() == {"imported": 0, "skipped": len(lines) - 1}
    ids = {cube["id"] for cube in await cubes(client, filled)}
    assert ids == {line["id"] for line in lines[1:]} | {extra["id"]}


async def test_what_was_erased_is_not_exported_and_does_not_come_back(
    client: AsyncClient, filled: str
) -> None:
    lines = await export(client, filled)
    assert "secret" not in json.dumps(lines)
    doomed = next(line for line in lines[1:] if line["external_id"] == "m-2")
    path = f"/v1/spaces/{filled}/memories/{doomed['id']}"
    (await client.delete(path, params={"mode": "erase"})).raise_for_status()

    await import_(client, filled, lines)

    assert (await client.get(path)).status_code == 410


async def test_an_episode_known_by_its_external_id_stays_the_only_one(
    client: AsyncClient, filled: str
) -> None:
    [known] = await remember(client, "copy", CONVERSATION[0], consolidate=False)

    answer = await import_(client, "copy", await export(client, filled))

    assert answer.json()["skipped"] == 1
    fact = next(c for c in await cubes(client, "copy") if c["content"] == "Ana lives in Faro.")
    assert [e["episode_id"] for e in fact["provenance"]["evidence"]] == [known["id"]]
    assert [e["quote"] for e in fact["provenance"]["evidence"]] == ["I live in Lisbon"]


async def test_remembering_again_after_an_import_makes_duplicates_of_nothing(
    client: AsyncClient, filled: str
) -> None:
    await import_(client, "copy", await export(client, filled))

    again = await remember(client, "copy", *CONVERSATION)

    assert {episode["status"] for episode in again} == {"duplicate"}


async def test_an_extraction_that_was_still_owed_is_done_after_the_import(
    start: Start, client: AsyncClient
) -> None:
    idle = (await (await start()).tenant()).admin  # no worker: nothing is extracted there
    await remember(idle, "home", *CONVERSATION)
    await remember(idle, "home", {"content": "I own a boat.", "speaker": "Ana"}, consolidate=False)

    await import_(client, "copy", await export(idle, "home"))
    await settle(client, "copy")

    facts = [c["content"] for c in await cubes(client, "copy") if c["type"] == "semantic"]
    assert any("Lisbon" in fact for fact in facts)
    assert not any("boat" in fact for fact in facts)


async def test_a_bad_line_is_named_and_its_batch_is_not_stored(start: Start) -> None:
    client = (await (await start()).tenant()).admin
    count = transfer.BATCH + 3
    await remember(client, "home", *(f"Number {n}" for n in range(count)), consolidate=False)
    lines = await export(client, "home")
    broken = [*lines[:-2], {**lines[-2], "versions": []}, lines[-1]]

    answer = await import_(client, "copy", broken)

    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"] == "malformed-request"
    assert problem["errors"][0]["pointer"] == f"/lines/{count}/versions"
    assert len(await cubes(client, "copy")) == transfer.BATCH
    again = await import_(client, "copy", lines)
    assert again.json() == {"imported": 3, "skipped": transfer.BATCH}


@pytest.fixture
async def heavy(start: Start) -> AsyncClient:
    """Somebody whose space `home` is large: in a file of it 8 of its 9 lines fill a batch."""
    client = (await (await start()).tenant()).admin
    for n in range(9):
        letters = token_hex(transfer.BATCH_BYTES // 16)
        sent = {"content": f"Number {n}", "metadata": {"attachment": letters}}
        await remember(client, "home", sent, consolidate=False)
    return client


async def test_a_batch_is_bounded_by_its_bytes_too(heavy: AsyncClient) -> None:
    lines = await export(heavy, "home")

    answer = await import_(heavy, "copy", [*lines[:-1], {**lines[-1], "versions": []}])

    assert answer.status_code == 422
    assert len(await cubes(heavy, "copy")) == 8


async def test_an_export_is_whole_though_it_is_read_in_pages(heavy: AsyncClient) -> None:
    lines = await export(heavy, "home")
    said = [line["versions"][0]["content"] for line in lines[1:]]
    assert said == [f"Number {n}" for n in range(9)]


@pytest.fixture
async def large(service: Service, tenant: Tenant, space: str) -> Export:
    """An export that is about to be read, of more than one page."""
    count = pages.PAGE + 3
    await remember(tenant.admin, space, *(f"Number {n}" for n in range(count)), consolidate=False)
    reader = Principal(tenant=tenant.id, key_id=uuid4(), name="reader", role=Role.READER)
    return await transfer.export_space(service.parts.services, reader, space)


async def test_no_connection_is_held_while_an_export_is_read(
    service: Service, tenant: Tenant, space: str, large: Export
) -> None:
    found = [str((await anext(large.memories)).id)]

    async def is_free() -> bool:
        return service.parts.services.database.pool_in_use == 0

    await until(is_free)
    [late] = await remember(tenant.admin, space, "Said meanwhile", consolidate=False)
    found += [str(memory.id) async for memory in large.memories]

    assert (len(found), found[-1]) == (pages.PAGE + 4, late["id"])


async def test_a_space_that_is_erased_meanwhile_breaks_the_export(
    tenant: Tenant, space: str, large: Export
) -> None:
    await anext(large.memories)
    (await tenant.admin.delete(f"/v1/spaces/{space}")).raise_for_status()
    for _ in range(pages.PAGE - 1):
        await anext(large.memories)  # its page was read before
    with pytest.raises(SpaceNotFound):
        await anext(large.memories)


def _changed(lines: Lines, **changes: Any) -> Lines:
    return [lines[0], {**lines[1], **changes}, *lines[2:]]


def _versions(lines: Lines, **changes: Any) -> Lines:
    return _changed(lines, versions=[{**lines[1]["versions"][0], **changes}])


BAD = {
    "no header": (lambda lines: lines[1:], "/lines/1/format"),
    "nothing": (lambda _: [], "/lines/1"),
    "another format": (lambda lines: [{**lines[0], "format": "other/1"}], "/lines/1/format"),
    "not JSON": (lambda lines: as_text(lines[:1]) + b"{nonsense\n", "/lines/2"),
    "not UTF-8": (lambda lines: as_text(lines[:1]) + b"\xff\xfe\n", "/lines/2"),
    "a field too many": (lambda lines: _changed(lines, tenant_id="x"), "/lines/2/tenant_id"),
    "an unknown kind": (lambda lines: _changed(lines, kind="rumour"), "/lines/2"),
    "another type": (lambda lines: _changed(lines, type="semantic"), "/lines/2"),
    "a tombstone": (lambda lines: _versions(lines, state="erased"), "/lines/2/versions/0/state"),
    "no current version": (
        lambda lines: _versions(lines, expired_at="2030-01-01T00:00:00Z"), "/lines/2"),
    "a payload of another kind": (
        lambda lines: _versions(lines, data={"external_id": "m-1", "mood": "fine"}),
        "/lines/2/versions/1/data/mood",
    ),
    "a NUL": (lambda lines: _versions(lines, content="a\x00b"), "/lines/2/versions/0/content"),
    "an id taken twice": (
        lambda lines: _changed(lines, external_id="other"), "/lines/2"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
async def test_what_is_wrong_is_pointed_at_and_nothing_is_stored(
    client: AsyncClient, space: str, case: str
) -> None:
    await remember(client, space, {"content": "Something", "external_id": "m-1"})
    spoil, pointer = BAD[case]

    answer = await import_(client, "copy", spoil(await export(client, space)))

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not (await client.get("/v1/spaces/copy/memories")).json().get("items")


async def test_evidence_cannot_reach_into_another_space(client: AsyncClient, space: str) -> None:
    [private] = await remember(client, "private", "The password is swordfish.")
    await write(client, space, "A fact.", evidence=[])
    lines = await export(client, space)
    link = {"episode_id": private["id"], "span": [0, 26], "created_at": "2026-01-01T00:00:00Z"}
    forged = _changed(lines, id=str(uuid4()), evidence=[link])

    answer = await import_(client, space, forged)

    assert answer.status_code == 422
    assert len(await cubes(client, space)) == 1


async def test_only_admins_of_the_space_import_and_readers_export(
    tenant: Tenant, space: str
) -> None:
    await remember(tenant.admin, space, "Something")
    reader = await tenant.client(Role.READER)
    writer = await tenant.client(Role.WRITER)
    beyond = await tenant.client(Role.ADMIN, spaces=["elsewhere"])

    lines = await export(reader, space)

    # An import says who wrote what and how far it is trusted, so a writer cannot make it up.
    for caller in (reader, writer, beyond):
        assert (await import_(caller, space, lines)).status_code == 403
    assert (await beyond.post(f"/v1/spaces/{space}/export")).status_code == 403
    assert (await reader.post("/v1/spaces/nowhere/export")).status_code == 404


async def test_a_legal_hold_comes_along(tenant: Tenant, space: str) -> None:
    await remember(tenant.admin, space, "Something")
    lines = _versions(await export(tenant.admin, space), legal_hold=True)

    assert (await import_(tenant.admin, "copy", lines)).status_code == 201
    (held,) = await cubes(tenant.admin, "copy")
    erased = await tenant.admin.delete(
        f"/v1/spaces/copy/memories/{held['id']}", params={"mode": "erase"}
    )
    assert (erased.status_code, erased.json()["code"]) == (409, "state-conflict")
    assert (await tenant.admin.delete("/v1/spaces/copy")).status_code == 409


async def test_strict_spaces_are_not_made_by_an_import(start: Start) -> None:
    client = (await (await start(strict_spaces=True)).tenant()).admin
    await client.put("/v1/spaces/home")
    await remember(client, "home", "Something")
    lines = await export(client, "home")

    assert (await import_(client, "copy", lines)).status_code == 404
    await client.put("/v1/spaces/copy")
    assert (await import_(client, "copy", lines)).status_code == 201
