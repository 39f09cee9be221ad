"""A process that sleeps longer than the others wait for it: all is processed, once, by whomever."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.acceptance.processes import Service, listed, remember, settled, until

Start = Callable[..., Service]
SPACE = "sleep"
BATCHES, BATCH = 12, 50
#: As set for every process here; a sleep is a good deal longer.
STALLED_S = 2.0
SLEEP_S = 3 * STALLED_S


def write(client: httpx.Client, first: int, last: int) -> None:
    """Batches of chatter, each with one statement that must become a fact."""
    for batch in range(first, last):
        chatter = [f"Hm, line {line} of page {batch}?" for line in range(BATCH - 1)]
        remember(client, SPACE, statement_of(batch), *chatter, speaker="Nora")


def statement_of(batch: int) -> str:
    return f"I work at harbour number {batch}."


def check(client: httpx.Client, batches: int) -> None:
    """Every episode is there once, every statement is one fact that rests on one episode."""
    status = settled(client, SPACE)
    assert (status["episodes"], status["failed_jobs"], status["failed_items"]) == (
        batches * BATCH, 0, 0,
    )  # fmt: skip
    episodes = Counter(e["content"] for e in listed(client, SPACE, kind="message"))
    assert set(episodes.values()) == {1}
    facts = [f for f in listed(client, SPACE, type="semantic") if "harbour" in f["content"]]
    quoted = Counter(e["quote"] for f in facts for e in f["provenance"]["evidence"])
    assert len(facts) == batches
    assert set(quoted.values()) == {1}
    assert {f["usage"]["confirmations"] for f in facts} == {0}


def workers(data_dir: Path) -> list[int]:
    """The workers that the queue knows."""
    with superuser(data_dir) as connection:
        rows = connection.execute("SELECT id FROM procrastinate_workers ORDER BY id").fetchall()
    return [row[0] for row in rows]


def superuser(data_dir: Path) -> psycopg.Connection[tuple[Any, ...]]:
    socket = str(data_dir / "postgres")
    return psycopg.connect(host=socket, user="postgres", dbname="memory", autocommit=True)


def sleep(process: Service) -> None:
    """Stop the process as a lid that closes does, and let it go on later."""
    os.kill(process.pid, signal.SIGSTOP)
    try:
        time.sleep(SLEEP_S)
    finally:
        os.kill(process.pid, signal.SIGCONT)


@pytest.mark.timeout(180)
def test_a_service_that_sleeps_beside_a_worker(service: Start, data_dir: Path) -> None:
    """Asleep in the midst of its jobs, it finds them done by the worker, and works on with it."""
    serve = service().start().wait_ready()
    beside = service().start("worker")
    until(lambda: len(workers(data_dir)) == 2, 45, "two workers")
    with serve.client() as client:
        write(client, 0, BATCHES)
        sleep(serve)
        serve.wait_ready()
        write(client, BATCHES, BATCHES + 3)
        check(client, BATCHES + 3)
        until(lambda: len(workers(data_dir)) == 2, 30, "both known again")
        assert beside.stop() == 0
        until(lambda: len(workers(data_dir)) == 1, 30, "one left")
        write(client, BATCHES + 3, BATCHES + 5)
        check(client, BATCHES + 5)


@pytest.mark.timeout(180)
def test_a_worker_that_sleeps_while_others_write(service: Start, data_dir: Path) -> None:
    """What it had at hand is taken over, and it goes on when it wakes."""
    serve = service(MEMORY_WORKER__ENABLED="false").start().wait_ready()
    sleeper, awake = service().start("worker"), service().start("worker")
    until(lambda: len(workers(data_dir)) == 2, 45, "two workers")
    with serve.client() as client:
        sleeping = threading.Thread(target=sleep, args=(sleeper,))
        sleeping.start()
        write(client, 0, BATCHES)
        check(client, BATCHES)
        sleeping.join()
        until(lambda: len(workers(data_dir)) == 2, 30, "both known again")
        assert awake.stop() == 0
        write(client, BATCHES, BATCHES + 3)
        check(client, BATCHES + 3)


@pytest.mark.timeout(120)
def test_a_service_that_sleeps_alone(service: Start, data_dir: Path) -> None:
    """Nobody took its jobs; it goes on with them itself."""
    serve = service().start().wait_ready()
    with serve.client() as client:
        write(client, 0, BATCHES)
        sleep(serve)
        serve.wait_ready()
        check(client, BATCHES)
    assert len(workers(data_dir)) == 1
