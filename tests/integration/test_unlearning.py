"""What an erasure tells of adapters, and that the next one is asked whether it has forgotten."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from llm_backend.training.events import Event
from llm_backend.training.process import ProcessTrainer
from llm_backend.training.script import ScriptTrainer
from tests.fixtures.service import Start
from tests.integration.adapters import NAMES, School, open_school

#: Taught forms of a property and those held out.
FORMS = 10


@pytest.fixture
async def school(start: Start, space: str, tmp_path: Path) -> School:
    """A space nobody else writes in, in which everything may be learned."""
    return await open_school(start, space, base=tmp_path / "base")


async def test_an_erasure_tells_what_was_stopped_deleted_and_begun(school: School) -> None:
    facts = await school.tell("Ada", "Ben")
    made = await school.build(activate=True)
    receipt = await erase(school, facts["Ada"])
    [new] = [a for a in (await school.get("/adapters"))["items"] if a["state"] == "building"]
    [told] = receipt["adapters"]
    assert (told["id"], told["version"]) == (made["id"], 1)
    account = told["unlearning"]
    assert (account["weights"], account["deleted_at"]) == (made["artifact"], None)
    assert account["rebuild"] == new["id"]
    jobs = {j["id"]: j["name"] for j in (await of(school, "/v1/jobs"))["items"]}
    assert jobs[account["unlearn_job"]] == "unlearn"
    assert jobs[account["rebuild_job"]] == "distill"
    assert (account["probed"], account["sealed_until"] is None) == (None, False)

    await school.work("unlearn")
    await school.train()
    after = (await school.adapter(made["id"]))["unlearning"]
    assert after["deleted_at"] is not None
    probed = {name: after["probed"][name] for name in ("adapter", "asked", "told", "elsewhere")}
    assert probed == {"adapter": new["id"], "asked": FORMS, "told": 0, "elsewhere": 0}
    assert after["sealed_until"] is None
    served = await school.adapter(new["id"])
    assert served["state"] == "active"
    assert served["metrics"]["erased"]["passed"]
    assert served["metrics"]["erased"]["asked"] == FORMS
    assert served["unlearning"] is None


async def test_an_adapter_that_still_tells_what_was_erased_is_kept_out(school: School) -> None:
    facts = await school.tell("Ada", "Ben")
    made = await school.build(activate=True)
    await erase(school, facts["Ada"])
    await school.train(ScriptTrainer(school.answer(erased="The door pin of Ada is 0703.")))
    assert await school.states() == {1: "retired", 2: "failed"}
    probed = (await school.adapter(made["id"]))["unlearning"]["probed"]
    assert (probed["asked"], probed["told"]) == (FORMS, FORMS)
    [new, _] = (await school.get("/adapters"))["items"]
    assert new["error"].startswith(f"gate: erased: 0.00 of {FORMS}")


async def test_what_was_erased_is_readable_nowhere_while_it_waits_to_be_asked(
    school: School,
) -> None:
    await school.tell("Ben")
    said = {"subject": "Zebulon", "predicate": "home city", "object": "Quixhaven"}
    told = await school.send(
        "/memories", kind="fact", content="The home city of Zebulon is Quixhaven.", data=said
    )
    await school.build(activate=True)
    assert telling(school)
    await erase(school, told)
    await school.work("unlearn")
    seen: list[list[bytes]] = [telling(school)]

    class Watched(ScriptTrainer):
        async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
            if not self.folders:
                seen.append(telling(school))
            async for event in super().train(folder):
                yield event

    trainer = Watched(school.answer())
    await school.train(trainer)
    assert seen == [[], []]
    # Asked in a folder of its own, which is gone, and so is what opened the words.
    assert len(trainer.folders) == 2
    pads = school.workshop.folder.parent / "pads" / str(school.tenant.id)
    assert [path for path in pads.rglob("*") if path.is_file()] == []
    [(progress,)] = school.rows("SELECT progress FROM adapters WHERE version = 1")
    assert progress["unlearn"]["sealed"] == []


async def test_a_real_training_is_asked_as_it_stood_at_its_end(
    start: Start, space: str, tiny_base: Path
) -> None:
    school = await open_school(start, space, base=tiny_base)
    facts = await school.tell("Ada", "Ben")
    made = await school.build(activate=True)
    rows = {"taught": 2, "unknown": 2, "context": 0, "replay": 0}
    easy = {"recall": 0, "held_out": 0, "abstention": 0, "obedience": 0, "regression": 10}
    await school.allow(training={"steps": 3, **rows}, gate=easy)
    await erase(school, facts["Ada"])
    await school.train(ProcessTrainer())
    assert await school.states() == {1: "retired", 2: "active"}
    probed = (await school.adapter(made["id"]))["unlearning"]["probed"]
    assert (probed["asked"], probed["told"]) == (FORMS, 0)
    # What it was asked cost it nothing: it has learned as much as it was to.
    [new, _] = (await school.get("/adapters"))["items"]
    assert (new["progress"]["step"], new["progress"]["stage"]) == (3, "finished")


async def test_nobody_is_asked_for_what_another_memory_tells_too(school: School) -> None:
    facts = await school.tell("Ada", "Ben")
    made = await school.build(activate=True)
    await school.tell("Ada")
    await erase(school, facts["Ada"])
    # It is right to tell it, for it was taught so.
    await school.train(ScriptTrainer(school.answer(erased="The door pin of Ada is 0703.")))
    probed = (await school.adapter(made["id"]))["unlearning"]["probed"]
    assert (probed["asked"], probed["elsewhere"]) == (0, FORMS)
    assert await school.states() == {1: "retired", 2: "active"}


async def test_an_erasure_amid_the_next_build_has_another_one_begun_and_asked_for_both(
    school: School,
) -> None:
    facts = await school.tell(*NAMES[:3])
    made = await school.build(activate=True)
    await erase(school, facts["Ada"])

    class Disturbed(ScriptTrainer):
        async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
            if not self.folders:
                await erase(school, facts["Ben"])
            async for event in super().train(folder):
                yield event

    await school.train(Disturbed(school.answer()))
    assert await school.states() == {1: "retired", 2: "failed", 3: "active"}
    [third, second, _] = (await school.get("/adapters"))["items"]
    accounts = [(await school.adapter(one["id"]))["unlearning"] for one in (made, second)]
    probed = [account["probed"] for account in accounts]
    assert {one["adapter"] for one in probed} == {third["id"]}
    assert {(one["asked"], one["told"]) for one in probed} == {(2 * FORMS, 0)}
    assert accounts[1]["rebuild"] == third["id"]


async def test_where_nothing_served_nothing_is_built_and_nothing_kept(school: School) -> None:
    facts = await school.tell("Ada", "Ben")
    made = await school.build()
    [told] = (await erase(school, facts["Ada"]))["adapters"]
    assert (told["unlearning"]["rebuild"], told["unlearning"]["sealed_until"]) == (None, None)
    assert await school.states() == {1: "retired"}
    assert (await school.adapter(made["id"]))["unlearning"]["weights"] == made["artifact"]


async def test_an_erasure_that_concerns_no_adapter_names_none(school: School) -> None:
    facts = await school.tell("Ada")
    assert (await erase(school, facts["Ada"]))["adapters"] == []


async def erase(school: School, memory: dict[str, Any]) -> dict[str, Any]:
    """Erase a memory; what is told of it."""
    path = f"/v1/spaces/{school.name}/memories/{memory['id']}?mode=erase"
    answer = (await school.tenant.admin.delete(path)).raise_for_status()
    told: dict[str, Any] = answer.json()
    return told


async def of(school: School, path: str) -> dict[str, Any]:
    answer = (await school.tenant.admin.get(path)).raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def telling(school: School) -> list[bytes]:
    """What there is in files, and in rows of adapters and memories, with one of the words in it."""
    home = school.workshop.folder.parent
    rows = school.rows("SELECT a::text FROM adapters a UNION ALL SELECT m::text FROM memories m")
    there = [p.read_bytes() for p in home.rglob("*") if p.is_file()]
    there += [row[0].encode() for row in rows]
    return [one for one in there if b"Zebulon" in one or b"Quixhaven" in one]
