"""What was acknowledged survives any crash: stored once, processed once, nothing stuck."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.processes import (
    Service,
    kill_postmaster,
    listed,
    postgres_processes,
    remember,
    settled,
    until,
)

ROUNDS = 30
BATCH = 50
SPACE = "crash"
#: Rounds in which PostgreSQL's postmaster is killed too; in others the start itself is cut short.
SERVER_ROUNDS = frozenset({3, 9, 15, 21, 27})
START_ROUNDS = frozenset({6, 12, 18, 24})


class Writer(threading.Thread):
    """Writes batch after batch and repeats each until it is acknowledged."""

    def __init__(self, service: Service) -> None:
        super().__init__(name="writer", daemon=True)
        self._service = service
        self._done = threading.Event()
        self.acknowledged: list[str] = []
        self.batches = 0
        self.repeated = 0
        self.refused: list[str] = []

    def run(self) -> None:
        with self._service.client() as client:
            while not self._done.is_set():
                self._write(client, self.batches)
                self.batches += 1

    def finish(self) -> None:
        """Let the batch at hand be acknowledged, then stop."""
        self._done.set()
        self.join(20)
        assert not self.is_alive(), "the last batch was never acknowledged"

    def _write(self, client: httpx.Client, batch: int) -> None:
        body = {"episodes": episodes_of(batch)}
        # Both ways to repeat a request are promised to be safe.
        headers = {"Idempotency-Key": f"batch-{batch}"} if batch % 2 else {}
        while True:
            try:
                answer = client.post(f"/v1/spaces/{SPACE}/episodes", json=body, headers=headers)
            except httpx.TransportError:
                answer = None
            if answer is not None and answer.status_code == 201:
                self.acknowledged += [e["external_id"] for e in answer.json()["episodes"]]
                return
            if answer is not None and answer.status_code != 503:
                self.refused.append(answer.text)
            self.repeated += 1
            time.sleep(0.05)


def episodes_of(batch: int) -> list[dict[str, Any]]:
    """Chatter, and one statement that must become a fact."""
    chatter = [f"Hm, line {line} of page {batch}?" for line in range(BATCH - 1)]
    contents = [statement_of(batch), *chatter]
    return [
        {"content": content, "external_id": f"{batch}-{line}", "speaker": "Nora"}
        for line, content in enumerate(contents)
    ]


def statement_of(batch: int) -> str:
    return f"I bought a house in Village{batch}."


@pytest.mark.timeout(400)
@pytest.mark.parametrize("rounds", [ROUNDS])
def test_kill_during_bulk_remember(service: Callable[..., Service], rounds: int) -> None:
    """Nothing acknowledged is lost, doubled or stuck after `kill -9` in a loop."""
    chance = random.Random(20)  # noqa: S311 - moments, not secrets
    serve = service().start().wait_ready()
    writer = Writer(serve)
    writer.start()
    try:
        for number in range(rounds):
            crash(serve, number, chance)
            serve.start(port=serve.port).wait_ready()
    finally:
        writer.finish()
    assert writer.refused == []
    with serve.client() as client:
        check_episodes(client, writer)
        check_processed(client, writer)


def crash(serve: Service, number: int, chance: random.Random) -> None:
    """Kill at a moment nobody chose, now and then with the database or in mid-start."""
    time.sleep(chance.uniform(0.05, 0.4))
    if number in SERVER_ROUNDS and chance.random() < 0.5:
        kill_postmaster(serve.data_dir)
        time.sleep(chance.uniform(0, 0.2))
        serve.kill()
    elif number in SERVER_ROUNDS:
        serve.kill()
        kill_postmaster(serve.data_dir)
    else:
        serve.kill()
    if number in START_ROUNDS:
        serve.start(port=serve.port)
        time.sleep(chance.uniform(0.8, 2.0))
        serve.kill()


def check_episodes(client: httpx.Client, writer: Writer) -> None:
    status = settled(client, SPACE)
    assert status["failed_jobs"] == 0
    stored = Counter(cube["data"]["external_id"] for cube in listed(client, SPACE, type="episodic"))
    assert set(writer.acknowledged) == set(stored)
    assert set(stored.values()) == {1}
    assert status["episodes"] == len(stored) == writer.batches * BATCH


def check_processed(client: httpx.Client, writer: Writer) -> None:
    """Each batch's statement is one active fact that rests on one episode."""
    told = Counter(
        evidence["external_id"]
        for cube in listed(client, SPACE, type="semantic")
        for evidence in cube["provenance"]["evidence"]
        if "Village" in cube["content"]
    )
    assert told == {f"{batch}-0": 1 for batch in range(writer.batches)}


@pytest.mark.parametrize("moment", [0.4, 1.6, 2.0, 2.4, 2.8])
def test_killed_in_the_first_start(service: Callable[..., Service], moment: float) -> None:
    """A first start cut short, `initdb` included, leaves nothing that a second one trips over."""
    serve = service().start()
    time.sleep(moment)
    serve.kill_group()
    serve.start().wait_ready()
    with serve.client() as client:
        assert remember(client, "first", "The second start worked.")[0]["status"] == "stored"


def test_postmaster_killed_under_a_running_service(
    service: Callable[..., Service], data_dir: Path
) -> None:
    """The service starts its database again by itself and loses nothing it acknowledged."""
    serve = service().start().wait_ready()
    with serve.client() as client:
        remember(client, "kept", "Written before the server died.", external_id="before")
        kill_postmaster(data_dir)
        until(lambda: not serve_is_ready(serve), 10, "noticed")
        serve.wait_ready()
        remember(client, "kept", "Written after it came back.", external_id="after")
        settled(client, "kept")
        stored = {c["data"]["external_id"] for c in listed(client, "kept", type="episodic")}
    assert stored == {"before", "after"}
    serve.stop()
    until(lambda: not postgres_processes(data_dir), 10, "stopped")


def serve_is_ready(serve: Service) -> bool:
    answer = serve.get("/readyz")
    return answer is not None and answer.status_code == 200
