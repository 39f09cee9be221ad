"""A space's status tells of the chat model: while it is there, away, and when it comes back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from memory_sdk import Status

from llm_backend.probe import QUESTION
from llm_backend.settings import ChatSettings
from memory_service.settings import WorkerSettings
from tests.fixtures.raw_server import Asked, Do, RawServer, Step, completion, raw_server, told
from tests.fixtures.service import Service, Start, contents, remember, settle, until, walk

EMPTY = json.dumps({"title": "Nothing", "gist": "Nothing.", "items": []})
HERE = json.dumps({"here": True})
#: A little longer than a job that waits pauses between looks, on a busy machine.
PATIENT_S = 60.0


class Model:
    """A model server that a test takes away and brings back."""

    def __init__(self) -> None:
        self.away = False
        #: How long an extraction takes.
        self.takes_s = 0.0
        #: What it was asked, but for looks: whether that was an extraction.
        self.extractions: list[bool] = []

    def __call__(self, asked: Asked) -> Sequence[Step]:
        if self.away:
            return [Do.RESET]
        if asked.path != "/v1/chat/completions":
            return told({"data": [{"id": "m", "owned_by": "test"}]})
        if asked.body["messages"][-1]["content"] == QUESTION:
            return told(completion(HERE))
        extracts = "response_format" in asked.body
        self.extractions.append(extracts)
        return [self.takes_s, *told(completion(EMPTY))] if extracts else told(completion("Hi"))


@pytest.fixture
def model() -> Model:
    return Model()


@pytest.fixture
async def model_server(model: Model) -> AsyncIterator[RawServer]:
    async with raw_server(model) as made:
        yield made


@pytest.fixture
async def told_of(start: Start, model_server: RawServer) -> Service:
    """A service with its worker and this model, two calls at a time."""
    chat = ChatSettings(url=model_server.url, model="m", timeout_s=5, concurrency=2)
    return await start(chat=chat, worker=WorkerSettings(grace_s=1))


async def status(client: AsyncClient, space: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/spaces/{space}/status")).json()
    return found


async def until_state(client: AsyncClient, space: str, state: str) -> None:
    async def is_so() -> bool:
        return bool((await status(client, space))["llm"]["state"] == state)

    await until(is_so, PATIENT_S)


def turn(text: str, session: str = "s") -> dict[str, Any]:
    return {"content": text, "speaker": "Ana", "session_id": session}


async def test_where_none_is_configured_that_is_told(service: Service) -> None:
    client = (await service.tenant()).admin
    await client.put("/v1/spaces/plain", json={"policies": {"llm": {"tokens_per_day": 7}}})
    assert (await status(client, "plain"))["llm"] == {
        "state": "none", "since": None, "reason": None, "waiting_jobs": 0, "by_rules": [],
        "tokens_today": 0, "tokens_per_day": 7,
    }  # fmt: skip


async def test_the_tokens_of_today_are_told_and_what_a_spent_budget_left_to_the_rules(
    told_of: Service,
) -> None:
    client = (await told_of.tenant()).admin
    await client.put("/v1/spaces/thrifty", json={"policies": {"llm": {"tokens_per_day": 5}}})
    await until_state(client, "thrifty", "ok")
    for session in ("s1", "s2"):
        await remember(client, "thrifty", turn("I live in Lisbon.", session))
        await settle(client, "thrifty")
    llm = (await status(client, "thrifty"))["llm"]
    assert (llm["tokens_today"], llm["tokens_per_day"]) == (5, 5)  # One answer of 3 + 2.
    [done] = llm["by_rules"]
    assert (done["job"], done["reason"], done["runs"]) == ("extract", "token-budget-spent", 1)
    assert llm["state"] == "ok"


async def test_it_goes_down_and_comes_back_nothing_is_lost_and_chats_do_not_wait(
    told_of: Service, model: Model
) -> None:
    client = (await told_of.tenant()).admin
    await client.put("/v1/spaces/patient", json={"policies": {"llm": {"when_away": "wait"}}})
    await until_state(client, "patient", "ok")

    model.away = True
    before = datetime.now(UTC)
    await remember(client, "hasty", turn("I live in Lisbon."))
    await settle(client, "hasty")
    hasty = await status(client, "hasty")
    assert hasty["llm"]["state"] == "down"
    assert hasty["llm"]["reason"] == "backend-unavailable"
    since = datetime.fromisoformat(hasty["llm"]["since"])
    assert before - timedelta(seconds=1) < since <= datetime.now(UTC)
    [done] = hasty["llm"]["by_rules"]
    assert (done["job"], done["reason"], done["runs"]) == ("extract", "backend-unavailable", 1)
    assert hasty["memories"]["semantic"] == 1

    talks = [turn(f"I live in Lisbon, said for the {n}th time.", f"s{n}") for n in range(12)]
    await remember(client, "patient", *talks)

    async def waits() -> bool:
        return bool((await status(client, "patient"))["llm"]["waiting_jobs"])

    await until(waits)
    found = await status(client, "patient")
    assert (found["llm"]["waiting_jobs"], found["failed_jobs"], found["failed_items"]) == (1, 0, 0)
    assert (found["memories"]["semantic"], found["llm"]["by_rules"]) == (0, [])
    typed = Status.model_validate(found).llm  # As the SDK reads it.
    assert typed is not None
    assert (typed.state, typed.waiting_jobs) == ("down", 1)
    [job] = [j for j in await walk(client, "/v1/jobs", space="patient") if j["name"] == "extract"]
    assert (job["state"], job["error"].split(":")[0]) == ("pending", "model-awaited")

    model.takes_s, model.away = 0.5, False
    model.extractions.clear()

    async def drains() -> bool:
        return bool(model.extractions)

    await until(drains, PATIENT_S)
    question = {"messages": [{"role": "user", "content": "Hello"}], "memory": {"space": "patient"}}
    answer = await client.post("/v1/chat/completions", json=question)
    assert answer.json()["choices"][0]["message"]["content"] == "Hi"
    assert (await status(client, "patient"))["pending_jobs"]  # The queue is not empty yet.
    # It had a place of its own: what is extracted meanwhile is what had begun, or one more.
    assert model.extractions.index(False) <= 2

    async def is_drained() -> bool:
        found = await status(client, "patient")
        return not (found["pending_jobs"] or found["llm"]["waiting_jobs"])

    await until(is_drained, PATIENT_S)
    found = await status(client, "patient")
    llm = found["llm"]
    assert (llm["state"], llm["since"], llm["reason"], llm["by_rules"]) == ("ok", None, None, [])
    assert (found["failed_jobs"], found["failed_items"]) == (0, 0)
    assert model.extractions.count(True) >= len(talks)
    runs = await walk(client, "/v1/spaces/patient/runs")
    assert {run["method"]["name"] for run in runs} >= {"llm"}
    assert "sentences" not in {run["method"]["name"] for run in runs}


async def test_a_server_that_is_back_is_told_of_though_nobody_asks_it(
    told_of: Service, model: Model
) -> None:
    client = (await told_of.tenant()).admin
    await client.put("/v1/spaces/quiet")
    await until_state(client, "quiet", "ok")
    model.away = True
    await remember(client, "quiet", turn("I live in Lisbon."))
    await settle(client, "quiet")
    await until_state(client, "quiet", "down")
    model.away = False
    await until_state(client, "quiet", "ok")
    assert model.extractions == []
    listed = await client.get("/v1/spaces/quiet/memories", params={"type": "semantic"})
    assert contents(listed.json()) == ["Ana lives in Lisbon."]
