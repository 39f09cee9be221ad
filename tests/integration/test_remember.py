"""Remembering: stored once, whatever is repeated; findable at once; split where it is long."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from memory_service.settings import Limits
from tests.fixtures.service import Start, contents, recall, remember, settle, walk, write

#: Two paragraphs that are one passage each, with typographic and wide characters between.
GARDEN = "The greenhouse needs new glass. " * 20 + "Its hinges are rusty — naïve 玻璃 repair. "
ORCHARD = "In the orchard the quinces ripen late. " * 20 + "The saffron crocus grows below them."


async def _post(
    client: AsyncClient, space: str, *episodes: dict[str, Any], key: str | None = None
) -> Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    body = {"episodes": list(episodes)}
    return await client.post(f"/v1/spaces/{space}/episodes", json=body, headers=headers)


def _numbered(count: int) -> list[dict[str, Any]]:
    return [
        {"content": f"Message number {n} of the batch", "external_id": f"m-{n}"}
        for n in range(count)
    ]


async def test_what_is_sent_comes_back_unchanged(client: AsyncClient, space: str) -> None:
    sent = {
        "content": "  Zoë said: “keep the spaces”\n\tand 漢字 🦉 ",
        "kind": "message",
        "role": "assistant",
        "speaker": "Zoë",
        "occurred_at": "2024-05-08T13:56:00+02:00",
        "session_id": "s-1",
        "external_id": "D1:1",
        "tags": ["travel"],
        "metadata": {"channel": {"name": "web"}, "n": 3, "ok": True, "none": None},
    }
    [stored] = await remember(client, space, sent)
    cube = (await client.get(f"/v1/spaces/{space}/memories/{stored['id']}")).json()

    assert cube["content"] == sent["content"]
    assert cube["type"] == "episodic"
    assert cube["kind"] == "message"
    assert cube["time"]["occurred_at"] == "2024-05-08T11:56:00Z"
    assert cube["data"]["external_id"] == "D1:1"
    assert cube["data"]["session_id"] == "s-1"
    assert cube["data"]["role"] == "assistant"
    assert cube["data"]["speaker"] == "Zoë"
    assert cube["data"]["metadata"] == sent["metadata"]
    assert cube["tags"] == ["travel"]
    assert cube["version"] == 1
    assert cube["provenance"]["origin"] == "received"


@pytest.mark.parametrize(
    "sent",
    [
        {"role": "user", "speaker": "Ida"},
        {"role": "user"},
        {"role": "assistant"},
        {"metadata": {"n": None, "empty": {}, "list": []}},
        {},
    ],
    ids=str,
)
async def test_an_episode_carries_what_was_sent_and_nothing_else(
    client: AsyncClient, space: str, sent: dict[str, Any]
) -> None:
    [stored] = await remember(client, space, {"content": "Hello", **sent})
    cube = (await client.get(f"/v1/spaces/{space}/memories/{stored['id']}")).json()
    assert cube["data"] == sent


async def test_the_same_external_id_is_stored_once(client: AsyncClient, space: str) -> None:
    [first] = await remember(client, space, {"content": "I moved to Oslo", "external_id": "a"})
    [again] = await remember(client, space, {"content": "I moved to Oslo", "external_id": "a"})
    assert again == {**first, "status": "duplicate"}
    assert (await settle(client, space))["episodes"] == 1


async def test_other_words_under_a_taken_external_id_do_not_replace_the_first(
    client: AsyncClient, space: str
) -> None:
    [first] = await remember(client, space, {"content": "I moved to Oslo", "external_id": "a"})
    [again] = await remember(client, space, {"content": "I moved to Rome", "external_id": "a"})
    assert (again["id"], again["status"]) == (first["id"], "duplicate")
    assert again["content_differs"] is True
    cube = (await client.get(f"/v1/spaces/{space}/memories/{first['id']}")).json()
    assert cube["content"] == "I moved to Oslo"


async def test_an_external_id_repeated_inside_a_batch_is_stored_once(
    client: AsyncClient, space: str
) -> None:
    twice = {"content": "Our cat is called Miso", "external_id": "a"}
    stored, duplicate, other = await remember(client, space, twice, twice, "And the dog Bean")
    assert [stored["status"], duplicate["status"], other["status"]] == [
        "stored",
        "duplicate",
        "stored",
    ]
    assert duplicate["id"] == stored["id"]
    assert (await settle(client, space))["episodes"] == 2


async def test_the_same_external_id_in_two_spaces_is_two_episodes(client: AsyncClient) -> None:
    episode = {"content": "I moved to Oslo", "external_id": "a"}
    [one] = await remember(client, "first", episode)
    [two] = await remember(client, "second", episode)
    assert (two["status"], two["id"] != one["id"]) == ("stored", True)


async def test_eight_equal_batches_at_once_store_every_episode_once(
    client: AsyncClient, space: str
) -> None:
    batch = _numbered(20)
    answers = await asyncio.gather(*(_post(client, space, *batch) for _ in range(8)))

    assert {answer.status_code for answer in answers} == {201}
    ids: dict[str, set[str]] = {}
    stored = []
    for answer in answers:
        for episode in answer.json()["episodes"]:
            ids.setdefault(episode["external_id"], set()).add(episode["id"])
            stored += [episode["external_id"]] if episode["status"] == "stored" else []
    assert all(len(found) == 1 for found in ids.values())
    assert sorted(stored) == sorted(episode["external_id"] for episode in batch)
    assert (await settle(client, space))["episodes"] == 20
    kept = await walk(client, f"/v1/spaces/{space}/memories", type="episodic")
    assert sorted(item["data"]["external_id"] for item in kept) == sorted(stored)


async def test_overlapping_batches_in_opposite_order_do_not_block_each_other(
    client: AsyncClient, space: str
) -> None:
    batch = _numbered(60)
    orders = [batch, batch[::-1], batch[30:] + batch[:30]]
    answers = await asyncio.gather(*(_post(client, space, *order) for order in orders * 2))
    assert {answer.status_code for answer in answers} == {201}
    assert (await settle(client, space))["episodes"] == 60


async def test_an_idempotency_key_replays_the_first_answer(client: AsyncClient, space: str) -> None:
    episode = {"content": "The boiler was serviced on Tuesday", "external_id": "b-1"}
    first = await _post(client, space, episode, key="k-1")
    again = await _post(client, space, episode, key="k-1")
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert (await settle(client, space))["episodes"] == 1


async def test_an_idempotency_key_with_another_body_is_a_conflict(
    client: AsyncClient, space: str
) -> None:
    await _post(client, space, {"content": "one"}, key="k-1")
    other = await _post(client, space, {"content": "two"}, key="k-1")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-conflict")
    assert (await settle(client, space))["episodes"] == 1


async def test_an_idempotency_key_belongs_to_its_space(client: AsyncClient) -> None:
    episode = {"content": "The boiler was serviced on Tuesday"}
    one = (await _post(client, "first", episode, key="k-1")).json()
    two = (await _post(client, "second", episode, key="k-1")).json()
    assert one["episodes"][0]["id"] != two["episodes"][0]["id"]


async def test_an_idempotency_key_ends_with_its_space(client: AsyncClient, space: str) -> None:
    episode = {"content": "The boiler was serviced on Tuesday"}
    first = await _post(client, space, episode, key="k-1")
    await client.delete(f"/v1/spaces/{space}")
    again = await _post(client, space, episode, key="k-1")
    assert "Idempotency-Replayed" not in again.headers
    assert again.json()["episodes"][0]["id"] != first.json()["episodes"][0]["id"]
    assert (await settle(client, space))["episodes"] == 1


async def test_one_idempotency_key_used_at_once_writes_once(
    client: AsyncClient, space: str
) -> None:
    episode = {"content": "The boiler was serviced on Tuesday"}
    answers = await asyncio.gather(*(_post(client, space, episode, key="k") for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert (await settle(client, space))["episodes"] == 1


async def test_a_long_document_is_recalled_by_the_passage_that_matches(
    client: AsyncClient, space: str
) -> None:
    text = f"{GARDEN}\n\n{ORCHARD}"
    episode = {"content": text, "kind": "document", "title": "Notes on the estate"}
    await remember(client, space, episode)

    questions = [
        ("The greenhouse needs new glass, its hinges are rusty: 玻璃 repair", "玻璃"),
        ("Do the quinces ripen late in the orchard where the saffron crocus grows?", "saffron"),
    ]
    for question, word in questions:
        [hit] = (await recall(client, space, question))["hits"]
        start, end = hit["passage"]["span"]
        assert hit["memory"]["content"] == text
        assert hit["passage"]["text"] == text[start:end]
        assert word in hit["passage"]["text"]
        assert len(hit["passage"]["text"]) < len(text)


async def test_a_text_of_too_many_parts_is_refused_whole(client: AsyncClient, space: str) -> None:
    shredded = {"content": "a" + "\n\nb" * 40_000, "kind": "trajectory"}
    answer = await _post(client, space, {"content": "Fine"}, shredded)
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert answer.json()["errors"][0]["pointer"] == "/episodes/1/content"
    assert (await client.get(f"/v1/spaces/{space}/status")).status_code == 404


async def test_the_steps_of_a_trajectory_are_found_one_by_one(
    client: AsyncClient, space: str
) -> None:
    steps = [
        {"action": "open the drawer", "observation": "there is a brass key\n\nand a coin"},
        {"action": "unlock the cellar", "state": "in the hallway", "outcome": "it is flooded"},
    ]
    sent = {"content": "Find the fuse box", "kind": "trajectory", "steps": steps}
    [stored] = await remember(client, space, sent)
    cube = (await client.get(f"/v1/spaces/{space}/memories/{stored['id']}")).json()
    assert cube["data"]["goal"] == "Find the fuse box"
    assert cube["data"]["steps"] == steps

    [hit] = (await recall(client, space, "flooded cellar"))["hits"]
    assert hit["passage"]["text"].startswith("step 2")
    assert "unlock the cellar" in hit["passage"]["text"]
    assert "drawer" not in hit["passage"]["text"]


async def test_words_are_found_before_any_job_has_run(start: Start, space: str) -> None:
    service = await start(limits=Limits(embed_before_answer=0))
    client = (await service.tenant()).admin
    await remember(client, space, "The ferry to Hydra leaves at noon")

    status = (await client.get(f"/v1/spaces/{space}/status")).json()
    assert (status["unembedded"], status["pending_jobs"]) == (1, 2)
    answer = await recall(client, space, "When does the ferry leave?")
    assert contents(answer) == ["The ferry to Hydra leaves at noon"]
    assert set(answer["hits"][0]["channels"]) == {"lexical"}


@pytest.mark.parametrize("count", [1, 32])
async def test_up_to_32_episodes_are_found_by_meaning_at_once(
    start: Start, space: str, count: int
) -> None:
    client = (await (await start()).tenant()).admin
    await remember(client, space, *_numbered(count))
    status = (await client.get(f"/v1/spaces/{space}/status")).json()
    assert status["unembedded"] == 0
    answer = await recall(client, space, "Message number 0 of the batch")
    assert "dense" in answer["hits"][0]["channels"]


async def test_bulk_is_found_by_meaning_once_the_job_has_run(
    client: AsyncClient, space: str
) -> None:
    answer = await _post(client, space, *_numbered(40))
    jobs = [(await client.get(f"/v1/jobs/{i}")).json() for i in answer.json()["job_ids"]]
    assert sorted(job["name"] for job in jobs) == ["embed", "extract"]
    assert {job["progress"]["total"] for job in jobs} == {40}

    status = await settle(client, space)
    assert (status["episodes"], status["unembedded"]) == (40, 0)
    found = await recall(client, space, "Message number 7 of the batch")
    assert "dense" in found["hits"][0]["channels"]


async def test_the_status_counts_what_there_is(start: Start, space: str) -> None:
    service = await start()
    client = (await service.tenant()).admin
    await remember(client, space, *_numbered(33))
    await write(client, space, "Alice is a vet", kind="profile")

    status = (await client.get(f"/v1/spaces/{space}/status")).json()
    assert status["episodes"] == 33
    assert status["memories"] == {"episodic": 33, "semantic": 1, "graph": 0, "parametric": 0}
    assert (status["unembedded"], status["failed_jobs"]) == (33, 0)
    pending = await walk(client, "/v1/jobs", state="pending")
    assert status["pending_jobs"] == len(pending)
    assert {"embed", "extract"} <= {job["name"] for job in pending}
    assert status["oldest_pending_s"] >= 0


async def test_without_consolidation_nothing_is_extracted_until_asked_for(
    client: AsyncClient, space: str
) -> None:
    await remember(client, space, "I work at the Oslo aquarium", consolidate=False)
    status = await settle(client, space)
    assert status["memories"]["semantic"] == 0

    asked = await client.post(f"/v1/spaces/{space}/consolidate")
    assert asked.status_code == 202
    jobs = [(await client.get(f"/v1/jobs/{made}")).json() for made in asked.json()["job_ids"]]
    assert [job["progress"]["total"] for job in jobs if job["name"] == "extract"] == [1]
    assert (await settle(client, space))["memories"]["semantic"] >= 1


@pytest.mark.parametrize(
    ("episode", "status", "code", "pointer"),
    [
        ({"content": "x", "kind": "fact"}, 422, "unknown-kind", "/episodes/1/kind"),
        ({"content": "x", "kind": "dream"}, 422, "unknown-kind", "/episodes/1/kind"),
        ({"content": "x" * 101}, 413, "too-large", "/episodes/1/content"),
        ({"content": "   "}, 422, "malformed-request", "/episodes/1/content"),
        ({"content": "a\x00b"}, 422, "malformed-request", "/episodes/1/content"),
        ({"content": "x", "occurred_at": 1715176560}, 422, "malformed-request",
         "/episodes/1/occurred_at"),
        ({"content": "x", "colour": "red"}, 422, "malformed-request", "/episodes/1/colour"),
        ({"content": "x", "steps": [{"action": "go"}]}, 422, "malformed-request", "/episodes/1"),
    ],
)  # fmt: skip
async def test_one_bad_episode_refuses_the_batch_and_is_pointed_at(
    start: Start, space: str, episode: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    service = await start(limits=Limits(content_chars=100))
    client = (await service.tenant()).admin
    answer = await _post(client, space, {"content": "fine"}, episode)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert problem["errors"][0]["pointer"] == pointer
    assert (await client.get(f"/v1/spaces/{space}")).status_code == 404


async def test_a_batch_beyond_the_limit_is_refused(start: Start, space: str) -> None:
    client = (await (await start(limits=Limits(batch=3))).tenant()).admin
    assert (await _post(client, space, *_numbered(4))).status_code == 413
    assert (await _post(client, space, *_numbered(3))).status_code == 201


async def test_a_strict_service_makes_no_space_by_writing(start: Start, space: str) -> None:
    client = (await (await start(strict_spaces=True)).tenant()).admin
    refused = await _post(client, space, {"content": "hello"})
    assert (refused.status_code, refused.json()["code"]) == (404, "space-not-found")
    await client.put(f"/v1/spaces/{space}")
    assert (await _post(client, space, {"content": "hello"})).status_code == 201


async def test_ids_tell_the_order_of_arrival(client: AsyncClient, space: str) -> None:
    stored = await remember(client, space, *_numbered(30))
    ids = [UUID(episode["id"]) for episode in stored]
    assert ids == sorted(ids)
    assert {one.version for one in ids} == {7}
