"""Every fault of a model server on every path that asks one: what the page says is what happens."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Response

from llm_backend.probe import QUESTION as LOOK
from llm_backend.settings import ChatSettings
from memory_service.settings import WorkerSettings
from memory_service.wiring import Wiring
from tests.fixtures.database import Server, Urls
from tests.fixtures.raw_server import (
    DONE,
    Asked,
    Do,
    RawServer,
    Step,
    completion,
    delta,
    head,
    raw_server,
    told,
)
from tests.fixtures.service import Service, remember, running, settings_for, settle, walk

PAGE = Path(__file__).parents[3] / "docs" / "llm.md"
SONG, REPLY = "I sing in a choir", "Which choir is it?"
#: The third attempt at a server that answers errors begins within one and a half seconds.
TIMEOUT_S = 2.5
#: Together longer than that, though none of them is.
PIECES, APART_S = 20, 0.15


def cells() -> list[Any]:
    """The table of the page: fault, path, and what is said to happen."""
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in PAGE.read_text().split("| fault | gateway, a stream |")[1].splitlines()
        if line.startswith("|")
    ]
    paths = ["stream", "whole", "answer", "extraction", "deep"]
    found = [
        pytest.param(row[0].replace("`", ""), path, said, id=f"{row[0]}-{path}")
        for row in rows if not set(row[0]) <= {"-"} and row[0] != "gateway, a whole answer"
        for path, said in zip(paths, row[1:], strict=True)
    ]  # fmt: skip
    assert len(found) == len(FAULTS) * len(paths)
    return found


def _error(status: int, **headers: str) -> list[Step]:
    body = json.dumps({"error": {"message": "no", "code": "theirs"}}).encode()
    return [head(status, Content_Length=str(len(body)), **headers), body]


def _events(*steps: Step) -> list[Step]:
    return [head(Content_Type="text/event-stream"), *steps]


def _cut(streams: bool) -> list[Step]:
    if streams:
        return [head(Content_Type="text/event-stream", Content_Length="9999"), delta("Which"), 0.05,
                Do.HANG_UP]  # fmt: skip
    return [head(Content_Length="9999"), b'{"choices": [{"message"', Do.HANG_UP]


def _half(streams: bool) -> list[Step]:
    if streams:
        return _events(delta("Which"), delta(" choir")[:30])
    return [head(), b'{"choices": [{"message": {"content": "Wh']


def _drips(streams: bool) -> list[Step]:
    if streams:
        steps: list[Step] = [step for letter in REPLY for step in (delta(letter), APART_S)]
        return _events(*steps, delta("", "stop"), DONE)
    body = json.dumps(completion(REPLY)).encode()
    size = len(body) // PIECES + 1
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return [head(Content_Length=str(len(body))), *(s for p in pieces for s in (p, APART_S))]


FAULTS: dict[str, Callable[[bool], Sequence[Step]]] = {
    "says nothing": lambda _: [60.0],
    "429 with Retry-After": lambda _: _error(429, Retry_After="0"),
    "500": lambda _: _error(500),
    "cut off": _cut,
    "garbage": lambda _: [head(Content_Type="text/html"), b"<html>Sorry</html>"],
    "half JSON": _half,
    "wrong model": lambda _: _error(404),
    "drips": _drips,
}


@dataclass
class Model:
    """A server that is well when it is looked at, and else as it is told to be."""

    fault: Callable[[bool], Sequence[Step]] | None = None
    #: Questions, but for looks.
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Sequence[Step]:
        if asked.method == "GET":
            return told({"data": [{"id": "m", "owned_by": "test"}]})
        if asked.path != "/v1/chat/completions":
            return [head(404)]
        if asked.body["messages"][-1]["content"] == LOOK:
            return told(completion('{"here": true}'))
        self.asked.append(asked)
        if self.fault is None:
            return told(completion("Hello"))
        return self.fault(bool(asked.body.get("stream")))


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A service before this model server."""

    service: Service
    model: Model

    @property
    def wiring(self) -> Wiring:
        found: Wiring = self.service.app.state.runtime._wiring
        return found

    async def ready(self, fault: str) -> AsyncClient:
        """A new tenant; the server was well so far, and fails from now on."""
        assert self.wiring.chat is not None
        self.wiring.chat.answered()
        self.model.fault = FAULTS[fault]
        self.model.asked.clear()
        return (await self.service.tenant()).admin


async def _benched(
    urls: Urls, data_dir: Path, server: RawServer, model: Model, *, works: bool
) -> AsyncIterator[Bench]:
    chat = ChatSettings(url=server.url, model="m", timeout_s=TIMEOUT_S)
    worker = WorkerSettings(enabled=works, grace_s=0.2)
    async with running(settings_for(urls, data_dir, chat=chat, worker=worker)) as service:
        yield Bench(service=service, model=model)


@pytest.fixture(scope="module")
async def bench(urls: Urls, data_dir: Path) -> AsyncIterator[Bench]:
    """Without a worker: no job asks the model meanwhile."""
    model = Model()
    async with raw_server(model) as server:
        async for made in _benched(urls, data_dir, server, model, works=False):
            yield made


@pytest.fixture(scope="module")
async def mill(server: Server, template: str, data_dir: Path) -> AsyncIterator[Bench]:
    """With a worker, on a database of its own."""
    model, made_urls = Model(), server.create(template)
    async with raw_server(model) as answering:
        async for made in _benched(made_urls, data_dir, answering, model, works=True):
            yield made
    server.drop(made_urls)


@pytest.mark.parametrize(("fault", "path", "said"), cells())
async def test_what_the_page_says(
    bench: Bench, mill: Bench, fault: str, path: str, said: str
) -> None:
    made = mill if path == "extraction" else bench
    client = await made.ready(fault)
    assert await PATHS[path](made, client) == said
    assert made.model.asked


async def _chat(made: Bench, client: AsyncClient, *, stream: bool) -> str:
    answer = await _ask(client, stream=stream)
    told_of = _passed_on(answer)
    kept = await _kept(made, client)
    # The caller asks again, and is answered this time.
    made.model.fault = None
    assert (await _ask(client, stream=False)).status_code == 200
    after = await _kept(made, client)
    assert after == [*kept, "reply"]
    return f"{told_of}; {', '.join(kept)}"


async def _ask(client: AsyncClient, *, stream: bool) -> Response:
    body = {"messages": [{"role": "user", "content": SONG}], "stream": stream}
    memory = {"space": "home", "recall": False}
    return await client.post("/v1/chat/completions", json={**body, "memory": memory}, timeout=30)


def _passed_on(answer: Response) -> str:
    status, text = answer.status_code, answer.text
    if status == 429:
        assert answer.headers["retry-after"] == "0"
    ours = re.search(r'"code": ?"(backend-[a-z]+)"', text)
    if ours is None:
        assert status == 200 or "theirs" in text
        return f"{status} as it came"
    return f"200, then `{ours[1]}`" if status == 200 else f"{status} `{ours[1]}`"


async def _kept(made: Bench, client: AsyncClient) -> list[str]:
    """What is remembered: questions, replies, and what there is of one, each as often as it is."""
    await made.service.parts.gateway.keeper.settle()
    found = await walk(client, "/v1/spaces/home/memories", type="episodic", kind="message")
    names = (_named(cube["data"]) for cube in found)
    return sorted(names, key=["question", "cut reply", "reply"].index)


def _named(turn: dict[str, Any]) -> str:
    if turn["role"] == "user":
        return "question"
    return "cut reply" if turn.get("metadata", {}).get("truncated") else "reply"


async def _stream(made: Bench, client: AsyncClient) -> str:
    return await _chat(made, client, stream=True)


async def _whole(made: Bench, client: AsyncClient) -> str:
    return await _chat(made, client, stream=False)


async def _answer(_: Bench, client: AsyncClient) -> str:
    await remember(client, "home", "Nora keeps the green lamp in the attic", consolidate=False)
    asked = {"query": "Where does Nora keep the green lamp?", "mode": "fast"}
    answer = await client.post("/v1/spaces/home/answer", json=asked, timeout=30)
    return f"{answer.status_code} `{answer.json()['code']}`"


async def _extraction(_: Bench, client: AsyncClient) -> str:
    await remember(client, "home", {"content": "I live in Lisbon.", "speaker": "Ana"})
    status = await settle(client, "home")
    assert (status["failed_jobs"], status["failed_items"]) == (0, 0)
    assert status["memories"]["semantic"] == 1
    [done] = status["llm"]["by_rules"]
    return f"rules: `{done['reason']}`"


async def _deep(_: Bench, client: AsyncClient) -> str:
    walks = [f"a walk along the {kind} path takes hours" for kind in ("river", "polar", "urban")]
    known = "the man next door to Nora is a musician"
    await remember(client, "home", *walks, known, consolidate=False)
    asked = {"query": "Which instrument does the neighbour of Nora play?", "mode": "deep"}
    plain = (await client.post("/v1/spaces/home/recall", json={**asked, "mode": "fast"})).json()
    answer = await client.post("/v1/spaces/home/recall", json=asked, timeout=30)
    found = answer.json()
    assert answer.status_code == 200
    first = plain["hits"][0]["memory"]["id"]
    assert first in {hit["memory"]["id"] for hit in found["hits"]}
    return f"rules, `degraded`: {', '.join(f'`{one}`' for one in found['degraded'])}"


PATHS: dict[str, Callable[[Bench, AsyncClient], Awaitable[str]]] = {
    "stream": _stream, "whole": _whole, "answer": _answer, "extraction": _extraction,
    "deep": _deep,
}  # fmt: skip
