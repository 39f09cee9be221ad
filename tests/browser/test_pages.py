"""The graph is walked, a conversation read, a run undone; spaces and keys are looked after."""

from __future__ import annotations

import hashlib
import json
import re
import time
from typing import Any

import pytest
from httpx import AsyncClient
from playwright.async_api import expect

from memory_service.auth import Role
from tests.browser.conftest import Visit
from tests.browser.visiting import DESKTOP, PHONE, Theme
from tests.fixtures.service import Service, Tenant, remember, settle, write

TOLD = (
    {"speaker": "Nora", "session_id": "may", "occurred_at": "2026-05-04T09:00:00Z",
     "content": "Hello. I moved to Porto in April. I work at a bakery."},
    {"speaker": "Sam", "session_id": "may", "occurred_at": "2026-05-04T09:01:00Z",
     "content": "What do you do there?"},
)  # fmt: skip
RELATIONS = (
    {"subject": "Nora", "predicate": "lives_in", "object": "Porto", "valid_at": "2026-04-01"},
    {"subject": "Nora", "predicate": "lived_in", "object": "Oslo", "valid_at": "2019-01-01",
     "invalid_at": "2026-04-01"},
    {"subject": "Sam", "predicate": "knows", "object": "Nora", "valid_at": "2025-01-01"},
    {"subject": "Porto", "predicate": "part_of", "object": "Portugal"},
)  # fmt: skip
#: What the script of the page has drawn.
_EDGES = "window.graphShown.edges().map((edge) => edge.data('label')).sort()"
_CHOSEN = "window.graphShown.nodes('.chosen').map((node) => node.data('name')).sort()"

#: Milliseconds a frame takes while somebody zooms and moves.
_ZOOMED = """
    async () => {
      const cy = window.graphShown, began = performance.now();
      for (let n = 0; n < 20; n += 1) {
        cy.zoom({ level: 0.2 + n * 0.02, position: { x: 0, y: 0 } });
        cy.panBy({ x: 5, y: 5 });
        await new Promise(requestAnimationFrame);
      }
      return (performance.now() - began) / 20;
    }"""
#: Bring an entity into the middle, and tell where it is drawn.
_IN_THE_MIDDLE = """
    () => {
      const cy = window.graphShown, node = cy.nodes().max((one) => one.data("mentions")).ele;
      cy.zoom(1);
      cy.center(node);
      return node.renderedPosition();
    }"""


async def _relate(client: AsyncClient, space: str) -> str:
    answer = await client.post(f"/v1/spaces/{space}/relations", json={"relations": list(RELATIONS)})
    assert answer.status_code == 201, answer.text
    run_id: str = answer.json()["run_id"]
    return run_id


async def test_the_graph_is_walked_by_name_path_and_time(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    await _relate(client, space)
    window = await visit(client)
    page = window.page
    await window.open(f"/spaces/{space}/graph")
    await expect(page.locator("#graph-said")).to_contain_text("5 entities, 3 relations")

    await page.get_by_label("Find").fill("nor")
    await page.get_by_role("button", name="Go", exact=True).click()
    panel = page.locator("#entity")
    await expect(panel).to_contain_text("lives in Porto")
    assert await page.evaluate(_CHOSEN) == ["Nora"]
    await panel.get_by_role("link", name="Sam", exact=True).click()
    await expect(panel).to_contain_text("knows Nora")

    await page.get_by_label("Path from").fill("Sam")
    await page.get_by_label("to", exact=True).fill("Portugal")
    await page.get_by_role("button", name="Show path").click()
    await expect(page.locator("#ways")).to_contain_text("Sam — knows — Nora — lives in — Porto")
    assert await page.evaluate(_CHOSEN) == ["Nora", "Porto", "Portugal", "Sam"]

    day = await page.evaluate("String(Math.floor(Date.parse('2020-06-01') / 86400000))")
    slider = page.get_by_label("As it held")
    await slider.evaluate("(input) => { input.min = '0'; }")
    await slider.fill(day)
    await expect(page.locator("#graph-said")).to_contain_text("As it held on 1 Jun 2020")
    assert await page.evaluate(_EDGES) == ["lived in"]


async def test_two_thousand_entities_can_be_looked_at(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    await _crowd(client, space)
    window = await visit(client)
    page = window.page
    began = time.monotonic()
    await window.open(f"/spaces/{space}/graph?limit=2000")
    await expect(page.locator("#graph-said")).to_contain_text(
        "2,000 entities, 4,000 relations", timeout=15_000
    )
    assert time.monotonic() - began < 15
    await expect(page.locator(".community")).to_have_count(12)

    frame = await page.evaluate(_ZOOMED)
    assert frame < 250, f"{frame:.0f} ms a frame"
    place = await page.evaluate(_IN_THE_MIDDLE)
    await page.mouse.wheel(0, -300)
    began = time.monotonic()
    await page.get_by_role("application").click(position=place)
    await page.wait_for_function("window.graphShown.nodes('.chosen').nonempty()")
    chosen = time.monotonic() - began
    assert chosen < 2, f"{chosen:.1f} s until it is chosen"
    [name] = await page.evaluate(_CHOSEN)
    await expect(page.locator("#entity h2")).to_have_text(name)
    assert await page.evaluate("window.graphShown.nodes('.beside').length") > 1
    await page.get_by_role("button", name="Show all").click()
    assert await page.evaluate(_CHOSEN) == []


async def _crowd(client: AsyncClient, space: str) -> None:
    """Forty circles of fifty, in which everybody knows the next one and the next but two."""
    names = [_name(n) for n in range(2000)]
    assert len(set(names)) == 2000
    knows = [
        {"subject": one, "predicate": "knows", "object": names[n - n % 50 + (n + step) % 50]}
        for step in (1, 3)
        for n, one in enumerate(names)
    ]
    for start in range(0, len(knows), 500):
        body = {"relations": knows[start : start + 500]}
        answer = await client.post(f"/v1/spaces/{space}/relations", json=body)
        assert answer.status_code == 201, answer.text
    asked = await client.post(f"/v1/spaces/{space}/consolidate", json={"jobs": ["communities"]})
    assert asked.status_code == 202, asked.text
    await settle(client, space)


def _name(number: int) -> str:
    """A name that is unlike all others, so that none is taken for another's spelling."""
    digest = hashlib.sha256(str(number).encode()).digest()
    return "".join(chr(97 + byte % 26) for byte in digest[:10]).capitalize()


async def test_a_conversation_shows_what_was_drawn_from_which_words(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    await remember(client, space, *TOLD)
    await settle(client, space)
    window = await visit(client)
    page = window.page
    await window.open(f"/spaces/{space}/conversations")
    await expect(page.locator("tbody")).to_contain_text("Nora, Sam")
    await page.get_by_role("link", name="may", exact=True).click()

    turns = page.locator(".turn")
    await expect(turns).to_have_count(2)
    quoted = turns.first.locator("mark", has_text="I moved to Porto in April.")
    await expect(quoted).to_have_count(1)
    await expect(turns.first.locator("mark", has_text="Hello")).to_have_count(0)
    await expect(turns.nth(1).locator("mark")).to_have_count(0)
    drawn = turns.first.locator(".drawn li", has_text="Porto")
    await quoted.hover()
    await expect(drawn.first).to_have_class(re.compile("lit"))
    await drawn.first.get_by_role("link").click()
    await expect(page.locator("#words")).to_contain_text("Porto")


async def test_a_run_is_looked_at_and_undone(visit: Visit, client: AsyncClient, space: str) -> None:
    run_id = await _relate(client, space)
    window = await visit(client)
    page = window.page
    await window.open(f"/runs?space={space}")
    await page.locator(f"a[href$='{run_id}']").click()
    await expect(page.locator("tbody")).to_contain_text("Porto")

    await page.get_by_role("button", name="Undo this run").click()
    await page.get_by_role("button", name="Undo", exact=True).click()
    await expect(page.get_by_role("status").first).to_contain_text("memories are gone")
    await window.open(f"/runs/{run_id}")
    await expect(page.locator(".heading")).to_contain_text("undone")
    await window.open(f"/spaces/{space}/graph")
    await expect(page.locator("main")).to_contain_text("No entity yet")


async def test_jobs_are_listed_cancelled_and_retried(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    await remember(client, space, *TOLD)
    await settle(client, space)
    window = await visit(client)
    page = window.page
    await window.open(f"/jobs?space={space}")
    await expect(page.locator("tbody tr", has_text="extract")).to_contain_text("succeeded")

    scheduled = page.locator("tbody tr", has_text="scheduled").first
    row = f"#{await scheduled.get_attribute('id')}"
    await scheduled.get_by_role("button", name="Cancel").click()
    await window.open(f"/jobs?space={space}")
    await expect(page.locator(row)).to_contain_text("cancelled")
    await page.locator(row).get_by_role("button", name="Retry").click()
    await expect(page.get_by_role("status").first).to_contain_text("back into the queue")


async def test_the_timeline_tells_what_held_and_what_changed(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    await write(client, space, "Nora lives in Porto.", valid_at="2026-04-01")
    await write(
        client, space, "Nora lives in Oslo.", valid_at="2019-01-01", invalid_at="2026-04-01"
    )
    window = await visit(client)
    page = window.page
    await window.open(f"/spaces/{space}/timeline")
    await expect(page.locator(".month h2")).to_have_text(["January 2019", "April 2026"])
    await window.open(f"/spaces/{space}/timeline?since=2026-04-02")
    await expect(page.locator(".month")).to_have_count(1)
    await page.get_by_role("link", name="What changed").click()
    await expect(page.locator(".stat", has_text="Added")).to_contain_text("2")


async def test_a_space_is_made_given_policies_and_erased(
    visit: Visit, client: AsyncClient, space: str
) -> None:
    window = await visit(client)
    page = window.page
    await window.open("/spaces")
    await page.get_by_role("button", name="New space").click()
    await page.get_by_label("Name").fill(space)
    await page.get_by_role("button", name="Make it").click()

    await page.get_by_label("Owner").fill("Nora")
    await page.get_by_label("Everything else").fill('{"quotas": {"fact": 500}}')
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").first).to_contain_text("hold from now on")
    found = (await client.get(f"/v1/spaces/{space}")).json()["policies"]
    assert found == {"owner": "Nora", "quotas": {"fact": 500}}
    await page.get_by_label("Everything else").fill("{quotas")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("no JSON")
    await expect(page.get_by_label("Everything else")).to_have_value("{quotas")

    await window.open(f"/spaces/{space}/policies")
    await page.get_by_role("button", name=f"Erase {space}").click()
    await page.get_by_label("Type the name").fill(space)
    await page.get_by_role("button", name="Erase for good").click()
    await expect(page.get_by_role("status").first).to_contain_text("was erased")
    assert (await client.get(f"/v1/spaces/{space}")).status_code == 404


async def test_a_key_is_made_shown_once_and_revoked(
    visit: Visit, service: Service, client: AsyncClient
) -> None:
    window = await visit(client)
    page = window.page
    await window.open("/keys")
    await page.get_by_role("button", name="New key").click()
    await page.get_by_label("Name").fill("the reporter")
    await page.get_by_role("button", name="Make it").click()
    key = await page.locator("#the-key").inner_text()
    reporter = await service.client(key)
    assert (await reporter.get("/v1/spaces")).status_code == 200

    await window.open("/keys")
    assert key not in await page.content()
    await page.locator("tr", has_text="the reporter").get_by_role("button").click()
    await page.get_by_role("button", name="Revoke", exact=True).click()
    await expect(page.get_by_role("status").first).to_contain_text("was revoked")
    assert (await reporter.get("/v1/spaces")).status_code == 401


async def test_settings_are_shown_without_secrets(
    visit: Visit, service: Service, client: AsyncClient
) -> None:
    window = await visit(client)
    await window.open("/settings")
    told = await window.text()
    assert "MEMORY_WORKER__CONCURRENCY" in told
    assert "********" in told
    url = service.parts.settings.database_url
    assert url is not None
    assert url.get_secret_value() not in told


async def test_a_reader_finds_no_controls_and_is_refused(
    visit: Visit, tenant: Tenant, space: str
) -> None:
    run_id = await _relate(tenant.admin, space)
    window = await visit(await tenant.client(Role.READER))
    for path in ("/jobs", f"/runs/{run_id}", "/spaces", f"/spaces/{space}/policies",
                 f"/spaces/{space}/adapters"):  # fmt: skip
        await window.open(path)
        assert await window.page.locator("main form[method=post]").count() == 0, path
    for path in ("/keys", "/settings", f"/spaces/{space}/adapters/new"):
        assert await window.open(path) == 403, path
    await window.open("/jobs")
    for path, role in ((f"/spaces/{space}/erase", "admin"), ("/runs/undo", "writer")):
        sent = await window.page.evaluate(
            """async ([url, fields]) => {
              const csrf = document.querySelector("input[name=csrf]").value;
              const body = new URLSearchParams({ csrf, ...JSON.parse(fields) });
              return (await fetch(url, { method: "POST", body })).status;
            }""",
            [f"{window.url}{path}", json.dumps({"id": run_id, "name": space})],
        )
        assert sent == 403, role
    assert (await tenant.admin.get(f"/v1/runs/{run_id}")).json()["undone_at"] is None


async def test_what_another_tenant_has_is_on_no_page(
    visit: Visit, service: Service, tenant: Tenant, space: str
) -> None:
    run_id = await _relate(tenant.admin, space)
    stranger = await service.tenant()
    await write(stranger.admin, space, "Ana likes tea.")
    window = await visit(stranger.admin)
    for path in ("/jobs", f"/runs?space={space}", "/spaces", "/keys",
                 *(f"/spaces/{space}/{page}" for page in
                   ("graph", "graph/data", "timeline", "changes", "conversations"))):  # fmt: skip
        await window.open(path)
        assert "Porto" not in await window.page.content(), path
    assert await window.open(f"/runs/{run_id}") == 404


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_pages_are_accessible_and_fit(
    visit: Visit, client: AsyncClient, space: str, size: tuple[int, int], theme: Theme
) -> None:
    run_id = await _relate(client, space)
    await remember(client, space, *TOLD)
    await settle(client, space)
    window = await visit(client, size=size, theme=theme)
    faults: dict[str, Any] = {}
    for path in ("/jobs", "/runs", f"/runs/{run_id}", "/spaces", f"/spaces/{space}/policies",
                 "/keys", "/settings",
                 *(f"/spaces/{space}/{page}" for page in
                   ("graph", "timeline", "changes", "conversations", "conversations/may",
                    "adapters", "adapters/new"))):  # fmt: skip
        assert await window.open(path) == 200, path
        found = await window.violations()
        if wide := await window.overflow():
            found.append(f"{wide} pixels too wide")
        if found:
            faults[path] = found
    assert faults == {}
