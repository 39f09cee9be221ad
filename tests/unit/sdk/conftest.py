"""Both clients behind one face, so that every test is written once and holds for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from memory_sdk import AsyncClient, Client

from tests.unit.sdk.service import Service

Handler = Callable[[httpx.Request], httpx.Response]
Connect = Callable[..., Any]


@pytest.fixture(params=[AsyncClient, Client], ids=["async", "sync"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Makes a client, async or sync, of a handler that stands in for the service."""

    def make(handler: Handler, **options: Any) -> Any:
        transport = httpx.MockTransport(handler)
        return request.param("http://memory.test", "key", transport=transport, **options)

    return make


@pytest.fixture
def serve(connect: Connect) -> Callable[..., tuple[Service, Any]]:
    """Makes a service that gives these answers, and a client of it."""

    def make(*answers: Any, **options: Any) -> tuple[Service, Any]:
        responses = [
            a if isinstance(a, (httpx.Response, Exception)) else httpx.Response(200, json=a)
            for a in answers
        ]
        service = Service(responses)
        return service, connect(service, **options)

    return make
