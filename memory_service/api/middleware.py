"""Around every request: an id for the logs, a limit on the body, figures for the metrics."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from memory_service.api.problems import unexpected
from memory_service.settings import Limits
from memory_service.telemetry import Metrics, logger

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,100}")
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_IMPORT = re.compile(r"/v1/spaces/[^/]+/import")


#: The status of a request until its answer begins.
_NOT_ANSWERED = 500


class RequestContext:
    """Binds the request id, answers with it, and counts and logs how the request went."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        # What was bound before is bound again after it: a request of the dashboard makes others.
        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        began, status = time.perf_counter(), _NOT_ANSWERED

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            if status != _NOT_ANSWERED:
                raise
            response = await unexpected(Request(scope), error)
            await response(scope, receive, answer)
        finally:
            self._observe(scope, status, time.perf_counter() - began)
            structlog.contextvars.reset_contextvars(**bound)

    def _observe(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"]
        self._metrics.requests.labels(route, method, str(status)).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)
        milliseconds = round(seconds * 1000, 1)
        # Probes come every few seconds and would drown the rest.
        log = logger().debug if route in _PROBES else logger().info
        log("request", route=route, method=method, status=status, ms=milliseconds)


class BodyLimit:
    """Refuses bodies above the limit, whether or not they say how long they are."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most(scope["path"])
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        excess = announced.isdigit() and int(announced) > most
        read = 0

        async def limited() -> Message:
            nonlocal read
            if excess:
                raise _too_large(most)
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise _too_large(most)
            return message

        await self._app(scope, limited, send)

    def _most(self, path: str) -> int:
        return self._limits.import_bytes if _IMPORT.fullmatch(path) else self._limits.body_bytes


def _too_large(most: int) -> HTTPException:
    return HTTPException(413, f"the body is larger than {most} bytes")


def _request_id(scope: Scope) -> str:
    """The caller's id if it sent a sensible one, so that logs on both sides can be joined."""
    given: bytes = dict(scope["headers"]).get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.fullmatch(given) else uuid4().hex
