"""Asks an adapter that was trained without what was erased for just that, before it may serve.

In a folder of its own, beside the checkpoint it ended with: the words lie there in clear only while
they are asked. Whatever is done there is done anew after a crash.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from consolidation.distill import unlearning
from consolidation.distill.gate import Verdict
from consolidation.distill.probes import Check, Question
from consolidation.distill.rows import Group
from consolidation.services import Services, Work, Workshop
from llm_backend.training import plan as plans
from llm_backend.training.plan import CHECKPOINT
from llm_backend.training.process import read_answers
from stores import adapter_erasing
from stores.adapter_erasing import Probed
from stores.database import WriteSession
from stores.ids import MemoryId
from stores.pads import Sealed

_FOLDER = "erased"


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """What was asked and answered; `pads` are those that opened it."""

    pads: frozenset[str] = frozenset()
    asked: tuple[Question, ...] = ()
    elsewhere: int = 0
    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


async def examine(services: Services, work: Work, workshop: Workshop, folder: Path) -> Examined:
    """Ask for all that was erased from the adapters before this one. Raises TrainingError."""
    sealed = await _sealed(services, work)
    if not sealed:
        return Examined()
    erased = await asyncio.to_thread(
        unlearning.unseal, services.pads, work.tenant, work.space.id, sealed
    )
    taught = [
        r for r in await asyncio.to_thread(plans.read_rows, folder) if r.group == Group.TAUGHT
    ]
    asked = unlearning.probes_of(unlearning.askable(erased, taught))
    found = Examined(
        pads=frozenset(one.pad for one in sealed), asked=tuple(asked),
        elsewhere=len(erased) - len(asked),
    )  # fmt: skip
    if not asked:
        return found
    try:
        await asyncio.to_thread(_lay_down, folder, asked)
        async with aclosing(workshop.trainer.train(folder / _FOLDER)) as events:
            async for _ in events:
                pass
        return replace(found, answers=await asyncio.to_thread(read_answers, folder / _FOLDER))
    finally:
        await asyncio.to_thread(shutil.rmtree, folder / _FOLDER, ignore_errors=True)


async def settle(
    session: WriteSession, work: Work, adapter: MemoryId, examined: Examined, verdict: Verdict,
    now: datetime,
) -> None:  # fmt: skip
    """Tell in the accounts of the adapters before it what was found, in this transaction."""
    score = verdict.scores.get(Check.ERASED)
    told = 0 if score is None else round((1 - score.share) * score.asked)
    probed = Probed(
        adapter=adapter, asked=len(examined.asked), told=told, elsewhere=examined.elsewhere, at=now
    )
    await adapter_erasing.note_probed(session, work.space.id, examined.pads, probed)


async def throw_away(services: Services, work: Work, examined: Examined) -> None:
    """What was asked cannot be read any more."""
    for pad in examined.pads:
        await asyncio.to_thread(services.pads.remove, work.tenant, work.space.id, pad)


async def _sealed(services: Services, work: Work) -> list[Sealed]:
    async with services.database.read(work.tenant) as session:
        by_adapter = await adapter_erasing.list_sealed(session, work.space.id)
    return [one for sealed in by_adapter.values() for one in sealed]


def _lay_down(folder: Path, asked: list[Question]) -> None:
    """The plan and the checkpoint as they are, other probes, and nothing more to learn."""
    home = folder / _FOLDER
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    if (folder / CHECKPOINT).exists():
        shutil.copytree(folder / CHECKPOINT, home / CHECKPOINT)
    plans.write(home, plans.read_plan(folder), [], [question.probe for question in asked])
