"""What would become of a memory: how it fades, what its erasure would take; and who is asking."""

from __future__ import annotations

from datetime import datetime, timedelta

from httpx import AsyncClient

from memory_service.auth import Role
from tests.fixtures.service import Tenant, remember, settle, write


async def test_a_memory_fades_by_the_rules_of_its_space(client: AsyncClient, space: str) -> None:
    made = await write(client, space, "Ana likes tea.")
    at = f"/v1/spaces/{space}/memories/{made['id']}"

    found = (await client.get(f"{at}/fading")).json()

    assert found["profile"] == "ebbinghaus"
    assert found["tier"] == "hot"
    assert found["points"][0] == {"at": found["fresh_at"], "retention": 1.0}
    left = [point["retention"] for point in found["points"]]
    assert left == sorted(left, reverse=True)
    assert left[-1] == 0.05
    leaves = datetime.fromisoformat(found["next_transition_at"])
    before = [p for p in found["points"] if datetime.fromisoformat(p["at"]) < leaves]
    assert before[-1]["retention"] >= 0.77

    await client.patch(
        f"/v1/spaces/{space}", json={"policies": {"decay": {"half_lives": {"fact": 1}}}}
    )
    shorter = (await client.get(f"{at}/fading")).json()
    assert shorter["half_life_days"] == 1
    assert shorter["strength_days"] < found["strength_days"] / 50


async def test_what_is_pinned_does_not_fade(client: AsyncClient, space: str) -> None:
    made = await write(client, space, "Ana likes tea.")
    at = f"/v1/spaces/{space}/memories/{made['id']}"
    await client.post(f"{at}/pin")

    found = (await client.get(f"{at}/fading")).json()

    assert (found["profile"], found["points"], found["retention"]) == (None, [], 1.0)


async def test_a_curve_reaches_until_today(client: AsyncClient, space: str) -> None:
    policies = {"decay": {"half_lives": {"fact": 1 / 1440}}}
    await client.put(f"/v1/spaces/{space}", json={"policies": policies})
    made = await write(client, space, "Ana likes tea.")

    found = (await client.get(f"/v1/spaces/{space}/memories/{made['id']}/fading")).json()

    span = datetime.fromisoformat(found["points"][-1]["at"]) - datetime.fromisoformat(
        found["fresh_at"]
    )
    assert span >= timedelta(days=1)


async def test_a_closure_is_what_an_erasure_takes_and_takes_nothing(
    client: AsyncClient, space: str
) -> None:
    stored = await remember(
        client, space, {"speaker": "Nora", "content": "I moved to Porto in April."}
    )
    await settle(client, space)
    at = f"/v1/spaces/{space}/memories/{stored[0]['id']}"

    shown = (await client.get(f"{at}/closure")).json()
    again = (await client.get(f"{at}/closure")).json()
    erased = (await client.delete(at, params={"mode": "erase"})).json()

    assert shown == again
    assert shown["memories"][0]["id"] == stored[0]["id"]
    assert shown["total"] == len(shown["memories"]) > 1
    assert {memory["id"] for memory in shown["memories"]} == set(erased["memories"])
    assert (await client.get(f"{at}/closure")).status_code == 410


async def test_a_closure_names_a_legal_hold_and_is_for_writers(tenant: Tenant, space: str) -> None:
    made = await write(tenant.admin, space, "Ana likes tea.")
    at = f"/v1/spaces/{space}/memories/{made['id']}"
    await tenant.admin.patch(at, json={"legal_hold": True})

    held = await tenant.admin.get(f"{at}/closure")
    read = await (await tenant.client(Role.READER)).get(f"{at}/closure")

    assert (held.status_code, held.json()["code"]) == (409, "state-conflict")
    assert read.status_code == 403


async def test_a_caller_learns_who_it_is(tenant: Tenant) -> None:
    client = await tenant.client(Role.WRITER, spaces=["alice"])

    found = (await client.get("/v1/principal")).json()

    assert found.pop("key_id")
    assert found == {"name": "a writer", "role": "writer", "spaces": ["alice"]}
    assert (await client.get("/v1/principal", headers={"Authorization": ""})).status_code == 401
