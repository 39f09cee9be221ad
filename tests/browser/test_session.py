"""Logging in and out, keys, themes, and what a browser is told to refuse."""

from __future__ import annotations

from httpx import AsyncClient
from playwright.async_api import expect

from tests.browser.conftest import Visit
from tests.browser.visiting import PHONE
from tests.fixtures.service import write


async def test_who_is_not_logged_in_comes_back_to_where_they_wanted(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    await write(client, space, "Ana likes tea.")
    window = await visit()
    page = window.page

    await window.open(f"/spaces/{space}/memories?q=tea")
    await page.get_by_label("API key").fill("mk_wrong")
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("alert")).to_contain_text("No such key")
    assert await window.violations() == []
    key = client.headers["Authorization"].removeprefix("Bearer ")
    await page.get_by_label("API key").fill(key)
    await page.get_by_role("button", name="Log in").click()

    await expect(page.locator("td.main")).to_contain_text("Ana likes tea.")
    assert page.url.endswith("/memories?q=tea")
    cookie = next(c for c in await page.context.cookies() if c["name"] == "memory_session")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Strict"
    assert key not in cookie["value"]
    await page.get_by_role("button", name="Log out").click()
    await window.open(f"/spaces/{space}/memories")
    await expect(page.get_by_label("API key")).to_be_visible()


async def test_the_keyboard_reaches_everything(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    for name in ("Ana", "Ben"):
        await write(client, space, f"{name} likes tea.")
    window = await visit(client)
    page = window.page
    await window.open(f"/spaces/{space}/memories")

    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await expect(page.get_by_label("Words that must all occur")).to_be_focused()
    await page.get_by_label("Words that must all occur").blur()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.locator("[data-count]")).to_have_text("1")
    await page.keyboard.press("Enter")
    await expect(page.locator("#words")).to_contain_text("likes tea")
    await page.keyboard.press("g")
    await page.keyboard.press("r")
    await expect(page.get_by_role("heading", name="Recall lab")).to_be_visible()


async def test_the_theme_is_kept(visit: Visit, client: AsyncClient) -> None:
    window = await visit(client, theme="light")
    root = window.page.locator("html")

    await window.page.get_by_role("button", name="Light or dark").click()
    await expect(root).to_have_attribute("data-theme", "dark")
    await window.open("/")

    await expect(root).to_have_attribute("data-theme", "dark")


async def test_the_menu_opens_on_a_phone(visit: Visit, client: AsyncClient, space: str) -> None:
    await write(client, space, "Ana likes tea.")
    window = await visit(client, size=PHONE)
    page = window.page
    await window.open(f"/spaces/{space}/memories")
    await expect(page.get_by_role("link", name="Recall lab")).to_be_hidden()

    await page.get_by_role("button", name="Menu").click()
    await page.get_by_role("link", name="Recall lab").click()

    await expect(page.get_by_role("heading", name="Recall lab")).to_be_visible()
