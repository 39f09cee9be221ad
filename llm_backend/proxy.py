"""A chat server as it is: requests and answers go through as bytes, as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Final

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from llm_backend import http, prefix_cache
from llm_backend.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    MalformedReply,
    RequestRefused,
)
from llm_backend.prefix_cache import PrefixCache

#: A server that does not even take a connection in so many seconds is away.
_CONNECT_S = 5.0
#: How long the list of models may take; chat waits for it once in a while.
_LIST_S = 5.0
#: An answer in one piece is held in memory; no honest one is longer.
_ANSWER_BYTES: Final = 32 * 1024 * 1024
#: What a server answers whose key we do not have. The caller's key is another one.
_NOT_OUR_KEY = frozenset({401, 403})
#: Headers of an answer that mean something to the caller.
_PASSED_ON = ("content-type", "retry-after")


class ServedModel(BaseModel):
    """A model as the server lists it. vLLM names the `parent` of an adapter."""

    id: str
    created: int = 0
    owned_by: str = ""
    parent: str | None = None


class _Listed(BaseModel):
    data: list[ServedModel]


class Upstream:
    """An answer that has begun. Whoever opened it closes it, which ends what is left of it."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self.status = response.status_code
        self.headers = {
            name: response.headers[name] for name in _PASSED_ON if name in response.headers
        }
        self._afterwards: Callable[[], None] | None = None

    @property
    def streams(self) -> bool:
        """Whether it comes as server-sent events."""
        return self.headers.get("content-type", "").startswith("text/event-stream")

    async def pieces(self) -> AsyncIterator[bytes]:
        """The bytes as they come; the server is read no faster than they are taken.

        Raises BackendUnavailable where the connection breaks, BackendTimeout where it falls silent.
        """
        with _failures():
            async for piece in self._response.aiter_raw():
                yield piece

    async def read(self) -> bytes:
        """All of it. Raises MalformedReply where it is too long, and what `pieces` raises."""
        content = bytearray()
        async for piece in self.pieces():
            content += piece
            if len(content) > _ANSWER_BYTES:
                raise MalformedReply(f"the model server answered more than {_ANSWER_BYTES} bytes")
        return bytes(content)

    def when_closed(self, do: Callable[[], None]) -> None:
        """Have this done once, when the answer is let go of."""
        self._afterwards = do

    async def close(self) -> None:
        """Let go of the connection; a model that still writes stops."""
        try:
            await self._response.aclose()
        finally:
            do, self._afterwards = self._afterwards, None
            if do is not None:
                do()


class ChatProxy:
    """Passes requests on to `POST {url}/chat/completions`, with the key of this service."""

    def __init__(self, *, url: str, api_key: SecretStr | None, timeout_s: float) -> None:
        base = url.rstrip("/")
        self._chat_url, self._models_url = f"{base}/chat/completions", f"{base}/models"
        self._figures_url = f"{base.removesuffix('/v1')}/metrics"
        # Bytes go through as they are, so they must not come compressed; streams last long, so
        # their number is for the server to limit.
        self._client = httpx.AsyncClient(
            headers={**http.authorised(api_key), "Accept-Encoding": "identity"},
            timeout=httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s)),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=100),
            trust_env=False,
        )

    async def chat(self, content: bytes) -> Upstream:
        """The answer, as soon as it begins, whatever its status.

        Raises BackendUnavailable, BackendTimeout, and RequestRefused where the server does not
        take this service's key.
        """
        request = self._client.build_request(
            "POST", self._chat_url, content=content, headers={"Content-Type": "application/json"}
        )
        with _failures():
            try:
                response = await self._client.send(request, stream=True)
            except httpx.RemoteProtocolError:
                # A kept connection may be closed by the server just when it is used again.
                response = await self._client.send(request, stream=True)
        if response.status_code in _NOT_OUR_KEY:
            await response.aclose()
            raise RequestRefused("the model server does not accept the key of this service")
        return Upstream(response)

    async def models(self) -> tuple[ServedModel, ...]:
        """What the server lists. Raises BackendError."""
        with _failures():
            response = await self._client.get(self._models_url, timeout=_LIST_S)
        if response.status_code != httpx.codes.OK:
            raise BackendUnavailable(
                f"the model server answered {response.status_code} instead of its models"
            )
        try:
            return tuple(_Listed.model_validate_json(response.content).data)
        except ValidationError as error:
            raise MalformedReply("the model server did not answer with a list of models") from error

    async def prefix_cache(self) -> PrefixCache | None:
        """How much the server found in its cache; None where it does not tell, or is away."""
        try:
            response = await self._client.get(self._figures_url, timeout=_LIST_S)
        except httpx.HTTPError:
            return None
        return prefix_cache.read(response.text) if response.is_success else None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


@contextmanager
def _failures() -> Iterator[None]:
    """What httpx raises, as ours. The address is left out: callers need not know it."""
    try:
        yield
    except httpx.HTTPError as error:
        raise _failure_of(error) from error


def _failure_of(error: httpx.HTTPError) -> BackendError:
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return BackendUnavailable("the model server cannot be reached")
    if isinstance(error, httpx.TimeoutException):
        return BackendTimeout("the model server did not answer in time")
    return BackendUnavailable("the connection to the model server broke")
