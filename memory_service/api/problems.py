"""Every error as an RFC 9457 problem document, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from llm_backend.errors import BackendError
from memory_service.auth import AuthError
from memory_service.telemetry import logger
from memory_service.verbs.errors import VerbError
from stores.errors import StoreError

_INTERNAL = "Something went wrong on our side; the log has the details under this request id."
MEDIA_TYPE = "application/problem+json"
#: Seconds after which to try again what is `retryable`.
RETRY_AFTER = "1"

#: Paths that clients of OpenAI call; they look for what went wrong in `error`.
OPENAI_PATHS = frozenset({"/v1/chat/completions", "/v1/models"})
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
_BY_STATUS = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    422: "malformed-request",
}


class NotReady(Exception):
    """The service is starting and its database is not open yet; try again in a second."""

    code = "not-ready"
    status = 503
    retryable = True


Failure = Any
#: The roots of everything that carries a code, a status and whether a retry may help.
TYPED: tuple[type[Exception], ...] = (StoreError, BackendError, AuthError, VerbError, NotReady)


def explanations() -> dict[str, tuple[int, str]]:
    """The status and the public explanation of every code, from the classes themselves."""
    found: dict[str, tuple[int, str]] = {}
    todo = list(TYPED)
    while todo:
        error: Any = todo.pop()
        todo += error.__subclasses__()
        if hasattr(error, "code") and error.__doc__:
            found.setdefault(error.code, (error.status, error.__doc__.strip()))
    for status, code in _BY_STATUS.items():
        found.setdefault(
            code, (status, HTTPStatus(status).description or HTTPStatus(status).phrase)
        )
    found.setdefault("internal-error", (500, _INTERNAL))
    return found


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem document."""
    for kind in TYPED:
        app.add_exception_handler(kind, _typed)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)


def problem(
    request: Request,
    *,
    status: int,
    code: str,
    title: str,
    detail: str,
    errors: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """The document; `type` is a page of ours that explains the code."""
    body: dict[str, Any] = {
        "type": f"/problems/{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
        "code": code,
        "request_id": structlog.contextvars.get_contextvars().get("request_id"),
    }
    if errors:
        body["errors"] = list(errors)
    if request.url.path in OPENAI_PATHS:
        body["error"] = _as_openai(status, code, detail, errors)
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


def _as_openai(
    status: int, code: str, detail: str, errors: Sequence[dict[str, str]]
) -> dict[str, str | None]:
    """The same as OpenAI says it: a member beside those of the problem document."""
    by_class = (
        "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "invalid_request_error"
    )
    return {
        "message": detail,
        "type": _OPENAI_TYPES.get(status, by_class),
        "param": errors[0]["pointer"] if errors else None,
        "code": code,
    }


async def _typed(request: Request, error: Failure) -> JSONResponse:
    title = (type(error).__doc__ or "").strip().splitlines()[0]
    pointer = getattr(error, "pointer", None)
    detail = str(error) or title
    headers = {"Retry-After": RETRY_AFTER} if error.retryable else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(
        request,
        status=error.status,
        code=error.code,
        title=title,
        detail=detail,
        errors=[{"pointer": pointer, "detail": detail}] if pointer else (),
        headers=headers,
    )


async def _malformed(request: Request, error: Failure) -> JSONResponse:
    errors = [
        {"pointer": _pointer(item["loc"]), "detail": _clean(item["msg"])} for item in error.errors()
    ]
    return problem(
        request,
        status=422,
        code="malformed-request",
        title="The request is not one this call understands.",
        detail=errors[0]["detail"] if errors else "malformed",
        errors=errors[:20],
    )


async def _http(request: Request, error: Failure) -> JSONResponse:
    code = _BY_STATUS.get(error.status_code, "http-error")
    return problem(
        request,
        status=error.status_code,
        code=code,
        title=str(error.detail),
        detail=str(error.detail),
        headers=dict(error.headers or {}),
    )


async def unexpected(request: Request, error: Failure) -> JSONResponse:
    logger().error("unexpected-error", error=type(error).__name__, exc_info=error)
    return problem(
        request,
        status=500,
        code="internal-error",
        title=_INTERNAL,
        detail="internal error",
    )


def _pointer(location: Sequence[object]) -> str:
    """A JSON pointer into the body, or the name of the parameter."""
    source, *path = location
    named = (str(step) for step in path if step != "[key]")
    steps = "/".join(step.replace("~", "~0").replace("/", "~1") for step in named)
    return f"/{steps}" if source == "body" else f"{source}:{steps}"


def _clean(message: str) -> str:
    return message.encode("utf-8", "replace").decode()
