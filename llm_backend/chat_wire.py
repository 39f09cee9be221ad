"""What is sent to an OpenAI-compatible chat endpoint, and how its answer is read."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import BaseModel, ValidationError

from llm_backend.chat import Completion, Message, Schema
from llm_backend.errors import MalformedReply, RequestRefused


class _Spoken(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Token(BaseModel):
    logprob: float


class _Tokens(BaseModel):
    content: list[_Token] | None = None


class _Choice(BaseModel):
    message: _Spoken
    finish_reason: str | None = None
    logprobs: _Tokens | None = None


class _PromptTokens(BaseModel):
    cached_tokens: int | None = None


class Usage(BaseModel):
    """Tokens of a call; nothing where a server does not tell."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    prompt_tokens_details: _PromptTokens | None = None

    @property
    def cached_tokens(self) -> int:
        """Of the prompt's, those that the server had read before."""
        details = self.prompt_tokens_details
        return 0 if details is None else details.cached_tokens or 0


class _Reply(BaseModel):
    choices: list[_Choice]
    usage: Usage | None = None


def plain(messages: Sequence[Message]) -> list[dict[str, str]]:
    """The messages as they are."""
    return [{"role": message.role, "content": message.content} for message in messages]


def fitting(schema: Schema) -> dict[str, object]:
    """The `response_format` that holds the model to a schema."""
    described = {"name": "answer", "strict": True, "schema": schema}
    return {"type": "json_schema", "json_schema": described}


def only_json(messages: Sequence[Message], schema: Schema) -> dict[str, object]:
    """For a server that knows no schemas: the model is told what it is not held to."""
    *before, last = messages
    told = f"{last.content}\n\nAnswer with one JSON object of this schema:\n{json.dumps(schema)}"
    return {
        "messages": plain([*before, Message(role=last.role, content=told)]),
        "response_format": {"type": "json_object"},
    }


def completion(content: bytes, model: str) -> Completion:
    """The first choice. Raises MalformedReply, or RequestRefused where the model will not."""
    try:
        reply = _Reply.model_validate_json(content)
    except ValidationError as error:
        raise MalformedReply(f"{model} did not answer with a completion") from error
    if not reply.choices:
        raise MalformedReply(f"{model} answered no choice")
    choice, usage = reply.choices[0], reply.usage or Usage()
    if choice.message.refusal or choice.finish_reason == "content_filter":
        raise RequestRefused(f"{model} refused to answer")
    if choice.message.content is None:
        raise MalformedReply(f"{model} answered a message without content")
    return Completion(
        text=choice.message.content,
        finish_reason=choice.finish_reason or "stop",
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
        logprobs=tuple(token.logprob for token in _tokens(choice)),
    )


def _tokens(choice: _Choice) -> list[_Token]:
    return (choice.logprobs.content or []) if choice.logprobs else []
