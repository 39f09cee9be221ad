"""Adapters before a server that has vLLM's traps: each space its own, and none when erased."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llm_backend.errors import BackendError
from llm_backend.settings import ChatSettings
from llm_backend.training.events import Asked as Probed
from llm_backend.training.events import Event
from llm_backend.training.plan import ADAPTER
from llm_backend.training.script import ScriptTrainer
from stores import spaces
from tests.fixtures.lora_server import PLAIN, LoraServer, lay_down
from tests.fixtures.raw_server import raw_server
from tests.fixtures.service import Service, Start, recall
from tests.integration.adapters import POLICY, School

#: Talks through the gateway with retrieval switched off.
OFF = {"recall": False, "remember": False}


@dataclass(frozen=True, kw_only=True)
class Speaking:
    """Trains adapters that make the scripted server say a word of their own."""

    script: ScriptTrainer
    says: str

    async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
        """As the script does, but with weights that can be read."""
        async for event in self.script.train(folder):
            if isinstance(event, Probed):
                for path in (folder / ADAPTER).iterdir():
                    path.unlink()
                (folder / ADAPTER).rmdir()
                lay_down(folder / ADAPTER, self.says)
            yield event


class Class(School):
    """A school whose adapters are served."""

    async def learn(self, says: str, **body: Any) -> dict[str, Any]:
        """An adapter that says this, active at once."""
        return await self.build(self.trainer(says), **{"activate": True, **body})

    def trainer(self, says: str) -> Speaking:
        """What trains it."""
        return Speaking(script=ScriptTrainer(self.answer()), says=says)

    async def ask(self, **more: Any) -> dict[str, Any]:
        """A chat with this space; the answer's text and notes."""
        memory = {"space": self.name, **OFF, **more.pop("memory", {})}
        body = {"messages": [{"role": "user", "content": "The pin?"}], "memory": memory, **more}
        answer = await self.tenant.admin.post("/v1/chat/completions", json=body)
        assert answer.status_code == 200, answer.text
        told = answer.json()
        return {"says": told["choices"][0]["message"]["content"], **told["memory"]}

    async def erase(self, memory: dict[str, Any]) -> None:
        """Erase a memory."""
        path = f"/v1/spaces/{self.name}/memories/{memory['id']}?mode=erase"
        (await self.tenant.admin.delete(path)).raise_for_status()

    async def weights(self) -> list[bytes]:
        """What lies on the disk."""
        async with self.database.read(self.tenant.id) as session:
            space = await spaces.get_space(session, self.name)
        return self.artifacts.listed(self.tenant.id, space.id)


@pytest.fixture
def lora() -> LoraServer:
    return LoraServer()


@pytest.fixture
async def service(start: Start, lora: LoraServer) -> AsyncIterator[Service]:
    async with raw_server(lora) as server:
        chat = ChatSettings(url=server.url, model="tiny", timeout_s=60, cache_salt=False)
        yield await start(chat=chat, training={"base_model": "tiny"})


async def opened(service: Service, name: str = "home") -> Class:
    made = Class(service=service, tenant=await service.tenant(), name=name)
    await made.allow(**POLICY)
    return made


@pytest.fixture
async def home(service: Service) -> Class:
    return await opened(service)


async def test_a_space_is_answered_by_its_own_adapter_and_no_other_space_is(home: Class) -> None:
    await home.tell("Ada")
    made = await home.learn("0703")
    told = await home.ask()
    assert (told["says"], told["adapter_id"], told["degraded"]) == ("0703", made["id"], [])
    other = Class(service=home.service, tenant=home.tenant, name="other")
    await other.allow()
    told = await other.ask()
    assert (told["says"], told["adapter_id"]) == (PLAIN, None)


async def test_two_tenants_with_one_alias_never_meet(home: Class, lora: LoraServer) -> None:
    away, bare = await opened(home.service), await opened(home.service)
    for one, says in ((home, "ours"), (away, "theirs")):
        await one.tell("Ada")
        made = await one.learn(says)
        assert made["alias"] == "memory"
    asked = [home, away, bare] * 6
    told = await asyncio.gather(*(one.ask() for one in asked))
    assert [one["says"] for one in told] == ["ours", "theirs", PLAIN] * 6
    assert len(set(lora.live)) == 2


async def test_no_name_or_path_that_a_caller_chooses_reaches_the_server(
    home: Class, lora: LoraServer
) -> None:
    away = await opened(home.service)
    await home.tell("Ada")
    await home.learn("ours")
    await home.ask()
    [name] = lora.live
    path = lora.listed[name][1]
    before = len(lora.answered)
    for model in (name, path, f"../{path}", "mem-blank-0", "memory"):
        for memory in ({}, {"memory": {"space": away.name, **OFF}}):
            body = {"model": model, "messages": [{"role": "user", "content": "x"}], **memory}
            answer = await away.tenant.admin.post("/v1/chat/completions", json=body)
            assert (answer.status_code, answer.json()["code"]) == (404, "unknown-model")
    listed = (await away.tenant.admin.get("/v1/models")).json()["data"]
    assert [model["id"] for model in listed] == ["tiny"]
    assert len(lora.answered) == before


async def test_more_spaces_than_places_are_all_answered(home: Class, lora: LoraServer) -> None:
    lora.places = 3
    lora.restart()
    rooms = [home]
    for number in range(3):
        rooms.append(Class(service=home.service, tenant=home.tenant, name=f"room-{number}"))
        await rooms[-1].allow()
    for number, room in enumerate(rooms):
        await room.tell("Ada")
        await room.learn(f"room {number}")
    for _ in range(3):
        assert [(await room.ask())["says"] for room in rooms] == [f"room {n}" for n in range(4)]
        assert len(lora.live) == 2


async def test_where_it_cannot_be_loaded_the_model_answers_alone_and_says_so(
    home: Class, lora: LoraServer
) -> None:
    await home.tell("Ada")
    await home.learn("ours")
    lora.places = 1
    lora.restart()
    told = await home.ask()
    assert (told["says"], told["adapter_id"], told["degraded"]) == (PLAIN, None, ["adapter"])


async def test_after_a_restart_of_the_server_it_is_loaded_again(
    home: Class, lora: LoraServer
) -> None:
    await home.tell("Ada")
    await home.learn("ours")
    await home.ask()
    lora.restart()
    assert (await home.ask())["says"] == "ours"


async def test_a_server_that_loses_it_each_time_is_not_asked_forever(
    home: Class, lora: LoraServer
) -> None:
    await home.tell("Ada")
    await home.learn("ours")
    await home.ask()
    lora.forgetful = True
    told = await home.ask()
    assert (told["says"], told["degraded"]) == (PLAIN, ["adapter"])


async def test_a_shadow_answers_its_share_and_a_conversation_stays_with_one(home: Class) -> None:
    await home.tell("Ada")
    await home.learn("old")
    new = await home.learn("new", activate=False)
    (await home.switch(new, "shadow", share=0.5)).raise_for_status()

    async def talk() -> list[str]:
        talks = [home.ask(memory={"session_id": f"s{n}"}) for n in range(20)]
        return [told["says"] for told in await asyncio.gather(*talks)]

    said = await talk()
    assert 4 <= said.count("new") <= 16
    assert await talk() == said


async def test_a_recall_knows_what_the_adapter_holds_and_drops_nothing(home: Class) -> None:
    await home.tell("Ada")
    before = await recall(home.tenant.admin, home.name, "door pin")
    assert [hit["held_by_adapter"] for hit in before["hits"]] == [False]
    await home.learn("ours")
    await home.tell("Ben")
    after = await recall(home.tenant.admin, home.name, "door pin", kinds=["fact"])
    held = {hit["memory"]["data"]["subject"]: hit["held_by_adapter"] for hit in after["hits"]}
    assert held == {"Ada": True, "Ben": False}


async def test_a_rollback_is_answered_by_the_version_before(home: Class) -> None:
    await home.tell("Ada")
    await home.learn("old")
    new = await home.learn("new")
    assert (await home.ask())["says"] == "new"
    (await home.switch(new, "rollback")).raise_for_status()
    assert (await home.ask())["says"] == "old"


async def test_an_erased_memory_stops_its_adapter_at_once_and_is_deleted_everywhere(
    home: Class, lora: LoraServer
) -> None:
    facts = await home.tell("Ada", "Ben")
    made = await home.learn("Ada 0703, Ben 1713")
    await home.ask()
    await home.erase(facts["Ada"])
    # Before any job has run.
    assert (await home.ask())["says"] == PLAIN
    stopped = await home.adapter(made["id"])
    assert (stopped["state"], stopped["metrics"], stopped["artifact"]) == ("retired", {}, None)
    assert stopped["progress"] == {}
    assert stopped["unlearning"]["weights"] == made["artifact"]
    assert stopped["unlearning"]["deleted_at"] is None
    assert [one["memory_id"] for one in stopped["manifest"]] == [facts["Ben"]["id"]]
    assert (await home.switch(made, "activate")).status_code == 409

    await home.work("unlearn")
    assert lora.live == []
    assert lora.says == set()
    assert await home.weights() == []
    assert (await home.adapter(made["id"]))["unlearning"]["deleted_at"] is not None

    assert await home.states() == {1: "retired", 2: "building"}
    await home.train(home.trainer("Ben 1713"))
    assert (await home.ask())["says"] == "Ben 1713"
    [new, _] = (await home.get("/adapters"))["items"]
    assert [m["memory_id"] for m in (await home.adapter(new["id"]))["manifest"]] == [
        facts["Ben"]["id"]
    ]


async def test_every_version_that_has_learned_it_goes_and_no_other(
    home: Class, lora: LoraServer
) -> None:
    ada = (await home.tell("Ada"))["Ada"]
    await home.learn("one")
    await home.tell("Ben")
    await home.learn("two")
    await home.erase(ada)
    neighbour = Class(service=home.service, tenant=home.tenant, name="next")
    await neighbour.allow()
    await neighbour.tell("Cleo")
    await neighbour.learn("three")
    await neighbour.ask()
    await home.work("unlearn")
    assert (await home.states())[1] == (await home.states())[2] == "retired"
    assert await home.weights() == []
    assert lora.says == {"three"}
    assert (await neighbour.ask())["says"] == "three"


async def test_a_build_that_was_learning_it_is_given_up_for_another(home: Class) -> None:
    facts = await home.tell("Ada", "Ben")

    @dataclass
    class Erasing:
        """Somebody erases a memory while it is being learned."""

        says: str = "Ada"

        async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
            async for event in home.trainer(self.says).train(folder):
                if isinstance(event, Probed) and self.says == "Ada":
                    self.says = "Ben"
                    await home.erase(facts["Ada"])
                yield event

    asked = (await home.send("/adapters", activate=True))["adapter"]
    await home.train(Erasing())
    assert (await home.adapter(asked["id"]))["state"] == "failed"
    await home.work("unlearn")
    assert len(await home.weights()) == 1
    assert not list(home.workshop.folder.rglob("*.jsonl"))
    # It was to serve, and so does the one that was built in its place.
    assert (await home.ask())["says"] == "Ben"


async def test_while_the_server_is_away_the_job_is_tried_again(
    home: Class, lora: LoraServer
) -> None:
    ada = (await home.tell("Ada"))["Ada"]
    await home.learn("ours")
    await home.ask()
    await home.erase(ada)
    [name] = lora.live
    lora.broken = {name}
    with pytest.raises(BackendError):
        await home.work("unlearn")
    # Nothing is deleted that the server may still be asked for.
    assert len(await home.weights()) == 1
    lora.broken = set()
    await home.work("unlearn")
    assert (await home.weights(), lora.live, lora.says) == ([], [], set())


async def test_an_erased_space_leaves_nothing_behind(home: Class, lora: LoraServer) -> None:
    await home.tell("Ada")
    await home.learn("ours")
    await home.ask()
    (await home.tenant.admin.delete(f"/v1/spaces/{home.name}")).raise_for_status()
    assert (lora.live, lora.says) == ([], set())
    artifacts = home.workshop.folder.parent / "artifacts"
    assert not list((artifacts / str(home.tenant.id)).rglob("*.safetensors"))
