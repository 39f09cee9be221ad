"""Stale marks: what rests on a change is marked once, told anew, ended where nothing is left."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from stores.ids import MemoryId
from stores.records import State
from tests.fixtures.service import Start, recall
from tests.integration.graphs import Step
from tests.integration.workbench import Workbench

MAY = datetime(2024, 5, 6, tzinfo=UTC)


class Ledge(Workbench):
    """Insights and procedures above facts, in a space without a worker."""

    async def build(self, *insights: tuple[str, str]) -> dict[str, MemoryId]:
        """Three facts, insights on some of them, and a procedure on the first insight."""

        async def work(step: Step) -> dict[str, MemoryId]:
            made = {name: await step.memory(f"Fact {name}") for name in "abc"}
            for number, names in enumerate(insights):
                sources = tuple(made[name] for name in names)
                kind = "procedure"
                made[f"i{number}"] = await step.memory(
                    f"Concluded {number}", kind=kind, derived_from=sources
                )
            made["top"] = await step.memory(
                "Concluded on top", kind="procedure", derived_from=(made["i0"],)
            )
            return made

        found: dict[str, MemoryId] = (await self.run(work))[1]
        return found

    async def change(self, memory_id: MemoryId, **changes: Any) -> None:
        """Change a fact as a job does."""

        async def work(step: Step) -> None:
            await step.revise(memory_id, lambda cube: replace(cube, **changes))

        await self.run(work)

    def stale(self) -> set[str]:
        """The contents of what is marked and holds."""
        return {content for (content,) in self.rows("""
            SELECT content FROM memories
            WHERE expired_at IS NULL AND state = 'active' AND data->>'stale' = 'true'
        """)}  # fmt: skip


@pytest.fixture
async def ledge(start: Start, space: str) -> Ledge:
    """A space nobody else writes in."""
    service = await start()
    return Ledge(service=service, tenant=await service.tenant(), name=space)


async def _forget(ledge: Ledge, memory_id: MemoryId, mode: str) -> None:
    path = f"{ledge.path}/memories/{memory_id}"
    assert (await ledge.tenant.admin.delete(path, params={"mode": mode})).status_code == 200


async def test_nothing_is_stale_where_nothing_changed(ledge: Ledge) -> None:
    made = await ledge.build(("a", "b"), ("c", "c"))
    await ledge.tenant.admin.post(f"{ledge.path}/memories/{made['a']}/pin")
    await ledge.job("refresh")
    assert ledge.stale() == set()
    assert await ledge.runs("refresh") == []


@pytest.mark.parametrize("mode", ["invalidate", "archive"])
async def test_what_rests_on_a_change_is_marked_all_the_way_up(ledge: Ledge, mode: str) -> None:
    made = await ledge.build(("a", "b"), ("c", "c"))
    await _forget(ledge, made["a"], mode)
    await ledge.job("refresh")
    assert ledge.stale() == {"Concluded 0", "Concluded on top"}
    [run] = await ledge.runs("refresh")
    assert run["counts"] == {"stale": 2, "ended": 0}


async def test_a_new_text_is_a_change(ledge: Ledge) -> None:
    made = await ledge.build(("a", "b"), ("c", "c"))
    await ledge.change(made["c"], content="Fact c, as it is now")
    await ledge.job("refresh")
    assert ledge.stale() == {"Concluded 1"}


async def test_what_has_nothing_left_to_rest_on_ends(ledge: Ledge) -> None:
    made = await ledge.build(("a", "a"), ("a", "b"))
    await _forget(ledge, made["a"], "invalidate")
    await ledge.job("refresh")
    assert ledge.stale() == {"Concluded 1"}
    lives = ledge.lives()
    assert (lives["Concluded 0"], lives["Concluded on top"]) == ("invalidated", "invalidated")


async def test_twice_is_once_and_undo_is_respected(ledge: Ledge) -> None:
    made = await ledge.build(("a", "a"), ("a", "b"))
    await _forget(ledge, made["a"], "invalidate")
    await ledge.job("refresh")
    before = ledge.lives(), ledge.stale()
    await ledge.job("refresh")
    assert (ledge.lives(), ledge.stale()) == before
    [run] = await ledge.runs("refresh")
    await ledge.undo(run["id"])
    assert ledge.stale() == set()
    assert ledge.lives()["Concluded 0"] == "active"
    await ledge.job("refresh")
    assert ledge.stale() == set()
    assert ledge.lives()["Concluded 0"] == "active"


async def test_a_kill_between_stretches_loses_and_repeats_nothing(ledge: Ledge) -> None:
    made = await ledge.build(("a", "b"), ("a", "c"))
    await ledge.change(made["a"], content="Fact a, as it is now")
    await ledge.kill("refresh", after=3, stretch=1)
    assert len(ledge.stale()) == 1
    await ledge.job("refresh")
    assert ledge.stale() == {"Concluded 0", "Concluded 1", "Concluded on top"}
    versions = ledge.rows("SELECT max(version) FROM memories WHERE kind = 'procedure'")
    assert versions == [(2,)]


async def test_holds_and_pins_are_respected(ledge: Ledge) -> None:
    made = await ledge.build(("a", "a"), ("a", "a"))
    admin, path = ledge.tenant.admin, f"{ledge.path}/memories"
    assert (await admin.post(f"{path}/{made['i0']}/pin")).status_code == 200
    answer = await admin.patch(
        f"{path}/{made['i1']}", json={"legal_hold": True}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200
    await _forget(ledge, made["a"], "invalidate")
    await ledge.job("refresh")
    assert ledge.stale() == {"Concluded 0"}
    assert ledge.lives()["Concluded 1"] == "active"


async def test_a_recall_and_its_reasons_say_that_it_is_stale(ledge: Ledge) -> None:
    made = await ledge.build(("a", "b"))
    await _forget(ledge, made["a"], "invalidate")
    await ledge.job("embed")
    await ledge.job("refresh")
    found = await recall(ledge.tenant.admin, ledge.name, "concluded on top", kinds=["procedure"])
    hit = next(h for h in found["hits"] if h["memory"]["id"] == str(made["top"]))
    assert hit["memory"]["data"]["stale"] is True
    assert hit["reason"].endswith("stale: what it rests on has changed")
    why = await ledge.tenant.admin.post(
        f"{ledge.path}/why",
        json={"query": "concluded on top", "kinds": ["procedure"], "memory_id": str(made["top"])},
    )
    assert "It is stale: what it rests on has changed since." in why.json()["reasons"]


async def test_a_stale_day_is_told_anew(ledge: Ledge) -> None:
    [turn] = await ledge.episodes("Nora keeps bees in Leeds", occurred_at=MAY.isoformat())

    async def work(step: Step) -> MemoryId:
        return await step.memory("Nora keeps bees", evidence=(turn,))

    fact: MemoryId = (await ledge.run(work))[1]
    await ledge.job("summarise")
    await ledge.change(fact, content="Nora kept bees")
    await ledge.job("refresh")
    assert len(ledge.stale()) == 3
    pending = (await ledge.tenant.admin.get("/v1/jobs", params={"state": "pending"})).json()
    assert "summarise" in {job["name"] for job in pending["items"]}
    await ledge.job("summarise")
    assert ledge.stale() == set()
    assert list(ledge.lives().values()).count(State.ACTIVE) == 4
