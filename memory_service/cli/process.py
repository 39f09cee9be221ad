"""A service process of a command's own: started on a free port, waited for, stopped cleanly."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from memory_service.cli.errors import CommandFailed

#: Loading the model from a cold disk may take a while.
_READY_S = 180.0
#: Longer than the service itself takes to return its jobs.
_STOP_S = 40.0
_COMMAND = (sys.executable, "-c", "from memory_service.cli import main; main()")


@contextmanager
def serving(data_dir: Path, *, port: int = 0) -> Iterator[str]:
    """The URL of a service that runs until the block ends; its log is in the data directory.

    It gets the port asked for if that is free, else any other.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    port = _free_port(port)
    log = data_dir / "demo.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the command is our own
            [*_COMMAND, "serve", "--port", str(port), "--data-dir", str(data_dir)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for us; we stop the service when we are done
        )
        # Asked to stop, we stop the service first.
        before = signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(url, process.poll, log)
            yield url
        finally:
            _stop(process)
            signal.signal(signal.SIGTERM, before)


def _wait(url: str, ended: Callable[[], int | None], log: Path) -> None:
    import httpx

    began = time.monotonic()
    while ended() is None:
        try:
            if httpx.get(f"{url}/readyz", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() - began > _READY_S:
            raise CommandFailed(f"the service was not ready after {_READY_S:.0f} s; see {log}")
        time.sleep(0.1)
    lines = log.read_text(errors="replace").splitlines() or ["it said nothing"]
    raise CommandFailed(f"the service did not start: {lines[-1].removeprefix('error: ')}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
