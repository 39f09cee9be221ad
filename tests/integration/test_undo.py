"""Undoing a run: what it made goes, what it changed is as before, later runs are not run over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from memory_service.auth import Role
from stores.ids import MemoryId
from stores.records import MemCube
from tests.fixtures.service import Service, Tenant, recall, remember, walk
from tests.integration.graphs import Claim, Desk, Step

JUNE = datetime(2024, 6, 1, tzinfo=UTC)
#: Whatever leads to a memory: rows of it must not outlive an undo of what made it.
LEADING = (
    "vectors", "graph_vectors", "postings", "signatures", "labels", "backlog", "mentions", "links",
    "relations", "entities", "entity_aliases", "entity_bands", "refinements",
)  # fmt: skip


@pytest.fixture
def desk(service: Service, tenant: Tenant, space: str) -> Desk:
    """A space nobody else writes in."""
    return Desk(service=service, tenant=tenant, name=space)


def _say(content: str) -> Any:
    return lambda cube: replace(cube, content=content, tags=("said",))


def _rows(desk: Desk, table: str) -> set[UUID]:
    with psycopg.connect(desk.service.parts.services.database.url) as connection:
        connection.execute(f"SET LOCAL app.tenant = '{desk.tenant.id}'")
        return {row[0] for row in connection.execute(f"SELECT memory_id FROM {table}").fetchall()}


def _one(desk: Desk, sql: str) -> Any:
    with psycopg.connect(desk.service.parts.services.database.url) as connection:
        connection.execute(f"SET LOCAL app.tenant = '{desk.tenant.id}'")
        return connection.execute(sql).fetchone()


async def _undo(desk: Desk, run_id: UUID, status: int = 200, **body: Any) -> dict[str, Any]:
    return await desk.post(f"/v1/runs/{run_id}/undo", status, **body)


async def _cube(desk: Desk, memory_id: MemoryId) -> dict[str, Any]:
    return await desk.get(f"/memories/{memory_id}")


async def test_what_a_run_made_goes_and_its_versions_stay(desk: Desk) -> None:
    [episode] = await desk.episodes("I moved to Lisbon.")
    before = _one(desk, "SELECT parts, terms FROM lexical_stats")

    async def work(step: Step) -> tuple[MemoryId, MemoryId]:
        ana, lisbon = await step.entity("Ana"), await step.entity("Lisbon", "place")
        claim = Claim(subject=ana, predicate="lives_in", object_id=lisbon)
        fact = await step.memory("Ana lives in quorvexil.", claim, evidence=[episode])
        await step.mention(episode, ana)
        await step.link(fact, episode, "about")
        return ana, fact

    run_id, (ana, fact) = await desk.run(work)
    assert {str(fact), str(ana)} <= {m["id"] for m in (await desk.get("/memories"))["items"]}

    undone = await _undo(desk, run_id)
    assert undone["runs"] == [str(run_id)]
    assert len(undone["removed"]) == 3
    assert undone["restored"] == []
    await desk.get(f"/memories/{fact}", 404)
    [version] = (await desk.get(f"/memories/{fact}/history"))["items"]
    assert version["content"] == "Ana lives in quorvexil."
    assert version["time"]["expired_at"] is not None
    removed = {UUID(memory_id) for memory_id in undone["removed"]}
    assert {table for table in LEADING if _rows(desk, table) & removed} == set()
    assert _one(desk, "SELECT parts, terms FROM lexical_stats") == before
    hits = (await recall(desk.tenant.admin, desk.name, "Who lives in quorvexil?"))["hits"]
    assert str(fact) not in {hit["memory"]["id"] for hit in hits}
    assert (await _cube(desk, episode))["entities"] == []
    assert (await desk.get("/entities"))["items"] == []


async def test_what_was_undone_is_still_reached_by_erasing_its_source(desk: Desk) -> None:
    [episode] = await desk.episodes("I moved to Lisbon.")
    run_id, fact = await desk.run(lambda step: step.memory("A quorvexil.", evidence=[episode]))
    await _undo(desk, run_id)
    path = f"{desk.path}/memories/{episode}"
    await desk.tenant.admin.delete(path, params={"mode": "erase"})
    await desk.get(f"/memories/{fact}/history", 404)
    assert _one(desk, "SELECT count(*) FROM memories WHERE content LIKE '%quorvexil%'") == (0,)


async def test_what_a_run_changed_is_as_before(desk: Desk) -> None:
    [episode, again] = await desk.episodes("I live in Oslo.", "Oslo is home.")

    async def first(step: Step) -> tuple[MemoryId, MemoryId]:
        ana = await step.entity("Ana")
        claim = Claim(subject=ana, predicate="lives_in", object="oslo")
        home = await step.memory("Ana lives in Oslo.", claim, evidence=[episode])
        return home, await step.memory("Ana sings.")

    _, (home, song) = await desk.run(first)
    before = await _cube(desk, home)

    async def second(step: Step) -> None:
        await step.end(home, JUNE)
        await step.confirm(home, again)
        await step.revise(song, _say("Ana sings well."))
        await step.confirm(song, again)

    run_id, _ = await desk.run(second)
    assert (await desk.get("/relations", include_superseded=True))["items"][0]["state"] == (
        "superseded"
    )
    undone = await _undo(desk, run_id)
    assert set(undone["restored"]) == {str(home), str(song)}
    after = await _cube(desk, home)
    assert after["version"] == 3
    assert (after["content"], after["lifecycle"]["state"]) == (before["content"], "active")
    assert after["time"]["invalid_at"] is None
    assert after["usage"]["confirmations"] == 0
    assert [e["episode_id"] for e in after["provenance"]["evidence"]] == [str(episode)]
    assert after["provenance"]["run_id"] == undone["run_id"]
    [relation] = (await desk.get("/relations"))["items"]
    assert (relation["state"], relation["invalid_at"]) == ("active", None)
    sung = await _cube(desk, song)
    assert (sung["content"], sung["tags"], sung["version"]) == ("Ana sings.", [], 3)


async def test_later_runs_are_named_and_undone_only_if_asked(desk: Desk) -> None:
    [again] = await desk.episodes("She sings.")
    made, song = await desk.run(lambda step: step.memory("Ana sings."))
    changed, _ = await desk.run(lambda step: step.revise(song, _say("Ana sings well.")))
    confirmed, _ = await desk.run(lambda step: step.confirm(song, again))
    derived, summary = await desk.run(
        lambda step: step.memory("Music.", kind="summary", derived_from=(song,))
    )

    problem = await _undo(desk, made, 409)
    assert problem["code"] == "conflict"
    for run_id in (changed, confirmed, derived):
        assert str(run_id) in problem["detail"]
    assert (await _cube(desk, song))["content"] == "Ana sings well."

    undone = await _undo(desk, made, cascade=True)
    assert set(undone["runs"]) == {str(r) for r in (made, changed, confirmed, derived)}
    assert set(undone["removed"]) == {str(song), str(summary)}
    for run_id in (made, changed, confirmed, derived):
        assert (await _undo(desk, run_id, 409))["code"] == "state-conflict"
    assert (await _undo(desk, UUID(undone["run_id"]), 409))["code"] == "state-conflict"


async def test_runs_undone_one_by_one_in_their_order_need_no_cascade(desk: Desk) -> None:
    made, song = await desk.run(lambda step: step.memory("one"))
    second, _ = await desk.run(lambda step: step.revise(song, _say("two")))
    third, _ = await desk.run(lambda step: step.revise(song, _say("three")))
    await _undo(desk, second, 409)
    await _undo(desk, third)
    assert (await _cube(desk, song))["content"] == "two"
    await _undo(desk, second)
    assert (await _cube(desk, song))["content"] == "one"
    await _undo(desk, made)
    await desk.get(f"/memories/{song}", 404)
    contents = [m["content"] for m in (await desk.get(f"/memories/{song}/history"))["items"]]
    assert contents == ["one", "two", "three", "two", "one"]


async def test_nobodys_own_change_is_run_over(desk: Desk) -> None:
    run_id, song = await desk.run(lambda step: step.memory("Ana sings."))
    path = f"{desk.path}/memories/{song}"
    await desk.tenant.admin.patch(path, json={"content": "Ana sings in a choir."})
    for cascade in (False, True):
        problem = await _undo(desk, run_id, 409, cascade=cascade)
        assert (problem["code"], str(song) in problem["detail"]) == ("conflict", True)
    assert (await _cube(desk, song))["version"] == 2


async def test_an_entity_that_others_speak_of_stays_with_its_names(desk: Desk) -> None:
    run_id, ana = await desk.run(lambda step: step.entity("Ana Silva", "person", "Ana"))
    await desk.run(lambda step: step.memory("Ana sings.", about=[ana]))
    undone = await _undo(desk, run_id)
    assert undone["removed"] == []
    [entity] = (await desk.get("/entities"))["items"]
    assert (entity["id"], entity["aliases"]) == (str(ana), ["ana", "ana silva"])


async def test_an_erased_memory_stays_erased(desk: Desk) -> None:
    async def work(step: Step) -> tuple[MemoryId, MemoryId]:
        return await step.memory("one"), await step.memory("two")

    run_id, (one, two) = await desk.run(work)
    await desk.tenant.admin.delete(f"{desk.path}/memories/{one}", params={"mode": "erase"})
    assert (await _undo(desk, run_id))["removed"] == [str(two)]
    await desk.get(f"/memories/{one}", 410)


async def test_episodes_are_never_touched(desk: Desk) -> None:
    [episode] = await desk.episodes("I sing.")

    async def work(step: Step) -> MemCube:
        return await step.revise(episode, lambda cube: replace(cube, tags=("seen",)))

    run_id, _ = await desk.run(work)
    await _undo(desk, run_id)
    assert (await _cube(desk, episode))["version"] == 2


async def test_runs_are_listed_and_tell_what_they_did(desk: Desk) -> None:
    made, song = await desk.run(lambda step: step.memory("Ana sings."))
    other, _ = await desk.run(lambda step: step.revise(song, _say("Ana hums.")))
    undone = await _undo(desk, other)

    listed = await walk(desk.tenant.admin, f"{desk.path}/runs", limit=2)
    assert [run["id"] for run in listed] == [undone["run_id"], str(other), str(made)]
    assert [run["undone_at"] is None for run in listed] == [True, False, True]
    assert listed[0]["method"] == {"name": "undo", "version": "1"}
    assert listed[0]["notes"] == [f"undid run {other}"]

    detail = await desk.tenant.admin.get(f"/v1/runs/{other}")
    found = detail.json()
    assert found["notes"] == ["a note"]
    assert found["changes"] == [
        {"memory_id": str(song), "before": 1, "after": 2, "confirmations": 0}
    ]


async def test_undoing_takes_a_writer_who_may(desk: Desk, service: Service) -> None:
    run_id, song = await desk.run(lambda step: step.memory("Ana sings."))
    reader = await desk.tenant.client(Role.READER)
    elsewhere = await desk.tenant.client(Role.ADMIN, spaces=["elsewhere"])
    stranger = (await service.tenant()).admin
    path = f"/v1/runs/{run_id}/undo"
    assert (await reader.post(path)).status_code == 403
    for client in (elsewhere, stranger):
        assert (await client.post(path)).status_code == 404
    assert (await desk.tenant.admin.post(f"/v1/runs/{uuid4()}/undo")).status_code == 404
    assert (await _cube(desk, song))["version"] == 1
    assert (await desk.tenant.admin.post(path)).status_code == 200


async def test_what_was_undone_can_be_learned_again(desk: Desk) -> None:
    for _ in range(2):
        run_id, song = await desk.run(lambda step: step.memory("Ana sings quorvexil."))
        hits = (await recall(desk.tenant.admin, desk.name, "quorvexil"))["hits"]
        assert [hit["memory"]["id"] for hit in hits] == [str(song)]
        await _undo(desk, run_id)
    await remember(desk.tenant.admin, desk.name, "quorvexil", consolidate=False)
