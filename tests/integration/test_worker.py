"""A worker that the queue takes for dead though it lives: all is done, once, and it goes on."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from httpx import AsyncClient

from memory_service.settings import Limits, WorkerSettings
from memory_service.telemetry import Metrics
from memory_service.worker import Worker, run_job
from tests.fixtures.database import Clone, Urls
from tests.fixtures.models import HookedEmbedder, HookedExtractor
from tests.fixtures.service import Service, Start, remember, settle, until, walk

SPACE = "asleep"
#: A worker is dead after so long, and looks four times as often.
STALLED_S = 1.2
QUICK = WorkerSettings(stalled_after_s=STALLED_S, grace_s=0.2)
#: A few looks, the pause before a worker begins anew, and what a busy machine adds.
SOON_S = 15.0


@dataclass(kw_only=True)
class Gate:
    """A hook that lets a test see what is asked of a model, and hold it up."""

    asked: list[str] = field(default_factory=list)
    at_work: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    #: Blocks the event loop for so long, once.
    blocks_s: float = 0.0

    async def __call__(self, texts: Sequence[str]) -> None:
        self.asked += texts
        self.at_work.set()
        blocks_s, self.blocks_s = self.blocks_s, 0.0
        time.sleep(blocks_s)  # noqa: ASYNC251 - that is what is tested
        await self.opened.wait()


@dataclass(kw_only=True)
class Shop:
    """A service without a worker, and workers beside it."""

    service: Service
    client: AsyncClient
    urls: Urls
    _open: AsyncExitStack

    async def worker(self, gate: Gate) -> Worker:
        """A worker whose extractor passes through a gate."""
        extractor: Any = HookedExtractor(gate)
        services = replace(self.service.parts.jobs, embedder=HookedEmbedder(), extractor=extractor)
        worker = Worker(services, QUICK, Metrics())
        worker.start()
        self._open.push_async_callback(worker.stop)
        await self.until_known(worker)
        return worker

    async def until_known(self, worker: Worker) -> None:
        """Wait until the worker works and the queue knows one."""

        async def is_known() -> bool:
            return worker.alive and bool(self.query("SELECT id FROM procrastinate_workers"))

        await until(is_known)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """What the superuser sees."""
        with psycopg.connect(self.urls.superuser) as connection:
            return connection.execute(statement).fetchall()

    def prune(self) -> int:
        """The queue forgets every worker, as another worker would make it."""
        return len(self.query("DELETE FROM procrastinate_workers RETURNING id"))

    async def processed(self, count: int) -> None:
        """All is done: each episode became its one fact, and the queue is empty."""
        status = await settle(self.client, SPACE)
        assert (status["episodes"], status["failed_items"]) == (count, 0)
        facts = await walk(self.client, f"/v1/spaces/{SPACE}/memories", type="semantic")
        told = Counter(e["episode_id"] for f in facts for e in f["provenance"]["evidence"])
        assert len(facts) == count
        assert set(told.values()) == {1}
        assert [fact["usage"]["confirmations"] for fact in facts] == [0] * count
        jobs = await walk(self.client, "/v1/jobs", space=SPACE)
        assert {job["state"] for job in jobs} - {"scheduled"} == {"succeeded"}

        async def is_empty() -> bool:
            return not self.query(
                "SELECT id FROM procrastinate_jobs WHERE queue_name <> 'schedule'"
            )

        await until(is_empty)


@pytest.fixture
async def shop(start: Start, clone: Clone) -> AsyncIterator[Shop]:
    urls = clone()
    service = await start(urls=urls, limits=Limits(embed_before_answer=0))
    async with AsyncExitStack() as opened:
        client = (await service.tenant()).admin
        yield Shop(service=service, client=client, urls=urls, _open=opened)


def lines(first: int, last: int) -> list[str]:
    """Statements that become a fact each."""
    return [f"I work at harbour number {number}." for number in range(first, last)]


async def soon(done: Awaitable[None]) -> None:
    """It is over within a few looks of a worker."""
    await asyncio.wait_for(done, SOON_S)


@pytest.mark.parametrize("worked", [False, True], ids=["never worked", "worked before"])
async def test_a_worker_that_is_forgotten_while_idle_goes_on(shop: Shop, worked: bool) -> None:
    gate = Gate()
    gate.opened.set()
    worker = await shop.worker(gate)
    if worked:
        await remember(shop.client, SPACE, *lines(0, 3))
        await shop.processed(3)
    assert shop.prune() == 1
    await remember(shop.client, SPACE, *lines(3, 6))
    await soon(shop.processed(6 if worked else 3))
    assert Counter(gate.asked) == Counter(lines(0 if worked else 3, 6))
    await shop.until_known(worker)


async def test_an_idle_worker_that_is_forgotten_begins_anew_before_there_is_work(
    shop: Shop,
) -> None:
    worker = await shop.worker(Gate())
    [(before,)] = shop.query("SELECT id FROM procrastinate_workers")
    shop.prune()
    await soon(shop.until_known(worker))
    [(after,)] = shop.query("SELECT id FROM procrastinate_workers")
    assert after != before
    await asyncio.sleep(STALLED_S)
    assert shop.query("SELECT id FROM procrastinate_workers") == [(after,)]


async def test_a_worker_that_is_forgotten_with_a_job_at_hand_does_it_yet(shop: Shop) -> None:
    gate = Gate()
    worker = await shop.worker(gate)
    await remember(shop.client, SPACE, *lines(0, 3))
    await asyncio.wait_for(gate.at_work.wait(), SOON_S)
    shop.prune()
    await remember(shop.client, SPACE, *lines(3, 5))
    await asyncio.sleep(STALLED_S)
    gate.opened.set()
    await soon(shop.processed(5))
    await shop.until_known(worker)


async def test_jobs_whose_end_the_queue_was_not_told_are_delivered_again(shop: Shop) -> None:
    """It takes them for at hand, and keeps back all others of their lock."""
    await remember(shop.client, SPACE, *lines(0, 3))
    [(gone,)] = shop.query(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 h')"
        " RETURNING id"
    )
    shop.query(f"UPDATE procrastinate_jobs SET status = 'doing', worker_id = {gone} RETURNING id")
    gate = Gate()
    gate.opened.set()
    await shop.worker(gate)
    await remember(shop.client, SPACE, *lines(3, 5))
    await asyncio.sleep(STALLED_S)
    assert gate.asked == []
    shop.query(
        f"UPDATE procrastinate_jobs SET worker_id = (SELECT max(id) FROM procrastinate_workers)"
        f" WHERE worker_id = {gone} RETURNING id"
    )
    await soon(shop.processed(5))
    assert Counter(gate.asked) == Counter(lines(0, 5))


async def test_two_that_have_the_same_job_do_it_once(shop: Shop) -> None:
    """The second takes it over while the first, forgotten, has it at hand and gives it back."""
    first, second = Gate(), Gate()
    await shop.worker(first)
    await remember(shop.client, SPACE, *lines(0, 3))
    await asyncio.wait_for(first.at_work.wait(), SOON_S)
    await shop.worker(second)
    shop.prune()
    await asyncio.wait_for(second.at_work.wait(), SOON_S)
    await remember(shop.client, SPACE, *lines(3, 5))
    await asyncio.sleep(STALLED_S)
    second.opened.set()
    first.opened.set()
    await soon(shop.processed(5))


async def test_a_job_given_back_by_one_and_ended_by_another_is_delivered_again(
    shop: Shop,
) -> None:
    first, second = Gate(), Gate()
    await remember(shop.client, SPACE, *lines(0, 2))
    [job] = [j for j in await walk(shop.client, "/v1/jobs") if j["name"] == "extract"]
    path = f"/v1/jobs/{job['id']}"
    [(tenant,)] = shop.query("SELECT tenant_id FROM jobs LIMIT 1")

    def deliver(gate: Gate) -> asyncio.Task[None]:
        extractor: Any = HookedExtractor(gate)
        services = replace(shop.service.parts.jobs, extractor=extractor)
        return asyncio.create_task(run_job(services, Metrics(), tenant, UUID(job["id"])))

    deliveries = [deliver(first), deliver(second)]
    await asyncio.gather(first.at_work.wait(), second.at_work.wait())
    deliveries[0].cancel()
    await asyncio.wait(deliveries[:1])
    assert (await shop.client.get(path)).json()["state"] == "pending"
    second.opened.set()
    with pytest.raises(Exception, match="again in 0:00:00"):
        await deliveries[1]
    assert (await shop.client.get(path)).json()["state"] == "pending"
    await deliver(second)
    assert (await shop.client.get(path)).json()["state"] == "succeeded"


async def test_a_loop_that_was_blocked_takes_nothing_over_from_itself(shop: Shop) -> None:
    gate = Gate(blocks_s=3 * STALLED_S)
    gate.opened.set()
    worker = await shop.worker(gate)
    await remember(shop.client, SPACE, *lines(0, 3))
    await shop.processed(3)
    assert Counter(gate.asked) == Counter(lines(0, 3))
    await remember(shop.client, SPACE, *lines(3, 6))
    await soon(shop.processed(6))
    await shop.until_known(worker)


async def test_a_loop_that_is_blocked_with_many_jobs_at_hand_ends_them_all(shop: Shop) -> None:
    gate = Gate(blocks_s=3 * STALLED_S)
    gate.opened.set()
    await shop.worker(gate)
    for number in range(6):
        await remember(shop.client, SPACE, *lines(3 * number, 3 * number + 3))
    await soon(shop.processed(18))
    assert Counter(gate.asked) == Counter(lines(0, 18))
