"""Chats are charged to their space, keep to its budget, and stop when nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import pytest

from memory_service.charging import Ledger
from memory_service.wiring import Wiring
from tests.fixtures.openai_server import (
    Asked,
    Connection,
    OpenAiServer,
    Script,
    answers,
    completion,
    delta,
    event,
    says,
)
from tests.fixtures.service import Service, until
from tests.integration.gateway.desk import HOME, Desk, asking, opened

Own = Callable[..., Awaitable[Service]]
SONG = "I sing in a choir"
USAGE = {
    "prompt_tokens": 40, "completion_tokens": 2, "total_tokens": 42,
    "prompt_tokens_details": {"cached_tokens": 32},
}  # fmt: skip
ACCOUNT = event({"id": "chatcmpl-1", "object": "x", "choices": [], "usage": USAGE})
STREAM = delta("Hello") + delta(finish="stop") + ACCOUNT + event("[DONE]")


async def ask(desk: Desk, **more: Any) -> str:
    """Stream an answer; returns all that came."""
    body = {"messages": asking(SONG), "stream": True, **more}
    answer = await desk.http.post("/v1/chat/completions", json=body, headers=HOME)
    assert answer.status_code == 200, answer.text
    return answer.text


def ledger_of(desk: Desk) -> Ledger:
    """The account as the process keeps it."""
    wiring: Wiring = desk.service.app.state.runtime._wiring
    assert wiring.desk is not None
    return wiring.desk.ledger


async def charged(desk: Desk) -> list[dict[str, Any]]:
    """What the account has of chats."""
    await desk.service.parts.gateway.keeper.settle()
    await ledger_of(desk).write()
    items = (await desk.tenant.admin.get("/v1/stats/model-usage")).json()["items"]
    return [item for item in items if item["purpose"] == "chat"]


async def test_a_stream_is_charged_and_says_nothing_of_it(desk: Desk) -> None:
    desk.model.script = answers(200, STREAM, "text/event-stream")
    text = await ask(desk, stream_options={"x": 1})
    assert desk.sent()["stream_options"] == {"x": 1, "include_usage": True}
    assert '"usage"' not in text
    assert text.endswith((delta(finish="stop") + event("[DONE]")).decode())
    [line] = await charged(desk)
    assert (line["space"], line["model"], line["requests"]) == ("home", "tiny", 1)
    tokens = (line["prompt_tokens"], line["cached_tokens"], line["completion_tokens"])
    assert tokens == (40, 32, 2)


async def test_a_caller_that_asks_what_it_came_to_is_told(desk: Desk) -> None:
    desk.model.script = answers(200, STREAM, "text/event-stream")
    text = await ask(desk, stream_options={"include_usage": True})
    assert ACCOUNT.decode() in text


async def test_an_answer_in_one_piece_is_charged_to_a_space_that_it_made(desk: Desk) -> None:
    await desk.openai.chat.completions.create(
        model="tiny", messages=asking(SONG), extra_headers=HOME
    )
    assert "stream_options" not in desk.sent()
    [line] = await charged(desk)
    assert (line["prompt_tokens"], line["completion_tokens"]) == (7, 3)
    cache = (await desk.tenant.admin.get("/v1/stats/prefix-cache?space=home")).json()
    assert cache["total"] == {
        "requests": 1, "prompt_tokens": 7, "cached_tokens": 0, "cached_share": 0.0
    }  # fmt: skip
    assert cache["server"] is None


async def test_a_stream_without_an_account_is_charged_by_its_words(desk: Desk) -> None:
    desk.model.script = says("one two three", " four five six")
    await ask(desk)
    [line] = await charged(desk)
    assert line["prompt_tokens"] > 3
    assert line["completion_tokens"] >= 6


@pytest.mark.parametrize("stream", [False, True])
async def test_a_spent_budget_is_told_as_openai_tells_it(desk: Desk, stream: bool) -> None:
    await desk.tenant.admin.put(
        "/v1/spaces/home", json={"policies": {"llm": {"tokens_per_day": 5}}}
    )
    await desk.openai.chat.completions.create(
        model="tiny", messages=asking("Hi"), extra_headers=HOME
    )
    before = len(desk.model.asked)
    with pytest.raises(openai.RateLimitError) as refused:
        await desk.openai.chat.completions.create(
            model="tiny", messages=asking(SONG), stream=stream, extra_headers=HOME
        )
    assert refused.value.code == "token-budget-spent"
    assert refused.value.type == "rate_limit_error"
    assert len(desk.model.asked) == before
    assert ("user", SONG) in await desk.said()


def slowly(seconds: float) -> Script:
    """Answers in one piece that takes a while to come."""

    async def script(_: Asked, connection: Connection) -> None:
        await connection.begin(200, "application/json")
        for _ in range(int(seconds / 0.05)):
            await connection.chunk(b" ")
            await asyncio.sleep(0.05)
        await connection.chunk(completion("Too late"))
        await connection.end()

    return script


async def test_a_caller_that_does_not_wait_stops_the_model_and_its_question_is_kept(
    desk: Desk,
) -> None:
    desk.model.script = slowly(15)
    with pytest.raises(openai.APITimeoutError):
        await desk.openai.chat.completions.create(
            model="tiny", messages=asking(SONG), extra_headers=HOME, timeout=1
        )

    async def is_left() -> bool:
        return desk.model.left > 0 and bool(await desk.kept())

    await until(is_left)
    assert await desk.said() == [("user", SONG)]


async def test_a_chat_waits_for_a_place_only_until_its_answer_begins(
    own: Own, model: OpenAiServer
) -> None:
    model.script = says(*[f"w{n} " for n in range(40)], drip_s=0.05)
    async with opened(await own(concurrency=1), model) as desk:
        slow = asyncio.create_task(ask(desk))

        async def is_asked() -> bool:
            return bool(model.asked)

        await until(is_asked)
        await asyncio.sleep(0.1)
        model.script = answers(200, completion("Hi"))
        answer = await desk.http.post(
            "/v1/chat/completions", json={"messages": asking("Hi")}, timeout=20
        )
        assert answer.json()["choices"][0]["message"]["content"] == "Hi"
        assert not slow.done()
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
