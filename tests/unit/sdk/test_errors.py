"""Errors by code, and which calls are sent again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import memory_sdk
import pytest
from memory_sdk import APIConnectionError, APIStatusError, APITimeoutError, _errors
from memory_sdk._errors import BY_CODE, transport_errors
from memory_sdk._retry import LONGEST_WAIT, PASSING_ERRORS, backoff, retry_after, wait_after

from tests.unit.sdk.service import cube, done, problem

HEALTHY = {"status": "alive"}
AT_ONCE = {"headers": {"retry-after": "0"}}


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        *((400, code, kind.__name__) for code, kind in BY_CODE.items()),
        (404, "not-found", "NotFound"),
        (404, "space-not-found", "NotFound"),
        (404, "memory-not-found", "NotFound"),
        (502, "model-not-found", "BackendUnavailable"),
        (418, "teapot", "APIStatusError"),
        (409, "unheard-of", "APIStatusError"),
    ],
)
async def test_the_code_tells_the_class(serve: Any, status: int, code: str, kind: str) -> None:
    fault = {"pointer": "/content", "detail": "too dull"}
    _, client = serve(problem(status, code, errors=[fault], extra=1), retries=0)
    with pytest.raises(APIStatusError) as caught:
        await done(client.health())
    error = caught.value
    assert type(error) is getattr(memory_sdk, kind)
    assert (error.status, error.code, error.detail) == (status, code, "because")
    assert (error.request_id, error.problem["extra"]) == ("r1", 1)
    assert [(e.pointer, e.detail) for e in error.errors] == [("/content", "too dull")]
    assert str(error) == f"{status} {code}: because"


@pytest.mark.parametrize("body", [b"<html>Bad Gateway</html>", b"[]", b'{"errors": 3}', b"\xff"])
async def test_a_proxys_answer_is_a_status_error(serve: Any, body: bytes) -> None:
    _, client = serve(httpx.Response(502, content=body, headers={"x-request-id": "p"}), retries=0)
    with pytest.raises(APIStatusError, match="Bad Gateway") as caught:
        await done(client.health())
    assert (type(caught.value), caught.value.code) == (APIStatusError, None)
    assert caught.value.request_id == "p"


async def test_a_redirect_is_not_followed_and_not_taken_for_an_answer(serve: Any) -> None:
    _, client = serve(httpx.Response(307, headers={"location": "http://elsewhere.test"}))
    with pytest.raises(APIStatusError) as caught:
        await done(client.health())
    assert caught.value.status == 307


async def test_an_error_in_place_of_a_stream(serve: Any) -> None:
    _, client = serve(problem(404, "space-not-found"))
    lines = client.space("alice").export()
    with pytest.raises(memory_sdk.NotFound, match="because"):
        await done(anext(lines) if hasattr(lines, "__anext__") else next(lines))


async def test_rate_limits_tell_when_to_come_back(serve: Any) -> None:
    service, client = serve(problem(429, "rate-limited", headers={"retry-after": "3600"}))
    with pytest.raises(memory_sdk.RateLimited) as caught:
        await done(client.health())
    assert caught.value.retry_after == 3600
    assert len(service.requests) == 1


def leaves(root: type[Exception]) -> Iterator[type[Exception]]:
    """The class and all below it."""
    yield root
    for child in root.__subclasses__():
        yield from leaves(child)


@pytest.mark.parametrize("kind", [*leaves(httpx.RequestError)])
def test_every_error_of_the_http_library_is_turned_into_ours(kind: Any) -> None:
    expected = APITimeoutError if issubclass(kind, httpx.TimeoutException) else APIConnectionError
    with pytest.raises(expected, match="boom") as caught, transport_errors():
        raise kind("boom")
    assert type(caught.value) is expected


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    for kind in leaves(memory_sdk.MemoryServiceError):
        assert kind.__name__ in (_errors.__doc__ or "")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_passing_answers_are_asked_again(serve: Any, status: int) -> None:
    service, client = serve(problem(status, "x", **AT_ONCE), problem(status, "x", **AT_ONCE),
                            HEALTHY)  # fmt: skip
    assert (await done(client.health())).status == "alive"
    assert len(service.requests) == 3


async def test_retries_come_to_an_end(serve: Any) -> None:
    service, client = serve(problem(503, "store-unavailable", **AT_ONCE), retries=2)
    with pytest.raises(memory_sdk.StoreUnavailable):
        await done(client.health())
    assert len(service.requests) == 3


@pytest.mark.parametrize("kind", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError])
async def test_broken_connections_are_tried_again(serve: Any, kind: Any) -> None:
    service, client = serve(kind("gone"), HEALTHY, retries=1)
    assert (await done(client.health())).status == "alive"
    assert len(service.requests) == 2


ANSWER = {
    "answer": "In Lisbon.", "citations": [], "abstained": False, "recall_id": "r", "degraded": [],
    "unknown_citations": 0, "confidence": None, "warnings": [],
    "usage": {"model": "m", "prompt": "p", "requests": 1, "prompt_tokens": 1,
              "completion_tokens": 1},
}  # fmt: skip
RECALLED = {"recall_id": "r", "hits": [], "abstained": True, "degraded": [], "flags": []}


def _answer(client: Any) -> Any:
    return client.space("alice").answer("where?")


def _deep(client: Any) -> Any:
    return client.space("alice").recall("where?", mode="deep")


@pytest.mark.parametrize(("call", "answer"), [(_answer, ANSWER), (_deep, RECALLED)])
@pytest.mark.parametrize(
    ("fault", "times"),
    [
        (lambda: httpx.ReadTimeout("late"), 1),
        (lambda: httpx.WriteTimeout("late"), 1),
        (lambda: httpx.ReadError("gone"), 1),
        (lambda: httpx.RemoteProtocolError("gone"), 1),
        (lambda: problem(504, "backend-timeout", **AT_ONCE), 1),
        (lambda: problem(502, "malformed-completion", **AT_ONCE), 1),
        (lambda: problem(503, "backend-unavailable"), 1),
        (lambda: problem(429, "token-budget-spent"), 1),
        (lambda: httpx.ConnectError("refused"), 2),
        (lambda: httpx.ConnectTimeout("late"), 2),
        (lambda: problem(503, "backend-unavailable", **AT_ONCE), 2),
        (lambda: problem(429, "rate-limited", **AT_ONCE), 2),
    ],
)
async def test_what_costs_tokens_is_asked_again_only_if_it_was_not_begun(
    serve: Any, call: Any, answer: Any, fault: Any, times: int
) -> None:
    service, client = serve(fault(), answer, retries=1)
    if times == 1:
        with pytest.raises(memory_sdk.MemoryServiceError):
            await done(call(client))
    else:
        await done(call(client))
    assert len(service.requests) == times


async def test_a_plain_recall_costs_nothing_and_is_asked_again(serve: Any) -> None:
    service, client = serve(httpx.ReadTimeout("late"), RECALLED, retries=1)
    await done(client.space("alice").recall("where?"))
    assert len(service.requests) == 2


@pytest.mark.parametrize(
    ("kind", "expected"),
    [(httpx.ConnectError, APIConnectionError), (httpx.ConnectTimeout, APITimeoutError)],
)
async def test_no_connection_at_all(serve: Any, kind: Any, expected: Any) -> None:
    _, client = serve(kind("gone"), retries=0)
    with pytest.raises(expected, match="gone"):
        await done(client.health())


async def test_a_wrong_address_is_not_tried_again(serve: Any) -> None:
    service, client = serve(httpx.UnsupportedProtocol("no scheme"))
    with pytest.raises(APIConnectionError, match="no scheme"):
        await done(client.health())
    assert len(service.requests) == 1


RECALL = {"recall_id": "r1", "hits": [], "abstained": True}
SPACE = {"name": "alice", "policies": {}, "created_at": "2026-05-08T00:00:00Z"}
REMEMBERED = {"episodes": [], "job_ids": []}


@pytest.mark.parametrize(
    ("call", "answer", "times"),
    [
        (lambda s: s.get(), SPACE, 2),
        (lambda s: s.put({}), SPACE, 2),
        (lambda s: s.delete(), {"erased": 0}, 2),
        (lambda s: s.recall("q"), RECALL, 2),
        (lambda s: s.remember("x"), REMEMBERED, 2),
        (lambda s: s.patch({}), SPACE, 1),
        (lambda s: s.consolidate(), {"job_ids": []}, 1),
        (lambda s: s.import_([]), {"imported": 0, "skipped": 0}, 1),
        (lambda s: s.memories.create("fact", "x"), cube(), 2),
        (lambda s: s.memories.update("m", version=1, content="x"), cube(), 1),
    ],
)
async def test_only_what_is_safe_is_sent_twice(
    serve: Any, call: Any, answer: Any, times: int
) -> None:
    service, client = serve(problem(503, "not-ready", **AT_ONCE), answer)
    if times == 1:
        with pytest.raises(memory_sdk.NotReady):
            await done(call(client.space("alice")))
    else:
        await done(call(client.space("alice")))
    assert len(service.requests) == times
    keys = {request.headers.get("idempotency-key") for request in service.requests}
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("", None), ("soon", None), ("-1", None), ("Sat, 01 Jan 2000 00:00:00 GMT", 0.0)],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_a_date_to_come() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    assert retry_after({"retry-after": soon}) == pytest.approx(30, abs=2)


@pytest.mark.parametrize(("attempt", "most"), [(0, 0.25), (1, 0.5), (4, 4.0), (9, 8.0), (99, 8.0)])
def test_backoff_doubles_up_to_a_limit(attempt: int, most: float) -> None:
    assert most / 2 <= backoff(attempt) <= most


def test_waits() -> None:
    limited = {"retry-after": str(int(LONGEST_WAIT) + 1)}
    assert wait_after(httpx.Response(200), 0) is None
    assert wait_after(httpx.Response(500), 0) is None
    assert wait_after(httpx.Response(503, headers=limited), 0) is None
    assert wait_after(httpx.Response(503, headers={"retry-after": "2"}), 0) == 2.0
    assert 0 < (wait_after(httpx.Response(503), 0) or 0) <= 0.25
    assert httpx.UnsupportedProtocol not in PASSING_ERRORS
