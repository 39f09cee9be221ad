"""A chat model that misbehaves: nothing false is stored, the rules serve, and the run says so."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from httpx import AsyncClient

from consolidation.prompts import extraction
from llm_backend.probe import QUESTION
from llm_backend.settings import ChatSettings
from memory_service.settings import WorkerSettings
from tests.fixtures.service import Service, Start, contents, recall, remember, settle, until, walk

MODEL = "local-7b"
SPACE = "told"
#: Only ever said by the model.
INVENTED = "Zanzibar"
SAID = ("I live in Lisbon.", "I have two cats.")
#: What the rules make of what was said.
BY_RULES = {"Caroline lives in Lisbon.", "Caroline has two cats."}


def item(text: str, *quotes: tuple[int, str], **more: Any) -> dict[str, Any]:
    """An item as a model answers it."""
    evidence = [{"turn": turn, "quote": quote} for turn, quote in quotes]
    return {
        "text": text, "kind": "profile", "form": "state", "subject": "Caroline", "triple": None,
        "valid_from": None, "valid_to": None, "importance": 6, "confidence": 0.9,
        "evidence": evidence, "tags": [], **more,
    }  # fmt: skip


def answer(*items: object, gist: str = "Caroline lives in Lisbon.") -> str:
    return json.dumps({"title": "Home", "gist": gist, "items": items})


HOME = item("Caroline's home is in Lisbon.", (1, "live in Lisbon"))
CATS = item("Caroline's cats are two.", (2, "two cats"))
GOOD = answer(HOME, CATS)
BY_MODEL = {"Caroline's home is in Lisbon.", "Caroline's cats are two."}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What the server answers: a text the model wrote, or a status, or both of them late."""

    text: str = ""
    status: int = 200
    after_s: float = 0.0
    message: dict[str, Any] = field(default_factory=dict)
    finish: str = "stop"


def _always(reply: Reply, _: str) -> Reply:
    return reply


class ChatServer(ThreadingHTTPServer):
    """Answers every completion as it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply: Callable[[str], Reply] = lambda _: Reply(text=GOOD)
        self.asked: list[str] = []

    @property
    def settings(self) -> ChatSettings:
        """How the service reaches it, not very patiently."""
        url = f"http://127.0.0.1:{self.server_port}/v1"
        return ChatSettings(url=url, model=MODEL, timeout_s=1.5)


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = sent["messages"][-1]["content"] if "messages" in sent else QUESTION
        if asked == QUESTION:  # It only looks what we can do.
            self.send_error(404)
            return
        self.server.asked.append(asked)
        reply = self.server.reply(asked)
        time.sleep(reply.after_s)
        message = {"role": "assistant", "content": reply.text, **reply.message}
        choice = {"message": message, "finish_reason": reply.finish}
        body = json.dumps({"choices": [choice]}).encode()
        self.send_response(reply.status)
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
def chat() -> Iterator[ChatServer]:
    with ChatServer() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
async def service(start: Start, chat: ChatServer) -> Service:
    """A service with its worker, which extracts with the chat server."""
    return await start(chat=chat.settings, worker=WorkerSettings(grace_s=1))


@pytest.fixture
async def client(service: Service) -> AsyncClient:
    return (await service.tenant()).admin


async def tell(client: AsyncClient, *said: str, session: str = "s1") -> None:
    """Caroline says something, and all of it is processed."""
    turns = [{"content": text, "speaker": "Caroline", "session_id": session} for text in said]
    await remember(client, SPACE, *turns)
    status = await settle(client, SPACE)
    assert (status["failed_jobs"], status["failed_items"]) == (0, 0)
    jobs = await walk(client, "/v1/jobs", space=SPACE)
    assert {job["state"] for job in jobs} - {"scheduled"} == {"succeeded"}


async def derived(client: AsyncClient) -> list[dict[str, Any]]:
    """The facts that were made, each checked against what was said."""
    cubes = await walk(client, f"/v1/spaces/{SPACE}/memories", type="semantic")
    episodes = await walk(client, f"/v1/spaces/{SPACE}/memories", type="episodic", kind="message")
    said = {episode["id"]: episode["content"] for episode in episodes}
    for cube in cubes:
        evidence = cube["provenance"]["evidence"]
        assert evidence
        for one in evidence:
            start, end = one["span"]
            assert said[one["episode_id"]][start:end].strip()
            assert one["quote"] == said[one["episode_id"]][start:end]
    return cubes


async def runs(client: AsyncClient) -> list[dict[str, Any]]:
    """The runs that extracted, in full, oldest first."""
    listed = await walk(client, f"/v1/spaces/{SPACE}/runs")
    found = [(await client.get(f"/v1/runs/{run['id']}")).json() for run in listed[::-1]]
    return [run for run in found if run["method"]["name"] not in {"segment", "link"}]


async def assert_nothing_is_invented(client: AsyncClient) -> None:
    """Neither in a memory nor in an entity, a relation, or what a run says of itself."""
    for path in ("memories", "entities", "relations", "runs", "timeline"):
        found = await walk(client, f"/v1/spaces/{SPACE}/{path}")
        assert INVENTED.lower() not in json.dumps(found).lower(), path
    hits = contents(await recall(client, SPACE, INVENTED))
    assert not any(INVENTED in content for content in hits)


async def test_what_a_model_finds_tells_by_which_model_and_prompt(
    client: AsyncClient, chat: ChatServer
) -> None:
    await tell(client, *SAID)
    cubes = await derived(client)
    assert {cube["content"] for cube in cubes} == BY_MODEL
    made_by = {"name": "llm", "version": "1", "model": MODEL, "prompt": extraction.VERSION}
    assert [cube["provenance"]["method"] for cube in cubes] == [made_by, made_by]
    [run] = await runs(client)
    assert (run["method"], run["notes"]) == (made_by, [])
    assert (run["counts"]["episodes"], run["counts"]["stored"]) == (2, 2)
    assert {memory["content"] for memory in run["memories"]} >= BY_MODEL
    assert len(chat.asked) == 1


TRUNCATED = answer(item(f"Caroline moved to {INVENTED}.", (1, "Lisbon")))[:-60]
NOWHERE = [
    item(f"Caroline lives in {INVENTED}.", (1, "live in Lisbon")),
    item("Caroline has seven cats.", (2, "two cats")),
]
USELESS = {
    "garbage": (Reply(text=f"{INVENTED}! }}{{ \x07 <|im_end|>"), "answer without JSON"),
    "another shape": (Reply(text=f'{{"items": "{INVENTED}"}}'), "answer of another shape"),
    "truncated": (Reply(text=TRUNCATED, finish="length"), "answer without JSON"),
    "empty": (Reply(), "empty answer"),
    "only thought": (Reply(text=f"<think>{INVENTED}"), "empty answer"),
    "100,000 characters": (
        Reply(text=answer(HOME, gist=f"{INVENTED} " * 11_000)), "answer too long",
    ),
    "refusal": (
        Reply(message={"content": None, "refusal": f"No {INVENTED}."}), "backend-refused",
    ),
    "refusal in prose": (Reply(text="I am sorry, I cannot do that."), "answer without JSON"),
    "no completion": (Reply(message={"content": [INVENTED]}), "malformed-completion"),
    "nothing holds": (Reply(text=answer(*NOWHERE)), "answer that the turns do not bear out"),
}  # fmt: skip


async def test_where_the_answer_is_of_no_use_the_rules_serve(
    service: Service, chat: ChatServer
) -> None:
    for reply, note in USELESS.values():
        client = (await service.tenant()).admin
        chat.reply = partial(_always, reply)
        await tell(client, *SAID)
        await assert_the_rules_served(client, note)
    assert len(chat.asked) == len(USELESS)


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        (Reply(text=GOOD, status=429), "backend-unavailable"),
        (Reply(text=GOOD, status=500), "backend-unavailable"),
        (Reply(text=GOOD, status=404), "model-not-found"),
        (Reply(text=GOOD, after_s=2.0), "backend-timeout"),
    ],
    ids=["too many requests", "server error", "unknown model", "late"],
)
async def test_where_the_model_is_away_the_rules_serve(
    client: AsyncClient, chat: ChatServer, reply: Reply, note: str
) -> None:
    chat.reply = partial(_always, reply)
    await tell(client, *SAID)
    await assert_the_rules_served(client, note)


async def assert_the_rules_served(client: AsyncClient, note: str) -> None:
    """They found the facts, they are named as their maker, and the run says why."""
    cubes = await derived(client)
    assert {cube["content"] for cube in cubes} == BY_RULES
    methods = [cube["provenance"]["method"] for cube in cubes]
    assert {(m["name"], m["model"], m["prompt"]) for m in methods} == {("sentences", None, None)}
    [run] = await runs(client)
    assert run["notes"] == [f"1 of 1 events left to sentences: {note}"]
    assert (run["method"]["name"], run["counts"]["stored"]) == ("sentences", 2)
    await assert_nothing_is_invented(client)


BAD = {
    "unknown turn": (item(f"Caroline likes {INVENTED}.", (7, "two cats")), "unknown-alias"),
    "turn zero": (item("Caroline has two cats.", (0, "two cats")), "unknown-alias"),
    "invented quote": (item("Caroline lives in Lisbon.", (1, f"in {INVENTED}")), "no-evidence"),
    "quote of another turn": (item("Caroline lives in Lisbon.", (2, "in Lisbon")), "no-evidence"),
    "quote of half a word": (item("Caroline lives in Lisbon.", (1, "isbo")), "no-evidence"),
    "number not said": (item("Caroline has seven cats.", (2, "two cats")), "unsupported"),
    "name not said": (item(f"Caroline and {INVENTED} have cats.", (2, "cats")), "unsupported"),
    "subject not said": (item("They have cats.", (2, "cats"), subject=INVENTED), "unsupported"),
    "object not said": (
        item("Caroline lives in Lisbon.", (1, "Lisbon"), triple={
            "subject": "Caroline", "predicate": "lives_in", "object": INVENTED, "negated": False,
        }), "unsupported",
    ),
    "end not said": (
        item("Caroline lived in Lisbon.", (1, "Lisbon"), valid_to="2019"), "unsupported",
    ),
    "unknown kind": (item(f"Caroline is {INVENTED}.", (1, "I"), kind="secret"), "malformed"),
    "no quote": (item(f"Caroline is {INVENTED}."), "malformed"),
    "no object": (f"Caroline is {INVENTED}.", "malformed"),
}  # fmt: skip


async def test_an_item_that_does_not_hold_is_counted_and_the_others_are_kept(
    service: Service, chat: ChatServer
) -> None:
    for name, (bad, reason) in BAD.items():
        client = (await service.tenant()).admin
        chat.reply = partial(_always, Reply(text=answer(HOME, bad)))
        await tell(client, *SAID)
        assert [cube["content"] for cube in await derived(client)] == [HOME["text"]], name
        [run] = await runs(client)
        assert (run["method"]["name"], run["notes"]) == ("llm", []), name
        assert (run["counts"]["stored"], run["counts"][f"rejected:{reason}"]) == (1, 1), name
        await assert_nothing_is_invented(client)


async def test_of_an_answer_cut_off_the_whole_items_are_kept(
    client: AsyncClient, chat: ChatServer
) -> None:
    cut = answer(HOME, item(f"Caroline saw {INVENTED}.", (1, "Lisbon")))[:-60]
    chat.reply = lambda _: Reply(text=cut, finish="length")
    await tell(client, *SAID)
    assert [cube["content"] for cube in await derived(client)] == [HOME["text"]]
    [run] = await runs(client)
    assert run["notes"] == ["1 of 1 events: answer cut off, its complete items were kept"]
    await assert_nothing_is_invented(client)


async def test_one_event_may_fail_while_others_do_not(
    client: AsyncClient, chat: ChatServer
) -> None:
    chat.reply = lambda asked: Reply(text=GOOD if "Lisbon" in asked else INVENTED)
    turns = [
        *({"content": text, "speaker": "Caroline", "session_id": "s1"} for text in SAID),
        {"content": "I work at a bakery.", "speaker": "Melanie", "session_id": "s2"},
    ]
    await remember(client, SPACE, *turns)
    await settle(client, SPACE)
    found = {cube["content"] for cube in await derived(client)}
    assert found == {*BY_MODEL, "Melanie works at a bakery."}
    [run] = await runs(client)
    assert run["method"]["name"] == "llm+sentences"
    assert run["notes"] == ["1 of 2 events left to sentences: answer without JSON"]
    await assert_nothing_is_invented(client)


async def test_a_model_that_is_back_is_asked_again(client: AsyncClient, chat: ChatServer) -> None:
    chat.reply = lambda _: Reply(status=503)
    await tell(client, SAID[0])
    chat.reply = lambda _: Reply(text=answer(item("Caroline's cats are two.", (1, "two cats"))))
    asked = len(chat.asked)

    async def is_asked() -> bool:
        await tell(client, SAID[1], session=f"s{time.monotonic()}")
        return len(chat.asked) > asked

    await until(is_asked)
    first, *_, last = await runs(client)
    assert (first["method"]["name"], last["method"]["name"]) == ("sentences", "llm")
