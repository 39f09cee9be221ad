"""The HTTP chat model against a real server on this machine."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

import pytest
from pydantic import SecretStr

from llm_backend.chat import ChatModel, Completion, Message
from llm_backend.chat_http import HttpChatModel
from llm_backend.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    MalformedReply,
    ModelNotFound,
    RequestRefused,
)

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
ASKED = (Message(role="system", content="Count."), Message(role="user", content="one"))


class Server(ThreadingHTTPServer):
    """Answers with the given statuses first, then with a completion."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.retry_after: str | None = None
        self.knows_schemas = True
        self.longest_prompt = 1000
        self.body: bytes | None = None
        self.hold = Event()
        self.hold.set()
        self.requests: list[dict[str, Any]] = []
        self.authorization: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/"

    @property
    def formats(self) -> list[str | None]:
        return [r.get("response_format", {}).get("type") for r in self.requests]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append(request | {"path": self.path})
        self.server.authorization = self.headers["Authorization"]
        self.server.hold.wait(5)
        body = self.server.body or reply()
        self.send_response(self._status(request))
        if self.server.retry_after is not None:
            self.send_header("Retry-After", self.server.retry_after)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _status(self, request: dict[str, Any]) -> int:
        if self.server.statuses:
            return self.server.statuses.pop(0)
        told = request.get("response_format", {}).get("type")
        if told == "json_schema" and not self.server.knows_schemas:
            return 400
        length = sum(len(message["content"]) for message in request["messages"])
        return 400 if length > self.server.longest_prompt else 200

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def reply(**message: Any) -> bytes:
    """As vLLM answers."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": '{"n": 1}', "tool_calls": []} | message,
        "finish_reason": message.pop("finish_reason", "stop"),
    }
    usage = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}
    return json.dumps({"id": "chat-1", "choices": [choice], "usage": usage}).encode()


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
async def model(
    url: str, timeout_s: float = 5, first_rest_s: float = 0.2
) -> AsyncIterator[HttpChatModel]:
    made = HttpChatModel(
        model="m",
        url=url,
        api_key=SecretStr("secret"),
        timeout_s=timeout_s,
        first_pause_s=0.01,
        first_rest_s=first_rest_s,
    )
    yield made
    await made.close()


async def ask(http: ChatModel, text: str = "one", *, schema: bool = True) -> Completion:
    asked = (ASKED[0], Message(role="user", content=text))
    return await http.complete(asked, schema=SCHEMA if schema else None, max_tokens=50)


async def test_what_is_asked_and_answered(server: Server) -> None:
    async with model(server.url) as http:
        completion = await ask(http)
    assert completion == Completion(
        text='{"n": 1}', finish_reason="stop", prompt_tokens=12, completion_tokens=5
    )
    assert server.authorization == "Bearer secret"
    assert server.requests == [
        {
            "path": "/v1/chat/completions",
            "model": "m",
            "messages": [
                {"role": "system", "content": "Count."},
                {"role": "user", "content": "one"},
            ],
            "max_tokens": 50,
            "temperature": 0,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA},
            },
        }
    ]


async def test_without_a_schema_the_answer_is_free(server: Server) -> None:
    async with model(server.url) as http:
        await ask(http, schema=False)
    assert server.formats == [None]


async def test_a_server_without_schemas_is_asked_for_json_and_remembered(server: Server) -> None:
    server.knows_schemas = False
    async with model(server.url) as http:
        assert (await ask(http)).text == '{"n": 1}'
        await ask(http)
    assert server.formats == ["json_schema", "json_object", "json_object"]
    told = server.requests[1]["messages"][-1]["content"]
    assert told.startswith("one\n")
    assert json.dumps(SCHEMA) in told


async def test_a_question_that_is_refused_says_nothing_about_schemas(server: Server) -> None:
    async with model(server.url) as http:
        with pytest.raises(RequestRefused, match="400"):
            await ask(http, "one " * 500)
        await ask(http)
    assert server.formats == ["json_schema", "json_object", "json_schema"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_passing_error_is_tried_again(server: Server, status: int) -> None:
    server.statuses = [status, status]
    async with model(server.url) as http:
        assert (await ask(http)).text == '{"n": 1}'
        assert http.failure is None
    assert len(server.requests) == 3


async def test_the_server_says_when_to_come_back(server: Server) -> None:
    server.statuses, server.retry_after = [429], "1"
    async with model(server.url) as http:
        started = time.monotonic()
        await ask(http)
    assert time.monotonic() - started >= 1


async def test_attempts_are_bounded_and_then_the_server_is_left_alone(server: Server) -> None:
    server.statuses = [503] * 3
    async with model(server.url) as http:
        with pytest.raises(BackendUnavailable, match="503"):
            await ask(http)
        with pytest.raises(BackendUnavailable, match="not asked for a while"):
            await ask(http)
        assert not http.ready
        assert len(server.requests) == 3
        await _until_ready(http)
        await ask(http)
        assert http.failure is None


async def _until_ready(http: HttpChatModel) -> None:
    deadline = time.monotonic() + 5
    while not http.ready:
        assert time.monotonic() < deadline
        time.sleep(0.01)  # noqa: ASYNC251 - nothing else runs meanwhile


@pytest.mark.parametrize(
    ("status", "error", "rests"),
    [
        (404, ModelNotFound, True),
        (401, ModelNotFound, True),
        (403, ModelNotFound, True),
        (413, RequestRefused, False),
    ],
)
async def test_a_lasting_error_is_not_tried_again(
    server: Server, status: int, error: type[BackendError], rests: object
) -> None:
    server.statuses = [status]
    async with model(server.url) as http:
        with pytest.raises(error, match=str(status)):
            await ask(http)
        assert http.ready is not rests
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"<html>", MalformedReply),
        (b"", MalformedReply),
        (b"{}", MalformedReply),
        (b'{"choices": []}', MalformedReply),
        (b'{"choices": [{"message": {"content": 7}}]}', MalformedReply),
        (reply(content=None), MalformedReply),
        (reply(content=None, refusal="I can't help with that."), RequestRefused),
        (reply(content="", finish_reason="content_filter"), RequestRefused),
        (b'{"choices": "' + b"x" * 5_000_000 + b'"}', MalformedReply),
    ],
)
async def test_what_is_no_completion(
    server: Server, body: bytes, error: type[BackendError]
) -> None:
    server.body = body or b" "
    async with model(server.url) as http:
        with pytest.raises(error):
            await ask(http)
        assert http.ready


async def test_why_it_ended_is_told(server: Server) -> None:
    server.body = reply(content='{"n":', finish_reason="length")
    async with model(server.url) as http:
        completion = await ask(http)
    assert (completion.text, completion.finish_reason) == ('{"n":', "length")


async def test_a_server_that_tells_no_usage(server: Server) -> None:
    server.body = b'{"choices": [{"message": {"content": "hi"}}], "usage": null}'
    async with model(server.url) as http:
        completion = await ask(http)
    assert (completion.prompt_tokens, completion.finish_reason) == (0, "stop")


async def test_a_server_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        async with model(f"http://127.0.0.1:{free.getsockname()[1]}/v1") as http:
            with pytest.raises(BackendUnavailable, match="cannot be reached"):
                await ask(http)


async def test_one_slow_answer_calls_for_no_rest_but_two_do(server: Server) -> None:
    server.hold.clear()
    async with model(server.url, timeout_s=0.2, first_rest_s=30) as http:
        with pytest.raises(BackendTimeout):
            await ask(http)
        assert http.ready
        with pytest.raises(BackendTimeout):
            await ask(http)
        assert not http.ready
    assert len(server.requests) == 2


async def test_retries_do_not_outlast_the_time(server: Server) -> None:
    server.statuses, server.retry_after = [503] * 3, "9"
    async with model(server.url, timeout_s=0.3) as http:
        started = time.monotonic()
        with pytest.raises(BackendTimeout):
            await ask(http)
    assert time.monotonic() - started < 3
