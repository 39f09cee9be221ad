"""Changing keeps what was; forgetting hides, ends or removes it, and erasing leaves no trace."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from httpx import AsyncClient, Response
from psycopg import sql

from memory_service.auth import Role
from tests.fixtures.database import Urls
from tests.fixtures.service import (
    Start,
    Tenant,
    contents,
    recall,
    remember,
    settle,
    until,
    walk,
    write,
)

#: In no language, and in no other test.
UNIQUE = "quorvexil"


def _path(space: str, memory_id: str, *more: str) -> str:
    return "/".join([f"/v1/spaces/{space}/memories/{memory_id}", *more])


async def _forget(
    client: AsyncClient, space: str, memory_id: str, mode: str, **headers: str
) -> Response:
    params = {"mode": mode}
    return await client.delete(_path(space, memory_id), params=params, headers=headers)


async def _facts(client: AsyncClient, space: str) -> list[dict[str, Any]]:
    return await walk(client, f"/v1/spaces/{space}/memories", type="semantic")


# Facts and what they rest on.


async def test_a_fact_quotes_the_very_words_it_rests_on(client: AsyncClient, space: str) -> None:
    said = "Yesterday was long — 漢字 class again. I work at the Oslo aquarium. Bye!"
    sent = {"content": said, "speaker": "Ida", "external_id": "D1:1", "session_id": "s"}
    [episode] = await remember(client, space, sent)
    await settle(client, space)

    facts = await _facts(client, space)
    assert facts
    for fact in facts:
        [evidence] = fact["provenance"]["evidence"]
        start, end = evidence["span"]
        assert evidence["quote"] == said[start:end]
        assert (evidence["episode_id"], evidence["external_id"]) == (episode["id"], "D1:1")
        assert fact["provenance"]["origin"] == "derived"
    assert any("aquarium" in fact["content"] for fact in facts)

    page = (await client.get(f"/v1/spaces/{space}/sessions/s/derived")).json()
    told = [item for item in page["items"] if item["type"] == "semantic"]
    assert {item["id"] for item in told} == {fact["id"] for fact in facts}


async def test_a_run_tells_what_it_made(client: AsyncClient, space: str) -> None:
    await remember(client, space, "I work at the Oslo aquarium")
    await settle(client, space)
    [fact] = await _facts(client, space)
    run = (await client.get(f"/v1/runs/{fact['provenance']['run_id']}")).json()
    told = [made for made in run["memories"] if made["type"] == "semantic"]
    assert [made["id"] for made in told] == [fact["id"]]
    assert {m["kind"] for m in run["memories"]} <= {fact["kind"], "entity"}
    assert (run["space"], run["counts"]["episodes"], run["counts"]["stored"]) == (space, 1, 1)
    assert run["method"] == {k: fact["provenance"]["method"][k] for k in ("name", "version")}


async def test_what_is_said_again_confirms_and_does_not_double(
    client: AsyncClient, space: str
) -> None:
    for external_id in ("a", "b"):
        sent = {"content": "I work at the Oslo aquarium", "external_id": external_id}
        await remember(client, space, {**sent, "speaker": "Ida"})
        await settle(client, space)
    [fact] = await _facts(client, space)
    assert {e["external_id"] for e in fact["provenance"]["evidence"]} == {"a", "b"}
    assert fact["usage"]["confirmations"] == 1


async def test_lineage_leads_down_to_the_episode_and_up_to_the_fact(
    client: AsyncClient, space: str
) -> None:
    [episode] = await remember(client, space, "I work at the Oslo aquarium")
    await settle(client, space)
    [fact] = await _facts(client, space)

    of_fact = (await client.get(_path(space, fact["id"], "lineage"))).json()
    assert [source["id"] for source in of_fact["sources"]] == [episode["id"]]
    assert of_fact["derived"] == []
    of_episode = (await client.get(_path(space, episode["id"], "lineage"))).json()
    assert [derived["id"] for derived in of_episode["derived"]] == [fact["id"]]
    edge = {"memory_id": fact["id"], "source_id": episode["id"], "kind": "evidence"}
    assert of_fact["edges"] == of_episode["edges"] == [edge]


@pytest.mark.parametrize(
    ("evidence", "status", "code"),
    [
        ({"external_id": "D1:1", "span": [2, 6]}, 201, None),
        ({"external_id": "D1:1"}, 201, None),
        ({"external_id": "D1:1", "span": [2, 99]}, 422, "malformed-request"),
        ({"external_id": "D1:1", "span": [6, 6]}, 422, "malformed-request"),
        ({"external_id": "D9:9"}, 404, "memory-not-found"),
        ({"external_id": "D1:1", "episode_id": "01900000-0000-7000-8000-000000000000"}, 422,
         "malformed-request"),
        ({}, 422, "malformed-request"),
    ],
    ids=str,
)  # fmt: skip
async def test_evidence_a_caller_names_must_exist(
    client: AsyncClient, space: str, evidence: dict[str, Any], status: int, code: str | None
) -> None:
    await remember(client, space, {"content": "A 玻璃 boat", "external_id": "D1:1"})
    body = {"kind": "fact", "content": "There is a boat", "evidence": [evidence]}
    answer = await client.post(f"/v1/spaces/{space}/memories", json=body)
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    if status == 201:
        [stored] = answer.json()["provenance"]["evidence"]
        start, end = stored["span"]
        assert stored["quote"] == "A 玻璃 boat"[start:end]


# Versions.


async def test_a_change_appends_a_version_and_keeps_the_one_before(
    client: AsyncClient, space: str
) -> None:
    first = await write(client, space, "The shop opens at nine", tags=["hours"], importance=0.2)
    answer = await client.patch(
        _path(space, first["id"]),
        json={"content": "The shop opens at ten", "importance": 0.9},
        headers={"If-Match": '"1"'},
    )
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    second = answer.json()
    assert (second["version"], second["content"]) == (2, "The shop opens at ten")
    assert second["tags"] == ["hours"]
    assert second["lifecycle"]["importance"] == 0.9
    assert second["provenance"]["method"]["name"] == "edit"

    newest, oldest = (await client.get(_path(space, first["id"], "history"))).json()["items"]
    assert (newest["version"], newest["time"]["expired_at"]) == (2, None)
    assert (oldest["version"], oldest["content"]) == (1, "The shop opens at nine")
    assert oldest["time"]["expired_at"] == newest["time"]["created_at"]

    await settle(client, space)
    found = await recall(client, space, "When does the shop open?", include_superseded=True)
    assert contents(found) == ["The shop opens at ten"]


@pytest.mark.parametrize(
    ("if_match", "status", "code"),
    [
        ('"1"', 200, None),
        ("1", 200, None),
        ('W/"1"', 200, None),
        ("*", 200, None),
        ('"2"', 412, "version-mismatch"),
        ('"0"', 412, "version-mismatch"),
        ("soon", 422, "malformed-request"),
        ('"-1"', 422, "malformed-request"),
        ("", 422, "malformed-request"),
        ("٣", 422, "malformed-request"),
    ],
)
async def test_a_change_may_expect_a_version(
    client: AsyncClient, space: str, if_match: str, status: int, code: str | None
) -> None:
    memory = await write(client, space, "The shop opens at nine")
    answer = await client.patch(
        _path(space, memory["id"]), json={"tags": ["x"]}, headers={"If-Match": if_match.encode()}
    )
    assert (answer.status_code, answer.json().get("code")) == (status, code)
    version = (await client.get(_path(space, memory["id"]))).json()["version"]
    assert version == (2 if status == 200 else 1)


async def test_of_two_changes_expecting_the_same_version_one_wins(
    client: AsyncClient, space: str
) -> None:
    memory = await write(client, space, "The shop opens at nine")
    answers = await asyncio.gather(*(
        client.patch(_path(space, memory["id"]), json={"content": f"It opens at {n}"},
                     headers={"If-Match": '"1"'})
        for n in range(5)
    ))  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412]
    history = (await client.get(_path(space, memory["id"], "history"))).json()["items"]
    assert [version["version"] for version in history] == [2, 1]


async def test_changes_that_expect_no_version_come_one_after_the_other(
    client: AsyncClient, space: str
) -> None:
    memory = await write(client, space, "The shop opens at nine")
    answers = await asyncio.gather(*(
        client.patch(_path(space, memory["id"]), json={"content": f"It opens at {n}"})
        for n in range(12)
    ))  # fmt: skip
    assert {answer.status_code for answer in answers} == {200}
    assert sorted(answer.json()["version"] for answer in answers) == list(range(2, 14))


async def test_a_rollback_may_expect_a_version_and_keeps_what_is_about_the_memory(
    client: AsyncClient, space: str
) -> None:
    memory = await write(client, space, "The shop opens at nine")
    path = _path(space, memory["id"])
    await client.patch(path, json={"content": "The shop opens at ten"})
    await client.post(f"{path}/pin", json={"pinned": True})
    stale = await client.post(f"{path}/rollback", json={"version": 1}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    back = (await client.post(f"{path}/rollback", json={"version": 1})).json()
    assert (back["content"], back["lifecycle"]["pinned"]) == ("The shop opens at nine", True)


async def test_a_rollback_makes_an_earlier_version_current_as_a_new_one(
    client: AsyncClient, space: str
) -> None:
    memory = await write(client, space, "The shop opens at nine", tags=["hours"])
    path = _path(space, memory["id"])
    await client.patch(path, json={"content": "The shop opens at ten", "tags": []})
    back = (await client.post(f"{path}/rollback", json={"version": 1})).json()
    assert (back["version"], back["content"]) == (3, "The shop opens at nine")
    assert back["tags"] == ["hours"]
    await settle(client, space)
    assert contents(await recall(client, space, "When does the shop open?")) == [
        "The shop opens at nine"
    ]
    missing = await client.post(f"{path}/rollback", json={"version": 9})
    assert (missing.status_code, missing.json()["code"]) == (404, "memory-not-found")


async def test_pin_and_confirm(client: AsyncClient, space: str) -> None:
    memory = await write(client, space, "The shop opens at nine")
    path = _path(space, memory["id"])
    assert (await client.post(f"{path}/pin")).json()["lifecycle"]["pinned"] is True
    unpinned = await client.post(f"{path}/pin", json={"pinned": False})
    assert unpinned.json()["lifecycle"]["pinned"] is False
    await client.post(f"{path}/confirm")
    confirmed = (await client.post(f"{path}/confirm")).json()
    assert confirmed["usage"]["confirmations"] == 2
    assert confirmed["version"] == 3


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"content": "I said something else"}, 409),
        ({"data": {"role": "system"}}, 409),
        ({"valid_at": "2020-01-01T00:00:00Z"}, 409),
        ({"tags": ["a"]}, 200),
        ({"importance": 0.9, "sensitivity": ["health"]}, 200),
        ({"trust": 0.9, "legal_hold": True, "expires_at": "2120-01-01T00:00:00Z"}, 200),
    ],
    ids=str,
)
async def test_an_episode_keeps_its_words(
    client: AsyncClient, space: str, change: dict[str, Any], status: int
) -> None:
    [episode] = await remember(client, space, "I said this")
    answer = await client.patch(_path(space, episode["id"]), json=change)
    assert answer.status_code == status
    if status == 409:
        assert answer.json()["code"] == "immutable-episode"
    cube = (await client.get(_path(space, episode["id"]))).json()
    assert cube["content"] == "I said this"
    assert cube["version"] == (2 if status == 200 else 1)


async def test_there_is_nothing_to_confirm_about_an_episode(
    client: AsyncClient, space: str
) -> None:
    [episode] = await remember(client, space, "I said this")
    answer = await client.post(_path(space, episode["id"], "confirm"))
    assert (answer.status_code, answer.json()["code"]) == (409, "state-conflict")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({}, None),
        ({"content": None}, None),
        ({"content": " "}, "/content"),
        ({"valid_at": "2025-01-01", "invalid_at": "2024-01-01"}, "/invalid_at"),
        ({"data": {"colour": "red"}}, "/data/colour"),
        ({"importance": 2}, "/importance"),
        ({"trust": 1.5}, "/trust"),
        ({"visibility": "nobody"}, "/visibility"),
        ({"legal_hold": None}, None),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
    ],
    ids=str,
)
async def test_a_change_that_makes_no_sense_is_refused(
    client: AsyncClient, space: str, change: dict[str, Any], pointer: str | None
) -> None:
    memory = await write(client, space, "The shop opens at nine")
    answer = await client.patch(_path(space, memory["id"]), json=change)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
    if pointer is not None:
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await client.get(_path(space, memory["id"]))).json() == memory


async def test_a_change_sets_governance_and_expiry(client: AsyncClient, space: str) -> None:
    memory = await write(client, space, "The shop opens at nine")
    path = _path(space, memory["id"])
    rules = {"trust": 0.9, "sensitivity": ["trade"], "visibility": "session", "legal_hold": True}
    ends = "2120-01-01T00:00:00Z"
    changed = (await client.patch(path, json={**rules, "expires_at": ends})).json()
    assert (changed["governance"], changed["lifecycle"]["expires_at"]) == (rules, ends)
    assert changed["content"] == "The shop opens at nine"

    refused = await _forget(client, space, memory["id"], "erase")
    assert (refused.status_code, refused.json()["code"]) == (409, "state-conflict")
    assert (await client.delete(f"/v1/spaces/{space}")).status_code == 409
    lifted = (await client.patch(path, json={"legal_hold": False, "expires_at": None})).json()
    assert lifted["governance"] == {**rules, "legal_hold": False}
    assert lifted["lifecycle"]["expires_at"] is None
    # Versions that were held once hold nothing any more.
    assert (await client.delete(f"/v1/spaces/{space}")).status_code == 200


@pytest.mark.parametrize("change", [{"trust": 1.0}, {"legal_hold": True}], ids=str)
async def test_a_writer_sets_neither_trust_nor_holds(
    tenant: Tenant, space: str, change: dict[str, Any]
) -> None:
    writer = await tenant.client(Role.WRITER)
    memory = await write(writer, space, "The shop opens at nine")
    answer = await writer.patch(_path(space, memory["id"]), json={**change, "tags": ["x"]})
    assert (answer.status_code, answer.json()["code"]) == (403, "not-permitted")
    assert (await writer.get(_path(space, memory["id"]))).json() == memory


async def test_a_hold_on_what_rests_on_an_episode_keeps_both(
    client: AsyncClient, space: str
) -> None:
    [episode] = await remember(client, space, "I work at the Oslo aquarium")
    await settle(client, space)
    [fact] = await _facts(client, space)
    await client.patch(_path(space, fact["id"]), json={"legal_hold": True})
    assert (await _forget(client, space, episode["id"], "erase")).status_code == 409
    assert (await client.get(_path(space, episode["id"]))).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"valid_at": "2025-01-01", "invalid_at": "2024-01-01"}, "/invalid_at"),
        ({"invalid_at": "2024-01-01"}, "/invalid_at"),
    ],
    ids=str,
)
async def test_times_that_contradict_each_other_are_not_written(
    client: AsyncClient, space: str, body: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(
        f"/v1/spaces/{space}/memories", json={"kind": "fact", "content": "x", **body}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
    assert answer.json()["errors"][0]["pointer"] == pointer


# Repeating.


async def _create(client: AsyncClient, space: str, key: str, **body: Any) -> Response:
    return await client.post(
        f"/v1/spaces/{space}/memories",
        json={"kind": "fact", "content": "The shop opens at nine", **body},
        headers={"Idempotency-Key": key},
    )


async def test_a_memory_is_written_once_for_a_key(client: AsyncClient, space: str) -> None:
    answers = await asyncio.gather(*(_create(client, space, "k") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == 5
    assert len(await _facts(client, space)) == 1

    other = await _create(client, space, "k", content="The shop opens at ten")
    assert (other.status_code, other.json()["code"]) == (409, "idempotency-conflict")
    assert (await _create(client, space, "k2")).json()["id"] != answers[0].json()["id"]


async def test_a_key_of_one_call_says_nothing_to_another(client: AsyncClient, space: str) -> None:
    await _create(client, space, "k")
    answer = await client.post(
        f"/v1/spaces/{space}/episodes",
        json={"episodes": [{"content": "Hello"}]},
        headers={"Idempotency-Key": "k"},
    )
    assert answer.status_code == 201


async def test_a_repeated_write_answers_the_first_version_or_that_it_was_erased(
    client: AsyncClient, space: str
) -> None:
    first = await _create(client, space, "k")
    path = _path(space, first.json()["id"])
    await client.patch(path, json={"content": "The shop opens at ten"})
    again = await _create(client, space, "k")
    assert (again.status_code, again.headers["ETag"]) == (201, '"1"')
    assert again.json()["content"] == first.json()["content"]

    await _forget(client, space, first.json()["id"], "erase")
    gone = await _create(client, space, "k")
    assert (gone.status_code, gone.json()["code"]) == (410, "erased")


async def test_what_is_kept_of_a_request_cannot_be_found_by_trying(
    client: AsyncClient, space: str, urls: Urls
) -> None:
    """The same body under two keys leaves two different hashes."""
    one, two = [(await _create(client, space, key)).json()["id"] for key in ("k1", "k2")]
    with psycopg.connect(urls.superuser) as connection:
        rows = connection.execute(
            "SELECT key, request_hash FROM idempotency_keys WHERE response->>'id' = ANY(%s)",
            [[one, two]],
        ).fetchall()
    assert len({bytes(request_hash) for _, request_hash in rows}) == 2
    assert not {"k1", "k2"} & {key for key, _ in rows}


# Forgetting.


async def test_what_was_invalidated_is_history(client: AsyncClient, space: str) -> None:
    memory = await write(client, space, "Lena lives in Graz", valid_at="2020-01-01T00:00:00Z")
    done = await _forget(client, space, memory["id"], "invalidate")
    assert done.json() == {
        "mode": "invalidate",
        "memory_id": memory["id"],
        "memories": [memory["id"]],
        "erased": 0,
        "adapters": [],
    }
    question = "Where does Lena live?"
    assert contents(await recall(client, space, question)) == []
    assert contents(await recall(client, space, question, include_superseded=True)) == [
        "Lena lives in Graz"
    ]
    then = {"valid": "2021-01-01T00:00:00Z"}
    assert contents(await recall(client, space, question, as_of=then)) == ["Lena lives in Graz"]
    known = {"known": memory["time"]["created_at"]}
    assert contents(await recall(client, space, question, as_of=known)) == ["Lena lives in Graz"]

    cube = (await client.get(_path(space, memory["id"]))).json()
    assert cube["lifecycle"]["state"] == "invalidated"
    assert cube["time"]["invalid_at"] is not None

    await client.patch(_path(space, memory["id"]), json={"invalid_at": None})
    assert contents(await recall(client, space, question)) == ["Lena lives in Graz"]


async def test_what_was_archived_is_out_of_the_way_but_there(
    client: AsyncClient, space: str
) -> None:
    memory = await write(client, space, "Lena lives in Graz")
    await _forget(client, space, memory["id"], "archive")
    question = "Where does Lena live?"
    assert contents(await recall(client, space, question)) == []
    assert contents(await recall(client, space, question, include_superseded=True)) == []
    assert (await client.get(_path(space, memory["id"]))).status_code == 200
    path = f"/v1/spaces/{space}/memories"
    assert await walk(client, path) == []
    assert [m["id"] for m in await walk(client, path, state="archived")] == [memory["id"]]


async def test_forgetting_twice_makes_no_further_version(client: AsyncClient, space: str) -> None:
    memory = await write(client, space, "Lena lives in Graz")
    for _ in range(2):
        assert (await _forget(client, space, memory["id"], "archive")).status_code == 200
    assert (await client.get(_path(space, memory["id"]))).json()["version"] == 2


async def test_what_has_expired_is_not_shown(client: AsyncClient, space: str) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=0.4)
    lemon = await write(client, space, "The voucher code is LEMON", expires_at=soon.isoformat())
    await write(client, space, "The voucher code is MELON", expires_at="2120-01-01T00:00:00Z")
    path = _path(space, lemon["id"])
    assert (await client.get(path)).status_code == 200

    async def has_expired() -> bool:
        return (await client.get(path)).status_code != 200

    await until(has_expired)
    gone = await client.get(path)
    assert (gone.status_code, gone.json()["code"]) == (404, "memory-not-found")
    answer = await recall(client, space, "What is the voucher code?")
    assert contents(answer) == ["The voucher code is MELON"]
    assert contents({"items": await _facts(client, space)}) == ["The voucher code is MELON"]

    # Its history is still there, it can be brought back, and it can be erased.
    assert len((await client.get(f"{path}/history")).json()["items"]) == 1
    await client.patch(path, json={"expires_at": None})
    assert (await client.get(path)).status_code == 200
    again = datetime.now(UTC) + timedelta(seconds=0.2)
    await client.patch(path, json={"expires_at": again.isoformat()})
    await until(has_expired)
    assert (await _forget(client, space, lemon["id"], "erase")).json()["erased"] == 1
    assert (await client.get(path)).status_code == 410


async def test_what_was_erased_is_gone_for_every_call(client: AsyncClient, space: str) -> None:
    memory = await write(client, space, f"The password is {UNIQUE}")
    path = _path(space, memory["id"])
    await client.patch(path, json={"content": f"The password was {UNIQUE}"})
    done = (await _forget(client, space, memory["id"], "erase")).json()
    assert (done["memories"], done["erased"]) == ([memory["id"]], 1)

    calls = [
        client.get(path),
        client.get(f"{path}/history"),
        client.get(f"{path}/lineage"),
        client.patch(path, json={"content": "It is back"}),
        client.post(f"{path}/rollback", json={"version": 1}),
        client.post(f"{path}/pin"),
        client.post(f"{path}/confirm"),
        client.delete(path, params={"mode": "erase"}),
        client.delete(path, params={"mode": "archive"}),
    ]
    for answer in [await call for call in calls]:
        assert (answer.status_code, answer.json()["code"]) == (410, "erased")
        assert UNIQUE not in answer.text
    as_of = {"known": memory["time"]["created_at"]}
    assert contents(await recall(client, space, f"password {UNIQUE}", as_of=as_of)) == []
    for state in ("active", "superseded", "erased"):
        listed = await client.get(f"/v1/spaces/{space}/memories", params={"state": state})
        assert UNIQUE not in listed.text
    assert (await settle(client, space))["memories"]["semantic"] == 0


async def test_erasing_may_expect_a_version(client: AsyncClient, space: str) -> None:
    memory = await write(client, space, "Lena lives in Graz")
    refused = await _forget(client, space, memory["id"], "erase", **{"If-Match": '"2"'})
    assert (refused.status_code, refused.json()["code"]) == (412, "version-mismatch")
    assert (await client.get(_path(space, memory["id"]))).status_code == 200


async def test_erasing_an_episode_takes_what_rested_on_it_alone(
    client: AsyncClient, space: str
) -> None:
    shared = "I work at the Oslo aquarium."
    alone, other = await remember(
        client,
        space,
        {"content": f"{shared} My {UNIQUE} boat lies in the harbour.", "speaker": "Ida"},
        {"content": shared, "speaker": "Ida"},
    )
    await settle(client, space)
    assert len(await _facts(client, space)) >= 2

    done = (await _forget(client, space, alone["id"], "erase")).json()
    assert done["erased"] >= 2
    [kept] = await _facts(client, space)
    assert "aquarium" in kept["content"]
    assert [e["episode_id"] for e in kept["provenance"]["evidence"]] == [other["id"]]
    assert kept["id"] not in done["memories"]

    await _forget(client, space, other["id"], "erase")
    assert await _facts(client, space) == []


@pytest.mark.parametrize("kept_session", ["tuesday", None])
async def test_what_outlives_its_first_source_leaves_that_ones_session(
    client: AsyncClient, space: str, urls: Urls, word: str, kept_session: str | None
) -> None:
    said = {"content": "I work at the Oslo aquarium.", "speaker": "Ida"}
    [first] = await remember(client, space, {**said, "session_id": word, "tags": [word]})
    await settle(client, space)
    [other] = await remember(client, space, {**said, "session_id": kept_session})
    await settle(client, space)
    [fact] = await _facts(client, space)
    await client.patch(_path(space, fact["id"]), json={"importance": 0.9})
    listed = f"/v1/spaces/{space}/memories"
    assert len(await walk(client, listed, session_id=word, type="semantic")) == 1

    await _forget(client, space, first["id"], "erase")

    [kept] = await _facts(client, space)
    assert [e["episode_id"] for e in kept["provenance"]["evidence"]] == [other["id"]]
    assert await walk(client, listed, session_id=word) == []
    if kept_session is not None:
        assert len(await walk(client, listed, session_id=kept_session, type="semantic")) == 1
    assert _holding(urls, word) == []


async def test_a_memory_keeps_its_session_when_another_source_goes(
    client: AsyncClient, space: str
) -> None:
    said = {"content": "I work at the Oslo aquarium.", "speaker": "Ida"}
    await remember(client, space, {**said, "session_id": "monday"})
    await settle(client, space)
    [other] = await remember(client, space, {**said, "session_id": "tuesday"})
    await settle(client, space)
    await _forget(client, space, other["id"], "erase")
    query = {"session_id": "monday", "type": "semantic"}
    assert len(await walk(client, f"/v1/spaces/{space}/memories", **query)) == 1


async def test_what_was_erased_can_be_remembered_anew(client: AsyncClient, space: str) -> None:
    sent = {"content": "I work at the Oslo aquarium", "external_id": "D1:1"}
    [first] = await remember(client, space, sent)
    await _forget(client, space, first["id"], "erase")
    [again] = await remember(client, space, sent)
    assert again["status"] == "stored"
    assert again["id"] != first["id"]


def _holding(urls: Urls, needle: str) -> list[str]:
    """The tables in which any row holds the text, in any column, whatever the tenant."""
    with psycopg.connect(urls.superuser) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        return [table for (table,) in tables if _has(connection, table, needle)]


def _has(connection: psycopg.Connection, table: str, needle: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} t WHERE t::text ILIKE %s LIMIT 1")
    found = connection.execute(query.format(sql.Identifier(table)), [f"%{needle}%"])
    return found.fetchone() is not None


@pytest.fixture
def word() -> str:
    """A word nobody else has said, of letters only, so that no stemmer changes it."""
    return "zukqarbox"


async def test_after_erasing_no_table_holds_the_word(
    client: AsyncClient, space: str, urls: Urls, word: str
) -> None:
    body = {
        "episodes": [
            {
                "content": f"I work at the {word} aquarium. {word} is my boat.",
                "speaker": word,
                "session_id": word,
                "external_id": word,
                "tags": [word],
                "metadata": {word: word},
            }
        ]
    }
    headers = {"Idempotency-Key": "once"}
    answer = await client.post(f"/v1/spaces/{space}/episodes", json=body, headers=headers)
    episode_id = answer.json()["episodes"][0]["id"]
    await settle(client, space)
    fact = (await _facts(client, space))[0]
    await client.patch(_path(space, fact["id"]), json={"content": f"{word} was renamed"})
    await settle(client, space)
    await recall(client, space, f"the {word} aquarium")
    before = _holding(urls, word)
    assert {"memories", "external_ids"} <= set(before)
    assert any(table.startswith("postings") for table in before)
    assert any("vectors" in table for table in _holding(urls, episode_id))

    await _forget(client, space, episode_id, "erase")

    assert _holding(urls, word) == []
    # The tombstone, and the answer kept for the repeated request.
    left = {table.rstrip("0123456789") for table in _holding(urls, episode_id)}
    assert left <= {"memories", "memories_p", "idempotency_keys"}


async def test_deleting_a_space_leaves_nothing_of_it(
    client: AsyncClient, urls: Urls, word: str
) -> None:
    space = f"{word}.space"
    [episode] = await remember(client, space, {"content": f"My {word}", "external_id": word})
    memory = await write(client, space, f"A {word} fact", evidence=[{"external_id": word}])
    await settle(client, space)

    done = await client.delete(f"/v1/spaces/{space}")
    assert done.json()["erased"] >= 2
    assert _holding(urls, word) == []
    for identity in (episode["id"], memory["id"]):
        assert _holding(urls, identity) == []
    for path in (f"/v1/spaces/{space}", _path(space, memory["id"]), f"/v1/spaces/{space}/status"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "space-not-found")
    assert (await client.get("/v1/jobs")).json()["items"] == []
    assert (await client.delete(f"/v1/spaces/{space}")).status_code == 404

    [again] = await remember(client, space, {"content": "A fresh start", "external_id": word})
    assert again["status"] == "stored"
    status = await settle(client, space)
    assert status["episodes"] == 1
    assert contents(await recall(client, space, "a fresh start")) == ["A fresh start"]
    await client.delete(f"/v1/spaces/{space}")


async def test_counts_of_what_was_shown_do_not_outlive_the_memory(
    start: Start, space: str, word: str
) -> None:
    """They are written down a little later than recall answers."""
    service = await start()
    tenant = await service.tenant()
    client = tenant.admin
    memory = await write(client, space, f"The {word} boat")
    kept = await write(client, space, "The other boat")
    await recall(client, space, "boat")
    await _forget(client, space, memory["id"], "erase")

    async def is_counted() -> bool:
        cube = (await client.get(_path(space, kept["id"]))).json()
        return bool(cube["usage"]["retrieved"])

    await until(is_counted)
    database = service.parts.services.database
    with psycopg.connect(database.url) as connection:
        connection.execute(f"SET LOCAL app.tenant = '{tenant.id}'")
        ids = {str(row[0]) for row in connection.execute("SELECT memory_id FROM usage")}
    assert ids == {kept["id"]}
