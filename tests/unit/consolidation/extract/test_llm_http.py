"""The LLM extractor over HTTP, against a server on this machine that speaks OpenAI, and badly."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import UUID

import pytest

from consolidation.extract.llm import LlmExtraction, LlmExtractor
from consolidation.extract.protocol import Utterance, verified
from consolidation.extract.sentences import SentenceExtractor
from llm_backend.chat_http import HttpChatModel

MONDAY = datetime(2023, 5, 8, 13, 56, tzinfo=UTC)
TURN = Utterance(
    episode_id=UUID(int=1),
    content="I live in Lisbon.",
    speaker="Caroline",
    role="user",
    kind="message",
    occurred_at=MONDAY,
    session_id="s1",
)
ITEM = {
    "text": "Caroline's home is in Lisbon.",
    "kind": "profile",
    "form": "state",
    "subject": "Caroline",
    "importance": 7,
    "confidence": 0.9,
    "evidence": [{"turn": 1, "quote": "live in Lisbon"}],
}
GOOD = json.dumps({"title": "Home", "gist": "Caroline lives in Lisbon.", "items": [ITEM]})


class Server(ThreadingHTTPServer):
    """Gives each status and text in turn, the last for ever; slow where the status is 0."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[tuple[int, str]] = [(200, GOOD)]
        self.requests: list[dict[str, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(json.loads(content))
        script = self.server.script
        status, text = script.pop(0) if len(script) > 1 else script[0]
        if status == 0:
            time.sleep(0.5)
        choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        body = json.dumps({"choices": [choice]}).encode()
        self.send_response(status or 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            """Whoever asked did not wait."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


async def extract(server: Server) -> LlmExtraction:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    chat = HttpChatModel(model="m", url=url, api_key=None, timeout_s=0.3, first_pause_s=0.01)
    try:
        extractor = LlmExtractor(chat, SentenceExtractor(), max_tokens=500)
        extraction = await extractor.extract([TURN])
    finally:
        await chat.close()
    assert verified(extraction, [TURN]) == extraction
    return extraction


@pytest.mark.parametrize(
    ("script", "asked"),
    [
        ([(200, GOOD)], 1),
        ([(429, ""), (200, GOOD)], 2),
        ([(400, ""), (200, GOOD)], 2),
        ([(500, ""), (503, ""), (200, GOOD)], 3),
    ],
)
async def test_the_model_serves(server: Server, script: list[tuple[int, str]], asked: int) -> None:
    server.script = script
    extraction = await extract(server)
    assert [c.text for c in extraction.candidates] == ["Caroline's home is in Lisbon."]
    assert (extraction.method, extraction.notes) == ("llm", ())
    assert len(server.requests) == asked


@pytest.mark.parametrize(
    ("status", "text", "note"),
    [
        (0, GOOD, "backend-timeout"),
        (503, "", "backend-unavailable"),
        (404, "", "model-not-found"),
        (400, "", "backend-refused"),
        (200, "{not JSON", "answer without JSON"),
        (200, "", "empty answer"),
    ],
)
async def test_the_sentences_serve(server: Server, status: int, text: str, note: str) -> None:
    server.script = [(status, text)]
    extraction = await extract(server)
    assert extraction.candidates[0].text == "Caroline lives in Lisbon."
    assert extraction.method == "sentences"
    assert extraction.notes == (f"1 of 1 events left to sentences: {note}",)
