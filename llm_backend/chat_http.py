"""A chat model behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama, OpenAI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import httpx
from pydantic import SecretStr

from llm_backend import chat_stream, http
from llm_backend.abilities import Abilities, Ability
from llm_backend.attempts import persist
from llm_backend.chat import Completion, Message, Piece, Schema
from llm_backend.chat_wire import completion, fitting, only_json, plain
from llm_backend.errors import BackendError, BackendTimeout, MalformedReply, RequestRefused
from llm_backend.http import Opened, Reply
from llm_backend.probe import probe

#: What servers answer to a `response_format` that they do not know.
_NOT_UNDERSTOOD = frozenset({400, 422})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Question:
    """What is asked, before it is known how the server wants it."""

    messages: Sequence[Message]
    schema: Schema | None
    more: Mapping[str, object]


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
        self._base = url.rstrip("/")
        self._url = f"{self._base}/chat/completions"
        self._timeout_s = timeout_s
        self._first_pause_s = first_pause_s
        self._rest = http.Rest(first_rest_s)
        #: What the server can do; None until it is looked at, and again once it was away.
        self.abilities: Abilities | None = None
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

    @property
    def down(self) -> bool:
        """Whether it does not answer: it was not heard of yet, or is away, or slow twice over."""
        unknown = self.abilities is None and not self._rest.heard
        failing = self.failure is not None and not isinstance(self.failure, BackendTimeout)
        return unknown or failing or not self.ready

    @property
    def down_since(self) -> datetime | None:
        """When it began not to answer; None where it answers, or was never heard of."""
        return self._rest.since if self.down else None

    def can(self, ability: Ability) -> bool:
        """Whether the server has shown that it can do this."""
        return self.abilities is not None and ability in self.abilities.can

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def look(self) -> Abilities:
        """Find out what the server can do, and keep it. Raises BackendError where it is away.

        A look says little about how it answers questions, so a rest goes on.
        """
        found = await probe(self._client, self._base, self.name)
        self.abilities = found
        if Ability.SCHEMA in found.can:
            self._rest.seen()
        if found.can:
            # Some servers ignore a schema without a word; the model has to be told of it then.
            self._knows_schemas = Ability.SCHEMA in found.can
        return found

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Schema | None = None,
        max_tokens: int,
        temperature: float = 0,
        cache_salt: str | None = None,
        logprobs: bool = False,
    ) -> Completion:
        """The model's next message. Raises BackendError, within `timeout_s` in any case."""
        self._rest.check()
        more = self._more(max_tokens, temperature, cache_salt)
        if logprobs:
            more["logprobs"] = True
        question = _Question(messages=messages, schema=schema, more=more)
        with self._noting():
            try:
                # All attempts together: httpx only bounds the wait for each piece of an answer.
                async with asyncio.timeout(self._timeout_s):
                    answer = await self._ask(question)
            except TimeoutError as error:
                raise http.too_slow(self._url) from error
            http.check_status(self._url, answer.status, self.name)
            return completion(answer.content, self.name)

    async def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0,
        cache_salt: str | None = None,
    ) -> AsyncIterator[Piece]:
        """The model's next message as it is written; the last piece has the whole.

        Attempts are repeated until the answer begins, and never after that. Raises BackendError,
        within `timeout_s` of waiting.
        """
        self._rest.check()
        body = {
            **self._more(max_tokens, temperature, cache_salt),
            "messages": plain(messages),
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        deadline = asyncio.get_running_loop().time() + self._timeout_s
        with self._noting():
            opened = await self._open(body, deadline)
            try:
                http.check_status(self._url, opened.status, self.name)
                async for piece in chat_stream.pieces(self._url, opened.response, deadline):
                    yield piece
            finally:
                await opened.response.aclose()

    @contextmanager
    def _noting(self) -> Iterator[None]:
        """Keep in mind how the server did."""
        try:
            yield
        except BackendError as error:
            self.failed(error)
            raise
        self.answered()

    def answered(self) -> None:
        """Keep in mind that the server answered, whoever asked it."""
        self._rest.answered()

    def failed(self, error: BackendError) -> None:
        """Keep in mind that it did not, whoever asked it.

        One slow answer may be the question's fault, so it alone calls for no rest.
        """
        if isinstance(error, RequestRefused | MalformedReply):
            return  # The server is there; others may be answered.
        again = isinstance(self._rest.failure, BackendTimeout)
        is_down = again or not isinstance(error, BackendTimeout)
        self._rest.failed(error, calls_for_rest=is_down)
        if is_down:
            # It may come back as another: a newer release, or with other options.
            self.abilities, self._knows_schemas = None, True

    def _more(
        self, max_tokens: int, temperature: float, cache_salt: str | None
    ) -> dict[str, object]:
        more: dict[str, object] = {
            "model": self.name,
            "max_tokens": max_tokens,
            "temperature": temperature,
        }
        # Servers that do not know it may refuse the whole request.
        if cache_salt is not None and self.can(Ability.CACHE_SALT):
            more["cache_salt"] = cache_salt
        return more

    async def _ask(self, question: _Question) -> Reply:
        body, messages, schema = question.more, question.messages, question.schema
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
        ask = partial(http.post, self._client, self._url, body)
        return await persist(ask, first_pause_s=self._first_pause_s)

    async def _open(self, body: Mapping[str, object], deadline: float) -> Opened:
        ask = partial(http.open_stream, self._client, self._url, body)
        try:
            async with asyncio.timeout_at(deadline):
                return await persist(ask, first_pause_s=self._first_pause_s)
        except TimeoutError as error:
            raise http.too_slow(self._url) from error
