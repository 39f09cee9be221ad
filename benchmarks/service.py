"""The service under measurement: one that runs already, or one of our own in a temporary folder."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx


def arguments(parser: ArgumentParser) -> Namespace:
    """What every benchmark takes, and what this one adds."""
    parser.add_argument("--url", help="a running service; otherwise one is started")
    parser.add_argument("--key", help="its API key")
    parser.add_argument("--json", type=Path, help="write the results there, too")
    parser.add_argument(
        "--backend", default="local", choices=["local", "hash"],
        help="embedding backend of a service we start: the packaged model, or the stand-in",
    )  # fmt: skip
    found = parser.parse_args()
    if found.url and not found.key:
        parser.error("--url needs --key")
    return found


@contextmanager
def running(given: Namespace) -> Iterator[httpx.Client]:
    """A client of the service to measure."""
    if given.url:
        with _client(given.url, given.key) as client:
            yield client
        return
    with started(given.backend) as (client, _):
        yield client


@contextmanager
def started(backend: str) -> Iterator[tuple[httpx.Client, Path]]:
    """A client of a service of our own, and the folder of its data."""
    with _started(backend) as (url, key, data), _client(url, key) as client:
        yield client, data


def status(client: httpx.Client, space: str) -> dict[str, Any]:
    """What the space holds and what is still to be done."""
    found: dict[str, Any] = client.get(f"/v1/spaces/{space}/status").raise_for_status().json()
    return found


def machine() -> dict[str, Any]:
    """Where this is measured, and how busy it is."""
    return {
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load": [round(load, 2) for load in os.getloadavg()],
        "python": sys.version.split()[0],
        "platform": sys.platform,
    }


def report(
    title: str, rows: list[tuple[str, str]], results: dict[str, Any], path: Path | None
) -> None:
    """A table for people, and JSON if asked for."""
    where = machine()
    load = where["load"][0]
    print(f"\n{title} ({where['cores']} cores, load {load} at the end)")
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"  {name:<{width}}  {value}")
    if path is not None:
        path.write_text(json.dumps({"machine": where, **results}, indent=2) + "\n")


def _client(url: str, key: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=120)


@contextmanager
def _started(backend: str) -> Iterator[tuple[str, str, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="memory-bench-"))
    folder.chmod(0o755)  # the embedded server has a user of its own
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = Path(sys.executable).parent / "memory-service"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [command, "serve", "--port", str(port), "--data-dir", str(folder / "data")],
            env={**os.environ, "MEMORY_EMBEDDING__BACKEND": backend},  # noqa: TID251
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(process, url, folder / "log")
        data = folder / "data"
        yield url, (data / "admin-key").read_text().strip(), data
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    for _ in range(1200):
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if process.poll() is not None:
            sys.exit(f"the service ended:\n{log.read_text()}")
        time.sleep(0.1)
    sys.exit(f"the service did not become ready:\n{log.read_text()}")
