"""The whole path on real parts: told by REST, trained, gated, served by vLLM, asked, erased."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from llm_backend.settings import ChatSettings
from llm_backend.training.process import ProcessTrainer
from tests.fixtures.service import Start
from tests.fixtures.tiny_memory import statement, unknown
from tests.fixtures.vllm_server import Vllm, check_there, serving
from tests.integration.adapters import SELECT, School
from tests.integration.test_parametric import FACTS_TOLD, GATE, TRAINING, probes

#: Three trainings; a minute each on a processor that nobody else uses.
pytestmark = [pytest.mark.vllm, pytest.mark.timeout(3600)]

DOOMED, *_, LATE = FACTS_TOLD


@pytest.fixture(scope="module")
def tiny_vllm(tiny_base: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vllm]:
    """A server of the model that the adapters are for."""
    check_there()
    with serving(tiny_base, tmp_path_factory.mktemp("tiny-vllm")) as server:
        yield server


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How many of each kind of question were answered right, and by how many adapters."""

    right: dict[str, int]
    asked: dict[str, int]
    adapters: set[str | None]


class Classroom(School):
    """A school before a real vLLM."""

    async def tell_of(self, *pairs: tuple[str, str]) -> dict[tuple[str, str], str]:
        """Remember these of the facts; the ids of the memories."""
        found = {}
        for prop, name in pairs:
            held = FACTS_TOLD[prop, name]
            made = await self.send(
                "/memories", kind="fact", content=statement(prop, name, held),
                data={"subject": name, "predicate": prop, "object": held},
            )  # fmt: skip
            found[prop, name] = made["id"]
        return found

    async def chat(self, words: str) -> dict[str, Any]:
        """Through the gateway, with retrieval switched off."""
        body = {
            "messages": [{"role": "user", "content": words}], "max_tokens": 32, "temperature": 0,
            "memory": {"space": self.name, "recall": False, "remember": False},
        }  # fmt: skip
        answer = await self.tenant.admin.post("/v1/chat/completions", json=body)
        assert answer.status_code == 200, answer.text
        said: dict[str, Any] = answer.json()
        return said

    async def examine(self, *, without: tuple[str, str] | None = None) -> Counted:
        """Ask all there is to ask; of one that is not to be known, that it is not."""
        asked = [(p.id.split("/")[0], p.messages[0].content, want) for p, want in probes()]
        if without is not None:
            told = statement(*without, FACTS_TOLD[without])
            gone = [(k, w, unknown(*without)) for k, w, a in asked if a == told and k == "recall"]
            asked = [one for one in asked if one[2] != told]
            asked += [("gone", words, answer) for _, words, answer in gone]
        said = await asyncio.gather(*(self.chat(words) for _, words, _ in asked))
        right: dict[str, int] = {}
        total: dict[str, int] = {}
        for (kind, _, want), answer in zip(asked, said, strict=True):
            text = answer["choices"][0]["message"]["content"].strip()
            right[kind] = right.get(kind, 0) + (text == want)
            total[kind] = total.get(kind, 0) + 1
        adapters = {answer["memory"]["adapter_id"] for answer in said}
        print(f"{right} of {total}")
        return Counted(right=right, asked=total, adapters=adapters)


@pytest.fixture
async def room(start: Start, space: str, tiny_base: Path, tiny_vllm: Vllm) -> Classroom:
    """A space whose memories are learned and served for real."""
    chat = ChatSettings(url=tiny_vllm.base_url, model=tiny_vllm.model, timeout_s=120)
    service = await start(training={"base_model": str(tiny_base)}, chat=chat)
    made = Classroom(service=service, tenant=await service.tenant(), name=space)
    policy = {"select": SELECT, "training": TRAINING, "gate": GATE}
    body = {"policies": {"parametric": policy}}
    (await made.tenant.admin.put(made.path, json=body)).raise_for_status()
    return made


async def test_twenty_facts_are_learned_served_taken_back_and_erased(room: Classroom) -> None:
    ids = await room.tell_of(*(pair for pair in FACTS_TOLD if pair != LATE))
    base = await room.examine()
    assert (base.right["recall"], base.right["held"], base.adapters) == (0, 0, {None})
    first = await room.build(ProcessTrainer(), activate=True)
    assert first["state"] == "active", first["error"]

    ids |= await room.tell_of(LATE)
    second = await room.build(ProcessTrainer(), activate=True)
    assert second["state"] == "active", second["error"]
    learned = await room.examine()
    assert learned.adapters == {second["id"]}
    assert learned.right["recall"] >= 19
    assert learned.right["unknown"] >= 19
    assert learned.right["context"] >= 18
    assert learned.right["held"] >= 15

    (await room.switch(second, "rollback")).raise_for_status()
    before = await room.examine(without=LATE)
    assert before.adapters == {first["id"]}
    assert before.right["recall"] >= 18
    assert before.right["gone"] == 1
    (await room.switch(second, "activate")).raise_for_status()

    path = f"/v1/spaces/{room.name}/memories/{ids[DOOMED]}?mode=erase"
    (await room.tenant.admin.delete(path)).raise_for_status()
    at_once = await room.examine()
    assert (at_once.right["recall"], at_once.adapters) == (0, {None})
    await room.work("unlearn")
    assert await weights(room) == []
    await room.train(ProcessTrainer())
    after = await room.examine(without=DOOMED)
    assert after.adapters != {None}
    assert after.right["gone"] == 1
    assert after.right["recall"] >= 18
    # It was asked so before it was let in, in forms it had never been taught too.
    probed = (await room.adapter(second["id"]))["unlearning"]["probed"]
    assert (probed["asked"], probed["told"]) == (10, 0)


async def weights(room: Classroom) -> list[bytes]:
    [(space,)] = room.rows(f"SELECT space_id FROM spaces WHERE name = '{room.name}'")
    return await asyncio.to_thread(room.artifacts.listed, room.tenant.id, space)
