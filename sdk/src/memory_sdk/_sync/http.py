# Generated from _async/http.py by generate_sync.py; change that.
"""Sends calls, again where that is safe, and turns what comes back into answers or errors."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TypeVar

import httpx
from pydantic import ValidationError

from memory_sdk._calls import Call
from memory_sdk._errors import APIResponseValidationError, error_of, transport_errors
from memory_sdk._memcube import Answer
from memory_sdk._retry import NOT_BEGUN, PASSING_ERRORS, backoff, wait_after
from memory_sdk._version import __version__

AnswerT = TypeVar("AnswerT", bound=Answer)


class Http:
    """The connection to one service with one API key."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float,
        retries: int,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self._retries = retries
        self._patient = httpx.Timeout(timeout, read=None)
        self._client = httpx.Client(
            base_url=base_url,
            headers={
                "Authorization": f"Bearer {api_key}",
                "User-Agent": f"memory-sdk/{__version__}",
            },
            timeout=timeout,
            transport=transport,
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def answer(self, call: Call, model: type[AnswerT]) -> AnswerT:
        """Send the call and read its answer."""
        response = self.send(call)
        try:
            return model.model_validate_json(response.content)
        except ValidationError as error:
            raise APIResponseValidationError(f"{call.method} {call.path}: {error}") from error

    def send(self, call: Call, *, stream: bool = False) -> httpx.Response:
        """Send the call; raises APIStatusError unless it succeeded."""
        with transport_errors():
            response = self._send_until(call, stream=stream)
            if response.is_success or response.status_code in call.accepts:
                return response
            response.read()
        raise error_of(response)

    def lines(self, call: Call) -> Iterator[bytes]:
        """Send the call and yield the lines of its answer as they arrive."""
        response = self.send(call, stream=True)
        try:
            with transport_errors():
                # Only a line feed ends a line here; httpx's own line reader would also split at
                # characters that JSON texts may hold, such as U+2028.
                rest = b""
                for chunk in response.iter_bytes():
                    *lines, rest = (rest + chunk).split(b"\n")
                    for line in filter(None, lines):
                        yield line
                if rest:
                    yield rest
        finally:
            response.close()

    def _send_until(self, call: Call, *, stream: bool) -> httpx.Response:
        """Send the call until its answer, or its failure, is final."""
        passing = NOT_BEGUN if call.spends else PASSING_ERRORS
        for attempt in range(self._retries if call.repeatable else 0):
            try:
                response = self._send_once(call, stream=stream)
            except passing:
                wait = backoff(attempt)
            else:
                asked = wait_after(response, attempt, spends=call.spends)
                if asked is None:
                    return response
                response.close()
                wait = asked
            time.sleep(wait)
        return self._send_once(call, stream=stream)

    def _send_once(self, call: Call, *, stream: bool) -> httpx.Response:
        request = self._client.build_request(
            call.method,
            call.path,
            params=call.params or None,
            headers=dict(call.headers),
            json=call.body,
            content=call.content,
            timeout=self._patient if call.patient else httpx.USE_CLIENT_DEFAULT,
        )
        return self._client.send(request, stream=stream)
