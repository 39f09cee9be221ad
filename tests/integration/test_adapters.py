"""Adapters from the outside: built, kept out or let in, switched, corrected; nothing by halves."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pytest

from llm_backend.training.errors import OutOfMemory, TrainingLost
from llm_backend.training.events import Event, Loaded
from llm_backend.training.fingerprint import fingerprint
from llm_backend.training.script import ScriptTrainer
from memory_service.auth import Role
from stores import parametric
from stores.artifacts import measure
from tests.fixtures.service import Start
from tests.integration.adapters import NAMES, SELECT, School, open_school


@pytest.fixture
async def school(start: Start, space: str, tmp_path: Path) -> School:
    """A space nobody else writes in, in which everything may be learned."""
    return await open_school(start, space, base=tmp_path / "base")


async def test_a_dry_run_says_what_would_be_learned_and_why_not_the_rest(school: School) -> None:
    facts = await school.tell("Ada", "Ben")
    secret = await school.send(
        "/memories", kind="fact", content="The salary of Cleo is 70000.", sensitivity=["money"],
        data={"subject": "Cleo", "predicate": "salary", "object": "70000"},
    )  # fmt: skip
    said = await school.send("/adapters", dry_run=True)
    assert {one["memory_id"] for one in said["learned"]} == {f["id"] for f in facts.values()}
    assert "What is the door pin of Ada?" in said["learned"][0]["questions"]
    assert said["excluded"] == [{"memory_id": secret["id"], "reason": "sensitive"}]
    assert said["reasons"] == {"sensitive": 1}
    assert said["adapter"] is None
    assert await school.states() == {}


async def test_nothing_is_learned_unless_a_policy_allows_it(school: School) -> None:
    await school.tell("Ada")
    await school.allow(select={**SELECT, "consent": False})
    answer = await school.tenant.admin.post(f"/v1/spaces/{school.name}/adapters", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-learn")


async def test_what_passes_the_gate_is_kept_with_all_that_it_came_from(school: School) -> None:
    facts = await school.tell("Ada", "Ben", "Cleo")
    made = await school.build()
    assert made["state"] == "gated", made["error"]
    assert {m["memory_id"] for m in made["manifest"]} == {f["id"] for f in facts.values()}
    assert made["metrics"]["recall"]["share"] == 1
    assert made["progress"]["curve"] == [[1, 1.0], [20, 0.05]]
    assert len(made["data_sha256"]) == len(made["manifest_sha256"]) == 64
    # The weights lie where their hash says, and the words they were made of are gone.
    home = school.artifacts.check(school.tenant.id, await space_id(school), hash_of(made))
    assert {path.name for path in home.iterdir()} == {
        "adapter_config.json", "adapter_model.safetensors",
    }  # fmt: skip
    assert not list(school.workshop.folder.rglob("*.jsonl"))
    # Lineage leads both ways.
    lineage = await school.get(f"/memories/{facts['Ada']['id']}/lineage")
    assert [cube["id"] for cube in lineage["derived"]] == [made["id"]]
    cube = await school.get(f"/memories/{made['id']}")
    assert cube["provenance"]["derived_from"] == sorted(f["id"] for f in facts.values())
    assert (cube["type"], cube["kind"], cube["lifecycle"]["state"]) == (
        "parametric", "adapter", "active",
    )  # fmt: skip
    assert cube["data"]["artifact"] == made["artifact"]


async def test_the_same_memories_make_the_same_weights(school: School) -> None:
    await school.tell("Ada", "Ben")
    one, other = await school.build(), await school.build()
    assert one["data_sha256"] == other["data_sha256"]
    assert one["manifest_sha256"] == other["manifest_sha256"]
    assert (one["version"], other["version"]) == (1, 2)


async def test_a_failed_gate_keeps_an_adapter_out_and_says_why(school: School) -> None:
    await school.tell(*NAMES)
    # It answers everything: recall alone would let it pass.
    broken = ScriptTrainer(school.answer(abstention="The door pin of Ada is 0703."))
    made = await school.build(broken, activate=True)
    assert made["state"] == "failed"
    assert made["error"].startswith("gate: abstention: 0.00 of ")
    answer = await school.switch(made, "activate")
    assert (answer.status_code, answer.json()["code"]) == (409, "state-conflict")
    assert await school.states() == {1: "failed"}


async def test_one_serves_at_a_time_and_a_rollback_brings_back_the_one_before(
    school: School,
) -> None:
    await school.tell("Ada", "Ben")
    one = await school.build(activate=True)
    assert one["state"] == "active"
    other = await school.build()
    assert await school.states() == {1: "active", 2: "gated"}
    assert (await school.switch(other, "shadow", share=0.05)).json()["share"] == 0.05
    assert (await school.switch(other, "activate")).json()["replaces"] == one["id"]
    assert await school.states() == {1: "retired", 2: "active"}
    assert (await school.switch(other, "rollback")).json()["id"] == one["id"]
    assert await school.states() == {1: "active", 2: "retired"}
    assert (await school.switch(one, "rollback")).json()["state"] == "retired"
    assert await school.states() == {1: "retired", 2: "retired"}
    assert (await school.switch(one, "rollback")).status_code == 409


async def test_two_that_are_activated_at_once_do_not_both_serve(school: School) -> None:
    await school.tell("Ada")
    made = [await school.build() for _ in range(3)]
    answers = await asyncio.gather(*(school.switch(one, "activate") for one in made))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted((await school.states()).values()) == ["active", "retired", "retired"]


async def test_a_corrected_memory_stops_the_adapter_and_another_takes_its_place(
    school: School,
) -> None:
    facts = await school.tell("Ada", "Ben")
    await school.build(activate=True)
    path = f"/v1/spaces/{school.name}/memories/{facts['Ada']['id']}"
    # What merely is labelled is not corrected.
    await school.tenant.admin.patch(path, json={"tags": ["door"]})
    assert await school.states() == {1: "active"}
    data = {"subject": "Ada", "predicate": "door pin", "object": "9999"}
    body = {"content": "The door pin of Ada is 9999.", "data": data}
    (await school.tenant.admin.patch(path, json=body)).raise_for_status()
    assert await school.states() == {1: "stale", 2: "building"}
    await school.train()
    assert await school.states() == {1: "stale", 2: "active"}
    [new, _] = (await school.get("/adapters"))["items"]
    versions = {m["memory_id"]: m["version"] for m in (await school.adapter(new["id"]))["manifest"]}
    assert versions[facts["Ada"]["id"]] == 3


@pytest.mark.parametrize("mode", ["invalidate", "archive"])
async def test_a_memory_that_does_not_hold_any_more_counts_as_corrected(
    school: School, mode: str
) -> None:
    facts = await school.tell("Ada", "Ben")
    made = await school.build()
    path = f"/v1/spaces/{school.name}/memories/{facts['Ada']['id']}"
    await school.tenant.admin.delete(path, params={"mode": mode})
    # It was not active, so no other one is asked for.
    assert await school.states() == {1: "stale"}
    assert (await school.switch(made, "activate")).status_code == 409


async def test_an_old_version_does_not_come_back_with_what_was_corrected_since(
    school: School,
) -> None:
    facts = await school.tell("Ada", "Ben")
    await school.build(activate=True)
    await school.allow(select={**SELECT, "most": 1})
    second = await school.build(activate=True)
    assert await school.states() == {1: "retired", 2: "active"}
    learned = (await school.adapter(second["id"]))["manifest"][0]["memory_id"]
    [other] = [fact["id"] for fact in facts.values() if fact["id"] != learned]
    await school.tenant.admin.delete(f"/v1/spaces/{school.name}/memories/{other}")
    assert (await school.switch(second, "rollback")).status_code == 409
    assert await school.states() == {1: "retired", 2: "active"}


class Breaks(ScriptTrainer):
    """Dies the first time."""

    broken = False

    async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
        if not self.broken:
            self.broken = True
            self.rows = (folder / "rows.jsonl").read_bytes()
            yield Loaded(device="cpu", base_hash="0", parameters=1, step=0)
            raise TrainingLost("killed")
        assert (folder / "rows.jsonl").read_bytes() == self.rows
        async for event in super().train(folder):
            yield event


async def test_a_training_that_is_killed_is_gone_on_from(school: School) -> None:
    await school.tell("Ada", "Ben")
    trainer = Breaks(school.answer())
    with pytest.raises(TrainingLost):
        await school.build(trainer, activate=True)
    assert await school.states() == {1: "building"}
    await school.tell("Cleo")
    await school.train(trainer)
    # What it is made of was fixed before, so who came meanwhile is not in it.
    [made] = (await school.get("/adapters"))["items"]
    assert (made["state"], made["memories"]) == ("active", 2)


async def test_what_is_corrected_while_it_is_learned_is_learned_anew(school: School) -> None:
    facts = await school.tell("Ada", "Ben")

    class Corrected(ScriptTrainer):
        async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
            if not self.folders:
                path = f"/v1/spaces/{school.name}/memories/{facts['Ada']['id']}"
                await school.tenant.admin.delete(path)
            async for event in super().train(folder):
                yield event

    trainer = Corrected(school.answer())
    made = await school.build(trainer)
    assert len(trainer.folders) == 2
    assert [m["memory_id"] for m in made["manifest"]] == [facts["Ben"]["id"]]


async def test_a_build_that_is_given_up_ends_and_leaves_nothing(school: School) -> None:
    await school.tell("Ada")

    class Slow(ScriptTrainer):
        async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
            yield Loaded(device="cpu", base_hash="0", parameters=1, step=0)
            [adapter] = (await school.get("/adapters"))["items"]
            assert adapter["progress"]["stage"] == "training"
            await school.switch(adapter, "retire")
            async for event in super().train(folder):
                yield event

    made = await school.build(Slow(school.answer()))
    assert (made["state"], made["error"], made["artifact"]) == ("failed", "cancelled", None)
    assert not list(school.workshop.folder.rglob("*.jsonl"))


async def test_what_cannot_be_trained_fails_for_good_and_says_so(school: School) -> None:
    await school.tell("Ada")

    class Hungry(ScriptTrainer):
        async def train(self, folder: Path) -> AsyncGenerator[Event, None]:  # noqa: ARG002
            yield Loaded(device="cpu", base_hash="0", parameters=1, step=0)
            raise OutOfMemory("900 MB, its policy allows 100")

    made = await school.build(Hungry(school.answer()))
    assert made["state"] == "failed"
    assert made["error"] == "training-out-of-memory: 900 MB, its policy allows 100"


async def test_another_tenants_adapter_does_not_exist(school: School) -> None:
    await school.tell("Ada")
    made = await school.build(activate=True)
    stranger = await school.service.tenant()
    (await stranger.admin.put(f"/v1/spaces/{school.name}", json={})).raise_for_status()
    path = f"/v1/spaces/{school.name}/adapters"
    assert (await stranger.admin.get(path)).json()["items"] == []
    for answer in (
        await stranger.admin.get(f"{path}/{made['id']}"),
        await stranger.admin.post(f"{path}/{made['id']}/activate"),
        await stranger.admin.post(f"{path}/{made['id']}/retire"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "adapter-not-found")
    async with school.database.read(stranger.id) as session:
        assert await parametric.active_adapter(session, await space_id(school)) is None


async def test_only_admins_switch(school: School) -> None:
    await school.tell("Ada")
    made = await school.build()
    writer = await school.tenant.client(Role.WRITER)
    path = f"/v1/spaces/{school.name}/adapters"
    assert (await writer.get(f"{path}/{made['id']}")).status_code == 200
    for way in ("activate", "shadow", "rollback", "retire"):
        assert (await writer.post(f"{path}/{made['id']}/{way}")).status_code == 403
    assert (await writer.post(path, json={"dry_run": True})).status_code == 403


async def test_weights_that_were_touched_are_noticed(school: School) -> None:
    await school.tell("Ada")
    made = await school.build()
    home = school.artifacts.path(school.tenant.id, await space_id(school), hash_of(made))
    assert measure(home).bytes == made["artifact_bytes"]
    with (home / "adapter_model.safetensors").open("ab") as file:
        file.write(b"x")
    assert measure(home).sha256 != hash_of(made)


async def space_id(school: School) -> Any:
    """The space's id."""
    [(found,)] = school.rows(f"SELECT space_id FROM spaces WHERE name = '{school.name}'")
    return found


def hash_of(adapter: dict[str, Any]) -> bytes:
    """The SHA-256 of an adapter's weights."""
    return bytes.fromhex(adapter["artifact"])


async def test_an_adapter_goes_out_and_comes_in_elsewhere(school: School) -> None:
    base = a_base(school)
    await school.tell("Ada", "Ben")
    trainer = ScriptTrainer(school.answer(), base_hash=fingerprint(str(base)))
    made = await school.build(trainer)
    path = f"{school.path}/adapters"
    file = (await school.tenant.admin.get(f"{path}/{made['id']}/export")).raise_for_status()
    assert file.headers["content-type"] == "application/zip"
    # Home again: the same weights under another version.
    again = (await school.tenant.admin.post(f"{path}/import", content=file.content)).json()
    assert (again["version"], again["state"]) == (2, "gated")
    assert again["artifact"] == made["artifact"]
    assert (await school.switch(again, "activate")).status_code == 200
    # Elsewhere its memories are not there, so it must not serve.
    await school.tenant.admin.put("/v1/spaces/elsewhere", json={})
    there = "/v1/spaces/elsewhere/adapters"
    moved = (await school.tenant.admin.post(f"{there}/import", content=file.content)).json()
    assert moved["memories"] == 2
    assert moved["manifest"] != made["manifest"]
    refused = await school.tenant.admin.post(f"{there}/{moved['id']}/activate")
    assert refused.status_code == 409


@pytest.mark.parametrize("fault", ["no-zip", "another-file", "another-base", "a-path"])
async def test_a_file_that_is_not_ours_is_refused(school: School, fault: str) -> None:
    base = a_base(school)
    await school.tell("Ada")
    trainer = ScriptTrainer(school.answer(), base_hash=fingerprint(str(base)))
    made = await school.build(trainer)
    path = f"{school.path}/adapters"
    file = (await school.tenant.admin.get(f"{path}/{made['id']}/export")).content
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    if fault == "another-file":
        parts["adapter_model.bin"] = b"pickled"
    elif fault == "a-path":
        parts["../adapter_model.safetensors"] = parts.pop("adapter_model.safetensors")
    elif fault == "another-base":
        (base / "config.json").write_text("{}")
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    sent = b"PK nothing" if fault == "no-zip" else changed.getvalue()
    answer = await school.tenant.admin.post(f"{path}/import", content=sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed-request")
    assert len(await school.states()) == 1


def a_base(school: School) -> Path:
    """A folder under the name of the base model, with something in it."""
    base = Path(school.workshop.base_model)
    base.mkdir(exist_ok=True)
    (base / "config.json").write_text('{"model_type": "none"}')
    return base


async def test_what_a_build_that_died_has_left_is_removed(school: School) -> None:
    await school.tell("Ada")
    with pytest.raises(TrainingLost):
        await school.build(Breaks(school.answer()))
    assert list(school.workshop.folder.rglob("rows.jsonl"))
    [adapter] = (await school.get("/adapters"))["items"]
    await school.switch(adapter, "retire")
    await school.train()
    assert not list(school.workshop.folder.rglob("rows.jsonl"))
