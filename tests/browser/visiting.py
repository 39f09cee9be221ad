"""Somebody in front of a browser: what they see, what the browser complains of, where it calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from httpx import AsyncClient
from playwright.async_api import Browser, ConsoleMessage, Page, Request

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
Theme = Literal["light", "dark"]
DESKTOP, PHONE = (1440, 900), (390, 844)
_GRAVE = ("serious", "critical")


@dataclass(kw_only=True)
class Visitor:
    """A browser window. `errors` are those of its console, `outside` calls to other machines."""

    page: Page
    url: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    async def log_in(self, client: AsyncClient) -> None:
        """Log in with the key of a client of the API."""
        await self.log_in_with(client.headers["Authorization"].removeprefix("Bearer "))

    async def log_in_with(self, key: str) -> None:
        """Log in with a key."""
        await self.open("/login")
        await self.page.get_by_label("API key").fill(key)
        await self.page.get_by_role("button", name="Log in").click()
        await self.page.wait_for_selector(".shell")

    async def open(self, path: str) -> int:
        """Go to a page of the dashboard and wait until it is at rest; returns its status."""
        answer = await self.page.goto(f"{self.url}{path}")
        await self.page.wait_for_load_state("networkidle")
        assert answer is not None
        return answer.status

    async def text(self) -> str:
        """What can be read on the page."""
        return await self.page.inner_text("body")

    async def violations(self) -> list[str]:
        """What axe finds of serious or critical faults."""
        await self.page.evaluate(AXE)
        found: dict[str, Any] = await self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']})"
        )
        return [
            f"{fault['id']}: {node['html'][:160]} {node['failureSummary']}"
            for fault in found["violations"]
            if fault["impact"] in _GRAVE
            for node in fault["nodes"]
        ]

    async def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        width: int = await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that answers 4xx is noted by the browser as such; tests look at the status.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def _called(self, request: Request) -> None:
        at = urlsplit(request.url)
        if at.scheme not in ("data", "blob") and at.netloc != urlsplit(self.url).netloc:
            self.outside.append(request.url)


async def visitor(browser: Browser, url: str, size: tuple[int, int], theme: Theme) -> Visitor:
    """A new window of its own, without cookies."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, reduced_motion="reduce"
    )
    page = await context.new_page()
    made = Visitor(page=page, url=url)
    page.on("console", made._heard)
    page.on("pageerror", lambda error: made.errors.append(str(error)))
    page.on("request", made._called)
    return made
