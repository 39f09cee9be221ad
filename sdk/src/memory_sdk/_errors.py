"""Everything that can go wrong with a call; catch broadly or narrowly.

MemoryServiceError
 ├─ APIConnectionError             the service was not reached, or the connection broke
 │   └─ APITimeoutError            it did not answer in time
 ├─ APIStatusError                 it answered with an error; also any `code` not known here
 │   ├─ Unauthenticated            401
 │   ├─ NotPermitted               403
 │   ├─ NotFound                   404
 │   ├─ Conflict                   409
 │   ├─ Erased                     410
 │   ├─ VersionMismatch            412
 │   ├─ TooLarge                   413
 │   ├─ MalformedRequest           422
 │   ├─ RateLimited                429
 │   └─ Unavailable                502, 503, 504
 │       ├─ BackendUnavailable     the language model or the embedding model
 │       ├─ StoreUnavailable       the database
 │       └─ NotReady               the service is starting
 ├─ APIResponseValidationError     it answered with something this package does not understand
 └─ SettleError                    a space did not settle
     ├─ JobsFailed
     └─ SettleTimeout
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from memory_sdk._retry import retry_after


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldError:
    """One fault in a request. `pointer` is a JSON pointer, or names a header or parameter."""

    pointer: str
    detail: str


class MemoryServiceError(Exception):
    """Root of all errors this package raises."""


class APIConnectionError(MemoryServiceError):
    """The service was not reached, or the connection broke before the answer was complete."""


class APITimeoutError(APIConnectionError):
    """The service did not answer in time; raise the client's `timeout` or ask for less."""


class APIResponseValidationError(MemoryServiceError):
    """The answer is none of the memory service's; check `base_url` and the versions."""


class APIStatusError(MemoryServiceError):
    """The service answered with an error.

    `code` names the fault and is stable, `detail` explains it, `errors` points at what is wrong
    in the request, and `request_id` finds the call in the service's log. `retry_after` is in
    seconds, where the service says when to come back. `problem` is the whole document.
    """

    def __init__(
        self,
        status: int,
        code: str | None = None,
        detail: str = "",
        *,
        request_id: str | None = None,
        errors: tuple[FieldError, ...] = (),
        retry_after: float | None = None,
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code or 'error'}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail
        self.request_id = request_id
        self.errors = errors
        self.retry_after = retry_after
        self.problem = problem or {}


class Unauthenticated(APIStatusError):
    """The API key is missing, wrong, revoked or expired."""


class NotPermitted(APIStatusError):
    """The API key does not cover this space or this call."""


class NotFound(APIStatusError):
    """There is no such thing; `code` tells which."""


class Conflict(APIStatusError):
    """What was asked contradicts what is stored; nothing was changed."""


class Erased(APIStatusError):
    """The memory was erased; nothing can bring it back."""


class VersionMismatch(APIStatusError):
    """The memory has changed since it was read; read it again and repeat with its version."""


class TooLarge(APIStatusError):
    """The content or batch is larger than the service takes; send it in smaller pieces."""


class MalformedRequest(APIStatusError):
    """The service does not understand the request; `errors` points at what is wrong."""


class RateLimited(APIStatusError):
    """Too many calls; come back after `retry_after` seconds."""


class Unavailable(APIStatusError):
    """A part of the service does not answer; what does not need it still works."""


class BackendUnavailable(Unavailable):
    """The language model or the embedding model does not answer, or not usably."""


class StoreUnavailable(Unavailable):
    """The database does not answer."""


class NotReady(Unavailable):
    """The service is starting."""


class SettleError(MemoryServiceError):
    """The space did not settle."""


class JobsFailed(SettleError):
    """Jobs of the space failed for good; see `jobs.list(state="failed")`, then retry or cancel."""

    def __init__(self, space: str, failed: int) -> None:
        super().__init__(f"{failed} failed jobs in space {space!r}")
        self.space = space
        self.failed = failed


class SettleTimeout(SettleError):
    """Work was left when the time was up; it goes on in the service."""

    def __init__(self, space: str, *, pending: int, unembedded: int) -> None:
        left = f"{pending} pending jobs and {unembedded} unembedded memories"
        super().__init__(f"{left} in space {space!r}")
        self.space = space
        self.pending = pending
        self.unembedded = unembedded


BY_CODE: Mapping[str, type[APIStatusError]] = {
    "unauthenticated": Unauthenticated,
    "not-permitted": NotPermitted,
    "conflict": Conflict,
    "idempotency-conflict": Conflict,
    "immutable-episode": Conflict,
    "state-conflict": Conflict,
    "space-frozen": Conflict,
    "duplicate-episode": Conflict,
    "adapter-in-use": Conflict,
    "erased": Erased,
    "version-mismatch": VersionMismatch,
    "too-large": TooLarge,
    "episode-too-large": TooLarge,
    "malformed-request": MalformedRequest,
    "unknown-kind": MalformedRequest,
    "unknown-channel": MalformedRequest,
    "invalid-cursor": MalformedRequest,
    "rate-limited": RateLimited,
    "backend-unavailable": BackendUnavailable,
    "backend-refused": BackendUnavailable,
    "backend-timeout": BackendUnavailable,
    "malformed-completion": BackendUnavailable,
    "model-not-found": BackendUnavailable,
    "model-corrupt": BackendUnavailable,
    "store-unavailable": StoreUnavailable,
    "store-misconfigured": StoreUnavailable,
    "not-ready": NotReady,
}


def error_of(response: httpx.Response) -> APIStatusError:
    """The error an answer stands for, whether or not it is a problem document."""
    problem = _problem(response)
    code = _text(problem.get("code"))
    return _class_of(response.status_code, code)(
        response.status_code,
        code,
        _text(problem.get("detail")) or response.reason_phrase,
        request_id=_text(problem.get("request_id")) or response.headers.get("x-request-id"),
        errors=_field_errors(problem.get("errors")),
        retry_after=retry_after(response.headers),
        problem=problem,
    )


@contextmanager
def transport_errors() -> Iterator[None]:
    """Turn the HTTP library's errors into this package's."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise APITimeoutError(_reason(error)) from error
    except httpx.RequestError as error:
        raise APIConnectionError(_reason(error)) from error


def _reason(error: httpx.RequestError) -> str:
    return str(error) or type(error).__name__


def _class_of(status: int, code: str | None) -> type[APIStatusError]:
    """Every noun has its own `…-not-found`, so these are told by their ending."""
    if code is None:
        return APIStatusError
    if status == 404 and code.endswith("not-found"):
        return NotFound
    return BY_CODE.get(code, APIStatusError)


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    """The problem document; empty where a proxy answered with something else."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _field_errors(errors: object) -> tuple[FieldError, ...]:
    if not isinstance(errors, list):
        return ()
    return tuple(
        FieldError(pointer=str(item.get("pointer", "")), detail=str(item.get("detail", "")))
        for item in errors
        if isinstance(item, dict)
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
