"""What a server can do is told by how it behaves, and looked at again once it was away."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from llm_backend.abilities import Ability
from llm_backend.chat import Message
from llm_backend.chat_http import HttpChatModel
from llm_backend.errors import BackendTimeout, BackendUnavailable, ModelNotFound
from llm_backend.watch import Watch
from tests.fixtures.raw_server import Asked, Do, Step, completion, head, raw_server, told

ASKED = (Message(role="user", content="Who is there?"),)
MODELS = {"data": [{"id": "m", "owned_by": "vllm", "max_model_len": 4096}, {"id": "other"}]}
OPTIONS = {"model", "messages", "max_tokens", "temperature", "response_format", "logprobs"}


def as_vllm(asked: Asked) -> Sequence[Step]:
    """Minds no unknown options, refuses absurd values of those it knows."""
    match asked.path:
        case "/v1/models":
            return told(MODELS)
        case "/version":
            return told({"version": "0.32.0"})
        case "/tokenize":
            return told({"count": 1, "tokens": [5]})
        case "/v1/load_lora_adapter":
            return told({"error": {}}, 400)
        case "/v1/chat/completions":
            absurd = asked.body.get("cache_salt") == "" or asked.body.get("prompt_logprobs") == -7
            return told({}, 400) if absurd else told(_answer(asked.body))
    return told({}, 404)


def as_pooling(asked: Asked) -> Sequence[Step]:
    """vLLM with an embedding model: it has no chat."""
    match asked.path:
        case "/v1/embeddings":
            return told({"data": [{"index": 0, "embedding": [0.5]}]})
        case "/score":
            return told({"data": [{"index": 0, "score": 0.5}]})
        case "/v1/chat/completions" | "/v1/load_lora_adapter":
            return told({}, 404)
    return as_vllm(asked)


def as_openai(asked: Asked) -> Sequence[Step]:
    """Refuses every option that it does not know."""
    if asked.path == "/v1/chat/completions":
        known = set(asked.body) <= OPTIONS
        return told(_answer(asked.body)) if known else told({}, 400)
    return told({"data": [{"id": "m"}]}) if asked.path == "/v1/models" else told({}, 404)


def as_deaf(asked: Asked) -> Sequence[Step]:
    """Answers chats, whatever the options, and hangs up on all else."""
    if asked.path == "/v1/chat/completions":
        return told(completion("Certainly! I am here."))
    return [Do.RESET] if asked.path != "/v1/models" else [head(404)]


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps({"here": True}) if "response_format" in body else "I am"
    logprobs = {"content": [{"logprob": -1}]} if body.get("logprobs") else None
    return completion(text, logprobs=logprobs)


def model_at(url: str, **more: Any) -> HttpChatModel:
    given = {"timeout_s": 5, "first_pause_s": 0.01, "first_rest_s": 0.05, **more}
    return HttpChatModel(model="m", url=url, api_key=None, **given)


@pytest.mark.parametrize(
    ("server", "can", "says"),
    [
        (
            as_vllm,
            {"schema", "logprobs", "prompt_logprobs", "cache_salt", "tokenize", "lora"},
            "vllm 0.32.0",
        ),
        (as_pooling, {"tokenize", "embeddings", "score"}, "vllm 0.32.0"),
        (as_openai, {"schema", "logprobs"}, None),
        (as_deaf, set(), None),
    ],
)
async def test_what_a_server_can_do(server: Any, can: set[str], says: str | None) -> None:
    async with raw_server(server) as made:
        model = model_at(made.url)
        found = await model.look()
        await model.close()
    assert found.can == can
    assert found.cannot == set(Ability) - can
    assert found.server == says
    assert found.context_tokens == (4096 if says else None)
    # Beside other requests they have brought a server down, so they are never asked for.
    assert {a.body.get("prompt_logprobs") for a in made.asked} <= {None, -7}


async def test_a_line_for_people() -> None:
    async with raw_server(as_vllm) as made:
        model = model_at(made.url)
        known = await model.look()
        stranger = HttpChatModel(model="x", url=made.url, api_key=None, timeout_s=5)
        unlisted = await stranger.look()
        await model.close()
        await stranger.close()
    assert known.line == (
        "m at vllm 0.32.0: schema, logprobs, prompt_logprobs, cache_salt, tokenize, lora; "
        "without embeddings, score"
    )
    assert "which does not list it" in unlisted.line


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ([head(401)], ModelNotFound),
        ([head(503)], BackendUnavailable),
        ([Do.RESET], BackendUnavailable),
        ([5.0], BackendTimeout),
    ],
)
async def test_a_server_that_is_not_there_for_us_is_not_judged(
    answer: list[Step], error: type[Exception]
) -> None:
    async with raw_server(lambda _: answer) as made:
        model = model_at(made.url, timeout_s=0.3)
        with pytest.raises(error):
            await model.look()
        assert model.abilities is None
        assert model.ready
        await model.close()


@pytest.mark.parametrize(("server", "sent"), [(as_vllm, "tenant-1"), (as_openai, None)])
async def test_a_salt_is_only_sent_to_who_knows_salts(server: Any, sent: str | None) -> None:
    async with raw_server(server) as made:
        model = model_at(made.url)
        await model.complete(ASKED, max_tokens=9, cache_salt="tenant-1")
        assert "cache_salt" not in made.asked[-1].body  # It is not known yet.
        await model.look()
        await model.complete(ASKED, max_tokens=9, cache_salt="tenant-1")
        await model.close()
    assert made.asked[-1].body.get("cache_salt") == sent


async def test_a_model_that_ignores_schemas_is_told_of_them() -> None:
    def ignoring(asked: Asked) -> Sequence[Step]:
        return told(completion("no")) if "response_format" in asked.body else as_vllm(asked)

    async with raw_server(ignoring) as made:
        model = model_at(made.url)
        await model.look()
        await model.complete(ASKED, schema={"type": "object"}, max_tokens=9)
        await model.close()
    assert made.asked[-1].body["response_format"] == {"type": "json_object"}
    assert "schema" in made.asked[-1].body["messages"][-1]["content"]


async def test_a_server_that_was_away_is_looked_at_again_and_only_then() -> None:
    async with raw_server(as_vllm) as made:
        model = model_at(made.url)
        watch = Watch(model, pause_s=0.02)
        watch.start()
        await _until(lambda: model.can(Ability.LORA))
        looked = len(made.asked)
        await asyncio.sleep(0.2)
        assert len(made.asked) == looked  # While it is well, nothing is sent.
        port, made.answer = made.port, lambda _: [Do.RESET]
        with pytest.raises(BackendUnavailable):
            await model.complete(ASKED, max_tokens=9)
        assert model.abilities is None
    async with raw_server(as_openai, port) as back:
        await _until(lambda: model.abilities is not None)
        assert not model.can(Ability.LORA)
        await _until(lambda: model.ready)
        assert (await model.complete(ASKED, max_tokens=9)).text == "I am"
        assert back.asked
    await watch.stop()
    await model.close()


async def _until(is_so: Any) -> None:
    deadline = time.monotonic() + 5
    while not is_so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
