"""The processes of the product as an operator runs them, and the database server behind them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

COMMAND = str(Path(sys.executable).parent / "memory-service")
#: Quick to start and quick to take over from a process that died.
QUICK = {"MEMORY_EMBEDDING__BACKEND": "hash", "MEMORY_WORKER__STALLED_AFTER_S": "2"}
READY_S = 45.0


class Service:
    """A process of the product: `serve`, unless told otherwise. Its log is a file."""

    def __init__(self, data_dir: Path, log: Path, variables: Mapping[str, str] = {}) -> None:
        self.data_dir = data_dir
        self.log = log
        self.variables = {**QUICK, **variables}
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, command: str = "serve", *, port: int | None = None) -> Service:
        """Start the process; `wait_ready` waits for it."""
        if port is not None:
            self.port, self.url = port, f"http://127.0.0.1:{port}"
        address = ["--port", str(self.port)] if command == "serve" else []
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [COMMAND, command, *address, "--data-dir", str(self.data_dir)],
                env=environment(self.variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self.process is not None
        return self.process.pid

    @property
    def admin_key(self) -> str:
        """The key the first start wrote, or the one it was given."""
        given = self.variables.get("MEMORY_ADMIN_KEY")
        return given or (self.data_dir / "admin-key").read_text().strip()

    def wait_ready(self, timeout: float = READY_S) -> Service:
        """Return once /readyz says so; fail with the log where the process ends instead."""
        until(lambda: self._is_ready() or self._ended(), timeout, what=f"ready\n{self.said()}")
        assert not self._ended(), f"the process ended:\n{self.said()}"
        return self

    def kill(self) -> None:
        """SIGKILL: no chance to tidy up."""
        self._signal(signal.SIGKILL)

    def kill_group(self) -> None:
        """SIGKILL the process and whatever it has just started, `initdb` for instance."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop and wait; returns its exit status."""
        return self._signal(number)

    def wait_exit(self, timeout: float) -> int:
        """The exit status of a process that ends by itself."""
        assert self.process is not None
        return self.process.wait(timeout)

    def said(self) -> str:
        """All it wrote to its log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @contextmanager
    def client(self, key: str | None = None) -> Iterator[httpx.Client]:
        """A client with the admin key, or with this one."""
        headers = {"Authorization": f"Bearer {key or self.admin_key}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=30) as client:
            yield client

    def get(self, path: str) -> httpx.Response | None:
        """The answer without a key, None while nothing listens."""
        try:
            return httpx.get(f"{self.url}{path}", timeout=5)
        except httpx.TransportError:
            return None

    def _is_ready(self) -> bool:
        answer = self.get("/readyz")
        return answer is not None and answer.status_code == 200

    def _ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _signal(self, number: int) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(40)


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Ours without any setting of the machine it runs on, and with these."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MEMORY_")}
    return {**plain, **variables}


def run(
    *arguments: str, variables: Mapping[str, str] = {}, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a command of the product to its end."""
    return subprocess.run(
        [COMMAND, *arguments],
        env=environment({**QUICK, **variables}),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def until(done: Callable[[], Any], timeout: float, what: str = "") -> float:
    """Wait for something to become true; returns the seconds that took."""
    began = time.monotonic()
    while not done():
        waited = time.monotonic() - began
        assert waited < timeout, f"after {timeout:.0f} s still not {what or done}"
        time.sleep(0.02)
    return time.monotonic() - began


def settled(client: httpx.Client, space: str, timeout: float = 60) -> dict[str, Any]:
    """The status of a space once all that was written is processed."""
    status: dict[str, Any] = {}

    def is_settled() -> bool:
        nonlocal status
        answer = client.get(f"/v1/spaces/{space}/status")
        status = answer.raise_for_status().json()
        return not (status["pending_jobs"] or status["unembedded"])

    try:
        until(is_settled, timeout)
    except AssertionError:
        jobs = client.get("/v1/jobs", params={"space": space}).json()["items"]
        open_jobs = [job for job in jobs if job["state"] not in {"succeeded", "cancelled"}]
        raise AssertionError(f"stuck at {status} with {open_jobs}") from None
    return status


def listed(client: httpx.Client, space: str, **filters: str) -> Iterator[dict[str, Any]]:
    """Every memory of a space that a list gives out, page after page."""
    cursor: str | None = None
    while True:
        given = {**filters, "limit": "200"} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"/v1/spaces/{space}/memories", params=given).raise_for_status().json()
        yield from page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def remember(client: httpx.Client, space: str, *contents: str, **more: Any) -> list[dict[str, Any]]:
    """Remember messages; returns what became of each."""
    episodes = [{"content": content, "role": "user", **more} for content in contents]
    answer = client.post(f"/v1/spaces/{space}/episodes", json={"episodes": episodes})
    found: list[dict[str, Any]] = answer.raise_for_status().json()["episodes"]
    return found


def postgres_processes(data_dir: Path) -> list[psutil.Process]:
    """The server processes that live on the embedded cluster of a data directory."""
    folder = data_dir / "postgres"
    found = []
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] == "postgres" and Path(process.cwd()) == folder:
                found.append(process)
        except psutil.Error:
            continue  # it ended meanwhile
    return found


def postmaster(data_dir: Path) -> psutil.Process:
    """The first process of the embedded server."""
    pid_file = data_dir / "postgres" / "postmaster.pid"
    return psutil.Process(int(pid_file.read_text().splitlines()[0]))


def kill_postmaster(data_dir: Path) -> None:
    """SIGKILL the server's first process, as the kernel does when memory runs out."""
    os.kill(postmaster(data_dir).pid, signal.SIGKILL)


def free_port() -> int:
    """A TCP port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
