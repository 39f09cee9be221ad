"""The HTTP embedder against a real server on this machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from llm_backend.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    MalformedReply,
    ModelNotFound,
    RequestRefused,
)
from llm_backend.protocols import EmbeddingModel
from llm_backend.remote import HttpBackend


class Server(ThreadingHTTPServer):
    """Answers with the given statuses first, then with vectors that tell the texts apart."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.width = 3
        self.body: bytes | None = None
        self.hold = Event()
        self.hold.set()
        self.requests: list[dict[str, Any]] = []
        self.authorization: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request | {"path": self.path})
        self.server.authorization = self.headers["Authorization"]
        self.server.hold.wait(5)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        body = self.server.body or self._embeddings(request["input"])
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _embeddings(self, texts: list[str]) -> bytes:
        rows = [
            {"index": i, "embedding": [float(len(text)), 4.0] + [0.0] * (self.server.width - 2)}
            for i, text in enumerate(texts)
        ]
        return json.dumps({"object": "list", "data": rows[::-1]}).encode()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.hold.set()
        server.shutdown()
        thread.join()


def backend(url: str, timeout_s: float = 5) -> closing[HttpBackend]:
    model = EmbeddingModel(name="e5", dimensions=3)
    key = SecretStr("secret")
    return closing(HttpBackend(model=model, url=url, api_key=key, timeout_s=timeout_s))


def test_vectors_come_normalised_and_in_order(server: Server) -> None:
    with backend(server.url) as http:
        http.load()
        vectors = http.encode(["abc", ""])
    np.testing.assert_allclose(vectors, [[0.6, 0.8, 0], [0, 1, 0]], atol=1e-6)
    assert vectors.dtype == np.float32
    assert server.authorization == "Bearer secret"
    assert server.requests[1] == {
        "path": "/v1/embeddings",
        "model": "e5",
        "input": ["abc", ""],
        "encoding_format": "float",
    }


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_passing_error_is_tried_again(server: Server, status: int) -> None:
    server.statuses = [status]
    with backend(server.url) as http:
        assert http.encode(["a"]).shape == (1, 3)
    assert len(server.requests) == 2


def test_attempts_are_bounded(server: Server) -> None:
    server.statuses = [500] * 9
    with backend(server.url) as http, pytest.raises(BackendUnavailable, match="500"):
        http.encode(["a"])
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "error"), [(404, ModelNotFound), (401, ModelNotFound), (400, RequestRefused)]
)
def test_a_lasting_error_is_not(server: Server, status: int, error: type[BackendError]) -> None:
    server.statuses = [status]
    with backend(server.url) as http, pytest.raises(error):
        http.encode(["a"])
    assert len(server.requests) == 1


def test_other_dimensions_are_refused(server: Server) -> None:
    server.width = 4
    with backend(server.url) as http, pytest.raises(MalformedReply, match="3 numbers"):
        http.load()


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"data": []}',
        b'{"data": [{"index": 0, "embedding": [0, 0, 0]}]}',
        b'{"data": [{"index": 1, "embedding": [1, 0, 0]}]}',
    ],
)
def test_what_is_no_embedding_is_refused(server: Server, body: bytes) -> None:
    server.body = body
    with backend(server.url) as http, pytest.raises(MalformedReply):
        http.encode(["a"])


def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        with backend(url) as http, pytest.raises(BackendUnavailable, match="cannot be reached"):
            http.encode(["a"])


def test_a_server_that_does_not_answer(server: Server) -> None:
    server.hold.clear()
    with backend(server.url, timeout_s=0.2) as http, pytest.raises(BackendTimeout):
        http.encode(["a"])
    assert len(server.requests) == 1
