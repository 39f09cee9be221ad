"""The dashboard's door: sessions, forms of strangers, and what a browser is told to refuse."""

from __future__ import annotations

import re

from httpx import AsyncClient

from tests.fixtures.service import Service, Tenant, write

_CSRF = re.compile(r'name="csrf" value="([^"]+)"')


async def _logged_in(service: Service, tenant: Tenant) -> AsyncClient:
    browser = await service.client()
    key = tenant.admin.headers["Authorization"].removeprefix("Bearer ")
    answer = await browser.post("/admin/login", data={"key": key})
    assert answer.status_code == 303, answer.text
    return browser


async def test_without_a_session_every_page_leads_to_the_login(
    service: Service, space: str
) -> None:
    browser = await service.client()

    answer = await browser.get(f"/admin/spaces/{space}/memories?q=tea")
    of_script = await browser.get(f"/admin/spaces/{space}/memories", headers={"HX-Request": "true"})

    assert answer.status_code == 303
    assert (
        answer.headers["location"] == f"/admin/login?next=%2Fspaces%2F{space}%2Fmemories%3Fq%3Dtea"
    )
    assert of_script.headers["hx-redirect"].startswith("/admin/login")


async def test_a_key_of_the_api_is_no_session(tenant: Tenant) -> None:
    assert (await tenant.admin.get("/admin/")).status_code == 303


async def test_the_login_never_leads_to_another_server(service: Service, tenant: Tenant) -> None:
    key = tenant.admin.headers["Authorization"].removeprefix("Bearer ")

    for wanted in ("https://evil.example/", "//evil.example/", "/\\evil.example", ""):
        browser = await service.client()
        answer = await browser.post("/admin/login", params={"next": wanted}, data={"key": key})
        assert answer.headers["location"] == "/admin/"


async def test_forms_of_strangers_are_refused(service: Service, tenant: Tenant, space: str) -> None:
    made = await write(tenant.admin, space, "Ana likes tea.")
    browser = await _logged_in(service, tenant)
    at = f"/admin/spaces/{space}/memories/{made['id']}"
    token = _CSRF.findall((await browser.get(at)).text)[0]
    pin = {"pinned": "1"}

    without = await browser.post(f"{at}/pin", data=pin)
    wrong = await browser.post(f"{at}/pin", data={**pin, "csrf": "x" * 43})
    elsewhere = await browser.post(
        f"{at}/pin", data={**pin, "csrf": token}, headers={"Origin": "https://evil.example"}
    )
    before = (await tenant.admin.get(f"/v1/spaces/{space}/memories/{made['id']}")).json()
    ours = await browser.post(f"{at}/pin", data={**pin, "csrf": token})
    after = (await tenant.admin.get(f"/v1/spaces/{space}/memories/{made['id']}")).json()

    assert [without.status_code, wrong.status_code, elsewhere.status_code] == [403, 403, 403]
    assert not before["lifecycle"]["pinned"]
    assert ours.status_code == 303
    assert after["lifecycle"]["pinned"]


async def test_a_revoked_key_ends_its_session(service: Service, tenant: Tenant) -> None:
    made = (await tenant.admin.post("/v1/keys", json={"name": "short", "role": "reader"})).json()
    browser = await service.client()
    await browser.post("/admin/login", data={"key": made["key"]})
    assert (await browser.get("/admin/")).status_code == 200

    await tenant.admin.delete(f"/v1/keys/{made['id']}")

    assert (await browser.get("/admin/")).headers["location"].startswith("/admin/login")


async def test_everything_comes_from_this_server_and_is_not_kept(
    service: Service, tenant: Tenant
) -> None:
    browser = await _logged_in(service, tenant)

    page = await browser.get("/admin/")
    file = await browser.get("/admin/static/app.css")
    gone = await browser.get("/admin/nowhere")

    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "private, no-store"
    assert "max-age" in file.headers["cache-control"]
    assert (gone.status_code, gone.headers["x-frame-options"]) == (404, "DENY")
    assert not re.search(r'(src|href)="(https?:)?//', page.text)
    assert " style=" not in page.text
    assert "<script>" not in page.text


async def test_what_a_memory_says_is_never_markup(
    service: Service, tenant: Tenant, space: str
) -> None:
    made = await write(tenant.admin, space, '<script>alert(1)</script> & "quotes"')
    browser = await _logged_in(service, tenant)

    for path in ("memories", f"memories/{made['id']}", "recall?query=script+alert"):
        text = (await browser.get(f"/admin/spaces/{space}/{path}")).text
        assert "alert(1)" in text, path
        assert "<script>alert" not in text, path
