"""The gateway before a real vLLM: OpenAI's own client, and how much of its prompts is cached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from consolidation.jobs import load
from consolidation.services import Work
from llm_backend.abilities import Ability
from llm_backend.settings import ChatSettings
from memory_service.charging import EVERY_S
from stores import jobs, spaces
from stores.ids import now
from tests.fixtures.openai_server import OpenAiServer
from tests.fixtures.service import Start, until
from tests.fixtures.vllm_server import BLOCK, Vllm
from tests.integration.gateway.desk import HOME, Desk, asking, at_desk, opened

pytestmark = pytest.mark.vllm

TURNS = 50
#: Of the prompts of a long conversation with a stable prefix, so much is to be found in the cache.
BAR = 0.7
#: Some 500 tokens of the tiny model's.
FACTS = "\n".join(f"- Badge {n:03d} opens door {n % 7}." for n in range(40))


@pytest.fixture
async def desk(start: Start, vllm: Vllm) -> AsyncIterator[Desk]:
    """A tenant of a gateway before it."""
    chat = ChatSettings(url=vllm.base_url, model=vllm.model, timeout_s=120)
    service = await start(chat=chat)

    async def is_known() -> bool:
        known = service.parts.jobs.chat
        return known is not None and known.can(Ability.CACHE_SALT)

    await until(is_known, 60)
    async with opened(service, OpenAiServer()) as made:
        yield made


async def make(desk: Desk, rules: str, *, warm: bool = True) -> None:
    """Write a block, and have the prefix of the space made of it as the worker does."""
    path = "/v1/spaces/home/blocks/rules"
    assert (await desk.tenant.admin.put(path, json={"text": rules})).is_success
    parts = desk.service.parts
    async with parts.services.database.write(desk.tenant.id) as session:
        home = await spaces.get_space(session, "home")
        job_id = await jobs.enqueue(session, home.id, "prefix", now=now())
    work = Work(tenant=desk.tenant.id, space=home, job_id=job_id)
    services = parts.jobs.at_work(work, "prefix") if warm else replace(parts.jobs, chat=None)
    await load()["prefix"].run(services, work)


async def say(desk: Desk, messages: list[Any], **memory: Any) -> tuple[str, Any]:
    """Ask; returns the answer and what it came to."""
    answer = await desk.openai.chat.completions.create(
        model="tiny", messages=messages, max_tokens=6, temperature=0,
        extra_body={"memory": {"space": "home", "budget_tokens": 40, **memory}},
    )  # fmt: skip
    return answer.choices[0].message.content or "", answer.usage


def cached(usage: Any) -> int:
    details = usage.prompt_tokens_details
    return (details.cached_tokens or 0) if details else 0


async def test_a_stream_arrives_and_is_remembered_once(desk: Desk) -> None:
    for _ in range(2):
        stream = await desk.openai.chat.completions.create(
            model="tiny", messages=asking("Who has badge 007?"), max_tokens=12, temperature=0,
            stream=True, extra_headers=HOME,
        )  # fmt: skip
        chunks = [chunk async for chunk in stream]
        assert chunks[0].model_extra
        assert chunks[0].model_extra["memory"]["session_id"]
        assert all(chunk.choices and chunk.usage is None for chunk in chunks)
    heard = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    said = await desk.said()
    assert said[0] == ("user", "Who has badge 007?")
    assert [role for role, _ in said].count("user") == 1
    if heard.strip():
        assert said[1:] == [("assistant", heard)]


async def test_most_of_a_long_conversation_is_found_in_the_cache(desk: Desk) -> None:
    """The client keeps a few turns; the memory changes once, in the middle."""
    await make(desk, f"Answer in short.\n{FACTS}")
    history: list[tuple[str, str]] = []
    prompts = found = 0
    for turn in range(TURNS):
        if turn == TURNS // 2:
            await make(desk, f"Answer at length.\n{FACTS}")
        question = f"Which door does badge {turn:03d} open?"
        text, usage = await say(desk, asking(question, *history), session_id="long")
        prompts, found = prompts + usage.prompt_tokens, found + cached(usage)
        history = [*history, ("user", question), ("assistant", text or "-")]
        if len(history) > 8:
            history = history[-2:]
    print(f"{found} of {prompts} tokens: {found / prompts:.1%}")
    assert found >= BAR * prompts
    await desk.service.parts.gateway.keeper.settle()

    async def is_told() -> bool:
        told = (await desk.http.get("/v1/stats/prefix-cache?space=home")).json()
        return bool(told["total"]["requests"] == TURNS)

    await until(is_told, 10 * EVERY_S)
    told = (await desk.http.get("/v1/stats/prefix-cache?space=home")).json()
    assert (told["total"]["prompt_tokens"], told["total"]["cached_tokens"]) == (prompts, found)
    assert 0 < told["server"]["cached_share"] <= 1
    metrics = (await desk.http.get("/metrics")).text
    assert f"memory_chat_cached_tokens_total {float(found)}" in metrics


async def test_a_new_prefix_is_read_before_the_first_chat_and_by_no_other_tenant(
    desk: Desk,
) -> None:
    rules = f"Answer in rhymes.\n{FACTS}"
    await make(desk, rules)
    _, usage = await say(desk, asking("Who?"), recall=False)
    assert cached(usage) > usage.prompt_tokens - 3 * BLOCK
    async with at_desk(desk.service, desk.url, OpenAiServer()) as other:
        await make(other, rules, warm=False)
        _, first = await say(other, asking("Who?"), recall=False)
        assert first.prompt_tokens == usage.prompt_tokens
        assert cached(first) == 0
        _, again = await say(other, asking("Who?"), recall=False)
        assert cached(again) > 0
