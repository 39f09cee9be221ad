"""What every client of a model server has in common: its key, its errors, and leaving it alone."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import httpx
from pydantic import SecretStr

from llm_backend.errors import (
    BackendError,
    BackendTimeout,
    BackendUnavailable,
    MalformedReply,
    ModelNotFound,
    RequestRefused,
)

#: Statuses of a server that is only briefly away, and of one that has nothing for us.
PASSING: Final = frozenset({429, 500, 502, 503, 504})
_NOT_FOR_US = frozenset({401, 403, 404})
#: Servers repeat texts in their answer; no honest one is longer than this.
_REPLY_BYTES = 4 * 1024 * 1024
_LONGEST_REST_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a server answered."""

    status: int
    content: bytes
    headers: httpx.Headers


def authorised(api_key: SecretStr | None) -> dict[str, str]:
    """The headers that carry the key."""
    return {"Authorization": f"Bearer {api_key.get_secret_value()}"} if api_key else {}


def client(api_key: SecretStr | None, timeout_s: float) -> httpx.AsyncClient:
    """A client that knows nothing but what it is told."""
    # The environment (proxies, netrc) is read in one place only, and that is not here.
    return httpx.AsyncClient(headers=authorised(api_key), timeout=timeout_s, trust_env=False)


async def post(client: httpx.AsyncClient, url: str, body: Mapping[str, object]) -> Reply:
    """Ask once. Raises BackendTimeout, BackendUnavailable, MalformedReply; no status is judged."""
    return await _ask(client, client.build_request("POST", url, json=body))


async def get(client: httpx.AsyncClient, url: str) -> Reply:
    """As `post`, without a body."""
    return await _ask(client, client.build_request("GET", url))


async def _ask(client: httpx.AsyncClient, request: httpx.Request) -> Reply:
    url = str(request.url)
    try:
        response = await client.send(request, stream=True)
        try:
            status = response.status_code
            # What comes with an error is read by nobody.
            content = await _content(url, response) if status == httpx.codes.OK else b""
        finally:
            await response.aclose()
    except httpx.HTTPError as error:
        raise failure_of(url, error) from error
    return Reply(status=status, content=content, headers=response.headers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """An answer whose head has come, and whose body is still to be read; to be closed."""

    response: httpx.Response

    @property
    def status(self) -> int:
        """Its status."""
        return self.response.status_code

    @property
    def headers(self) -> httpx.Headers:
        """Its headers."""
        return self.response.headers


async def open_stream(client: httpx.AsyncClient, url: str, body: Mapping[str, object]) -> Opened:
    """Ask once; only a 200 is left open. Raises BackendTimeout, BackendUnavailable."""
    request = client.build_request("POST", url, json=body)
    try:
        response = await client.send(request, stream=True)
        if response.status_code != httpx.codes.OK:
            await response.aclose()
    except httpx.HTTPError as error:
        raise failure_of(url, error) from error
    return Opened(response=response)


def failure_of(url: str, error: httpx.HTTPError) -> BackendError:
    """What it means that a request did not get an answer."""
    if isinstance(error, httpx.TimeoutException):
        return too_slow(url)
    return BackendUnavailable(f"{url} cannot be reached: {error}")


def too_slow(url: str) -> BackendTimeout:
    """It did not answer in time."""
    return BackendTimeout(f"{url} did not answer in time")


def check_status(url: str, status: int, model: str) -> None:
    """Raises what a status means. The body is left out: servers repeat the input in it."""
    if status in PASSING:
        raise BackendUnavailable(f"{url} answered {status}")
    if status in _NOT_FOR_US:
        raise ModelNotFound(f"{url} answered {status} for the model {model}")
    if status != httpx.codes.OK:
        raise RequestRefused(f"{url} answered {status}")


async def _content(url: str, response: httpx.Response) -> bytes:
    content = bytearray()
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > _REPLY_BYTES:
            raise MalformedReply(f"{url} answered more than {_REPLY_BYTES} bytes")
    return bytes(content)


class Rest:
    """Leaves a server that failed alone: for `first_s`, then twice that, up to a minute."""

    def __init__(self, first_s: float) -> None:
        #: Why the server did not answer the last time, until it does; and since when.
        self.failure: BackendError | None = None
        self.since: datetime | None = None
        #: Whether it ever answered.
        self.heard = False
        self._reason: BackendError | None = None
        self._first_s = first_s
        self._next_s = first_s
        self._until = 0.0

    @property
    def over(self) -> bool:
        """Whether the server is to be asked."""
        return time.monotonic() >= self._until

    def check(self) -> None:
        """Raises BackendUnavailable while the server is left alone."""
        if not self.over:
            raise BackendUnavailable(f"not asked for a while, because {self._reason}")

    def failed(self, error: BackendError, *, calls_for_rest: bool = True) -> None:
        """Of several that fail together, one makes the rest longer."""
        if self.failure is None:
            self.since = datetime.now(UTC)
        self.failure = self._reason = error
        if calls_for_rest and self.over:
            self._until = time.monotonic() + self._next_s
            self._next_s = min(2 * self._next_s, _LONGEST_REST_S)

    def answered(self) -> None:
        """The server is well: there is no reason any more to leave it alone."""
        self.heard = True
        self.failure, self.since = None, None
        self._next_s, self._until = self._first_s, 0.0

    def seen(self) -> None:
        """It is there again, as something small shows; a rest goes on, and who was slow may be."""
        if not isinstance(self.failure, BackendTimeout):
            self.failure, self.since = None, None
