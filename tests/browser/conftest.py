"""A real browser in front of the dashboard of the running service."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import uvicorn
from httpx import AsyncClient
from playwright.async_api import Browser, async_playwright

from tests.browser.visiting import DESKTOP, Theme, Visitor, visitor
from tests.fixtures.service import Service

Visit = Callable[..., Awaitable[Visitor]]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is."""
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine: apt-get install chromium")
    return found


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The browser, without windows yet."""
    async with async_playwright() as playwright:
        # Tests often run as root, in a container; the pages are our own.
        launched = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()


@pytest.fixture(scope="session")
async def site(service: Service) -> AsyncIterator[str]:
    """Where the dashboard of the shared service is, on a port of its own."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(service.app, lifespan="off", log_config=None, access_log=False)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/admin"
    server.should_exit = True
    await serving


@pytest.fixture
async def visit(browser: Browser, site: str) -> AsyncIterator[Visit]:
    """Opens windows, logged in as a client if one is given.

    At the end none may have seen an error, or have called anything but the service.
    """
    opened: list[Visitor] = []

    async def open_window(
        client: AsyncClient | None = None,
        *,
        size: tuple[int, int] = DESKTOP,
        theme: Theme = "light",
    ) -> Visitor:
        made = await visitor(browser, site, size, theme)
        opened.append(made)
        if client is not None:
            await made.log_in(client)
        return made

    yield open_window
    for one in opened:
        await one.page.context.close()
    assert [error for one in opened for error in one.errors] == []
    assert [url for one in opened for url in one.outside] == []
