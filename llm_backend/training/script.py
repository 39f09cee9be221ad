"""A training that trains nothing: for tests of all around it."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import TypeAlias

from llm_backend.training import plan as plans
from llm_backend.training.events import Asked, Event, Finished, Loaded, Stepped
from llm_backend.training.plan import ADAPTER, ANSWERS, Probe

#: What base and adapter answer to a probe, or how surprising they find its text.
Answer: TypeAlias = Callable[[Probe], tuple[str | float, str | float]]


class ScriptTrainer:
    """Says that it trains, and answers the probes as it is told to."""

    def __init__(self, answer: Answer, *, base_hash: str = "0" * 64) -> None:
        self._answer = answer
        self._base_hash = base_hash
        #: Every folder it was given, in their order.
        self.folders: list[Path] = []

    async def train(self, folder: Path) -> AsyncGenerator[Event, None]:
        """Two steps, the answers, and weights that are the beginning of the rows."""
        self.folders.append(folder)
        plan = plans.read_plan(folder)
        yield Loaded(device="cpu", base_hash=self._base_hash, parameters=1, step=0)
        for step in (1, plan.steps):
            yield Stepped(step=step, steps=plan.steps, loss=1 / step, seconds=0.0)
        probes = plans.read_probes(folder)
        said = {probe.id: dict(zip(("base", "adapter"), self._answer(probe), strict=True))
                for probe in probes}  # fmt: skip
        (folder / ANSWERS).write_text(json.dumps(said))
        weights = folder / ADAPTER
        weights.mkdir(exist_ok=True)
        (weights / "adapter_config.json").write_text(json.dumps({"r": plan.rank}))
        (weights / "adapter_model.safetensors").write_bytes((folder / plans.ROWS).read_bytes()[:64])
        yield Asked(done=len(probes), total=len(probes))
        yield Finished(step=plan.steps, stopped="steps", seconds=0.0, memory_mb=1)
