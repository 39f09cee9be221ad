"""Memories become weights, and text again, by schedule: where a space says so, and as it says."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from llm_backend.training.script import ScriptTrainer
from tests.fixtures.service import Start
from tests.integration.adapters import POLICY, SELECT, School, open_school

ON = {"distill": {"on": True}}


@pytest.fixture
async def school(start: Start, space: str, tmp_path: Path) -> School:
    """A space nobody else writes in, in which everything may be learned."""
    return await open_school(start, space, base=tmp_path / "base")


async def test_nothing_is_built_by_itself_unless_the_space_says_so(school: School) -> None:
    await school.tell("Ada", "Ben")
    assert "distill" not in await waiting(school)
    await school.work("distill")
    assert await school.states() == {}


async def test_what_may_be_learned_is_promoted_at_its_time_once(school: School) -> None:
    await promote_by_schedule(school)
    await school.tell("Ada", "Ben")
    due = (await waiting(school))["distill"]
    assert timedelta(days=6, hours=23) < due - datetime.now(due.tzinfo) < timedelta(days=7)
    await pass_a_week(school)
    assert await school.states() == {1: "active"}
    await pass_a_week(school)
    assert await school.states() == {1: "active"}
    # One more takes the place of the one before.
    await school.tell("Cleo")
    await pass_a_week(school)
    assert await school.states() == {1: "retired", 2: "active"}
    [new, old] = (await school.get("/adapters"))["items"]
    assert (new["memories"], new["replaces"]) == (3, old["id"])


async def test_a_memory_that_may_not_be_learned_any_more_is_text_again(school: School) -> None:
    await promote_by_schedule(school)
    facts = await school.tell("Ada", "Ben")
    await pass_a_week(school)
    await never_learn(school, facts["Ada"])
    await pass_a_week(school)
    assert await school.states() == {1: "retired", 2: "active"}
    [new, _] = (await school.get("/adapters"))["items"]
    [member] = (await school.adapter(new["id"]))["manifest"]
    assert member["memory_id"] == facts["Ben"]["id"]
    # The last of them takes the adapter along, and stays as text.
    await never_learn(school, facts["Ben"])
    await pass_a_week(school)
    assert await school.states() == {1: "retired", 2: "retired"}
    assert (await school.adapter(new["id"]))["error"].startswith("none of its memories")
    assert (await school.get(f"/memories/{facts['Ben']['id']}"))["lifecycle"]["state"] == "active"


async def test_what_nobody_uses_any_more_is_text_again(school: School) -> None:
    await promote_by_schedule(school)
    await school.tell("Ada")
    await pass_a_week(school)
    assert await school.states() == {1: "active"}
    await school.allow(select={**SELECT, "idle_days": 0})
    await school.work("distill")
    # The policies were put anew, without the schedule: nothing happens by itself.
    assert await school.states() == {1: "active"}
    await promote_by_schedule(school, select={**SELECT, "idle_days": 0})
    await pass_a_week(school)
    assert await school.states() == {1: "retired"}


async def test_one_that_failed_is_not_tried_again_before_something_changes(
    school: School,
) -> None:
    await promote_by_schedule(school, gate={"recall": 1.0, "held_out": 1.0})
    await school.tell("Ada")
    bad: dict[str, Any] = {"held_out": "I do not know that."}
    await pass_a_week(school, **bad)
    assert await school.states() == {1: "failed"}
    await pass_a_week(school)
    assert await school.states() == {1: "failed"}
    await school.tell("Ben")
    await pass_a_week(school)
    assert await school.states() == {1: "failed", 2: "active"}


async def promote_by_schedule(school: School, **policy: Any) -> None:
    """Turn it on."""
    body = {"policies": {"parametric": {**POLICY, **policy}, "jobs": ON}}
    (await school.tenant.admin.put(f"/v1/spaces/{school.name}", json=body)).raise_for_status()


async def pass_a_week(school: School, **faults: str) -> None:
    """The job of the schedule, and the one that it asks for."""
    trainer = ScriptTrainer(school.answer(**faults))
    await school.train(trainer)
    await school.train(trainer)


async def never_learn(school: School, memory: dict[str, Any]) -> None:
    path = f"/v1/spaces/{school.name}/memories/{memory['id']}"
    answer = await school.tenant.admin.patch(path, json={"tags": ["never-learn"]})
    answer.raise_for_status()


async def waiting(school: School) -> dict[str, datetime]:
    """When which jobs are due by themselves."""
    query = {"space": school.name, "state": "scheduled"}
    found = (await school.tenant.admin.get("/v1/jobs", params=query)).raise_for_status().json()
    return {job["name"]: datetime.fromisoformat(job["due_at"]) for job in found["items"]}
