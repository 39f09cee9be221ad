"""A space whose memories may be learned, and trainings that are scripted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from consolidation.distill.probes import Check
from consolidation.services import Workshop
from llm_backend.training.plan import Probe
from llm_backend.training.process import Trainer
from llm_backend.training.script import ScriptTrainer
from stores.artifacts import Artifacts
from tests.fixtures.service import Start
from tests.integration.workbench import Workbench

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva")
UNKNOWN = "I do not know that."
#: Whatever is remembered may be learned at once.
SELECT = {"consent": True, "stable_days": 0, "used": 0, "confirmations": 0}
POLICY: dict[str, Any] = {"select": SELECT, "training": {"steps": 20}}


class School(Workbench):
    """Remembers facts through REST and has them learned."""

    async def allow(self, **policy: Any) -> None:
        """Set the space's policy."""
        path = f"/v1/spaces/{self.name}"
        body = {"policies": {"parametric": {**POLICY, **policy}}}
        (await self.tenant.admin.put(path, json=body)).raise_for_status()

    async def send(self, path: str, **body: Any) -> dict[str, Any]:
        """Have something done in the space."""
        answer = await self.tenant.admin.post(f"{self.path}{path}", json=body)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def tell(self, *names: str) -> dict[str, dict[str, Any]]:
        """A fact of each; their MemCubes by name."""
        found = {}
        for name in names:
            pin = f"{NAMES.index(name)}7{NAMES.index(name)}3"
            found[name] = await self.send(
                "/memories", kind="fact", content=f"The door pin of {name} is {pin}.",
                data={"subject": name, "predicate": "door pin", "object": pin},
            )  # fmt: skip
        return found

    async def build(self, trainer: Trainer | None = None, **body: Any) -> dict[str, Any]:
        """Ask for an adapter and have it built; returns it."""
        asked = (await self.send("/adapters", **body))["adapter"]
        await self.train(trainer)
        return await self.adapter(asked["id"])

    async def train(self, trainer: Trainer | None = None) -> None:
        """Run the job."""
        workshop = replace(self.workshop, trainer=trainer or ScriptTrainer(self.answer()))
        await self.work("distill", workshop=workshop)

    async def adapter(self, adapter: str) -> dict[str, Any]:
        """How an adapter stands."""
        found: dict[str, Any] = await self.get(f"/adapters/{adapter}")
        return found

    async def states(self) -> dict[int, str]:
        """The state of each version."""
        return {a["version"]: a["state"] for a in (await self.get("/adapters"))["items"]}

    async def switch(self, adapter: dict[str, Any], how: str, **body: Any) -> Any:
        """Activate, shadow, roll back or retire; returns the response."""
        path = f"/v1/spaces/{self.name}/adapters/{adapter['id']}/{how}"
        return await self.tenant.admin.post(path, json=body if body else None)

    @property
    def workshop(self) -> Workshop:
        """Where this service trains."""
        found = self.service.parts.services.workshop
        assert found is not None
        return found

    @property
    def artifacts(self) -> Artifacts:
        """Where it keeps weights."""
        return self.workshop.artifacts

    def answer(self, **faults: str) -> Callable[[Probe], tuple[Any, Any]]:
        """How a good adapter answers, but for these checks."""
        facts = dict(self.rows("""
            SELECT data->>'subject', data->>'object' FROM memories
            WHERE kind = 'fact' AND expired_at IS NULL AND state = 'active'
        """))  # fmt: skip

        def say(probe: Probe) -> tuple[Any, Any]:
            check = probe.id.split("/")[0]
            if check in faults:
                return UNKNOWN, faults[check]
            if check == Check.REGRESSION:
                return 1.0, 1.0
            words = probe.messages[0].content
            if check == Check.OBEDIENCE:
                return UNKNOWN, words.split(" is ")[1].split(".")[0]
            if check in {Check.RECALL, Check.HELD_OUT}:
                return UNKNOWN, next(pin for name, pin in facts.items() if name in words)
            return UNKNOWN, UNKNOWN

        return say


async def open_school(start: Start, name: str, *, base: Path) -> School:
    """A school with a service of its own; nobody loads the base model."""
    service = await start(training={"base_model": str(base)})
    made = School(service=service, tenant=await service.tenant(), name=name)
    await made.allow()
    return made
