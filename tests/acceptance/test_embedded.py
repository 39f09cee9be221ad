"""The embedded PostgreSQL: first start, several processes on one directory, every way to stop."""

from __future__ import annotations

import json
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.processes import (
    Service,
    listed,
    postgres_processes,
    remember,
    run,
    settled,
    until,
)

Start = Callable[..., Service]


def stopped(data_dir: Path) -> bool:
    return not postgres_processes(data_dir)


def works(serve: Service, space: str, key: str | None = None) -> None:
    """A write through this process is found through this process."""
    with serve.client(key) as client:
        remember(client, space, "The harbour lights went out at nine.")
        answer = client.post(f"/v1/spaces/{space}/recall", json={"query": "harbour lights"})
        assert answer.raise_for_status().json()["hits"]


def test_first_start_writes_the_admin_key(service: Start, data_dir: Path) -> None:
    """Readable by its owner alone, announced once, the same after a restart."""
    serve = service().start().wait_ready()
    path = data_dir / "admin-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert str(path) in serve.said()
    assert serve.admin_key not in serve.said()
    key = serve.admin_key
    works(serve, "first")
    assert serve.stop() in {0, 128 + signal.SIGTERM, -signal.SIGTERM}
    until(lambda: stopped(data_dir), 10, "stopped")
    works(serve.start().wait_ready(), "first", key)
    assert serve.said().count(str(path)) == 1


def test_given_admin_key(service: Start, data_dir: Path) -> None:
    """MEMORY_ADMIN_KEY is the key; nothing is written anywhere."""
    given = "ms_chosen-by-the-operator-0123456789"
    serve = service(MEMORY_ADMIN_KEY=given).start().wait_ready()
    works(serve, "given", given)
    assert not (data_dir / "admin-key").exists()
    assert given not in serve.said()


@pytest.mark.parametrize("first_to_leave", [0, 1])
def test_two_processes_on_one_directory(
    service: Start, data_dir: Path, first_to_leave: int
) -> None:
    """The second joins the first; either may leave first, the last one stops the server."""
    both = [service().start().wait_ready(), service().start().wait_ready()]
    for one in both:
        works(one, "shared")
    leaves, stays = both[first_to_leave], both[1 - first_to_leave]
    leaves.stop()
    works(stays, "shared")
    stays.stop()
    until(lambda: stopped(data_dir), 10, "stopped")


def test_two_processes_start_at_once(service: Start, data_dir: Path) -> None:
    """On a directory that does not exist yet."""
    both = [service().start(), service().start()]
    for one in both:
        one.wait_ready()
        works(one, "shared")
    for one in both:
        one.stop(signal.SIGINT)
    until(lambda: stopped(data_dir), 10, "stopped")


def test_clean_stop_after_a_kill(service: Start, data_dir: Path) -> None:
    """A killed process leaves the server running; whoever comes next still stops it."""
    serve = service().start().wait_ready()
    serve.kill()
    assert not stopped(data_dir)
    works(serve.start().wait_ready(), "again")
    serve.stop()
    until(lambda: stopped(data_dir), 10, "stopped")


@pytest.mark.parametrize("moment", [1.0, 1.8, 2.6])
def test_stopped_while_it_starts(service: Start, data_dir: Path, moment: float) -> None:
    """A stop in mid-start leaves no server behind, and the next start works."""
    serve = service().start()
    time.sleep(moment)
    serve.stop()
    until(lambda: stopped(data_dir), 10, "stopped")
    works(serve.start().wait_ready(), "later")


def test_keys_while_the_service_runs(service: Start, data_dir: Path) -> None:
    """`keys create`, `list` and `revoke` join the running server and leave it running."""
    serve = service().start().wait_ready()
    where = ("--data-dir", str(data_dir), "--json")
    made = run("keys", "create", "--name", "robot", "--role", "writer", *where)
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)
    works(serve, "robots", key["key"])
    shown = run("keys", "list", *where)
    assert {"robot", "admin"} <= {one["name"] for one in json.loads(shown.stdout)}
    assert key["key"] not in shown.stdout
    revoked = run("keys", "revoke", key["id"], "--data-dir", str(data_dir))
    assert revoked.returncode == 0, revoked.stderr
    with serve.client(key["key"]) as client:
        until(lambda: client.get("/v1/spaces").status_code == 401, 8, "revoked")
    works(serve, "robots")


def test_worker_beside_serve(service: Start, data_dir: Path) -> None:
    """With the worker of `serve` turned off, jobs wait until `worker` runs."""
    serve = service(MEMORY_WORKER__ENABLED="false").start().wait_ready()
    with serve.client() as client:
        remember(client, "split", *(f"I planted tree number {n}." for n in range(40)))
        time.sleep(1.5)
        waiting = client.get("/v1/spaces/split/status").json()
        # To embed, to extract, and the blocks, which twenty new ones call for.
        assert waiting["pending_jobs"] == 3
        assert waiting["unembedded"] == 40
        worker = service().start("worker")
        status = settled(client, "split", 20)
    assert status["failed_jobs"] == 0
    assert status["memories"]["semantic"] > 0
    worker.stop()
    works(serve, "split")
    serve.stop()
    until(lambda: stopped(data_dir), 10, "stopped")


@pytest.mark.parametrize("grace_s", ["0", "10"])
def test_stop_during_a_job(service: Start, data_dir: Path, grace_s: str) -> None:
    """The job is finished, or given back and finished after the restart; nothing is stuck."""
    serve = service(MEMORY_WORKER__GRACE_S=grace_s).start().wait_ready()
    with serve.client() as client:
        for batch in range(3):
            lines = [f"Line {n} of leaf {batch} speaks of rain." for n in range(1000)]
            remember(client, "busy", *lines)
        running = {"params": {"space": "busy", "state": "running"}}
        until(lambda: client.get("/v1/jobs", **running).json()["items"], 10, "running")
    began = time.monotonic()
    serve.stop()
    assert time.monotonic() - began < float(grace_s) + 8
    until(lambda: stopped(data_dir), 10, "stopped")
    serve.start().wait_ready()
    with serve.client() as client:
        status = settled(client, "busy", timeout=300)
        assert status["failed_jobs"] == 0
        assert status["episodes"] == 3000
        assert sum(1 for _ in listed(client, "busy", type="episodic")) == 3000


def test_port_in_use(service: Start, folder: Path) -> None:
    """One line says so, and the server that was started for it is stopped."""
    serve = service().start().wait_ready()
    other = folder / "other"
    second = run("serve", "--port", str(serve.port), "--data-dir", str(other))
    assert second.returncode != 0
    assert "Traceback" not in second.stderr
    assert "address already in use" in second.stderr
    until(lambda: stopped(other), 10, "stopped")
