"""A gateway on a real socket, before a model server that a test can script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llm_backend.settings import ChatSettings
from tests.fixtures.database import Server, Urls
from tests.fixtures.openai_server import OpenAiServer, on_a_socket, openai_server
from tests.fixtures.service import Service, Start, running, settings_for
from tests.integration.gateway.desk import Desk, at_desk


@dataclass(frozen=True, kw_only=True)
class Counter:
    """The gateway that the tests of a module share."""

    service: Service
    url: str
    model: OpenAiServer


def chat_settings(model: OpenAiServer, **more: Any) -> ChatSettings:
    """Of a service before this model server."""
    return ChatSettings(url=model.url, model="tiny", **{"timeout_s": 5, **more})


@pytest.fixture(scope="module")
def urls(server: Server, template: str) -> Iterator[Urls]:
    """The database of a module's gateway: no worker of other tests takes the jobs of these."""
    made = server.create(template)
    yield made
    server.drop(made)


@pytest.fixture(scope="module")
async def counter(urls: Urls, data_dir: Path) -> AsyncIterator[Counter]:
    """A running gateway and its model server."""
    async with openai_server() as model:
        settings = settings_for(urls, data_dir, chat=chat_settings(model))
        async with running(settings) as service, on_a_socket(service.app) as url:
            yield Counter(service=service, url=url, model=model)


@pytest.fixture
async def desk(counter: Counter) -> AsyncIterator[Desk]:
    """A new tenant of it; the model server says hello again."""
    counter.model.reset()
    async with at_desk(counter.service, counter.url, counter.model) as desk:
        yield desk


@pytest.fixture
async def model() -> AsyncIterator[OpenAiServer]:
    """A model server for one test alone."""
    async with openai_server() as server:
        yield server


@pytest.fixture
async def own(start: Start, model: OpenAiServer) -> Any:
    """Starts a gateway for one test alone, with these settings of its chat model."""

    async def begin(*, service: dict[str, Any] | None = None, **chat: Any) -> Service:
        return await start(chat=chat_settings(model, **chat), **(service or {}))

    return begin
