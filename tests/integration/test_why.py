"""Why a memory is recalled or not: every condition is told, and only those that hold."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient

from memory_service.auth import Role
from memory_service.settings import Limits
from retrieval.ranking import STAGES
from retrieval.rerank import MODEL
from tests.fixtures.service import Service, Start, Tenant, recall, remember, settle, until, write

QUESTION = "Where did Nora go hiking with Paul?"
HIKE = "Nora went hiking with Paul near Bergen"


async def why(
    client: AsyncClient, space: str, memory_id: str, query: str = QUESTION, **more: Any
) -> dict[str, Any]:
    """Ask why; the answer."""
    body = {"query": query, "memory_id": memory_id, **more}
    answer = await client.post(f"/v1/spaces/{space}/why", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["memory_id"] == memory_id
    assert found["reasons"]
    return found


@pytest.fixture
async def hike(client: AsyncClient, space: str) -> str:
    """An episode in a space of a few."""
    told = {
        "content": HIKE, "speaker": "Paul", "session_id": "s1", "tags": ["trip"],
        "metadata": {"app": "chat"}, "occurred_at": "2024-05-10T10:00:00Z",
    }  # fmt: skip
    lines = ("Nora went hiking in Wales", "The kettle is in the cupboard", "It rained in Leeds")
    [episode, *_] = await remember(client, space, told, *lines, consolidate=False)
    await settle(client, space)
    return str(episode["id"])


async def test_the_first_hit_is_told_its_place_and_what_it_is_made_of(
    client: AsyncClient, space: str, hike: str
) -> None:
    answer = await why(client, space, hike)
    hit = (await recall(client, space, QUESTION))["hits"][0]

    assert hit["memory"]["id"] == hike
    assert (answer["recalled"], answer["rank"], answer["excluded_by"]) == (True, 1, [])
    assert answer["relevance"] == hit["relevance"]
    assert {n: c["rank"] for n, c in answer["channels"].items() if c["rank"]} == {
        name: place["rank"] for name, place in hit["channels"].items()
    }
    assert set(answer["features"]) == set(MODEL.features)
    total = sum(feature["contribution"] for feature in answer["features"].values())
    assert total + answer["prior"] == pytest.approx(hit["score"], abs=1e-2)
    assert answer["best"] is None
    assert answer["reasons"][0].startswith(f"Ranked 1st of {answer['candidates']}: 1st by ")
    assert "shares 'nora', 'hiking', 'paul' with the question" in answer["reasons"][0]


async def test_a_candidate_further_down_is_compared_with_the_first(
    client: AsyncClient, space: str, hike: str
) -> None:
    kettle = (await recall(client, space, "Where is the kettle?"))["hits"][0]["memory"]["id"]
    answer = await why(client, space, kettle, k=1)

    assert not answer["recalled"]
    assert answer["rank"] > 1
    assert answer["excluded_by"] == ["beyond-k"]
    assert "shares no word with the question" in answer["reasons"][0]
    assert answer["reasons"][1].endswith(", beyond the 1 asked for as k.")
    assert answer["best"]["memory_id"] == hike
    assert answer["best"]["relevance"] > answer["relevance"]
    for name, feature in answer["best"]["features"].items():
        own = answer["features"][name]["contribution"]
        assert abs(feature["contribution"] - own) >= 0.5
    assert "words" in answer["best"]["features"]


@pytest.mark.parametrize(
    ("limits", "excluded"),
    [
        ({"types": ["semantic"]}, ["type"]),
        ({"kinds": ["fact", "note"]}, ["kind"]),
        ({"session_id": "s2"}, ["session"]),
        ({"filters": {"tags": ["trip", "abroad"]}}, ["tags"]),
        ({"filters": {"speaker": "Nora"}}, ["speaker"]),
        ({"filters": {"metadata": {"app": "mail"}}}, ["metadata"]),
        ({"time_range": {"from": "2024-05-11T00:00:00Z"}}, ["time-range"]),
        ({"time_range": {"to": "2024-05-10T10:00:00Z"}}, ["time-range"]),
        ({"as_of": {"known": "2024-06-01T00:00:00Z"}}, ["not-known"]),
        ({"as_of": {"valid": "2024-05-01T00:00:00Z"}}, ["not-valid"]),
        ({"kinds": ["fact"], "session_id": "s2", "filters": {"tags": ["x"], "speaker": "Ida"}},
         ["kind", "session", "tags", "speaker"]),
        ({"types": ["episodic"], "kinds": ["message"], "session_id": "s1",
          "filters": {"tags": ["trip"], "speaker": "Paul", "metadata": {"app": "chat"}},
          "time_range": {"from": "2024-05-10T10:00:00Z", "to": "2024-05-11T00:00:00Z"},
          "as_of": {"valid": "2024-06-01T00:00:00Z"}}, []),
    ],
    ids=lambda value: "+".join(value) or "none" if isinstance(value, list) else "",
)  # fmt: skip
async def test_each_limit_that_it_does_not_meet_is_told(
    client: AsyncClient, space: str, hike: str, limits: dict[str, Any], excluded: list[str]
) -> None:
    answer = await why(client, space, hike, **limits)

    hits = (await recall(client, space, QUESTION, **limits))["hits"]
    assert answer["recalled"] is (hike in [hit["memory"]["id"] for hit in hits])
    assert answer["recalled"] is not bool(excluded)
    assert answer["excluded_by"] == excluded
    if excluded:
        assert (answer["rank"], answer["relevance"], answer["features"]) == (None, None, {})
        assert len(answer["reasons"]) == len(excluded)
        assert answer["nearness"]["shared"] == ["nora", "hiking", "paul"]


@pytest.mark.parametrize(
    ("mode", "excluded", "historical"),
    [("invalidate", "state", True), ("archive", "state", False), ("erase", "erased", False)],
)
async def test_what_was_forgotten_is_told_how(
    client: AsyncClient, space: str, hike: str, mode: str, excluded: str, historical: bool
) -> None:
    await client.delete(f"/v1/spaces/{space}/memories/{hike}", params={"mode": mode})

    answer = await why(client, space, hike)
    assert answer["excluded_by"][0] == excluded
    assert HIKE not in str(answer)
    again = await why(client, space, hike, include_superseded=True)
    assert again["recalled"] is historical
    assert again["excluded_by"] == ([] if historical else [excluded])


async def test_what_has_ended_in_the_world_is_told_when(client: AsyncClient, space: str) -> None:
    fact = await write(
        client, space, HIKE, valid_at="2024-01-01T00:00:00Z", invalid_at="2024-02-01T00:00:00Z"
    )
    answer = await why(client, space, fact["id"])
    assert answer["excluded_by"] == ["ended"]
    assert "2024-02-01" in answer["reasons"][0]
    later = await why(client, space, fact["id"], as_of={"valid": "2024-03-01T00:00:00Z"})
    assert later["excluded_by"] == ["not-valid"]
    assert "ended on 2024-02-01" in later["reasons"][0]
    then = await why(client, space, fact["id"], as_of={"valid": "2024-01-15T00:00:00Z"})
    assert then["recalled"]


async def test_what_has_expired_is_told_when(client: AsyncClient, space: str) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    fact = await write(client, space, HIKE, expires_at=soon.isoformat())

    async def has_expired() -> bool:
        return datetime.now(UTC) > soon

    await until(has_expired)
    answer = await why(client, space, fact["id"])
    assert answer["excluded_by"] == ["expired"]
    assert f"{soon:%Y-%m-%d %H:%M}" in answer["reasons"][0]


async def test_what_is_in_another_space_is_told_where_to_who_may_know(
    client: AsyncClient, tenant: Tenant, space: str, hike: str
) -> None:
    await write(client, "elsewhere", "Something else")
    answer = await why(client, "elsewhere", hike)
    assert answer["excluded_by"] == ["space"]
    assert answer["reasons"] == [f"It is in the space '{space}', not in 'elsewhere'."]
    assert (answer["nearness"], answer["best"], answer["channels"]) == (None, None, {})

    limited = await tenant.client(Role.READER, spaces=["elsewhere"])
    body = {"query": QUESTION, "memory_id": hike}
    refused = await limited.post("/v1/spaces/elsewhere/why", json=body)
    unknown = await limited.post(
        "/v1/spaces/elsewhere/why", json={**body, "memory_id": str(uuid4())}
    )
    for found in (refused, unknown):
        assert (found.status_code, found.json()["code"]) == (404, "memory-not-found")


async def test_what_is_not_embedded_yet_is_told_so(start: Start) -> None:
    service = await start(limits=Limits(embed_before_answer=0))
    client = (await service.tenant()).admin
    [episode] = await remember(client, "home", "Quite a different thing", consolidate=False)
    answer = await why(client, "home", episode["id"])
    assert answer["excluded_by"] == ["not-embedded", "not-found"]
    assert answer["nearness"] == {"cosine": None, "bm25": 0, "shared": [], "share": 0}
    assert "let the space settle" in answer["reasons"][0]
    found = await why(client, "home", episode["id"], "A different thing")
    assert found["recalled"]


async def test_what_no_channel_found_is_told_how_near_it_is(
    client: AsyncClient, space: str
) -> None:
    lines = [f"Nora and Paul went hiking, tour {n}" for n in range(110)]
    await remember(client, space, *lines, consolidate=False)
    [episode] = await remember(client, space, "The kettle broke when Paul left", consolidate=False)
    await settle(client, space)

    answer = await why(client, space, episode["id"], "nora paul hiking", without=["salience"])
    assert (answer["rank"], answer["excluded_by"]) == (None, ["not-found"])
    assert answer["reasons"][0].startswith("No channel found it. By meaning it scores ")
    assert "it shares 'paul', " in answer["reasons"][0]
    assert answer["nearness"]["shared"] == ["paul"]
    assert 0 < answer["nearness"]["share"] < 1
    for name, near in (("dense", "cosine"), ("lexical", "bm25")):
        there = answer["channels"][name]
        assert (there["rank"], there["found"]) == (None, 100)
        assert there["score"] == pytest.approx(answer["nearness"][near], abs=1e-4)
        assert there["score"] <= there["last"]
    assert answer["best"]["features"]


@pytest.mark.parametrize("without", [[], *([stage] for stage in STAGES)])
async def test_nearness_is_what_the_channels_say(
    client: AsyncClient, space: str, hike: str, without: list[str]
) -> None:
    answer = await why(client, space, hike, without=without)
    for name, near in (("dense", "cosine"), ("lexical", "bm25")):
        expected = answer["channels"][name]["score"]
        assert answer["nearness"][near] == pytest.approx(expected, abs=1e-3)


async def test_an_episode_behind_the_fact_that_rests_on_it_names_it(
    client: AsyncClient, space: str
) -> None:
    long = "Well, you know how it is, we did a lot of things that day, and the weather was fine. "
    [episode] = await remember(client, space, long + HIKE + ".", consolidate=False)
    fact = await write(client, space, HIKE, evidence=[{"episode_id": episode["id"]}])
    await settle(client, space)

    behind, shown = [await why(client, space, id_) for id_ in (episode["id"], fact["id"])]
    assert (behind["recalled"], behind["excluded_by"]) == (False, ["folded"])
    assert behind["reasons"][1].startswith(f"The memory {fact['id']} stands for it")
    assert behind["reasons"][0].startswith("Ranked 1st of 1: ")
    assert shown["reasons"][0].startswith("Ranked with the episode it rests on, 1st of 1: ")
    assert behind["rank"] == shown["rank"] == 1
    assert shown["recalled"]


async def test_what_is_told_by_a_better_hit_names_it(client: AsyncClient, space: str) -> None:
    """The fact rests on both episodes and fits better than the first: the second adds nothing."""
    long = " and then a long story that goes on and on about weather"
    first, second = await remember(
        client, space, {"content": f"Nora did go hiking with Paul{long}", "session_id": "a"},
        {"content": "In the end Paul saw the otter", "session_id": "b"}, consolidate=False,
    )  # fmt: skip
    evidence = [{"episode_id": episode["id"]} for episode in (first, second)]
    said = "Hiking: Nora did go hiking, hiking with Paul"
    fact = await write(client, space, said, evidence=evidence)
    await settle(client, space)

    answer = await why(client, space, second["id"])
    assert (answer["recalled"], answer["excluded_by"]) == (False, ["folded"])
    assert answer["rank"] == 2
    told = f"What it rests on is already told by a better hit: {fact['id']}."
    assert answer["reasons"][1] == told


@pytest.mark.parametrize("mode", ["auto", "deep"])
async def test_other_modes_are_explained_as_they_answer(
    client: AsyncClient, space: str, hike: str, mode: str
) -> None:
    hits = (await recall(client, space, QUESTION, mode=mode))["hits"]
    for place, hit in enumerate(hits, 1):
        answer = await why(client, space, hit["memory"]["id"], mode=mode)
        assert (answer["recalled"], answer["rank"]) == (True, place)


async def test_an_answer_that_abstains_says_so(client: AsyncClient, space: str, hike: str) -> None:
    answer = await why(client, space, hike, "xqzzv wlorf bnim")
    assert (answer["recalled"], answer["excluded_by"]) == (False, ["abstained"])
    assert answer["rank"] is not None


async def test_what_does_not_fit_the_budget_says_so(
    client: AsyncClient, space: str, hike: str
) -> None:
    answer = await why(client, space, hike, budget_tokens=1)
    assert (answer["rank"], answer["excluded_by"]) == (1, ["beyond-budget"])


async def test_asking_why_is_not_a_recall(
    client: AsyncClient, space: str, hike: str, service: Service
) -> None:
    await why(client, space, hike)
    await service.parts.services.usage.write()
    cube = (await client.get(f"/v1/spaces/{space}/memories/{hike}")).json()
    assert cube["usage"]["retrieved"] == 0


@pytest.mark.parametrize(
    "body",
    [{"query": QUESTION}, {"query": QUESTION, "memory_id": "x"}, {"memory_id": str(uuid4())}],
)
async def test_a_question_and_a_memory_are_needed(
    client: AsyncClient, space: str, hike: str, body: dict[str, Any]
) -> None:
    answer = await client.post(f"/v1/spaces/{space}/why", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
