"""The life of memories: tiers and where their vectors are, uses, expiry, quotas, and undoing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from consolidation.decay.rules import rules_of
from consolidation.jobs import decay as decay_job
from memory_service.telemetry import Metrics
from memory_service.worker import run_job
from retrieval import cold
from retrieval.channel import Query
from retrieval.exact import compare_all
from stores import decay, jobs, spaces
from stores.ids import model_id_of, now
from stores.records import State
from stores.scope import Filter, Scope
from stores.search import Search
from tests.fixtures.service import Service, Start, Tenant, contents, recall, remember, write

DAY = timedelta(days=1)
#: What an unused fact of middling importance and trust is after so many days, by its half-life: a
#: time constant of 540 / ln 2 · 1.5 days, of which distrust takes half.
WARM, COLD, ARCHIVED = 180 * DAY, 480 * DAY, 1200 * DAY
BOAT = "The sailing boat leaks near the mast"
QUESTION = "boat with a leaking mast"


class Attic:
    """A service without a worker, and a space whose clock can be moved ahead."""

    def __init__(self, service: Service, tenant: Tenant, space: str) -> None:
        self.service = service
        self.tenant = tenant
        self.client = tenant.admin
        self.space = space
        self.path = f"/v1/spaces/{space}"
        self.database = service.parts.services.database

    async def run(
        self, later: timedelta = timedelta(), name: str = "decay"
    ) -> list[dict[str, Any]]:
        """Run a job as if so much time had passed; returns the runs it made, oldest first."""
        async with self.database.write(self.tenant.id) as session:
            home = await spaces.get_space(session, self.space)
            job_id = await jobs.enqueue(session, home.id, name, now=now())
        services = replace(self.service.parts.jobs, clock=lambda: now() + later)
        await run_job(services, Metrics(), self.tenant.id, job_id)
        job = (await self.client.get(f"/v1/jobs/{job_id}")).json()
        assert job["state"] == "succeeded", job
        runs = (await self.client.get(f"{self.path}/runs")).raise_for_status().json()["items"]
        return [one for one in reversed(runs) if one["job_id"] == str(job_id)]

    async def life(self, memory_id: str) -> dict[str, Any]:
        """State, tier and the rest of a memory."""
        cube = (await self.client.get(f"{self.path}/memories/{memory_id}")).raise_for_status()
        found: dict[str, Any] = cube.json()["lifecycle"]
        return found

    async def policies(self, **policies: Any) -> None:
        """Set what holds for the space."""
        answer = await self.client.put(self.path, json={"policies": policies})
        assert answer.status_code in {200, 201}, answer.text

    def select(self, statement: str, *values: Any) -> list[Any]:
        """The first column of what a statement finds."""
        with psycopg.connect(self.database.url) as connection:
            connection.execute(f"SET LOCAL app.tenant = '{self.tenant.id}'")
            rows = connection.execute(statement, values).fetchall()  # type: ignore[call-overload]
        return [row[0] for row in rows]

    def places(self, memory_id: str) -> tuple[int, int]:
        """How many vectors of a memory are near, and how many cold."""
        near, cold = (
            self.select(f"SELECT count(*) FROM {table} WHERE memory_id = %s", memory_id)[0]
            for table in ("vectors", "cold_vectors")
        )
        return near, cold

    def cold(self) -> int:
        """How many cold vectors the space is said to have."""
        return int(self.select("SELECT cold FROM lexical_stats")[0])


@pytest.fixture
async def attic(start: Start, space: str) -> Attic:
    """A space on a database of its own."""
    service = await start()
    return Attic(service, await service.tenant(), space)


def _counts(runs: list[dict[str, Any]]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for run in runs:
        for name, count in run["counts"].items():
            found[name] = found.get(name, 0) + count
    return found


async def _use(attic: Attic, memory_id: str, query: str) -> None:
    asked = await recall(attic.client, attic.space, query)
    body = {"used": [memory_id]}
    answer = await attic.client.post(f"/v1/recalls/{asked['recall_id']}/feedback", json=body)
    assert answer.status_code == 201, answer.text


# Tiers.


async def test_vectors_follow_the_tier_of_a_memory_and_so_does_its_retention(attic: Attic) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    assert await attic.run() == []
    life = await attic.life(made)
    assert (life["tier"], attic.places(made)) == ("hot", (1, 0))
    assert life["strength"] == pytest.approx(540 / 0.6931 * 1.5, rel=1e-3)

    for later, tier, places in ((WARM, "warm", (1, 0)), (COLD, "cold", (0, 1)),
                                (ARCHIVED, "archived", (0, 0))):  # fmt: skip
        retention = life["retention"]
        assert _counts(await attic.run(later)) == {f"tier:{tier}": 1}
        life = await attic.life(made)
        assert (life["tier"], attic.places(made), life["state"]) == (tier, places, "active")
        assert life["retention"] < retention
        assert attic.cold() == places[1]


async def test_a_cold_memory_is_found_by_meaning_and_an_archived_one_by_its_words(
    attic: Attic,
) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    await write(attic.client, attic.space, "Rye flour makes the bread darker")
    near = await recall(attic.client, attic.space, QUESTION)
    await attic.run(COLD)
    far = await recall(attic.client, attic.space, QUESTION)
    assert contents(far)[0] == contents(near)[0] == BOAT
    for answer in (near, far):
        assert answer["hits"][0]["channels"]["dense"]["rank"] == 1
    assert far["hits"][0]["channels"]["dense"]["score"] == pytest.approx(
        near["hits"][0]["channels"]["dense"]["score"], abs=1e-3
    )
    body = {"query": QUESTION, "memory_id": made}
    why = (await attic.client.post(f"{attic.path}/why", json=body)).raise_for_status().json()
    assert why["nearness"]["cosine"] == pytest.approx(
        far["hits"][0]["channels"]["dense"]["score"], abs=1e-3
    )

    await attic.run(ARCHIVED)
    words = await recall(attic.client, attic.space, QUESTION)
    assert contents(words)[0] == BOAT
    assert "dense" not in words["hits"][0]["channels"]


async def test_many_cold_memories_are_found_by_their_bits(attic: Attic) -> None:
    for number in range(12):
        await write(attic.client, attic.space, f"Note number {number} about nothing at all")
    boat = (await write(attic.client, attic.space, BOAT))["id"]
    await attic.run(COLD)
    async with attic.database.read(attic.tenant.id) as session:
        home = await spaces.get_space(session, attic.space)
    embedder = attic.service.parts.jobs.embedder
    query = Query(
        text=QUESTION, terms=(), embedding=await embedder.embed_query(QUESTION),
        model=model_id_of(embedder.model.name), size=home.parts, reference=now(),
    )  # fmt: skip
    search = Search(attic.database, Scope(tenant=attic.tenant.id, spaces=(home,)), Filter())
    exact = await compare_all(search, query, "cold_vectors", 5)
    assert str(exact[0].memory_id) == boat
    assert await cold.by_bits(search, query, 5) == exact
    assert await cold.search_cold(search, query, 5) == exact


async def test_running_again_does_nothing(attic: Attic) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    await attic.run(COLD)
    before = await attic.life(made)
    assert await attic.run(COLD) == []
    assert await attic.life(made) == before
    assert attic.places(made) == (0, 1)


async def test_only_what_is_due_is_looked_at(attic: Attic) -> None:
    for text in ("The first thing", "The second thing"):
        await write(attic.client, attic.space, text)
    await attic.run()
    async with attic.database.read(attic.tenant.id) as session:
        home = await spaces.get_space(session, attic.space)
        rules = rules_of(home.policies).key
        nothing = await decay.due(session, home.id, rules, now=now(), limit=10)
        then = await decay_job.owed_at(session, home)
        assert then is not None
        both = await decay.due(session, home.id, rules, now=then + DAY, limit=10)
    assert (len(nothing), len(both)) == (0, 2)
    assert 150 * DAY < then - now() < 156 * DAY


async def test_pins_and_holds_keep_a_memory_from_decay(attic: Attic) -> None:
    pinned = (await write(attic.client, attic.space, "Pinned things stay near"))["id"]
    held = (await write(attic.client, attic.space, "Held things stay near"))["id"]
    free = (await write(attic.client, attic.space, BOAT))["id"]
    await attic.run(COLD)
    (await attic.client.post(f"{attic.path}/memories/{pinned}/pin")).raise_for_status()
    body = {"legal_hold": True}
    (await attic.client.patch(f"{attic.path}/memories/{held}", json=body)).raise_for_status()
    await attic.run(ARCHIVED)
    for made in (pinned, held):
        life = await attic.life(made)
        assert (life["tier"], life["retention"], attic.places(made)) == ("hot", 1.0, (1, 0))
    assert (await attic.life(free))["tier"] == "archived"


async def test_an_undone_memory_is_looked_at_once_and_never_again(attic: Attic) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    with psycopg.connect(attic.database.url) as connection:
        connection.execute(f"SET LOCAL app.tenant = '{attic.tenant.id}'")
        connection.execute("UPDATE memories SET expired_at = now() WHERE memory_id = %s", [made])
    assert await attic.run(ARCHIVED) == []
    assert attic.select("SELECT rules <> 0 FROM usage") == [True]


# Policies.


async def test_other_rules_are_followed_at_the_next_run(attic: Attic) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    await attic.run(COLD)
    await attic.policies(decay={"profile": "none"})
    await attic.run(COLD)
    life = await attic.life(made)
    assert (life["tier"], life["strength"], attic.places(made)) == ("hot", None, (1, 0))
    await attic.policies(decay={"half_lives": {"fact": 1}})
    await attic.run(10 * DAY)
    assert (await attic.life(made))["tier"] == "archived"


@pytest.mark.parametrize(
    "policies",
    [
        {"decay": {"profile": "sudden"}}, {"decay": {"half_lives": {"fancy": 3}}},
        {"decay": {"half_lives": {"fact": 0}}}, {"decay": {"speed": 3}}, {"ttl": "burn"},
        {"quotas": {"fancy": 3}}, {"quotas": {"fact": -1}}, {"quotas": {"graph": 3}},
    ],
    ids=str,
)  # fmt: skip
async def test_a_policy_nobody_could_follow_is_refused(
    attic: Attic, policies: dict[str, Any]
) -> None:
    answer = await attic.client.put(attic.path, json={"policies": policies})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(f"/policies/{next(iter(policies))}")


# Uses.


async def test_a_use_brings_a_memory_back_with_its_vectors(attic: Attic) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    await attic.run(ARCHIVED)
    assert attic.places(made) == (0, 0)
    await _use(attic, made, QUESTION)
    pending = (await attic.client.get("/v1/jobs", params={"state": "pending"})).json()["items"]
    assert "decay" in {job["name"] for job in pending}
    assert _counts(await attic.run()) == {"tier:hot": 1}
    await attic.run(name="embed")
    assert ((await attic.life(made))["tier"], attic.places(made)) == ("hot", (1, 0))

    await attic.run(COLD)
    assert attic.places(made) == (1, 0), "a use makes a memory more lasting"


async def test_uses_count_as_practice_only_with_a_pause_between(attic: Attic) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    for _ in range(2):
        await _use(attic, made, QUESTION)
    assert attic.select("SELECT used FROM usage") == [2]
    assert attic.select("SELECT counted FROM usage") == [1]
    with psycopg.connect(attic.database.url) as connection:
        connection.execute(f"SET LOCAL app.tenant = '{attic.tenant.id}'")
        connection.execute("UPDATE usage SET counted_at = counted_at - interval '12 hours'")
    await _use(attic, made, QUESTION)
    assert attic.select("SELECT counted FROM usage") == [2]


async def test_being_shown_is_no_use(attic: Attic) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    await attic.run()
    await recall(attic.client, attic.space, QUESTION)
    await attic.service.parts.services.usage.write()
    assert attic.select("SELECT retrieved FROM usage") == [1]
    assert _counts(await attic.run(COLD)) == {"tier:cold": 1}
    assert (await attic.life(made))["tier"] == "cold"


# Past their time.


async def test_what_is_past_its_time_is_archived_and_comes_back_when_undone(attic: Attic) -> None:
    soon = (now() + timedelta(hours=1)).isoformat()
    made = (await write(attic.client, attic.space, BOAT, expires_at=soon))["id"]
    await write(attic.client, attic.space, "This one stays")
    [run] = [r for r in await attic.run(DAY) if "expired" in r["counts"]]
    assert run["counts"] == {"expired": 1}
    assert (await attic.life(made))["state"] == "archived"
    assert contents(await recall(attic.client, attic.space, QUESTION))[:1] != [BOAT]
    assert all("expired" not in r["counts"] for r in await attic.run(DAY))

    undone = await attic.client.post(f"/v1/runs/{run['id']}/undo", json={})
    assert undone.status_code == 200, undone.text
    assert (await attic.life(made))["state"] == "active"


async def test_an_archived_episode_comes_back_as_well(attic: Attic) -> None:
    await attic.policies(quotas={"message": 0})
    [episode] = await remember(attic.client, attic.space, BOAT, consolidate=False)
    [run] = await attic.run()
    assert run["counts"] == {"beyond_quota": 1}
    (await attic.client.post(f"/v1/runs/{run['id']}/undo", json={})).raise_for_status()
    assert (await attic.life(episode["id"]))["state"] == "active"


async def test_what_is_past_its_time_is_erased_where_the_policy_says_so(attic: Attic) -> None:
    await attic.policies(ttl="erase")
    soon = (now() + timedelta(hours=1)).isoformat()
    gone = (await write(attic.client, attic.space, BOAT, expires_at=soon))["id"]
    held = (await write(attic.client, attic.space, "Held by law", expires_at=soon))["id"]
    await attic.client.patch(f"{attic.path}/memories/{held}", json={"legal_hold": True})
    await attic.run()
    assert _counts(await attic.run(DAY)) == {"erased": 1}
    assert (await attic.client.get(f"{attic.path}/memories/{gone}")).status_code == 410
    assert (await attic.life(held))["state"] == "active"
    for table in ("usage", "vectors", "cold_vectors", "run_changes"):
        assert UUID(gone) not in attic.select(f"SELECT memory_id FROM {table}"), table
    assert not any("erased" in run["counts"] for run in await attic.run(DAY))


# Quotas.


async def test_a_quota_archives_what_is_worth_least(attic: Attic) -> None:
    made = [(await write(attic.client, attic.space, f"{BOAT} {n}"))["id"] for n in range(4)]
    await attic.run()
    await _use(attic, made[0], f"{QUESTION} 0")
    await attic.client.post(f"{attic.path}/memories/{made[1]}/pin")
    await attic.policies(quotas={"fact": 2})
    runs = await attic.run()
    assert _counts(runs)["beyond_quota"] == 2
    states = [(await attic.life(one))["state"] for one in made]
    assert states == ["active", "active", "archived", "archived"]
    assert _counts(await attic.run()) == {}
    listed = await attic.client.get(f"{attic.path}/memories", params={"state": "archived"})
    assert len(listed.json()["items"]) == 2


async def test_a_quota_leaves_what_others_rest_on_alone(attic: Attic) -> None:
    resting, spare = await remember(
        attic.client, attic.space, BOAT, "The bread is dark", consolidate=False
    )
    await write(
        attic.client, attic.space, "Somebody has a boat", evidence=[{"episode_id": resting["id"]}]
    )
    await attic.policies(quotas={"episodic": 0})
    assert _counts(await attic.run())["beyond_quota"] == 1
    assert (await attic.life(resting["id"]))["state"] == str(State.ACTIVE)
    assert (await attic.life(spare["id"]))["state"] == str(State.ARCHIVED)


async def test_being_archived_makes_a_memory_no_younger(attic: Attic) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    await attic.run(COLD)
    await attic.policies(quotas={"fact": 0})
    await attic.run(COLD)
    await attic.policies(decay={"half_lives": {"note": 1}})
    await attic.run(COLD + DAY)
    life = await attic.life(made)
    assert (life["state"], life["tier"]) == ("archived", "cold")


async def test_erasing_a_cold_memory_leaves_nothing_of_it(attic: Attic) -> None:
    made = (await write(attic.client, attic.space, BOAT))["id"]
    await attic.run(COLD)
    erased = await attic.client.delete(f"{attic.path}/memories/{made}", params={"mode": "erase"})
    assert erased.status_code == 200
    assert (attic.places(made), attic.cold()) == ((0, 0), 0)
    assert attic.select("SELECT memory_id FROM usage") == []


async def test_what_was_archived_is_found_by_who_asks_for_it(attic: Attic) -> None:
    await write(attic.client, attic.space, BOAT)
    await attic.policies(quotas={"fact": 0})
    await attic.run()
    assert contents(await recall(attic.client, attic.space, QUESTION)) == []
    asked = await recall(attic.client, attic.space, QUESTION, include_archived=True)
    assert contents(asked) == [BOAT]
