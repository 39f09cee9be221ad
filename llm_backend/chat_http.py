"""A chat model behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama, OpenAI."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from llm_backend.chat import Completion, Message, Schema
from llm_backend.chat_wire import completion, fitting, only_json, plain
from llm_backend.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    MalformedReply,
    ModelNotFound,
    RequestRefused,
)

_ATTEMPTS = 3
_PASSING = frozenset({429, 500, 502, 503, 504})
_NOT_FOR_US = frozenset({401, 403, 404})
#: What servers answer to a `response_format` that they do not know.
_NOT_UNDERSTOOD = frozenset({400, 422})
_LONGEST_PAUSE_S = 10.0
_LONGEST_REST_S = 60.0
#: No honest answer is longer than this.
_REPLY_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    status: int
    content: bytes
    #: Seconds after which the server wants to be asked again.
    retry_after_s: float | None


class HttpChatModel:
    """Asks `POST {url}/chat/completions`, a few times if the server is only briefly away.

    A server that stays away, or was too slow twice running, is left alone for a while: first
    `first_rest_s`, then twice that, and so on.
    """

    def __init__(
        self,
        *,
        model: str,
        url: str,
        api_key: SecretStr | None,
        timeout_s: float,
        first_pause_s: float = 0.5,
        first_rest_s: float = 1.0,
    ) -> None:
        self.name = model
        self._url = f"{url.rstrip('/')}/chat/completions"
        self._timeout_s = timeout_s
        self._first_pause_s = first_pause_s
        self._failure: BackendError | None = None
        self._first_rest_s = first_rest_s
        self._rest_s = first_rest_s
        self._retry_at = 0.0
        #: Until the server has shown that it only knows `json_object`.
        self._knows_schemas = True
        headers = {"Authorization": f"Bearer {api_key.get_secret_value()}"} if api_key else {}
        # The environment (proxies, netrc) is read in one place only, and that is not here.
        self._client = httpx.AsyncClient(headers=headers, timeout=timeout_s, trust_env=False)

    @property
    def ready(self) -> bool:
        """Whether the server is asked; not for a while after it failed."""
        return time.monotonic() >= self._retry_at

    @property
    def failure(self) -> BackendError | None:
        """Why the server did not answer the last time, until it does."""
        return self._failure

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Schema | None = None,
        max_tokens: int,
        temperature: float = 0,
    ) -> Completion:
        """The model's next message. Raises BackendError, within `timeout_s` in any case."""
        if not self.ready:
            raise BackendUnavailable(f"not asked for a while, because {self._failure}")
        body: dict[str, object] = {
            "model": self.name,
            "max_tokens": max_tokens,
            "temperature": temperature,
        }
        try:
            answer = await self._within_time(body, messages, schema)
        except (RequestRefused, MalformedReply):  # The server is there; others may be answered.
            raise
        except BackendError as error:
            self._failed(error)
            raise
        self._failure, self._rest_s = None, self._first_rest_s
        return answer

    def _failed(self, error: BackendError) -> None:
        """One slow answer may be the question's fault, so it alone calls for no rest."""
        again = isinstance(self._failure, BackendTimeout)
        self._failure = error
        if self.ready and (again or not isinstance(error, BackendTimeout)):
            self._retry_at = time.monotonic() + self._rest_s
            self._rest_s = min(2 * self._rest_s, _LONGEST_REST_S)

    async def _within_time(
        self, body: Mapping[str, object], messages: Sequence[Message], schema: Schema | None
    ) -> Completion:
        """All attempts together: httpx only bounds the wait for each piece of an answer."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return self._read(await self._ask(body, messages, schema))
        except TimeoutError as error:
            raise BackendTimeout(f"{self._url} did not answer in time") from error

    async def _ask(
        self, body: Mapping[str, object], messages: Sequence[Message], schema: Schema | None
    ) -> _Answer:
        if schema is None:
            return await self._post({**body, "messages": plain(messages)})
        if self._knows_schemas:
            constrained = {"messages": plain(messages), "response_format": fitting(schema)}
            answer = await self._post({**body, **constrained})
            if answer.status not in _NOT_UNDERSTOOD:
                return answer
        answer = await self._post({**body, **only_json(messages, schema)})
        if answer.status == httpx.codes.OK:
            # Otherwise it was the question that the server did not like, not the schema.
            self._knows_schemas = False
        return answer

    async def _post(self, body: Mapping[str, object]) -> _Answer:
        """The last of a few attempts, or the first that did not fail in passing."""
        for attempt in range(_ATTEMPTS - 1):
            wait = None
            try:
                answer = await self._post_once(body)
            except BackendUnavailable:
                pass  # A connection that was kept may have been closed meanwhile.
            else:
                if answer.status not in _PASSING:
                    return answer
                wait = answer.retry_after_s
            await asyncio.sleep(self._pause(attempt) if wait is None else wait)
        return await self._post_once(body)

    async def _post_once(self, body: Mapping[str, object]) -> _Answer:
        try:
            async with self._client.stream("POST", self._url, json=body) as response:
                return _Answer(
                    status=response.status_code,
                    content=await self._content(response),
                    retry_after_s=_seconds(response.headers.get("Retry-After", "")),
                )
        except httpx.TimeoutException as error:
            raise BackendTimeout(f"{self._url} did not answer in time") from error
        except httpx.HTTPError as error:
            raise BackendUnavailable(f"{self._url} cannot be reached: {error}") from error

    async def _content(self, response: httpx.Response) -> bytes:
        content = bytearray()
        async for piece in response.aiter_bytes():
            content += piece
            if len(content) > _REPLY_BYTES:
                raise MalformedReply(f"{self._url} answered more than {_REPLY_BYTES} bytes")
        return bytes(content)

    def _pause(self, attempt: int) -> float:
        longest = self._first_pause_s * 2**attempt
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads retries, no secret

    def _read(self, answer: _Answer) -> Completion:
        self._check_status(answer.status)
        return completion(answer.content, self.name)

    def _check_status(self, status: int) -> None:
        """The body is left out of the message: servers repeat the input in it."""
        if status in _PASSING:
            raise BackendUnavailable(f"{self._url} answered {status}")
        if status in _NOT_FOR_US:
            raise ModelNotFound(f"{self._url} answered {status} for the model {self.name}")
        if status != httpx.codes.OK:
            raise RequestRefused(f"{self._url} answered {status}")


def _seconds(retry_after: str) -> float | None:
    """It may also be a date, which is not worth the parsing."""
    return min(float(retry_after), _LONGEST_PAUSE_S) if retry_after.isdecimal() else None
