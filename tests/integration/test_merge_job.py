"""Merging duplicates: once, over a crash, within its limits, and back again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stores import graph
from stores.graph import MentionRow
from stores.ids import MemoryId
from stores.records import State
from tests.fixtures.service import Start
from tests.integration.graphs import Claim, Step
from tests.integration.workbench import Workbench

MAY = datetime(2024, 5, 6, tzinfo=UTC)
TRAINS = "Nora trains Moss for sheepdog trials"


@pytest.fixture
async def desk(start: Start, space: str) -> Workbench:
    """A space nobody else writes in."""
    service = await start()
    return Workbench(service=service, tenant=await service.tenant(), name=space)


async def facts(desk: Workbench, *contents: str, **more: Any) -> list[MemoryId]:
    """Facts that are written as a job writes them, and embedded."""

    async def work(step: Step) -> list[MemoryId]:
        return [await step.memory(content, **more) for content in contents]

    made: list[MemoryId] = (await desk.run(work))[1]
    await desk.job("embed")
    return made


async def _cubes(desk: Workbench) -> Any:
    return desk.rows("""
        SELECT m.memory_id, m.state, m.content, m.valid_at, m.tags, u.confirmations,
               ARRAY(SELECT episode_id FROM evidence e WHERE e.memory_id = m.memory_id ORDER BY 1)
        FROM memories m LEFT JOIN usage u USING (tenant_id, memory_id)
        WHERE m.expired_at IS NULL AND m.type = 'semantic' ORDER BY 1
    """)


async def test_duplicates_become_one_that_rests_on_all(desk: Workbench) -> None:
    one, other = await desk.episodes("Nora trains Moss.", "She trains Moss!")
    [old] = await facts(desk, TRAINS, evidence=(one,), valid_at=MAY, tags=("dogs",))
    [new] = await facts(desk, f"{TRAINS}!", evidence=(other,), valid_at=MAY + timedelta(days=2))
    await desk.job("merge")

    survivor = await desk.get(f"/memories/{new}")
    quoted = {item["episode_id"] for item in survivor["provenance"]["evidence"]}
    assert quoted == {str(one), str(other)}
    assert survivor["usage"]["confirmations"] == 1
    assert survivor["time"]["valid_at"].startswith("2024-05-06")
    assert survivor["tags"] == ["dogs"]
    loser = await desk.get(f"/memories/{old}")
    assert loser["lifecycle"]["state"] == "merged"
    assert loser["content"] == TRAINS
    [link] = (await desk.get(f"/memories/{old}/links"))["items"]
    assert (link["kind"], link["memory"]["id"]) == ("merged_into", str(new))
    [run] = await desk.runs("deduplicate")
    assert run["counts"] == {"looked_at": 2, "merged": 1}


async def test_twice_is_once(desk: Workbench) -> None:
    await facts(desk, TRAINS, f"{TRAINS}!", f"{TRAINS}?")
    await desk.job("merge")
    before = await _cubes(desk)
    assert sorted(row[1] for row in before) == ["active", "merged", "merged"]
    await desk.job("merge")
    assert await _cubes(desk) == before
    assert len(await desk.runs("deduplicate")) == 1


async def test_undo_restores_exactly_and_the_job_respects_it(desk: Workbench) -> None:
    one, other = await desk.episodes("Nora trains Moss.", "She trains Moss!")
    await facts(desk, TRAINS, evidence=(one,), valid_at=MAY, tags=("dogs",))
    await facts(desk, f"{TRAINS}!", evidence=(other,), valid_at=MAY + timedelta(days=2))
    before = [row[:5] + row[6:] for row in await _cubes(desk)]
    await desk.job("merge")
    [run] = await desk.runs("deduplicate")
    await desk.undo(run["id"])
    after = await _cubes(desk)
    assert [row[:5] + row[6:] for row in after] == before
    assert not any(row[5] for row in after)
    assert desk.rows("SELECT 1 FROM links") == []

    await desk.job("merge")
    assert [row[:5] + row[6:] for row in await _cubes(desk)] == before


async def test_a_kill_between_stretches_loses_and_repeats_nothing(desk: Workbench) -> None:
    texts = [f"{name} trains Moss for sheepdog trials" for name in ("Nora", "Ana", "Ben", "Cleo")]
    await facts(desk, *texts)
    await facts(desk, *(f"{text}!" for text in texts))
    # Two stretches of old ones, each with both its pairs, then no more.
    await desk.kill("merge", after=3, stretch=2)
    assert list(desk.lives().values()).count(State.MERGED) == 2
    await desk.work("merge", stretch=2)
    lives = desk.lives()
    assert sorted(lives.values()) == ["active"] * 4 + ["merged"] * 4
    assert {content.rstrip("!") for content, state in lives.items() if state == "active"} == {
        *texts
    }
    looked_at = [run["counts"]["looked_at"] for run in await desk.runs("deduplicate")]
    assert looked_at == [2, 2]


@pytest.mark.parametrize(
    "other",
    [
        "Nora trains Moss for 2 sheepdog trials",
        "Nora never trains Moss for sheepdog trials",
        "Nora trains Moss for sheepdog trials in June",
        "Nora trains Rex for sheepdog trials",
    ],
)
async def test_what_says_something_else_stays(desk: Workbench, other: str) -> None:
    await facts(desk, TRAINS, other)
    await desk.job("merge")
    assert set(desk.lives().values()) == {"active"}


async def test_pins_and_holds_are_respected(desk: Workbench) -> None:
    pinned, held, _ = await facts(desk, TRAINS, f"{TRAINS}?", f"{TRAINS}!")
    admin, path = desk.tenant.admin, f"{desk.path}/memories"
    assert (await admin.post(f"{path}/{pinned}/pin")).status_code == 200
    held_back = await admin.patch(
        f"{path}/{held}", json={"legal_hold": True}, headers={"If-Match": '"1"'}
    )
    assert held_back.status_code == 200, held_back.text
    await desk.job("merge")
    assert desk.lives() == {TRAINS: "active", f"{TRAINS}?": "active", f"{TRAINS}!": "merged"}


async def test_a_claim_is_for_the_beliefs_to_settle(desk: Workbench) -> None:
    async def work(step: Step) -> None:
        nora, moss = await step.entity("Nora"), await step.entity("Moss", "animal")
        for content in (TRAINS, f"{TRAINS}!"):
            await step.memory(content, Claim(subject=nora, predicate="trains", object_id=moss))
        bare = await step.memory(f"{TRAINS}?")
        row = MentionRow(memory_id=bare, entity_id=nora, role="about", alias="Nora")
        also = MentionRow(memory_id=bare, entity_id=moss, role="about", alias="Moss")
        await graph.add_mentions(step.session, step.space.id, [row, also], step.since, step.run_id)

    await desk.run(work)
    await desk.job("embed")
    await desk.job("merge")
    assert desk.lives() == {TRAINS: "active", f"{TRAINS}!": "active", f"{TRAINS}?": "merged"}


async def test_what_awaits_its_embedding_is_looked_at_later(desk: Workbench) -> None:
    async def work(step: Step) -> None:
        await step.memory(TRAINS)
        await step.memory(f"{TRAINS}!")

    await desk.run(work)
    assert (await desk.job("merge"))["progress"]["done"] == 0
    await desk.job("embed")
    assert (await desk.job("merge"))["progress"]["done"] == 2
    assert sorted(desk.lives().values()) == ["active", "merged"]
