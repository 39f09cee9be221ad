"""The scripted chat model says what it is told to, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from llm_backend.chat import ChatModel, Completion, Message
from llm_backend.chat_script import Asked, Reply, ScriptedChatModel
from llm_backend.errors import BackendTimeout, BackendUnavailable

HELLO = (Message(role="user", content="hello"),)
CUT = Completion(text="cu", finish_reason="length", prompt_tokens=3, completion_tokens=1)


async def test_the_replies_come_one_after_the_other() -> None:
    chat = ScriptedChatModel(["first", CUT, BackendTimeout("slow")])
    model: ChatModel = chat
    first = await model.complete(HELLO, max_tokens=9)
    assert (first.text, first.finish_reason) == ("first", "stop")
    assert await model.complete(HELLO, max_tokens=9) == CUT
    with pytest.raises(BackendTimeout, match="slow"):
        await model.complete(HELLO, max_tokens=9)
    with pytest.raises(BackendUnavailable, match="3 replies"):
        await model.complete(HELLO, max_tokens=9)


async def test_a_function_may_answer() -> None:
    async def echo(messages: Sequence[Message]) -> Reply:
        return messages[-1].content

    chat = ScriptedChatModel(echo)
    assert (await chat.complete(HELLO, schema={"type": "object"}, max_tokens=9)).text == "hello"
    asked = Asked(messages=HELLO, schema={"type": "object"}, max_tokens=9, temperature=0)
    assert chat.asked == [asked]
