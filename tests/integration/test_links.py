"""Links and refinements: made once for what is new, told both ways, undone and erased."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from consolidation.jobs import link as link_job
from consolidation.services import Work
from llm_backend.chat import Message
from llm_backend.chat_script import ScriptedChatModel
from memory_service.auth import Role
from memory_service.telemetry import Metrics
from memory_service.worker import run_job
from stores import graph, jobs, refinements, spaces
from stores.graph import MentionRow
from stores.ids import MemoryId, now
from tests.fixtures.service import Start, walk
from tests.integration.graphs import Desk, Step

MAY = datetime(2024, 5, 6, tzinfo=UTC)
TRAINS = "Nora trains Moss for sheepdog trials"
SPRING = "Nora trains Moss for spring sheepdog trials"
BARE = "Nora trains her for sheepdog trials"


class Kennel(Desk):
    """A space of a service without a worker, and the jobs that are run in it by hand."""

    async def job(self, name: str) -> dict[str, Any]:
        """Run a job; returns how it ended."""
        async with self.database.write(self.tenant.id) as session:
            home = await spaces.get_space(session, self.name)
            job_id = await jobs.enqueue(session, home.id, name, now=now())
        await run_job(self.service.parts.jobs, Metrics(), self.tenant.id, job_id)
        told: dict[str, Any] = (await self.tenant.admin.get(f"/v1/jobs/{job_id}")).json()
        assert told["state"] == "succeeded", told
        assert told["error"] is None
        return told

    async def link(self, chat: ScriptedChatModel | None = None) -> None:
        """Embed what is owed, then link it."""
        await self.job("embed")
        if chat is None:
            await self.job("link")
            return
        async with self.database.write(self.tenant.id) as session:
            home = await spaces.get_space(session, self.name)
            job_id = await jobs.enqueue(session, home.id, "link", now=now())
        work = Work(tenant=self.tenant.id, space=home, job_id=job_id)
        await link_job.run(replace(self.service.parts.jobs, chat=chat), work)

    async def dogs(self, *contents: str, **more: Any) -> list[MemoryId]:
        """Facts about Nora and Moss, as far as they name them."""

        async def work(step: Step) -> list[MemoryId]:
            known: dict[str, MemoryId] = dict(self.rows("SELECT name, memory_id FROM entities"))
            made = []
            for name in ("Nora", "Moss"):
                if name not in known:
                    known[name] = await step.entity(name)
            for content in contents:
                fact = await step.memory(content, valid_at=MAY, **more)
                await graph.add_mentions(step.session, step.space.id, [
                    MentionRow(memory_id=fact, entity_id=known[name], role="about", alias=name)
                    for name in known if name in content
                ], step.since, step.run_id)  # fmt: skip
                made.append(fact)
            return made

        return list((await self.run(work))[1])

    @property
    def database(self) -> Any:
        """The database beneath."""
        return self.service.parts.services.database

    async def linked(self, memory_id: MemoryId) -> set[tuple[str, str, str]]:
        """The links of a memory: kind, direction, and the content of the other."""
        items = await walk(self.tenant.admin, f"{self.path}/memories/{memory_id}/links")
        return {(i["kind"], i["direction"], i["memory"]["content"]) for i in items}

    async def refined(self, memory_id: MemoryId) -> list[dict[str, Any]]:
        """The refinements of a memory, the newest first."""
        return await walk(self.tenant.admin, f"{self.path}/memories/{memory_id}/refinements")

    def rows(self, sql: str) -> Sequence[tuple[Any, ...]]:
        """What a statement finds in the tenant's rows."""
        with psycopg.connect(self.database.url) as connection:
            connection.execute(f"SET LOCAL app.tenant = '{self.tenant.id}'")
            return connection.execute(sql.encode()).fetchall()


@pytest.fixture
async def desk(start: Start, space: str) -> Kennel:
    """A space nobody else writes in."""
    service = await start()
    return Kennel(service=service, tenant=await service.tenant(), name=space)


async def test_new_memories_are_linked_once_they_are_embedded(desk: Kennel) -> None:
    trains, spring, cheese = await desk.dogs(TRAINS, SPRING, "Graham sells cheese in town")
    assert (await desk.job("link"))["progress"]["done"] == 0
    assert len(desk.rows("SELECT 1 FROM backlog WHERE stage = 'link'")) == 5

    await desk.link()
    assert desk.rows("SELECT 1 FROM backlog WHERE stage = 'link'") == []
    assert await desk.linked(spring) == {("elaborates", "out", TRAINS)}
    assert await desk.linked(trains) == {("elaborates", "in", SPRING)}
    assert await desk.linked(cheese) == set()
    status = await desk.get("/status")
    assert (status["unembedded"], status["failed_items"]) == (0, 0)

    [autumn] = await desk.dogs("Nora trains Moss for autumn sheepdog trials")
    await desk.link()
    assert len(await desk.linked(autumn)) == 2
    assert len(await desk.linked(trains)) == 2


async def test_a_link_tells_what_is_at_its_other_end(desk: Kennel) -> None:
    trains, spring = await desk.dogs(TRAINS, SPRING)
    await desk.link()
    [link] = (await desk.get(f"/memories/{spring}/links"))["items"]
    assert 0.7 <= link["weight"] <= 1
    assert link["memory"]["id"] == str(trains)
    assert (link["memory"]["type"], link["memory"]["kind"]) == ("semantic", "fact")
    assert link["memory"]["state"] == "active"
    [run] = [r for r in (await desk.get("/runs"))["items"] if r["method"]["name"] == "link"]
    assert link["run_id"] == run["id"]
    assert run["counts"]["links"] == 1
    none = await desk.get(f"/memories/{spring}/links", kind="synonym")
    assert none["items"] == []


async def test_links_are_paged(desk: Kennel) -> None:
    _, *others, last = await desk.dogs(TRAINS, SPRING, *(f"{TRAINS} {n}" for n in "abcd"))
    await desk.link()
    whole = (await desk.get(f"/memories/{last}/links"))["items"]
    assert len(whole) == len(others) + 1
    paged = await walk(desk.tenant.admin, f"{desk.path}/memories/{last}/links", limit=2)
    assert paged == whole
    await desk.get(f"/memories/{last}/links", 422, cursor="bm9uZQ")
    await desk.get(f"/memories/{last}/refinements", 422, cursor="bm9uZQ")


async def test_neighbours_are_refined_and_a_refinement_can_be_dropped(desk: Kennel) -> None:
    trains, spring, bare = await desk.dogs(TRAINS, SPRING, BARE)
    await desk.link()
    [refinement] = await desk.refined(bare)
    assert set(refinement["keywords"]) == {"Moss", "spring"}
    assert refinement["context"] == "Nora, Moss; 2024-05"
    assert set(refinement["sources"]) <= {str(trains), str(spring)}
    cube = await desk.get(f"/memories/{bare}")
    assert (cube["content"], cube["version"]) == (BARE, 1)
    async with desk.database.read(desk.tenant.id) as session:
        extra = await refinements.extra_terms(session, [bare, trains])
    assert set(extra[bare]) == {"Moss", "spring"}

    path = f"{desk.path}/memories/{bare}/refinements/{refinement['id']}"
    reader = await desk.tenant.client(Role.READER)
    assert (await reader.delete(path)).status_code == 403
    assert (await desk.tenant.admin.delete(path)).status_code == 204
    [dropped] = await desk.refined(bare)
    assert dropped["dropped_at"] is not None
    async with desk.database.read(desk.tenant.id) as session:
        assert bare not in await refinements.extra_terms(session, [bare])

    # What somebody dropped does not come back with the next memory.
    await desk.dogs("Nora trains Moss for sheepdog trials daily")
    await desk.link()
    words = {w for r in (await desk.refined(bare))[:-1] for w in r["keywords"]}
    assert not words & {"Moss", "spring"}
    gone = f"{desk.path}/memories/{bare}/refinements/{uuid4()}"
    assert (await desk.tenant.admin.delete(gone)).status_code == 404


async def test_undoing_the_run_takes_links_and_refinements(desk: Kennel) -> None:
    _, spring, bare = await desk.dogs(TRAINS, SPRING, BARE)
    await desk.link()
    assert await desk.linked(spring)
    [run] = [r for r in (await desk.get("/runs"))["items"] if r["method"]["name"] == "link"]
    await desk.post(f"/v1/runs/{run['id']}/undo")
    assert await desk.linked(spring) == set()
    assert await desk.refined(bare) == []
    assert (await desk.get(f"/memories/{bare}"))["version"] == 1


async def test_what_is_erased_leaves_no_link_and_no_word(desk: Kennel) -> None:
    trains, spring, bare = await desk.dogs(TRAINS, SPRING, BARE)
    await desk.link()
    assert await desk.refined(bare)
    path = f"{desk.path}/memories/{spring}"
    assert (await desk.tenant.admin.delete(path, params={"mode": "erase"})).status_code == 200
    assert await desk.refined(bare) == []
    assert {content for _, _, content in await desk.linked(trains)} == {BARE}
    tied = desk.rows("SELECT memory_id, target_id FROM links")
    assert not [pair for pair in tied if spring in pair]
    assert not [row for row in desk.rows("SELECT sources FROM refinements") if spring in row[0]]


async def test_what_loses_a_source_takes_back_what_it_told_others(desk: Kennel) -> None:
    [one, other] = await desk.episodes("Moss runs.", "Moss barks.")
    _, spring, bare = await desk.dogs(TRAINS, SPRING, BARE, evidence=(one, other))
    await desk.link()
    assert await desk.refined(bare)
    path = f"{desk.path}/memories/{one}"
    assert (await desk.tenant.admin.delete(path, params={"mode": "erase"})).status_code == 200
    assert (await desk.get(f"/memories/{spring}"))["content"] == SPRING
    assert await desk.refined(bare) == []


async def test_entities_that_may_be_one_are_linked_and_merged_where_it_is_sure(
    desk: Kennel,
) -> None:
    async def work(step: Step) -> list[MemoryId]:
        return [
            await step.entity("harbour choir", "organisation"),
            await step.entity("harbour choir society", "organisation"),
            await step.entity("the big harbour choir society", "organisation"),
            await step.entity("Porto", "place"),
        ]

    _, (choir, society, big, porto) = await desk.run(work)
    [(before,)] = desk.rows("SELECT version FROM graph_versions")
    await desk.link()
    [(after,)] = desk.rows("SELECT version FROM graph_versions")
    assert after > before
    merged = dict(desk.rows("SELECT memory_id, merged_into FROM entities"))
    assert merged == {choir: None, society: None, big: society, porto: None}
    pairs = desk.rows("SELECT memory_id, target_id FROM links WHERE link_kind = 'synonym'")
    assert (society, choir) in pairs
    assert porto not in {end for pair in pairs for end in pair}
    runs = (await desk.get("/runs"))["items"]
    assert {"merge", "link"} <= {run["method"]["name"] for run in runs}
    await desk.post(f"{desk.path}/entities/{big}/split")


async def test_a_model_may_decide_and_its_garbage_changes_nothing(desk: Kennel) -> None:
    [trains, bare] = await desk.dogs(TRAINS, BARE)
    await desk.link(ScriptedChatModel(["no", "{}"]))
    assert await desk.refined(trains) == await desk.refined(bare) == []
    [run] = [r for r in (await desk.get("/runs"))["items"] if r["method"]["name"] == "link"]
    assert run["notes"] == ["refinement: the model's answer cannot be used"]

    update = {"neighbour": 1, "keywords": ["spring"], "tags": ["dogs"], "context": "Nora"}
    answer = json.dumps({"strengthen": [1], "update_neighbour": [update]})
    await desk.dogs(SPRING)
    await desk.link(ScriptedChatModel([answer]))
    [refinement] = await desk.refined(trains)
    assert (refinement["keywords"], refinement["tags"]) == (["spring"], ["dogs"])
    weights = desk.rows("SELECT weight FROM links ORDER BY created_at DESC, weight DESC")
    assert weights[0][0] == pytest.approx(0.98, abs=0.05)


async def test_what_changed_while_a_model_thought_is_read_again(desk: Kennel) -> None:
    [trains] = await desk.dogs(TRAINS)
    await desk.link()
    [spring] = await desk.dogs(SPRING)

    async def think(messages: Sequence[Message]) -> str:
        assert desk.database.pool_in_use == 0
        path = f"{desk.path}/memories/{trains}"
        await desk.tenant.admin.delete(path, params={"mode": "erase"})
        return json.dumps({"strengthen": [1], "update_neighbour": []})

    chat = ScriptedChatModel(think)
    await desk.link(chat)
    assert len(chat.asked) == 1
    assert await desk.linked(spring) == set()
    assert desk.rows("SELECT 1 FROM backlog WHERE stage = 'link'") == []


async def test_nobody_else_sees_links(desk: Kennel) -> None:
    _, spring = await desk.dogs(TRAINS, SPRING)
    await desk.link()
    stranger = await desk.service.tenant()
    for path in ("links", "refinements"):
        answer = await stranger.admin.get(f"{desk.path}/memories/{spring}/{path}")
        assert answer.status_code == 404
        await desk.get(f"/memories/{uuid4()}/{path}", 404)
