"""Reads an answer that comes in pieces, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
from pydantic import BaseModel, ValidationError

from llm_backend import http
from llm_backend.chat import Completion, Piece
from llm_backend.chat_wire import Usage
from llm_backend.errors import BackendUnavailable, MalformedReply, RequestRefused

_DONE = b"[DONE]"
#: No honest piece of an answer is longer.
_LINE_BYTES = 1024 * 1024
_ANSWER_CHARS = 4 * 1024 * 1024


class _Delta(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    delta: _Delta = _Delta()
    finish_reason: str | None = None


class _Event(BaseModel):
    """An error in the middle of a stream is an event too, with nothing that we ask for."""

    choices: list[_Choice]
    usage: Usage | None = None


async def pieces(url: str, response: httpx.Response, deadline: float) -> AsyncIterator[Piece]:
    """The answer as it comes, by the loop's time of `deadline`; the last piece has the whole.

    Raises BackendTimeout; BackendUnavailable where the stream ends before the answer does;
    MalformedReply, RequestRefused.
    """
    text, finish_reason, usage = "", None, Usage()
    async for line in _lines(url, response, deadline):
        event = _event(url, line)
        usage = event.usage or usage
        for choice in event.choices[:1]:
            if choice.delta.refusal or choice.finish_reason == "content_filter":
                raise RequestRefused(f"{url}: the model refused to answer")
            finish_reason = choice.finish_reason or finish_reason
            if choice.delta.content:
                text += choice.delta.content
                if len(text) > _ANSWER_CHARS:
                    raise MalformedReply(f"{url} answered more than {_ANSWER_CHARS} characters")
                yield Piece(text=choice.delta.content)
    if finish_reason is None:
        raise BackendUnavailable(f"{url} stopped in the middle of its answer")
    yield Piece(text="", whole=_whole(text, finish_reason, usage))


def _whole(text: str, finish_reason: str, usage: Usage) -> Completion:
    return Completion(
        text=text,
        finish_reason=finish_reason,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        cached_tokens=usage.cached_tokens,
    )


def _event(url: str, line: bytes) -> _Event:
    try:
        return _Event.model_validate_json(line)
    except ValidationError as error:
        raise MalformedReply(f"{url} did not answer with pieces of a completion") from error


async def _lines(url: str, response: httpx.Response, deadline: float) -> AsyncIterator[bytes]:
    """What follows each `data:`, to the end or [DONE].

    Split at line feeds alone: httpx's own lines end at U+2028 too, which JSON may hold.
    """
    left = b""
    async for content in _contents(url, response, deadline):
        *lines, left = (left + content).split(b"\n")
        if len(left) > _LINE_BYTES:
            raise MalformedReply(f"{url} answered a line of more than {_LINE_BYTES} bytes")
        for line in lines:
            name, _, data = line.partition(b":")
            if name == b"data":
                if data.strip() == _DONE:
                    return
                yield data


async def _contents(url: str, response: httpx.Response, deadline: float) -> AsyncIterator[bytes]:
    """Bytes as they come. The time is only ours while we wait for them, not while they are used."""
    arriving = response.aiter_bytes()
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                content = await anext(arriving, None)
        except httpx.HTTPError as error:
            raise http.failure_of(url, error) from error
        except TimeoutError as error:
            raise http.too_slow(url) from error
        if content is None:
            return
        yield content
