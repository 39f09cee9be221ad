"""What a later statement ends or replaces, where neither claims anything by itself; taken back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fixtures.service import Tenant, settle

_SPACE = "habits"
_DAY = "2024-02-05T10:00:00Z"
_LATER = "2024-09-10T09:00:00Z"


async def tell(tenant: Tenant, *said: tuple[str, str]) -> None:
    """Remember what Ana says, each of it with the time of it, in one go."""
    episodes = [
        {"content": content, "speaker": "Ana", "occurred_at": when, "external_id": when,
         "session_id": when[:7]}
        for content, when in said
    ]  # fmt: skip
    path = f"/v1/spaces/{_SPACE}/episodes"
    answer = await tenant.admin.post(path, json={"episodes": episodes})
    assert answer.status_code == 201, answer.text
    await settle(tenant.admin, _SPACE)


async def memories(tenant: Tenant, state: str) -> dict[str, dict[str, Any]]:
    """What is known of Ana in that state, by its words."""
    asked: dict[str, str | int] = {"state": state, "type": "semantic", "limit": 100}
    answer = await tenant.admin.get(f"/v1/spaces/{_SPACE}/memories", params=asked)
    return {memory["content"]: memory for memory in answer.raise_for_status().json()["items"]}


_CHANGES = [
    ("I drink three coffees a day.", "I drink one coffee a day.",
     "Ana drinks three coffees a day.", "Ana drinks one coffee a day."),
    ("I train with the rowing team.", "I dropped out of the team.",
     "Ana trains with the rowing team.", "Ana dropped out of the team."),
    ("I have an old Nokia.", "The Nokia drowned.", "Ana has an old Nokia.", "The Nokia drowned."),
    ("I don't eat meat.", "I eat meat again.", "Ana doesn't eat meat.", "Ana eats meat again."),
    ("My GP is Dr Shah.", "My GP is Dr Lindqvist now.", "Ana's GP is Dr Shah.",
     "Ana's GP is Dr Lindqvist now."),
]  # fmt: skip


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(("before", "after", "old", "new"), _CHANGES)
async def test_a_later_statement_ends_an_earlier_one(
    tenant: Tenant, before: str, after: str, old: str, new: str, *, at_once: bool
) -> None:
    told = [(before, _DAY), (after, _LATER)]
    for batch in [told] if at_once else [[one] for one in told]:
        await tell(tenant, *batch)

    ended = (await memories(tenant, "superseded"))[old]
    assert ended["time"]["invalid_at"].startswith("2024-09-10")
    active = await memories(tenant, "active")
    assert new in active
    assert old not in active


@pytest.mark.parametrize(("before", "after", "old", "new"), _CHANGES)
async def test_what_was_ended_comes_back_when_the_end_is_erased_or_undone(
    tenant: Tenant, before: str, after: str, old: str, new: str
) -> None:
    for way in ("undo", "erase"):
        await tell(tenant, (before, _DAY))
        await tell(tenant, (after, _LATER))
        if way == "undo":
            run_id = (await memories(tenant, "active"))[new]["provenance"]["run_id"]
            answer = await tenant.admin.post(f"/v1/runs/{run_id}/undo")
        else:
            [source] = (await memories(tenant, "active"))[new]["provenance"]["evidence"]
            path = f"/v1/spaces/{_SPACE}/memories/{source['episode_id']}"
            answer = await tenant.admin.delete(path, params={"mode": "erase"})
        assert answer.status_code < 300, answer.text
        await settle(tenant.admin, _SPACE)

        active = await memories(tenant, "active")
        assert active[old]["time"]["invalid_at"] is None
        assert new not in active
        await tenant.admin.delete(f"/v1/spaces/{_SPACE}")


async def test_an_answer_is_understood_though_its_question_was_extracted_before(
    tenant: Tenant,
) -> None:
    for n, (speaker, content) in enumerate(
        [("Ben", "How is your brother?"), ("Ana", "Rory? He is fine."), ("Ben", "Where is he?")]
    ):
        await say(tenant, n, speaker, content)
    await say(tenant, 3, "Ana", "He lives in Sligo.")

    found = (await memories(tenant, "active"))["Rory lives in Sligo."]
    assert [e["quote"] for e in found["provenance"]["evidence"]] == ["He lives in Sligo."]


async def say(tenant: Tenant, minute: int, speaker: str, content: str) -> None:
    """Remember one turn of a session, and have it processed before the next is said."""
    turn = {"content": content, "speaker": speaker, "session_id": "talk",
            "occurred_at": f"2024-02-05T10:0{minute}:00Z"}  # fmt: skip
    path = f"/v1/spaces/{_SPACE}/episodes"
    answer = await tenant.admin.post(path, json={"episodes": [turn]})
    assert answer.status_code == 201, answer.text
    await settle(tenant.admin, _SPACE)
