"""Around a request: whatever happens inside, the answer can be found in the log."""

from __future__ import annotations

from httpx import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send

from memory_service.api.middleware import RequestContext
from memory_service.telemetry import Metrics


async def _broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("a secret")


async def test_an_unexpected_error_is_a_problem_document_with_the_request_id() -> None:
    app = RequestContext(_broken, Metrics())
    async with AsyncClient(transport=ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/v1/spaces", headers={"X-Request-ID": "r-17"})

    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["request_id"]) == ("internal-error", "r-17")
    assert answer.headers["x-request-id"] == "r-17"
    assert "secret" not in answer.text
