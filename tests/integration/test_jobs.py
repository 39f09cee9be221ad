"""Jobs: told truthfully, done once, in order, never lost; and what a person can do about them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
import pytest
from httpx import AsyncClient

from llm_backend.errors import (
    BackendUnavailable,
    MalformedReply,
    ModelNotFound,
    RequestRefused,
)
from memory_service.auth import Principal, Role
from memory_service.settings import Limits, WorkerSettings
from memory_service.telemetry import Metrics
from memory_service.verbs.remember import Episode
from memory_service.verbs.remember import remember as remember_episodes
from memory_service.verbs.spaces import status as status_of
from memory_service.worker import Worker, observe_queue, run_job
from retrieval.recall import Recaller, RecallRequest
from stores import backlog, spaces
from stores.backlog import Item, Stage
from stores.ids import new_id, now
from stores.jobs import BACKOFF
from stores.scope import Scope
from tests.fixtures.models import Hook, HookedEmbedder, HookedExtractor
from tests.fixtures.service import Service, Start, Tenant, remember, settle, until, walk

#: To have done what is owed, and nothing else.
OWED = {"jobs": ["embed", "extract", "segment", "link"]}
#: Nothing is embedded before the answer, so that every write leaves a job.
BY_JOB = Limits(embed_before_answer=0)


class Office:
    """A service without a worker, its tenant, and hands to run its jobs one by one."""

    def __init__(self, service: Service, tenant: Tenant) -> None:
        self.service = service
        self.tenant = tenant
        self.client = tenant.admin
        self.metrics = Metrics()

    async def jobs(self, **query: str) -> list[dict[str, Any]]:
        """The jobs, oldest first."""
        return (await walk(self.client, "/v1/jobs", **query))[::-1]

    async def job(self, name: str) -> dict[str, Any]:
        """The only job of that name."""
        [found] = [job for job in await self.jobs() if job["name"] == name]
        return found

    async def run(self, job_id: str, hook: Hook | None = None) -> None:
        """Deliver a job once, as a worker does."""
        services = self.service.parts.jobs
        if hook is not None:
            models: dict[str, Any] = {
                "embedder": HookedEmbedder(hook),
                "extractor": HookedExtractor(hook),
            }
            services = replace(services, **models)
        await run_job(services, self.metrics, self.tenant.id, UUID(job_id))

    async def drain(self, hook: Hook | None = None) -> None:
        """Run what is pending, and what that calls for."""
        for _ in range(8):
            for job in await self.jobs(state="pending"):
                await self.run(job["id"], hook)

    async def status(self, space: str) -> dict[str, Any]:
        """How the space stands."""
        found = await self.client.get(f"/v1/spaces/{space}/status")
        status: dict[str, Any] = found.raise_for_status().json()
        return status

    async def set_aside(self, space: str) -> int:
        """How many items of the space are set aside."""
        caller = Principal(tenant=self.tenant.id, key_id=new_id(), name="test", role=Role.READER)
        found, _ = await status_of(self.service.parts.services, caller, space)
        return found.failed_items

    async def run_all(self) -> None:
        """Deliver every job, and those that they leave, until none is pending."""
        while pending := await self.jobs(state="pending"):
            await self.run(pending[0]["id"])

    async def owed(self, space: str, stage: Stage) -> tuple[Item, ...]:
        """What is to be done at a stage, but what is set aside."""
        async with self.service.parts.services.database.read(self.tenant.id) as session:
            found = await spaces.get_space(session, space)
            return await backlog.next_items(session, found.id, stage, 10)

    async def set_items_aside(self, space: str, stage: Stage, items: Sequence[Item]) -> None:
        """Note of each that it fails by itself, as a job does."""
        async with self.service.parts.services.database.write(self.tenant.id) as session:
            found = await spaces.get_space(session, space)
            errors = dict.fromkeys(items, "ValueError")
            await backlog.set_aside(session, found.id, stage, errors)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """The memories that have rows in a table."""
        with psycopg.connect(self.service.parts.services.database.url) as connection:
            connection.execute(f"SET LOCAL app.tenant = '{self.tenant.id}'")
            return connection.execute(f"SELECT memory_id FROM {table}").fetchall()


@pytest.fixture
async def office(start: Start) -> Office:
    """An office on a database of its own."""
    service = await start(limits=BY_JOB)
    return Office(service, await service.tenant())


async def _refuse(texts: Sequence[str]) -> None:
    raise BackendUnavailable("the model is away")


def _choke_on(word: str, error: Exception | None = None) -> Hook:
    """A model that always fails where a text has this word, with an error that quotes it."""

    async def choke(texts: Sequence[str]) -> None:
        found = next((text for text in texts if word in text), None)
        if found is not None:
            raise error or ValueError(found)

    return choke


async def test_a_job_tells_how_far_it_is(office: Office, space: str) -> None:
    await remember(office.client, space, "one", "two", "three", consolidate=False)
    job = await office.job("embed")
    assert (job["state"], job["attempts"], job["space"]) == ("pending", 0, space)
    assert job["progress"] == {"done": 0, "total": 3}

    await office.run(job["id"])
    done = (await office.client.get(f"/v1/jobs/{job['id']}")).json()
    assert (done["state"], done["attempts"], done["error"]) == ("succeeded", 1, None)
    assert done["progress"] == {"done": 3, "total": 3}
    assert done["created_at"] <= done["started_at"] <= done["finished_at"]
    assert len(office.rows("vectors")) == 3


async def test_a_job_delivered_twice_is_done_once(office: Office, space: str) -> None:
    await remember(office.client, space, "I work at the Oslo aquarium", "I play the oboe in Ghent")
    for name in ("embed", "extract"):
        job = await office.job(name)
        await asyncio.gather(*(office.run(job["id"]) for _ in range(4)))
        done = (await office.client.get(f"/v1/jobs/{job['id']}")).json()
        assert (done["state"], done["progress"]["done"]) == ("succeeded", 2)
        await office.run(job["id"])
    facts = await walk(office.client, f"/v1/spaces/{space}/memories", type="semantic")
    assert len(facts) == 2
    assert all(fact["usage"]["confirmations"] == 0 for fact in facts)
    assert len(office.rows("vectors")) == 2 + len(facts)


async def test_a_job_that_fails_waits_for_its_next_attempt(office: Office, space: str) -> None:
    await remember(office.client, space, "one", consolidate=False)
    job = await office.job("embed")
    with pytest.raises(Exception, match="again in"):
        await office.run(job["id"], _refuse)

    waiting = await office.job("embed")
    assert (waiting["state"], waiting["attempts"]) == ("pending", 1)
    assert waiting["error"] == "backend-unavailable: the model is away"
    status = (await office.client.get(f"/v1/spaces/{space}/status")).json()
    assert (status["pending_jobs"], status["failed_jobs"], status["unembedded"]) == (1, 0, 1)

    await office.run(job["id"])
    assert (await office.job("embed"))["state"] == "succeeded"


async def test_a_dead_letter_is_seen_and_can_be_retried(office: Office, space: str) -> None:
    await remember(office.client, space, "one", consolidate=False)
    job = await office.job("embed")
    for _ in BACKOFF:
        with pytest.raises(Exception, match="again in"):
            await office.run(job["id"], _refuse)
    await office.run(job["id"], _refuse)

    [dead] = await office.jobs(state="failed", space=space)
    assert (dead["id"], dead["attempts"]) == (job["id"], len(BACKOFF) + 1)
    assert dead["error"] == "backend-unavailable: the model is away"
    status = (await office.client.get(f"/v1/spaces/{space}/status")).json()
    assert (status["pending_jobs"], status["failed_jobs"], status["unembedded"]) == (0, 1, 1)

    retried = (await office.client.post(f"/v1/jobs/{job['id']}/retry")).json()
    assert (retried["state"], retried["attempts"], retried["error"]) == ("pending", 0, None)
    await office.run(job["id"])
    status = await settle(office.client, space)
    assert (status["failed_jobs"], status["unembedded"]) == (0, 0)


async def test_what_no_retry_can_help_fails_at_once(office: Office, space: str) -> None:
    async def absent(texts: Sequence[str]) -> None:
        raise ModelNotFound("no such model")

    await remember(office.client, space, "one", consolidate=False)
    job = await office.job("embed")
    await office.run(job["id"], absent)
    failed = await office.job("embed")
    assert (failed["state"], failed["error"]) == ("failed", "model-not-found: no such model")
    assert await office.set_aside(space) == 0


async def test_an_unexpected_error_is_told_without_the_words_of_a_memory(
    office: Office, space: str
) -> None:
    async def stumble(texts: Sequence[str]) -> None:
        raise KeyError(texts[0])

    await remember(office.client, space, "my diagnosis", consolidate=False)
    job = await office.job("embed")
    with pytest.raises(Exception, match="again in"):
        await office.run(job["id"], stumble)
    assert (await office.job("embed"))["error"] == "KeyError"


async def test_a_job_that_is_interrupted_is_given_back(office: Office, space: str) -> None:
    at_work = asyncio.Event()

    async def never_end(texts: Sequence[str]) -> None:
        at_work.set()
        await asyncio.Event().wait()

    await remember(office.client, space, "one", consolidate=False)
    job = await office.job("embed")
    task = asyncio.create_task(office.run(job["id"], never_end))
    await at_work.wait()
    assert (await office.job("embed"))["state"] == "running"
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    given_back = await office.job("embed")
    assert (given_back["state"], given_back["attempts"]) == ("pending", 0)


async def test_a_job_that_is_stopped_again_and_again_has_all_its_attempts(
    office: Office, space: str
) -> None:
    async def stop(texts: Sequence[str]) -> None:
        raise asyncio.CancelledError

    await remember(office.client, space, "one", consolidate=False)
    job = await office.job("embed")
    for _ in range(len(BACKOFF) + 1):
        with pytest.raises(asyncio.CancelledError):
            await office.run(job["id"], stop)
    with pytest.raises(Exception, match="again in 0:00:01"):
        await office.run(job["id"], _refuse)
    assert (await office.job("embed"))["attempts"] == 1


async def test_a_worker_that_stops_gives_its_job_back_as_it_was(office: Office, space: str) -> None:
    at_work = asyncio.Event()

    async def never_end(texts: Sequence[str]) -> None:
        at_work.set()
        await asyncio.Event().wait()

    await remember(office.client, space, "one", consolidate=False)
    services = replace(office.service.parts.jobs, embedder=HookedEmbedder(never_end))
    for _ in range(2):
        at_work.clear()
        worker = Worker(services, WorkerSettings(grace_s=0), office.metrics)
        worker.start()
        await asyncio.wait_for(at_work.wait(), 10)
        await worker.stop()
        given_back = await office.job("embed")
        assert (given_back["state"], given_back["attempts"]) == ("pending", 0)


async def test_a_pending_job_can_be_given_up_and_taken_up_again(office: Office, space: str) -> None:
    await remember(office.client, space, "one", consolidate=False)
    path = f"/v1/jobs/{(await office.job('embed'))['id']}"
    cancelled = (await office.client.post(f"{path}/cancel")).json()
    assert cancelled["state"] == "cancelled"
    await office.run(cancelled["id"])
    assert (await office.client.get(path)).json()["state"] == "cancelled"
    status = await office.status(space)
    assert (status["pending_jobs"], status["unembedded"]) == (0, 1)

    assert (await office.client.post(f"{path}/retry")).json()["state"] == "pending"
    await office.run(cancelled["id"])
    assert (await settle(office.client, space))["unembedded"] == 0


@pytest.mark.parametrize("what", ["retry", "cancel"])
async def test_what_has_succeeded_is_neither_retried_nor_cancelled(
    office: Office, space: str, what: str
) -> None:
    await remember(office.client, space, "one", consolidate=False)
    job = await office.job("embed")
    await office.run(job["id"])
    answer = await office.client.post(f"/v1/jobs/{job['id']}/{what}")
    assert (answer.status_code, answer.json()["code"]) == (409, "state-conflict")


async def test_the_job_of_a_space_that_is_gone_does_nothing(office: Office, space: str) -> None:
    await remember(office.client, space, "one")
    jobs = await office.jobs()
    await office.client.delete(f"/v1/spaces/{space}")
    for job in jobs:
        await office.run(job["id"])
    assert await office.jobs() == []
    assert office.rows("vectors") == []


@pytest.mark.parametrize("name", ["embed", "extract"])
async def test_what_is_erased_while_a_job_works_on_it_leaves_no_trace(
    office: Office, space: str, name: str
) -> None:
    [episode] = await remember(office.client, space, "I work at the Oslo aquarium")
    path = f"/v1/spaces/{space}/memories/{episode['id']}"

    async def erase(texts: Sequence[str]) -> None:
        await office.client.delete(path, params={"mode": "erase"})

    await office.run((await office.job(name))["id"], erase)
    assert (await office.client.get(path)).status_code == 410
    for table in ("vectors", "postings", "backlog", "evidence"):
        assert office.rows(table) == []
    assert await walk(office.client, f"/v1/spaces/{space}/memories") == []


async def test_a_text_that_changes_while_it_is_embedded_is_embedded_anew(
    office: Office, space: str
) -> None:
    body = {"kind": "fact", "content": "The shop opens at nine"}
    made = (await office.client.post(f"/v1/spaces/{space}/memories", json=body)).json()
    path = f"/v1/spaces/{space}/memories/{made['id']}"

    async def change(texts: Sequence[str]) -> None:
        if texts == ["The shop opens at nine"]:
            await office.client.patch(path, json={"content": "The shop opens at ten"})

    first = (await office.jobs())[0]
    await office.run(first["id"], change)
    await office.drain()
    status = await settle(office.client, space)
    assert status["unembedded"] == 0
    with psycopg.connect(office.service.parts.services.database.url) as connection:
        connection.execute(f"SET LOCAL app.tenant = '{office.tenant.id}'")
        versions = connection.execute("SELECT text_version FROM vectors").fetchall()
    assert (2,) in versions


async def test_no_connection_is_held_while_the_model_works(office: Office, space: str) -> None:
    database = office.service.parts.services.database
    seen: list[int] = []

    async def look(texts: Sequence[str]) -> None:
        seen.append(database.pool_in_use)

    await remember(office.client, space, "The ferry leaves at noon")
    await office.run((await office.job("embed"))["id"], look)
    services = replace(
        office.service.parts.services, embedder=HookedEmbedder(look), limits=Limits()
    )
    caller = Principal(tenant=office.tenant.id, key_id=new_id(), name="test", role=Role.WRITER)
    await remember_episodes(services, caller, space, [Episode(content="The ferry is late")])
    recaller = Recaller(database, HookedEmbedder(look), now)
    await recaller.recall(Scope(tenant=office.tenant.id, spaces=()), RecallRequest(query="ferry"))
    # The last one runs beside a short read of the sizes of the spaces.
    assert seen[:2] == [0, 0]
    assert len(seen) == 3


async def test_jobs_of_one_name_in_one_space_run_one_after_the_other(
    client: AsyncClient, space: str
) -> None:
    for batch in range(8):
        lines = [f"Line {n} of batch {batch}" for n in range(35)]
        await remember(client, space, *lines)
    await settle(client, space)
    jobs = (await walk(client, "/v1/jobs", space=space))[::-1]
    for name in ("embed", "extract"):
        spans = [(j["started_at"], j["finished_at"]) for j in jobs if j["name"] == name]
        assert len(spans) >= 8
        assert spans == sorted(spans)
        assert all(ended <= began for (_, ended), (began, _) in pairwise(spans))


async def test_the_list_of_jobs_is_walked_once_newest_first(office: Office) -> None:
    for number in range(7):
        await remember(office.client, f"space-{number}", "one")
    jobs = await walk(office.client, "/v1/jobs", limit=3)
    assert len([job for job in jobs if job["state"] == "pending"]) == 14
    assert [job["id"] for job in jobs] == sorted({job["id"] for job in jobs}, reverse=True)
    assert await walk(office.client, "/v1/jobs", state="failed") == []
    assert len(await walk(office.client, "/v1/jobs", space="space-3", state="pending")) == 2


@pytest.mark.parametrize("path", ["/v1/jobs/{id}", "/v1/runs/{id}"])
async def test_what_does_not_exist_is_not_found(client: AsyncClient, path: str) -> None:
    unknown = await client.get(path.format(id=new_id()))
    assert unknown.status_code == 404
    assert unknown.json()["code"] in {"job-not-found", "run-not-found"}
    assert (await client.get(path.format(id="7"))).status_code == 422


# One item that always fails.


@pytest.mark.parametrize("name", ["embed", "extract"])
@pytest.mark.parametrize(
    "error", [None, RequestRefused("too long"), MalformedReply("not a number")], ids=repr
)
async def test_an_item_that_always_fails_is_set_aside_and_stops_nothing_else(
    office: Office, space: str, name: str, error: Exception | None
) -> None:
    hook = _choke_on("poison", error)
    lines = [f"I work at harbour number {n}" for n in range(7)]
    await remember(office.client, space, *lines[:3], "I work with poison", *lines[3:])
    await office.run((await office.job(name))["id"], hook)

    job = await office.job(name)
    assert (job["state"], job["progress"]["done"]) == ("succeeded", 7)
    assert job["error"] == f"1 set aside: {type(error or ValueError()).__name__}"
    assert await office.set_aside(space) == 1
    if name == "embed":
        assert len(office.rows("vectors")) == 7
    else:
        assert len(await walk(office.client, f"/v1/spaces/{space}/memories", type="semantic")) == 7

    await remember(office.client, space, "I work at the last harbour")
    later = (await office.jobs())[-1 if name == "extract" else -2]
    await office.run(later["id"], hook)
    [done] = [job for job in await office.jobs(state="succeeded") if job["id"] == later["id"]]
    assert (done["progress"]["done"], done["error"]) == (1, None)


async def test_every_item_that_fails_is_found_however_many_there_are(
    office: Office, space: str
) -> None:
    lines = [f"poison {n}" if n in {0, 5, 6, 300, 599} else f"line {n}" for n in range(600)]
    await remember(office.client, space, *lines, consolidate=False)
    job = await office.job("embed")
    await office.run(job["id"], _choke_on("poison"))
    assert (await office.job("embed"))["progress"]["done"] == 595
    assert (await office.job("embed"))["error"] == "5 set aside: ValueError"
    assert await office.set_aside(space) == 5
    assert (await office.status(space))["unembedded"] == 5


async def test_what_was_set_aside_is_owed_until_consolidate_takes_it_up_again(
    office: Office, space: str
) -> None:
    await remember(office.client, space, "I work at the harbour", "I work with poison")
    await office.drain(_choke_on("poison"))
    status = await office.status(space)
    assert (status["pending_jobs"], status["failed_jobs"], status["unembedded"]) == (1, 0, 1)
    assert await office.set_aside(space) == 2

    await office.client.post(f"/v1/spaces/{space}/consolidate", json=OWED)
    await office.drain()
    await settle(office.client, space)
    assert await office.set_aside(space) == 0
    assert len(await walk(office.client, f"/v1/spaces/{space}/memories", type="semantic")) == 2


async def test_a_backend_that_is_away_blames_no_item(office: Office, space: str) -> None:
    asked: list[int] = []

    async def away(texts: Sequence[str]) -> None:
        asked.append(len(texts))
        raise BackendUnavailable("the model is away")

    await remember(office.client, space, "one", "two", "three", consolidate=False)
    job = await office.job("embed")
    for _ in BACKOFF:
        with pytest.raises(Exception, match="again in"):
            await office.run(job["id"], away)
    assert set(asked) == {3}
    assert await office.set_aside(space) == 0


async def test_if_nothing_can_be_done_no_item_is_blamed(office: Office, space: str) -> None:
    await remember(office.client, space, "line one", "line two", consolidate=False)
    job = await office.job("embed")
    for _ in BACKOFF:
        with pytest.raises(Exception, match="again in"):
            await office.run(job["id"], _choke_on("line"))
    await office.run(job["id"], _choke_on("line"))
    assert (await office.job("embed"))["state"] == "failed"
    assert await office.set_aside(space) == 0

    await remember(office.client, space, "another", consolidate=False)
    await office.run((await office.jobs())[-1]["id"], _choke_on("line"))
    assert await office.set_aside(space) == 2
    assert len(office.rows("vectors")) == 1


async def test_the_only_item_is_set_aside_once_it_has_failed_three_times(
    office: Office, space: str
) -> None:
    await remember(office.client, space, "poison", consolidate=False)
    job = await office.job("embed")
    for _ in range(2):
        with pytest.raises(Exception, match="again in"):
            await office.run(job["id"], _choke_on("poison"))
        assert await office.set_aside(space) == 0
    await office.run(job["id"], _choke_on("poison"))
    assert (await office.job("embed"))["error"] == "1 set aside: ValueError"
    status = await office.status(space)
    assert (status["unembedded"], status["failed_items"]) == (1, 1)


@pytest.mark.parametrize("stage", [Stage.EMBED, Stage.EXTRACT, Stage.SEGMENT, Stage.LINK])
async def test_what_is_set_aside_is_counted_at_every_stage_and_taken_up_again(
    office: Office, space: str, stage: Stage
) -> None:
    turns = [{"content": f"I work at harbour number {n}", "session_id": "s1"} for n in range(3)]
    await remember(office.client, space, *turns)
    while not (items := await office.owed(space, stage)):
        await office.run((await office.jobs(state="pending"))[0]["id"])
    await office.set_items_aside(space, stage, items)
    assert await office.set_aside(space) == len(items)

    await office.run_all()
    status = await office.status(space)
    assert (status["failed_jobs"], status["failed_items"]) == (0, len(items))
    assert status["pending_jobs"] == (stage is Stage.EXTRACT)
    assert status["unembedded"] == (len(items) if stage is Stage.EMBED else 0)

    await office.client.post(f"/v1/spaces/{space}/consolidate", json=OWED)
    await office.run_all()
    status = await office.status(space)
    open_ones = ("pending_jobs", "failed_jobs", "unembedded", "failed_items")
    assert [status[name] for name in open_ones] == [0, 0, 0, 0]
    assert [await office.owed(space, each) for each in Stage] == [()] * len(Stage)
    assert (status["episodes"], status["memories"]["semantic"]) == (3, 3)


async def test_no_pending_job_and_nothing_unembedded_means_that_all_is_processed(
    office: Office, space: str
) -> None:
    await remember(office.client, space, "I work at the harbour")
    await office.run((await office.job("embed"))["id"])
    await office.client.post(f"/v1/jobs/{(await office.job('extract'))['id']}/cancel")
    status = await office.status(space)
    assert (status["pending_jobs"], status["unembedded"]) == (1, 0)

    await office.client.post(f"/v1/spaces/{space}/consolidate", json={"jobs": ["extract"]})
    assert (await office.status(space))["pending_jobs"] == 1
    await office.drain()
    status = await office.status(space)
    assert (status["pending_jobs"], status["unembedded"]) == (0, 0)
    assert status["memories"]["semantic"] == 1


# What is counted, and what is kept.


async def test_the_queue_is_counted_by_name_and_state(office: Office, space: str) -> None:
    def seen(**labels: str) -> float | None:
        found: float | None = office.metrics.registry.get_sample_value("memory_queue_jobs", labels)
        return found

    await remember(office.client, space, "one")
    await remember(office.client, space, "two", consolidate=False)
    await asyncio.sleep(0.01)
    await observe_queue(office.service.parts.jobs, office.metrics)
    told = (await office.client.get("/metrics")).text
    assert 'memory_queue_jobs{name="embed",state="todo"} 2.0' in told
    assert seen(name="embed", state="todo") == 2
    assert seen(name="extract", state="todo") == 1
    age = office.metrics.registry.get_sample_value("memory_queue_oldest_seconds")
    assert age is not None
    assert 0 < age < 60


async def test_the_queue_keeps_nothing_of_jobs_that_are_done(start: Start, space: str) -> None:
    service = await start(limits=BY_JOB, worker=WorkerSettings(grace_s=1))
    client = (await service.tenant()).admin
    await remember(client, space, "I work at the harbour")
    await settle(client, space)

    async def is_empty() -> bool:
        queries = (
            "SELECT 1 FROM procrastinate_jobs WHERE scheduled_at IS NULL",
            "SELECT 1 FROM procrastinate_events e LEFT JOIN procrastinate_jobs j ON j.id = e.job_id"
            " WHERE j.scheduled_at IS NULL",
        )
        with psycopg.connect(service.parts.services.database.url) as connection:
            return not any(connection.execute(query).fetchall() for query in queries)

    await until(is_empty)


async def test_jobs_that_ended_are_kept_for_a_week_and_dead_letters_until_someone_acts(
    office: Office, space: str
) -> None:
    async def absent(texts: Sequence[str]) -> None:
        raise ModelNotFound("no such model")

    await remember(office.client, space, "one")
    dead, done = await office.job("embed"), await office.job("extract")
    await office.run(dead["id"], absent)
    await office.run(done["id"])

    async def ids_left_after(days: int) -> set[str]:
        await remember(office.client, space, f"day {days}", consolidate=False)
        later = replace(office.service.parts.jobs, clock=lambda: now() + timedelta(days=days))
        last = (await office.jobs())[-1]["id"]
        await run_job(later, office.metrics, office.tenant.id, UUID(last))
        return {job["id"] for job in await office.jobs()}

    assert {dead["id"], done["id"]} <= await ids_left_after(6)
    left = await ids_left_after(8)
    assert dead["id"] in left
    assert done["id"] not in left
