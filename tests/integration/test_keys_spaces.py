"""Spaces and keys as their callers manage them, and lists that are walked to the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from memory_service.auth import Role
from memory_service.settings import Limits
from tests.fixtures.service import (
    Service,
    Start,
    Tenant,
    remember,
    settle,
    walk,
    write,
)


async def test_a_space_is_made_once_and_keeps_its_policies(client: AsyncClient, space: str) -> None:
    path = f"/v1/spaces/{space}"
    made = await client.put(path, json={"policies": {"owner": "Ida", "purpose": "notes"}})
    assert made.status_code == 201
    mine = {"owner": "Lena", "metadata": {"team": 7}}
    assert (await client.put(path, json={"policies": mine})).status_code == 200
    assert (await client.get(path)).json()["policies"] == mine

    changed = await client.patch(path, json={"policies": {"owner": None, "purpose": "plans"}})
    assert changed.json()["policies"] == {"purpose": "plans", "metadata": {"team": 7}}
    assert changed.json()["created_at"] == made.json()["created_at"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("policies", "field"),
    [
        ({"retention_days": 30}, "retention_days"),
        ({"owner": 3}, "owner"),
        ({"metadata": []}, "metadata"),
    ],
    ids=str,
)
async def test_a_policy_that_nothing_would_follow_is_refused(
    client: AsyncClient, space: str, method: str, policies: dict[str, Any], field: str
) -> None:
    path = f"/v1/spaces/{space}"
    await client.put(path)
    answer = await client.request(method, path, json={"policies": policies})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
    assert answer.json()["errors"][0]["pointer"] == f"/policies/{field}"
    assert (await client.get(path)).json()["policies"] == {}


async def test_a_space_without_a_body_has_no_policies(client: AsyncClient, space: str) -> None:
    assert (await client.put(f"/v1/spaces/{space}")).json()["policies"] == {}


@pytest.mark.parametrize("name", ["a", "user:42", "a@b.example", "A.b-c_d", "x" * 128])
async def test_names_a_space_may_have(client: AsyncClient, name: str) -> None:
    assert (await client.put(f"/v1/spaces/{name}")).json()["name"] == name
    assert (await client.get(f"/v1/spaces/{name}")).status_code == 200


@pytest.mark.parametrize("name", ["-a", ".hidden", "a b", "a%00b", "ünder", "x" * 129, "a%2Fb"])
async def test_names_no_space_may_have(client: AsyncClient, name: str) -> None:
    assert (await client.put(f"/v1/spaces/{name}")).status_code in {404, 422}
    assert (await client.get("/v1/spaces")).json()["items"] == []


async def test_a_space_is_made_by_the_first_write(client: AsyncClient, space: str) -> None:
    missing = await client.get(f"/v1/spaces/{space}")
    assert (missing.status_code, missing.json()["code"]) == (404, "space-not-found")
    await write(client, space, "A first note", kind="note")
    assert (await client.get(f"/v1/spaces/{space}")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", ""),
        ("DELETE", ""),
        ("GET", "/status"),
        ("GET", "/memories"),
        ("POST", "/consolidate"),
        ("POST", "/recall"),
        ("POST", "/context"),
        ("GET", "/sessions/s/derived"),
    ],
)
async def test_nothing_but_a_write_makes_a_space(
    client: AsyncClient, space: str, method: str, path: str
) -> None:
    bodies: dict[str, Any] = {"": {"policies": {}}, "/consolidate": {}}
    body = bodies.get(path, {"query": "anything"})
    sent = {} if method == "GET" else {"json": body}
    answer = await client.request(method, f"/v1/spaces/{space}{path}", **sent)
    assert (answer.status_code, answer.json()["code"]) == (404, "space-not-found")
    assert (await client.get("/v1/spaces")).json()["items"] == []


async def test_every_list_is_walked_exactly_once(client: AsyncClient) -> None:
    names = [f"room-{n:02}" for n in range(11)]
    for name in names:
        await client.put(f"/v1/spaces/{name}")
    assert [s["name"] for s in await walk(client, "/v1/spaces", limit=4)] == names

    lines = [f"Line {n}" for n in range(23)]
    sent = [{"content": line, "session_id": "s"} for line in lines]
    await remember(client, names[0], *sent, consolidate=False)
    path = f"/v1/spaces/{names[0]}/memories"
    for limit in (1, 5, 23, 200):
        found = await walk(client, path, limit=limit)
        assert [item["content"] for item in found] == lines[::-1]

    for number in range(7):
        await client.post("/v1/keys", json={"name": f"key {number}", "role": "reader"})
    keys = await walk(client, "/v1/keys", limit=3)
    assert [key["name"] for key in keys[1:]] == [f"key {number}" for number in range(7)]


async def test_what_a_session_led_to_is_walked_oldest_first(
    client: AsyncClient, space: str
) -> None:
    sent = [
        {"content": f"I work at museum number {n}", "session_id": "s", "speaker": "Ida"}
        for n in range(9)
    ]
    await remember(client, space, *sent, {"content": "I work at sea", "session_id": "other"})
    await settle(client, space)
    found = await walk(client, f"/v1/spaces/{space}/sessions/s/derived", limit=4)
    told = [item for item in found if item["type"] == "semantic"]
    assert len(found) > len(told) == 9
    assert [item["id"] for item in found] == sorted(item["id"] for item in found)
    assert all("museum" in item["content"] for item in told)


@pytest.mark.parametrize("path", ["/v1/spaces", "/v1/keys", "/v1/jobs", "/v1/spaces/{}/memories"])
@pytest.mark.parametrize("cursor", ["nonsense!", "%%%", "AAAA", "é", "x" * 301])
async def test_a_cursor_that_is_not_ours_is_refused(
    client: AsyncClient, space: str, path: str, cursor: str
) -> None:
    await client.put(f"/v1/spaces/{space}")
    answer = await client.get(path.format(space), params={"cursor": cursor})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "query:cursor"


async def test_a_list_takes_words_and_filters(client: AsyncClient, space: str) -> None:
    await write(client, space, "The lamps in the hall are green", kind="note", tags=["hall"])
    await write(client, space, "The hall has a lamp", kind="fact")
    await write(client, space, "The garden is green", kind="note")
    path = f"/v1/spaces/{space}/memories"

    async def found(**query: str) -> int:
        return len(await walk(client, path, **query))

    assert await found() == 3
    assert await found(q="lamp") == 2
    assert await found(q="green lamps") == 1
    assert await found(q="the") == 3
    assert await found(q="window") == 0
    assert await found(kind="note") == 2
    assert await found(tag="hall") == 1
    assert await found(type="episodic") == 0
    assert await found(as_of="2001-01-01T00:00:00Z") == 0


async def test_a_key_is_shown_once_and_works_at_once(tenant: Tenant, service: Service) -> None:
    sent = {"name": "phone", "role": "writer", "spaces": ["home"]}
    answer = await tenant.admin.post("/v1/keys", json=sent)
    assert answer.status_code == 201
    made = answer.json()
    client = await service.client(made["key"])
    await remember(client, "home", "The kettle is on")

    listed = await tenant.admin.get("/v1/keys")
    assert made["key"] not in listed.text
    [shown] = [key for key in listed.json()["items"] if key["id"] == made["id"]]
    assert shown == {name: value for name, value in made.items() if name != "key"}

    assert (await tenant.admin.delete(f"/v1/keys/{made['id']}")).status_code == 204
    assert (await client.get("/v1/spaces/home")).status_code == 401
    again = await tenant.admin.delete(f"/v1/keys/{made['id']}")
    assert (again.status_code, again.json()["code"]) == (404, "key-not-found")


async def test_a_key_cannot_have_expired_when_it_is_made(client: AsyncClient) -> None:
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    body = {"name": "late", "role": "reader", "expires_at": past}
    answer = await client.post("/v1/keys", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/expires_at")


@pytest.mark.parametrize("spaces", [[], ["not a name"], "home"])
async def test_a_key_for_no_valid_space_is_refused(client: AsyncClient, spaces: Any) -> None:
    body = {"name": "odd", "role": "reader", "spaces": spaces}
    assert (await client.post("/v1/keys", json=body)).status_code == 422


async def test_a_writer_writes_and_reads(tenant: Tenant, space: str) -> None:
    writer = await tenant.client(Role.WRITER)
    await remember(writer, space, "The kettle is on")
    assert (await writer.get(f"/v1/spaces/{space}/status")).json()["episodes"] == 1


async def test_the_first_start_writes_an_admin_key_only_its_owner_can_read(
    start: Start,
) -> None:
    service = await start()
    runtime = service.app.state.runtime
    path = runtime._settings.stores.data_dir / "admin-key"
    assert path.stat().st_mode & 0o777 == 0o600
    client = await service.client(path.read_text().strip())
    assert (await client.get("/v1/keys")).json()["items"][0]["role"] == "admin"


async def test_a_given_admin_key_is_the_key(start: Start) -> None:
    service = await start(admin_key="a-key-of-our-own")
    client = await service.client("a-key-of-our-own")
    assert (await client.get("/v1/keys")).status_code == 200


async def test_until_the_database_is_open_calls_are_told_to_wait(start: Start) -> None:
    service = await start()
    service.app.state.parts, parts = None, service.parts
    try:
        answer = await (await service.client("any")).get("/v1/spaces")
    finally:
        service.app.state.parts = parts
    assert (answer.status_code, answer.json()["code"]) == (503, "not-ready")
    assert answer.headers["Retry-After"] == "1"


async def test_a_body_beyond_the_limit_is_refused_whether_announced_or_not(
    start: Start, space: str
) -> None:
    client = (await (await start(limits=Limits(body_bytes=1024))).tenant()).admin
    content = b'{"episodes": [{"content": "' + b"x" * 2000 + b'"}]}'

    async def unannounced() -> Any:
        for begin in range(0, len(content), 100):
            yield content[begin : begin + 100]

    for sent in (content, unannounced()):
        answer = await client.post(f"/v1/spaces/{space}/episodes", content=sent)
        assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_a_request_id_comes_back_if_it_is_a_sensible_one(client: AsyncClient) -> None:
    given = await client.get("/v1/jobs/7", headers={"X-Request-Id": "abc-1"})
    assert given.headers["X-Request-Id"] == given.json()["request_id"] == "abc-1"
    made = await client.get("/v1/jobs/7", headers={"X-Request-Id": "x" * 101})
    assert made.headers["X-Request-Id"] == made.json()["request_id"] != "x" * 101
