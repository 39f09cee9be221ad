"""Chats begin with the prefix of their space: the same bytes until a memory in it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from consolidation.jobs import load
from consolidation.services import Work
from retrieval.packing import count_tokens
from stores import jobs, spaces
from stores.ids import now
from tests.fixtures.service import recall, write
from tests.integration.gateway.desk import HOME, Desk, asking

RULES = "/v1/spaces/home/blocks/rules"
BEES = "Ada keeps bees in Lisbon"


async def make(desk: Desk) -> None:
    """Run the job a day later: what is told now has settled then."""
    parts = desk.service.parts
    async with parts.services.database.write(desk.tenant.id) as session:
        home = await spaces.get_space(session, "home")
        job_id = await jobs.enqueue(session, home.id, "prefix", now=now())
    later = replace(parts.jobs, clock=lambda: now() + timedelta(hours=25))
    await load()["prefix"].run(later, Work(tenant=desk.tenant.id, space=home, job_id=job_id))


async def prefixes(desk: Desk) -> list[dict[str, Any]]:
    answer = await desk.tenant.admin.get("/v1/spaces/home/prefixes")
    items: list[dict[str, Any]] = answer.raise_for_status().json()["items"]
    return items


async def ask(desk: Desk, *messages: Any, **memory: Any) -> list[Any]:
    """Ask the model; returns the messages that it got."""
    body = {"memory": {"space": "home", "remember": False, **memory}}
    await desk.openai.chat.completions.create(model="tiny", messages=[*messages], extra_body=body)
    sent: list[Any] = desk.sent()["messages"]
    return sent


async def pinned(desk: Desk, content: str, kind: str = "fact") -> str:
    """Write a memory that always belongs in front."""
    cube = await write(desk.tenant.admin, "home", content, kind=kind)
    path = f"/v1/spaces/home/memories/{cube['id']}/pin"
    answer = await desk.tenant.admin.post(path, json={"pinned": True})
    assert answer.is_success, answer.text
    return str(cube["id"])


@pytest.fixture
async def bees(desk: Desk) -> str:
    """A fact and a block, both in a prefix, which nobody else makes; the fact's id."""
    off = {"policies": {"jobs": {"prefix": {"on": False}}}}
    await desk.tenant.admin.put("/v1/spaces/home", json=off)
    made = await pinned(desk, BEES)
    await desk.tenant.admin.put(RULES, json={"text": "Answer in rhymes."})
    await make(desk)
    return made


async def test_what_it_is_made_of(desk: Desk, bees: str) -> None:
    [made] = await prefixes(desk)
    assert made["shown"] is True
    assert (made["members"], made["blocks"]) == ([bees], {"rules": 1})
    assert BEES in made["text"]
    assert "Answer in rhymes." in made["text"]
    await make(desk)
    assert await prefixes(desk) == [made]
    # It says what others say, so it is not recalled beside them.
    hits = (await recall(desk.tenant.admin, "home", "Who keeps bees?"))["hits"]
    assert [hit["memory"]["id"] for hit in hits] == [bees]


async def test_every_turn_begins_with_the_same_bytes(desk: Desk, bees: str) -> None:
    [made] = await prefixes(desk)
    system = {"role": "system", "content": "Be brief."}
    first = await ask(desk, system, *asking("Who keeps bees?"))
    assert first[0] == system
    assert first[1] == {"role": "user", "content": f"{made['text']}\n\nWho keeps bees?"}
    raw = desk.model.asked[-1].content
    history = [*asking("Who keeps bees?"), {"role": "assistant", "content": "Ada."}]
    second = await ask(desk, system, *history, *asking("Where?"))
    assert second[:2] == first
    begin = raw[: raw.index(b"Who keeps bees?")]
    assert desk.model.asked[-1].content.startswith(begin)
    parts = [{"type": "text", "text": "Who?"}]
    [told] = await ask(desk, {"role": "user", "content": parts})
    assert told["content"] == [{"type": "text", "text": made["text"]}, *parts]


@pytest.mark.parametrize(
    "memory", [{"prefix": False}, {"inject": "none"}, {"as_of": {"known": "2020-01-01T00:00:00Z"}}]
)
async def test_who_does_not_want_it_is_not_shown_it(desk: Desk, bees: str, memory: Any) -> None:
    assert bees
    assert "rhymes" not in str(await ask(desk, *asking("Who keeps bees?"), **memory))


async def test_it_ends_the_moment_a_memory_in_it_changes(desk: Desk, bees: str) -> None:
    path = f"/v1/spaces/home/memories/{bees}"
    await desk.tenant.admin.patch(path, json={"content": "Ada keeps goats in Lisbon"})
    [made] = await prefixes(desk)
    assert made["shown"] is False
    assert BEES not in str(await ask(desk, *asking("Hello")))
    await make(desk)
    new, old = await prefixes(desk)
    assert (new["shown"], old["shown"], old["state"]) == (True, False, "superseded")
    assert "goats" in str(await ask(desk, *asking("Hello")))
    await desk.tenant.admin.put(RULES, json={"text": "Answer in prose."})
    assert [one["shown"] for one in await prefixes(desk)] == [False, False]


async def soft_prompts(desk: Desk) -> list[dict[str, Any]]:
    """Those there are, then those there were."""
    found: list[dict[str, Any]] = []
    for state in ("active", "superseded"):
        query = {"kind": "soft_prompt", "state": state}
        answer = await desk.tenant.admin.get("/v1/spaces/home/memories", params=query)
        found += answer.raise_for_status().json()["items"]
    return found


async def test_a_soft_prompt_keeps_to_its_tokens_and_follows_what_it_rests_on(desk: Desk) -> None:
    await desk.tenant.admin.put(
        "/v1/spaces/home", json={"policies": {"jobs": {"prefix": {"on": False}}}}
    )
    likes = [
        await pinned(desk, f"Ada likes tea number {n} with milk from farm {n}", "preference")
        for n in range(60)
    ]
    await make(desk)
    [made] = await soft_prompts(desk)
    assert made["content"].startswith("Preferences:\n- Ada likes tea number 0 ")
    assert 450 < made["data"]["tokens"] == count_tokens(made["content"]) <= 500
    [prefix] = await prefixes(desk)
    assert made["content"] in prefix["text"]

    await make(desk)  # Nothing has changed.
    assert [one["id"] for one in await soft_prompts(desk)] == [made["id"]]

    path = f"/v1/spaces/home/memories/{likes[0]}"
    await desk.tenant.admin.patch(path, json={"content": "Ada likes coffee"})
    assert "tea number 0" not in str(await ask(desk, *asking("Hello")))  # Not even until then.
    await make(desk)
    new, old = await soft_prompts(desk)
    assert (new["lifecycle"]["state"], old["lifecycle"]["state"]) == ("active", "superseded")
    assert "\n- Ada likes coffee (" in new["content"]
    assert "tea number 0" not in new["content"]
    assert new["data"]["tokens"] <= 500
    assert "Ada likes coffee" in str(await ask(desk, *asking("Hello")))

    erased = await desk.tenant.admin.delete(path, params={"mode": "erase"})
    assert erased.is_success, erased.text
    assert not [one for one in await soft_prompts(desk) if "coffee" in one["content"]]


async def test_an_erased_memory_leaves_no_prefix_that_says_it(desk: Desk, bees: str) -> None:
    await desk.tenant.admin.put(RULES, json={"text": "Answer in prose."})
    await make(desk)
    assert len(await prefixes(desk)) == 2
    path = f"/v1/spaces/home/memories/{bees}"
    erased = await desk.tenant.admin.delete(path, params={"mode": "erase"})
    assert erased.is_success, erased.text
    assert await prefixes(desk) == []
    await make(desk)
    [made] = await prefixes(desk)
    assert "bees" not in made["text"]


async def test_a_block_that_is_removed_leaves_no_prefix_that_says_it(desk: Desk, bees: str) -> None:
    assert (await desk.tenant.admin.delete(RULES)).status_code == 204
    assert await prefixes(desk) == []
    await make(desk)
    [made] = await prefixes(desk)
    assert (made["members"], made["blocks"]) == ([bees], {})


@pytest.mark.parametrize("change", [{"sensitivity": ["health"]}, {"visibility": "private"}])
async def test_what_is_not_for_all_does_not_stand_in_front(
    desk: Desk, bees: str, change: Any
) -> None:
    path = f"/v1/spaces/home/memories/{bees}"
    answer = await desk.tenant.admin.patch(path, json=change)
    assert answer.is_success, answer.text
    assert BEES not in str(await ask(desk, *asking("Hello"), recall=False))
    await make(desk)
    assert (await prefixes(desk))[0]["members"] == []


async def test_taking_the_run_back_takes_the_prefix_back(desk: Desk, bees: str) -> None:
    assert bees
    items = (await desk.tenant.admin.get("/v1/spaces/home/runs")).json()["items"]
    [made] = [run for run in items if run["method"]["name"] == "prefix"]
    undone = await desk.tenant.admin.post(f"/v1/runs/{made['id']}/undo", json={})
    assert undone.is_success, undone.text
    assert not [one for one in await prefixes(desk) if one["shown"]]
    assert "rhymes" not in str(await ask(desk, *asking("Hello")))


async def test_it_is_made_anew_when_somebody_asks(desk: Desk, bees: str) -> None:
    assert bees
    asked = await desk.http.post("/v1/spaces/home/prefixes")
    assert asked.status_code == 202
    [job] = asked.json()["job_ids"]
    told = (await desk.tenant.admin.get(f"/v1/jobs/{job}")).json()
    assert (told["name"], told["state"]) == ("prefix", "pending")
    assert (await desk.http.get("/v1/spaces/none/prefixes", headers=HOME)).status_code == 404
