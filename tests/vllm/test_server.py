"""Our clients against a real vLLM: what a script of ours cannot prove about its behaviour."""

from __future__ import annotations

import asyncio
import json
import math
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from consolidation.extract.llm_item import SCHEMA
from consolidation.link import asking
from llm_backend.abilities import Ability
from llm_backend.chat import Message, Schema
from llm_backend.chat_http import HttpChatModel
from llm_backend.errors import ModelNotFound, RequestRefused
from llm_backend.vllm import VllmClient
from tests.fixtures.vllm_server import BLOCK, Vllm

pytestmark = pytest.mark.vllm

HELLO = (Message(role="user", content="What is the vault code of Ada?"),)
#: About ten blocks, which nothing else begins with.
LONG = " ".join(f"Badge {n:04d} belongs to Ben." for n in range(30))
BOUNDED: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["op", "n", "name", "tags"],
    "properties": {
        "op": {"enum": ["ADD", "UPDATE", "NOOP"]},
        "n": {"type": "integer", "minimum": 3, "maximum": 12},
        "name": {"type": "string", "maxLength": 10},
        "tags": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"enum": ["a", "b"]}},
    },
}


@pytest.fixture
async def chat(vllm: Vllm) -> AsyncIterator[HttpChatModel]:
    model = HttpChatModel(model=vllm.model, url=vllm.base_url, api_key=None, timeout_s=60)
    await model.look()
    yield model
    await model.close()


@pytest.fixture
async def client(vllm: Vllm) -> AsyncIterator[VllmClient]:
    made = VllmClient(model=vllm.model, url=vllm.base_url, api_key=None, timeout_s=60)
    yield made
    await made.close()


async def test_what_the_server_is_and_can_do(chat: HttpChatModel, vllm: Vllm) -> None:
    known = chat.abilities
    assert known is not None
    assert known.server == "vllm 0.32.0"
    assert known.models == (vllm.model,)
    assert known.context_tokens == 1024
    assert known.cannot == {Ability.EMBEDDINGS, Ability.SCORE}


async def test_a_chat_is_the_same_in_one_piece_and_in_many(chat: HttpChatModel) -> None:
    whole = await chat.complete(HELLO, max_tokens=24)
    *pieces, last = [piece async for piece in chat.stream(HELLO, max_tokens=24)]
    assert len(pieces) > 3
    assert "".join(piece.text for piece in pieces) == whole.text
    assert last.whole is not None
    assert last.whole.text == whole.text
    assert last.whole.finish_reason == whole.finish_reason == "length"
    assert (last.whole.prompt_tokens, last.whole.completion_tokens) == (whole.prompt_tokens, 24)


async def test_many_at_a_time_get_each_their_own_answer(chat: HttpChatModel) -> None:
    questions = [(Message(role="user", content=f"{n} and {n}?"),) for n in range(12)]
    alone = [(await chat.complete(q, max_tokens=12)).text for q in questions]
    together = await asyncio.gather(*(chat.complete(q, max_tokens=12) for q in questions))
    assert [said.text for said in together] == alone
    # A model of random weights knows few answers; with one alone nothing would be shown.
    assert len(set(alone)) > 1


@pytest.mark.parametrize("seed", range(4))
async def test_even_a_model_that_knows_nothing_keeps_to_a_bounded_schema(
    chat: HttpChatModel, seed: int
) -> None:
    asked = (Message(role="user", content=f"Reconcile {seed}."),)
    said = await chat.complete(asked, schema=BOUNDED, max_tokens=200, temperature=1)
    assert said.finish_reason == "stop"
    answer = json.loads(said.text)
    assert list(answer) == ["op", "n", "name", "tags"]
    assert answer["op"] in {"ADD", "UPDATE", "NOOP"}
    assert 3 <= answer["n"] <= 12
    assert len(answer["name"]) <= 10
    assert set(answer["tags"]) <= {"a", "b"}


@pytest.mark.parametrize("schema", [SCHEMA, asking.SCHEMA], ids=["extraction", "linking"])
async def test_the_server_compiles_our_own_schemas(chat: HttpChatModel, schema: Schema) -> None:
    said = await chat.complete(HELLO, schema=schema, max_tokens=64, temperature=1)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert re.match(rf'{{"({"|".join(properties)})":', said.text), said.text


async def test_logprobs_of_the_answer_are_those_of_the_same_text_as_a_prompt(
    chat: HttpChatModel, client: VllmClient
) -> None:
    said = await chat.complete(HELLO, max_tokens=8, logprobs=True)
    assert len(said.logprobs) == said.completion_tokens == 8
    assert all(value <= 0 for value in said.logprobs)
    prompt = f"<|im_start|>user\n{HELLO[0].content}<|im_end|>\n<|im_start|>assistant\n"
    tokens = await client.tokenize(said.text)
    assert len(await client.tokenize(prompt)) == said.prompt_tokens
    if len(tokens) == 8:  # A text may be split into tokens in other ways than it was written.
        again = await client.logprobs(prompt, said.text)
        assert again == pytest.approx(said.logprobs, abs=1e-3)


async def test_a_text_is_as_probable_as_its_parts(client: VllmClient) -> None:
    before, first, second = "The vault", " code of", " Ada"
    whole = math.fsum(await client.logprobs(before, first)) + math.fsum(
        await client.logprobs(before + first, second)
    )
    assert math.fsum(await client.logprobs(before, first + second)) == pytest.approx(whole, abs=0.1)


async def test_an_unchanged_beginning_is_read_once(chat: HttpChatModel, vllm: Vllm) -> None:
    async def ask(end: str) -> tuple[int, int]:
        messages = (Message(role="system", content=LONG), Message(role="user", content=end))
        said = await chat.complete(messages, max_tokens=1)
        return said.cached_tokens, said.prompt_tokens

    hits = await _hits(vllm)
    first, length = await ask("Who has 0007?")
    again, _ = await ask("Who has 0011?")
    assert first < BLOCK
    assert length - 2 * BLOCK < again < length
    assert await _hits(vllm) - hits == first + again


async def test_what_one_salt_has_read_is_new_to_another(chat: HttpChatModel) -> None:
    async def cached(salt: str) -> int:
        messages = (Message(role="user", content=f"Ours: {LONG}"),)
        return (await chat.complete(messages, max_tokens=1, cache_salt=salt)).cached_tokens

    assert await cached("tenant-1") == 0
    assert await cached("tenant-1") > 5 * BLOCK
    assert await cached("tenant-2") == 0


async def test_what_it_refuses_and_what_it_does_not_have(chat: HttpChatModel, vllm: Vllm) -> None:
    with pytest.raises(RequestRefused):
        await chat.complete((Message(role="user", content=LONG * 9),), max_tokens=1)
    assert chat.ready
    stranger = HttpChatModel(model="nobody", url=vllm.base_url, api_key=None, timeout_s=10)
    with pytest.raises(ModelNotFound):
        await stranger.complete(HELLO, max_tokens=1)
    await stranger.close()


async def _hits(vllm: Vllm) -> int:
    """Tokens that were found in the cache since the start."""
    async with httpx.AsyncClient(base_url=vllm.root, trust_env=False) as http:
        text = (await http.get("/metrics")).text
    found = re.search(r"^vllm:prefix_cache_hits_total\{[^}]*\} (\S+)$", text, re.MULTILINE)
    assert found is not None
    return int(float(found[1]))
