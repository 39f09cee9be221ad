"""What the gateway adds to a chat: straight to a stand-in for a model server, and through it.

python -m benchmarks gateway --requests 200
"""

from __future__ import annotations

import json
import os
import statistics
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from benchmarks import service, texts

SPACE = "gateway"
_CHUNKS = 20
_WARM = 20


class _ModelServer(BaseHTTPRequestHandler):
    """Answers every chat at once, so that what is measured is the way to it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """The models."""
        self._send("application/json", [json.dumps({"data": [{"id": "tiny"}]}).encode()])

    def do_POST(self) -> None:
        """A stream of a few words."""
        self.rfile.read(int(self.headers["Content-Length"]))
        chunks = [_chunk({"content": f"word{n} "}) for n in range(_CHUNKS)]
        self._send("text/event-stream", [*chunks, _chunk({}, "stop"), b"data: [DONE]\n\n"])

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""

    def _send(self, media: str, pieces: list[bytes]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", media)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")


def main() -> None:
    """Measure each way beside the direct one; what was remembered is digested before the next."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200, help="per way")
    parser.add_argument("--episodes", type=int, default=1000, help="in the space that is recalled")
    given = service.arguments(parser)
    with _model_server() as url:
        # The service that is started inherits them: it is measured as an operator would set it up.
        os.environ.update({"MEMORY_CHAT__URL": url, "MEMORY_CHAT__MODEL": "tiny"})  # noqa: TID251
        with service.running(given) as client, httpx.Client(base_url=url, timeout=60) as direct:
            _grow(client, given.episodes)
            measured = _measure(client, direct, given.requests)
    results = {"backend": given.backend, "requests": given.requests, "measured": measured}
    service.report("Gateway", _rows(measured), results, given.json)


def _measure(
    client: httpx.Client, direct: httpx.Client, requests: int
) -> dict[str, dict[str, dict[str, float]]]:
    straight = partial(_ask, direct, "/chat/completions")
    through = partial(_ask, client, "/v1/chat/completions")
    ways: dict[str, Callable[[int], tuple[float, float]]] = {
        "proxy": through,
        "recall": partial(through, recall=True, remember=False),
        "remember": partial(through, recall=False, remember=True),
    }
    measured = {}
    for way, ask in ways.items():
        spent = []
        for number in range(_WARM + requests):
            # By turns, so that the machine's moods hit both alike.
            spent.append((straight(number), ask(number)))
            if way == "remember":
                _rest(client)
        spent = spent[_WARM:]
        measured[way] = {
            name: _quantiles([took[way][end] for took in spent])
            for name, way, end in (
                ("direct_first_ms", 0, 0),
                ("first_ms", 1, 0),
                ("direct_whole_ms", 0, 1),
                ("whole_ms", 1, 1),
            )
        }
    return measured


def _ask(client: httpx.Client, path: str, number: int, **memory: bool) -> tuple[float, float]:
    """Milliseconds to the first word, and to the end."""
    body: dict[str, Any] = {
        "model": "tiny",
        "stream": True,
        "messages": [{"role": "user", "content": texts.question(number)}],
    }
    if memory:
        body["memory"] = {"space": SPACE, "session_id": f"s{number}", **memory}
    began, first = time.perf_counter(), 0.0
    with client.stream("POST", path, json=body) as answer:
        answer.raise_for_status()
        for piece in answer.iter_bytes():
            if not first and b"word" in piece:
                first = time.perf_counter() - began
    return first * 1000, (time.perf_counter() - began) * 1000


def _grow(client: httpx.Client, episodes: int) -> None:
    for batch in texts.batches(0, episodes, 1000):
        body = {"episodes": batch, "consolidate": False}
        client.post(f"/v1/spaces/{SPACE}/episodes", json=body).raise_for_status()
    _rest(client)


def _rest(client: httpx.Client) -> None:
    while any(service.status(client, SPACE)[owed] for owed in ("unembedded", "pending_jobs")):
        time.sleep(0.05)


def _chunk(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "created": 0, "model": "tiny", "choices": [choice]}
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _quantiles(values: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return {"p50": cuts[49], "p95": cuts[94]}


def _rows(measured: dict[str, dict[str, dict[str, float]]]) -> list[tuple[str, str]]:
    rows = [("way", "first word p50, p95 (direct) │ added, p50 │ whole answer p50, p95")]
    for way, figures in measured.items():
        first, direct, whole = figures["first_ms"], figures["direct_first_ms"], figures["whole_ms"]
        rows.append((
            way,
            f"{first['p50']:.1f}, {first['p95']:.1f} ({direct['p50']:.1f}, {direct['p95']:.1f}) ms "
            f"│ {first['p50'] - direct['p50']:.1f} ms │ {whole['p50']:.1f}, {whole['p95']:.1f} ms",
        ))  # fmt: skip
    return rows


@contextmanager
def _model_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _ModelServer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
