"""Settings choose the chat model; without any there is none."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from llm_backend.factory import chat_from
from llm_backend.settings import ChatSettings


def test_there_is_none_by_default() -> None:
    assert chat_from(ChatSettings()) is None


async def test_settings_name_the_model() -> None:
    chat = chat_from(ChatSettings(url="http://127.0.0.1:8001/v1", model="qwen3"))
    assert chat is not None
    assert chat.name == "qwen3"
    await chat.close()


@pytest.mark.parametrize(
    "values",
    [
        {"url": "http://127.0.0.1:8001/v1"},
        {"model": "qwen3"},
        {"url": "127.0.0.1:8001", "model": "qwen3"},
        {"timeout_s": 0},
        {"max_tokens": 0},
        {"colour": "red"},
    ],
)
def test_a_chat_model_that_is_half_configured_stops_the_start(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ChatSettings.model_validate(values)
