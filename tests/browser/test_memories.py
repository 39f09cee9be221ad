"""A memory is found, understood, corrected, taken back, recalled, explained and erased."""

from __future__ import annotations

import re

import pytest
from httpx import AsyncClient
from playwright.async_api import expect

from memory_service.auth import Role
from tests.browser.conftest import Visit
from tests.browser.visiting import DESKTOP, PHONE, Theme
from tests.fixtures.service import Service, Tenant, remember, settle, write

TOLD = (
    {"speaker": "Nora", "session_id": "may", "external_id": "m1",
     "occurred_at": "2026-05-04T09:00:00Z",
     "content": "I moved to Porto in April. I work at a bakery."},
    {"speaker": "Sam", "session_id": "may", "external_id": "m2",
     "occurred_at": "2026-05-04T09:01:00Z", "content": "What do you do there?"},
)  # fmt: skip


async def _told(client: AsyncClient, space: str) -> None:
    await remember(client, space, *TOLD)
    await settle(client, space)


async def test_a_memory_from_search_to_erasure(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    """The whole way somebody goes who finds a mistake, by what there is to click."""
    await _told(client, space)
    body = {"relations": [{"subject": "Nora", "predicate": "knows", "object": "Sam"}]}
    related = (await client.post(f"/v1/spaces/{space}/relations", json=body)).json()
    window = await visit(client)
    page = window.page

    await window.open(f"/spaces/{space}/memories?kind=fact")
    await page.get_by_label("Words that must all occur").fill("porto")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await expect(page).to_have_url(re.compile("q=porto"))
    await page.locator("tbody td.main a").click()

    quoted = page.locator("#lineage blockquote mark")
    await expect(quoted).to_have_text("I moved to Porto in April.")
    at = page.url

    await page.get_by_role("button", name="Correct").click()
    await page.get_by_label("What it should say").fill("Nora moved to Braga in April.")
    await page.get_by_role("button", name="Save version 2").click()
    await expect(page.locator("#words")).to_have_text("Nora moved to Braga in April.")
    await expect(page.locator("#versions del").first).to_contain_text("Porto")
    await expect(page.locator("#versions ins").first).to_contain_text("Braga")
    await expect(page.locator(".axes-grid svg")).to_have_count(2)

    await page.get_by_role("button", name="Make current").click()
    await expect(page.locator("#words")).to_contain_text("Porto")
    await page.get_by_role("button", name="Pin").click()
    await expect(page.get_by_role("status")).to_contain_text("does not fade")

    await page.get_by_role("link", name="Recall lab").click()
    await page.get_by_role("textbox", name="Question").fill("Who moved to Porto?")
    await page.get_by_role("button", name="Recall", exact=True).click()
    await expect(page.locator(".hit").first).to_contain_text("Porto")
    await page.get_by_role("link", name="Why?").first.click()
    await expect(page.locator("#why-body .reasons")).to_be_visible()
    await page.get_by_role("button", name="Close").last.click()
    await page.get_by_label("served").first.check()
    await page.get_by_role("button", name="Send feedback").click()
    await expect(page.get_by_role("status")).to_contain_text("learns from it")

    await page.get_by_role("link", name="Graph", exact=True).click()
    await page.get_by_label("Find").fill("Nora")
    await page.get_by_role("button", name="Go", exact=True).click()
    await expect(page.locator("#entity")).to_contain_text("knows Sam")
    await page.get_by_role("link", name="Jobs and runs").click()
    await page.get_by_role("link", name="Runs", exact=True).click()
    await page.locator(f"a[href$='{related['run_id']}']").click()
    await page.get_by_role("button", name="Undo this run").click()
    await page.get_by_role("button", name="Undo", exact=True).click()
    await expect(page.get_by_role("status").first).to_contain_text("memories are gone")
    held = (await client.get(f"/v1/spaces/{space}/relations")).json()["items"]
    assert "knows" not in {relation["predicate"] for relation in held}

    await window.open(at.removeprefix(window.url))
    await page.locator("#lineage p a").first.click()
    await expect(page.get_by_role("heading", name="Message")).to_be_visible()
    await page.get_by_role("link", name="Erase …").click()
    await expect(page.locator("tbody")).to_contain_text("it rests on nothing else")
    await page.get_by_role("button", name="for good").click()
    await expect(page.get_by_role("status")).to_contain_text("erased for good")
    assert await window.open(at.removeprefix(window.url)) == 410
    assert "Porto" not in await window.text()


async def test_two_settings_stand_side_by_side(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    await write(
        client, space, "Nora lives in Porto.", valid_at="2026-01-01", invalid_at="2026-03-01"
    )
    await write(client, space, "Nora lives in Braga.", valid_at="2026-03-01")
    window = await visit(client)

    await window.open(
        f"/spaces/{space}/recall?query=Where+does+Nora+live&compare=1&b_valid=2026-02-01"
    )

    sides = window.page.locator(".sides > section")
    await expect(sides).to_have_count(2)
    await expect(sides.nth(0).locator(".hits")).not_to_contain_text("Porto")
    await expect(sides.nth(1).locator(".hits")).to_contain_text("Porto")
    await expect(sides.nth(1)).to_contain_text("only here")


async def test_what_was_selected_is_changed_together(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    for name in ("Ana", "Ben", "Cleo"):
        await write(client, space, f"{name} likes tea.")
    window = await visit(client)
    page = window.page
    await window.open(f"/spaces/{space}/memories")
    await expect(page.locator(".bulk")).to_be_hidden()

    await page.get_by_label("Select: Ana").check()
    await page.get_by_label("Select: Ben").check()
    await page.get_by_role("button", name="Archive").click()

    await expect(page.get_by_role("status")).to_contain_text("2 memories archived")
    await expect(page.locator("tbody tr")).to_have_count(1)
    await page.get_by_label("Select: Cleo").check()
    await page.get_by_role("button", name="Erase …").click()
    await page.get_by_role("button", name="Erase 1 for good").click()
    await expect(page.locator("#results")).to_contain_text("No memories yet")


async def test_a_reader_sees_no_controls_and_is_refused(
    visit: Visit, tenant: Tenant, space: str
) -> None:
    made = await write(tenant.admin, space, "Nora lives in Porto.")
    window = await visit(await tenant.client(Role.READER))
    at = f"/spaces/{space}/memories/{made['id']}"

    await window.open(at)
    assert await window.page.locator("main form").count() == 0
    await window.open(f"/spaces/{space}/memories")
    assert await window.page.locator("input[data-row], .bulk").count() == 0
    assert await window.open(f"{at}/erase") == 403
    sent = await window.page.evaluate(
        """async (url) => {
          const csrf = document.querySelector("input[name=csrf]").value;
          const body = new URLSearchParams({ csrf, mode: "archive" });
          return (await fetch(url, { method: "POST", body })).status;
        }""",
        f"{window.url}{at}/forget",
    )

    assert sent == 403
    now = (await tenant.admin.get(f"/v1/spaces/{space}/memories/{made['id']}")).json()
    assert now["lifecycle"]["state"] == "active"


async def test_what_another_tenant_has_is_not_there(
    visit: Visit, service: Service, tenant: Tenant, space: str
) -> None:
    secret = await write(tenant.admin, space, "The vault opens with seven turns.")
    stranger = await service.tenant()
    await write(stranger.admin, space, "Ana likes tea.")
    window = await visit(stranger.admin)

    for path in (
        "/",
        f"/spaces/{space}/memories",
        f"/spaces/{space}/recall?query=vault+seven+turns",
    ):
        await window.open(path)
        assert "opens with" not in await window.text(), path
    assert await window.open(f"/spaces/{space}/memories/{secret['id']}") == 404


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_pages_are_accessible_and_fit(
    visit: Visit, client: AsyncClient, space: str, size: tuple[int, int], theme: Theme
) -> None:
    await _told(client, space)
    found = (await client.get(f"/v1/spaces/{space}/memories", params={"kind": "fact"})).json()[
        "items"
    ]
    window = await visit(client, size=size, theme=theme)
    at = f"/spaces/{space}"
    pages = (
        "/", f"{at}/memories", f"{at}/memories?q=nothing", f"{at}/memories/{found[0]['id']}",
        f"{at}/memories/{found[0]['id']}/erase", f"{at}/recall?query=Where+does+Nora+work",
        f"{at}/recall?query=Where+does+Nora+work&compare=1",
    )  # fmt: skip

    for path in pages:
        assert await window.open(path) == 200
        assert await window.violations() == [], path
        assert await window.overflow() <= 0, path
