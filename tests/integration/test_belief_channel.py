"""A question for what is believed gets that first: now, as of then, and how it came about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from httpx import AsyncClient

from tests.fixtures.service import recall, settle

_SAID: Sequence[tuple[str | None, str, str]] = (
    ("Ana", "I live in Boston.", "2024-01-05T10:00:00Z"),
    ("Ana", "I work at Northwind.", "2024-01-05T10:01:00Z"),
    ("Ben", "Where do eels live now? Ana, they live in ponds, and live long.",
     "2024-02-01T10:00:00Z"),
    ("Ana", "I moved to Denver last week.", "2024-06-10T09:00:00Z"),
    ("Ben", "I wonder where Ana would live if she could live anywhere.", "2024-07-01T09:00:00Z"),
    (None, "I live in Leeds.", "2024-07-02T09:00:00Z"),
)  # fmt: skip
_QUESTION = "Where does Ana live now?"


@pytest.fixture
async def homes(client: AsyncClient, space: str) -> str:
    """A space in which somebody moved, and others speak of living."""
    for number, (speaker, content, at) in enumerate(_SAID):
        episode: dict[str, Any] = {"content": content, "role": "user", "occurred_at": at,
                                   "session_id": f"s{number}"}  # fmt: skip
        named = {"speaker": speaker} if speaker else {}
        answer = await client.post(
            f"/v1/spaces/{space}/episodes", json={"episodes": [episode | named]}
        )
        assert answer.status_code == 201, answer.text
        await settle(client, space)
    return space


async def _asked(client: AsyncClient, space: str, query: str, **more: Any) -> list[tuple[str, int]]:
    """What the channel found: the object of each claim and its place, as the hits come."""
    found = await recall(client, space, query, reference_time="2024-08-01T00:00:00Z", **more)
    return [
        (hit["memory"]["data"].get("object"), hit["channels"]["belief"]["rank"])
        for hit in found["hits"]
        if "belief" in hit["channels"]
    ]


async def test_what_is_believed_now_comes_first(client: AsyncClient, homes: str) -> None:
    found = await recall(client, homes, _QUESTION, reference_time="2024-08-01T00:00:00Z")
    first = found["hits"][0]
    assert (first["memory"]["data"]["predicate"], first["memory"]["data"]["object"]) == (
        "lives_in", "Denver",
    )  # fmt: skip
    assert "#1 by belief" in first["reason"]
    assert await _asked(client, homes, _QUESTION) == [("Denver", 1)]


async def test_as_of_then_it_is_what_was_believed_of_then(client: AsyncClient, homes: str) -> None:
    then = {"valid": "2024-03-01T00:00:00Z"}
    assert await _asked(client, homes, "Where did Ana live?", as_of=then) == [("Boston", 1)]


async def test_with_history_what_holds_comes_before_what_is_over(
    client: AsyncClient, homes: str
) -> None:
    found = await _asked(client, homes, _QUESTION, include_superseded=True)
    assert found == [("Denver", 1), ("Boston", 2)]


async def test_each_is_asked_for_what_is_claimed_of_them(client: AsyncClient, homes: str) -> None:
    assert await _asked(client, homes, "Where does Ana work?") == [("Northwind", 1)]
    assert await _asked(client, homes, "Where do I live?") == [("Leeds", 1)]
    assert await _asked(client, homes, "Where does Ben live?") == []


async def test_it_can_be_left_out(client: AsyncClient, homes: str) -> None:
    assert await _asked(client, homes, _QUESTION, without=["belief"]) == []


async def test_of_several_that_hold_what_was_said_last_comes_first(
    client: AsyncClient, space: str
) -> None:
    told = (("Renault", "03-01"), ("Mazda", "04-01"), ("Toyota", "05-01"), ("Mazda", "06-01"))
    for car, day in told:
        episode = {"content": f"I drive a {car}.", "role": "user", "speaker": "Ana",
                   "occurred_at": f"2024-{day}T10:00:00Z", "session_id": day}  # fmt: skip
        body = {"episodes": [episode]}
        (await client.post(f"/v1/spaces/{space}/episodes", json=body)).raise_for_status()
    await settle(client, space)

    found = await _asked(client, space, "What does Ana drive?")
    assert [car for car, _ in sorted(found, key=lambda one: one[1])] == [
        "Mazda", "Toyota", "Renault",
    ]  # fmt: skip
    assert found[0] == ("Mazda", 1)
