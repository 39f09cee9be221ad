"""The HTTP cross-encoder against a real server on this machine."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from llm_backend.cross_encoder_http import HttpCrossEncoder
from llm_backend.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    MalformedReply,
    ModelNotFound,
    RequestRefused,
)


class Server(ThreadingHTTPServer):
    """Answers with the given statuses first, then with a score that is the length over 10."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.body: bytes | None = None
        self.hold = Event()
        self.hold.set()
        self.requests: list[dict[str, Any]] = []
        self.authorization: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request | {"path": self.path})
        self.server.authorization = self.headers["Authorization"]
        self.server.hold.wait(5)
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        body = self.server.body or self._scores(request)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _scores(self, request: dict[str, Any]) -> bytes:
        """As vLLM 0.32 answers; the best comes first from /rerank."""
        if self.path == "/rerank":
            rows = [
                {"index": i, "document": {"text": text}, "relevance_score": len(text) / 10}
                for i, text in enumerate(request["documents"])
            ]
            ordered = sorted(rows, key=lambda row: -row["relevance_score"])
            return json.dumps({"id": "rerank-1", "model": "m", "results": ordered}).encode()
        rows = [
            {"index": i, "object": "score", "score": len(text) / 10}
            for i, text in enumerate(request["text_2"])
        ]
        return json.dumps({"id": "score-1", "object": "list", "data": rows[::-1]}).encode()

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


@asynccontextmanager
async def encoder(
    url: str, timeout_s: float = 5, first_retry_s: float = 0.2
) -> AsyncIterator[HttpCrossEncoder]:
    made = HttpCrossEncoder(
        model="m",
        url=url,
        api_key=SecretStr("secret"),
        timeout_s=timeout_s,
        first_retry_s=first_retry_s,
    )
    made.start()
    yield made
    await made.close()


async def test_scores_come_in_the_order_of_the_texts(server: Server) -> None:
    async with encoder(f"{server.url}/score") as http:
        scores = await http.score("who?", ["abc", "", "abcdefghij"])
    np.testing.assert_allclose(scores, [0.3, 0, 1])
    assert scores.dtype == np.float64
    assert server.authorization == "Bearer secret"
    assert server.requests == [
        {
            "path": "/score",
            "model": "m",
            "text_1": "who?",
            "text_2": ["abc", "", "abcdefghij"],
            "truncate_prompt_tokens": -1,
        }
    ]


async def test_a_reranking_server_sorts_and_we_sort_back(server: Server) -> None:
    async with encoder(f"{server.url}/rerank") as http:
        scores = await http.score("who?", ["abc", "", "abcdefghij"])
    np.testing.assert_allclose(scores, [0.3, 0, 1])
    assert server.requests == [
        {
            "path": "/rerank",
            "model": "m",
            "query": "who?",
            "documents": ["abc", "", "abcdefghij"],
            "top_n": 3,
        }
    ]


async def test_nothing_is_asked_about_nothing(server: Server) -> None:
    async with encoder(f"{server.url}/score") as http:
        assert (await http.score("who?", [])).shape == (0,)
    assert server.requests == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_passing_error_is_tried_once_more(server: Server, status: int) -> None:
    server.statuses = [status]
    async with encoder(f"{server.url}/score") as http:
        assert (await http.score("who?", ["a"])).shape == (1,)
        assert http.failure is None
    assert len(server.requests) == 2


async def test_after_a_failure_the_server_is_left_alone_for_a_while(server: Server) -> None:
    server.statuses = [500] * 2
    async with encoder(f"{server.url}/score") as http:
        with pytest.raises(BackendUnavailable, match="500"):
            await http.score("who?", ["a"])
        assert not http.ready
        with pytest.raises(BackendUnavailable, match=r"not asked for a while, because .*500"):
            await http.score("who?", ["a"])
        assert len(server.requests) == 2
        await asyncio.sleep(0.25)
        assert http.ready
        assert isinstance(http.failure, BackendUnavailable)
        await http.score("who?", ["a"])
        assert http.failure is None


@pytest.mark.parametrize(
    ("status", "error"), [(404, ModelNotFound), (401, ModelNotFound), (400, RequestRefused)]
)
async def test_a_lasting_error_is_not_tried_again(
    server: Server, status: int, error: type[BackendError]
) -> None:
    server.statuses = [status]
    async with encoder(f"{server.url}/score") as http:
        with pytest.raises(error):
            await http.score("who?", ["a"])
        assert http.ready is (error is RequestRefused), "other texts may be taken"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b'{"data": []}',
        b'{"data": [{"index": 1, "score": 0.5}]}',
        b'{"data": [{"index": 0, "score": 0.5}, {"index": 0, "score": 0.5}]}',
        b'{"data": [{"index": 0, "score": 4.2}]}',
        b'{"data": [{"index": 0, "score": -0.2}]}',
        b'{"data": [{"index": 0, "score": null}]}',
        b'{"results": [{"index": 0, "relevance_score": 0.5}]}',
        b" " * (4 * 1024 * 1024 + 1),
    ],
    ids=lambda body: body[:40].decode(),
)
async def test_what_is_no_score_is_refused(server: Server, body: bytes) -> None:
    server.body = body
    async with encoder(f"{server.url}/score") as http:
        with pytest.raises(MalformedReply):
            await http.score("who?", ["a"])


async def test_a_score_may_be_off_by_rounding(server: Server) -> None:
    server.body = b'{"data": [{"index": 0, "score": 1.0000001}]}'
    async with encoder(f"{server.url}/score") as http:
        assert await http.score("who?", ["a"]) == 1


async def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        async with encoder(f"http://127.0.0.1:{free.getsockname()[1]}/score") as http:
            with pytest.raises(BackendUnavailable, match="cannot be reached"):
                await http.score("who?", ["a"])


async def test_a_server_that_does_not_answer(server: Server) -> None:
    server.hold.clear()
    async with encoder(f"{server.url}/score", timeout_s=0.2) as http:
        with pytest.raises(BackendTimeout):
            await http.score("who?", ["a"])
        assert isinstance(http.failure, BackendTimeout)
    assert len(server.requests) == 1
