"""Tokens and log-probabilities as vLLM tells them, and what is no such thing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from llm_backend.errors import BackendError, BackendTimeout, MalformedReply, ModelNotFound
from llm_backend.vllm import VllmClient
from tests.fixtures.raw_server import Asked, Step, head, raw_server, told


def _told(*tokens: dict[int, float] | None) -> dict[str, Any]:
    given = [t and {str(i): {"logprob": p, "rank": 1} for i, p in t.items()} for t in tokens]
    return {"choices": [{"text": "x", "prompt_logprobs": given}]}


#: Of a prompt of two tokens and a text of two; of the last, the most probable token is told too.
GIVEN = _told(None, {101: -9.0}, {102: -0.5}, {7: -0.1, 103: -2.5})


@asynccontextmanager
async def client(completed: Sequence[Step], timeout_s: float = 5) -> AsyncIterator[VllmClient]:
    def answer(asked: Asked) -> Sequence[Step]:
        if asked.path == "/tokenize":
            return told({"tokens": [100, 101] if asked.body["prompt"] == "a" else [102, 103]})
        assert asked.body["prompt"] == [100, 101, 102, 103]
        return completed

    async with raw_server(answer) as server:
        made = VllmClient(model="m", url=server.url, api_key=None, timeout_s=timeout_s)
        yield made
        await made.close()


async def test_of_each_token_of_the_text_alone() -> None:
    async with client(told(GIVEN)) as vllm:
        assert await vllm.tokenize("a") == (100, 101)
        assert await vllm.logprobs("a", "b") == (-0.5, -2.5)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (told({"choices": []}), MalformedReply),
        (told({"choices": [{"text": "x"}]}), MalformedReply),
        (told(_told(None, {101: -9.0}, {102: -0.5})), MalformedReply),
        (told(_told(None, {101: -9.0}, {102: -0.5}, {7: -0.1})), MalformedReply),
        (told(_told(None, {101: -9.0}, None, {103: -0.1})), MalformedReply),
        ([head(404)], ModelNotFound),
        ([head(), 5.0], BackendTimeout),
    ],
)
async def test_what_cannot_be_used(answer: Sequence[Step], error: type[BackendError]) -> None:
    async with client(answer, timeout_s=0.3) as vllm:
        with pytest.raises(error):
            await vllm.logprobs("a", "b")
