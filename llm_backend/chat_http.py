"""A chat model behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama, OpenAI."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence

import httpx
from pydantic import SecretStr

from llm_backend import http
from llm_backend.chat import Completion, Message, Schema
from llm_backend.chat_wire import completion, fitting, only_json, plain
from llm_backend.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    MalformedReply,
    RequestRefused,
)
from llm_backend.http import Reply

_ATTEMPTS = 3
#: What servers answer to a `response_format` that they do not know.
_NOT_UNDERSTOOD = frozenset({400, 422})
_LONGEST_PAUSE_S = 10.0


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
        self._rest = http.Rest(first_rest_s)
        #: Until the server has shown that it only knows `json_object`.
        self._knows_schemas = True
        self._client = http.client(api_key, timeout_s)

    @property
    def ready(self) -> bool:
        """Whether the server is asked; not for a while after it failed."""
        return self._rest.over

    @property
    def failure(self) -> BackendError | None:
        """Why the server did not answer the last time, until it does."""
        return self._rest.failure

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
        self._rest.check()
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
        self._rest.answered()
        return answer

    def _failed(self, error: BackendError) -> None:
        """One slow answer may be the question's fault, so it alone calls for no rest."""
        again = isinstance(self._rest.failure, BackendTimeout)
        was_slow = isinstance(error, BackendTimeout)
        self._rest.failed(error, calls_for_rest=again or not was_slow)

    async def _within_time(
        self, body: Mapping[str, object], messages: Sequence[Message], schema: Schema | None
    ) -> Completion:
        """All attempts together: httpx only bounds the wait for each piece of an answer."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return self._read(await self._ask(body, messages, schema))
        except TimeoutError as error:
            raise http.too_slow(self._url) from error

    async def _ask(
        self, body: Mapping[str, object], messages: Sequence[Message], schema: Schema | None
    ) -> Reply:
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

    async def _post(self, body: Mapping[str, object]) -> Reply:
        """The last of a few attempts, or the first that did not fail in passing."""
        for attempt in range(_ATTEMPTS - 1):
            wait = None
            try:
                answer = await http.post(self._client, self._url, body)
            except BackendUnavailable:
                pass  # A connection that was kept may have been closed meanwhile.
            else:
                if answer.status not in http.PASSING:
                    return answer
                wait = _seconds(answer.headers.get("Retry-After", ""))
            await asyncio.sleep(self._pause(attempt) if wait is None else wait)
        return await http.post(self._client, self._url, body)

    def _pause(self, attempt: int) -> float:
        longest = self._first_pause_s * 2**attempt
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads retries, no secret

    def _read(self, answer: Reply) -> Completion:
        http.check_status(self._url, answer.status, self.name)
        return completion(answer.content, self.name)


def _seconds(retry_after: str) -> float | None:
    """It may also be a date, which is not worth the parsing."""
    return min(float(retry_after), _LONGEST_PAUSE_S) if retry_after.isdecimal() else None
