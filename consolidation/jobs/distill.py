"""Builds the adapters that a space has been asked for: select, train, gate, keep.

A build may be killed anywhere. What is laid down in its folder and fixed in its row is gone on
from; nothing serves before the last transaction of all.
"""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from consolidation.cadence import is_on
from consolidation.distill import examining, preparing, promoting, switching
from consolidation.distill.choosing import choose
from consolidation.distill.errors import BadPolicy, NothingToLearn
from consolidation.distill.examining import Examined
from consolidation.distill.gate import Verdict, judge
from consolidation.distill.leftovers import home_of, sweep
from consolidation.distill.lessons import Lesson, lesson_of
from consolidation.distill.manifest import manifest_hash, manifest_of
from consolidation.distill.policy import Policy, policy_of
from consolidation.distill.selection import Reason, Selected
from consolidation.distill.studying import study
from consolidation.services import Cadence, JobKind, Services, Work, Workshop
from llm_backend.training.errors import TrainingError, TrainingLost
from llm_backend.training.events import Asked, Event, Finished, Loaded, Stepped
from llm_backend.training.plan import ADAPTER
from llm_backend.training.process import read_answers
from stores import jobs, parametric, spaces
from stores.artifacts import Artifact, Artifacts
from stores.parametric import NAME, AdapterRow, AdapterState, Outcome
from stores.records import MemCube
from stores.revision import revise

#: Seconds between two accounts of a training; points of its loss curve that are kept.
_TOLD_EVERY_S, _POINTS = 1.0, 200
#: How often a build begins anew because its memories change under it.
_ATTEMPTS = 3


class _Moved(Exception):
    """What was learned has changed meanwhile."""


class _Cancelled(Exception):
    """The adapter is not wanted any more."""


@dataclass(kw_only=True, slots=True)
class _Account:
    """What is told of a training while it goes on."""

    told: dict[str, Any] = field(default_factory=dict)
    curve: list[tuple[int, float]] = field(default_factory=list)
    finished: Finished | None = None

    def add(self, event: Event) -> None:
        """Take an event in; a curve that grows long loses every second point."""
        match event:
            case Loaded():
                self.told |= {"stage": "training", **asdict(event)}
            case Stepped():
                self.told |= {"stage": "training", **asdict(event)}
                self.curve.append((event.step, event.loss))
                if len(self.curve) > _POINTS:
                    self.curve = self.curve[::2]
            case Asked():
                self.told |= {"stage": "gate", "probes": event.total, "answered": event.done}
            case Finished():
                self.finished = event
                self.told |= {"stage": "finished", **asdict(event)}

    def as_progress(self) -> Mapping[str, Any]:
        """As it is kept with the adapter."""
        return {**self.told, "curve": self.curve}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Made:
    """What came of a training."""

    verdict: Verdict
    artifact: Artifact
    account: _Account
    examined: Examined

    def is_there(self, artifacts: Artifacts, work: Work) -> bool:
        """Whether the weights still lie where they were put. Blocks."""
        return artifacts.path(work.tenant, work.space.id, self.artifact.sha256).is_dir()


async def run(services: Services, work: Work) -> None:
    """Build what is asked for, one after the other; what others have left behind is removed.

    Where the space has it so, see then whether an adapter is due by itself.
    """
    if services.workshop is None:
        return
    home = home_of(services.workshop.folder, work.tenant, work.space.id)
    while True:
        async with services.database.read(work.tenant) as session:
            wanted = await parametric.list_building(session, work.space.id)
        await asyncio.to_thread(sweep, home, {str(adapter.id) for adapter in wanted})
        if not wanted:
            break
        await _build(services, work, services.workshop, wanted[0], home / str(wanted[0].id))
    if is_on(work.space.policies, NAME, usual=JOB.on):
        await promoting.promote(services, work, services.workshop)


async def _build(
    services: Services, work: Work, workshop: Workshop, adapter: AdapterRow, folder: Path
) -> None:
    """One adapter, to its end; raises what may pass, and is gone on from then."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            await _attempt(services, work, workshop, adapter, folder)
        except _Cancelled:
            pass
        except _Moved:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            if attempt < _ATTEMPTS:
                continue
            await _fail(services, work, adapter, "unstable: its memories change while it learns")
        except (TrainingError, NothingToLearn, BadPolicy) as error:
            if error.retryable:
                raise
            await _fail(services, work, adapter, f"{error.code}: {error}")
        return


async def _attempt(
    services: Services, work: Work, workshop: Workshop, adapter: AdapterRow, folder: Path
) -> None:
    policy = policy_of(work.space.policies)
    if not preparing.is_prepared(folder) or not adapter.manifest:
        await _prepare(services, work, workshop, adapter, policy, folder)
    account = await _train(services, work, workshop, adapter, folder)
    asked = await asyncio.to_thread(preparing.read_questions, folder)
    answers = await asyncio.to_thread(read_answers, folder)
    examined = await examining.examine(services, work, workshop, folder)
    verdict = judge([*asked, *examined.asked], {**answers, **examined.answers}, policy.gate)
    artifact = await asyncio.to_thread(
        workshop.artifacts.add, work.tenant, work.space.id, folder / ADAPTER
    )
    made = _Made(verdict=verdict, artifact=artifact, account=account, examined=examined)
    await _finish(services, work, adapter, made)
    await examining.throw_away(services, work, examined)


async def _prepare(
    services: Services,
    work: Work,
    workshop: Workshop,
    adapter: AdapterRow,
    policy: Policy,
    folder: Path,
) -> None:
    """Select, lay down, freeze; no connection is held while a model finds more questions."""
    selected = await choose(services.database, services.clock, work.tenant, work.space, policy)
    if not selected.chosen:
        raise NothingToLearn("no memory of this space may be learned; a dry run says why")
    lessons = [one.lesson for one in selected.chosen]
    studied = await study(services.chat, lessons)
    material = preparing.Material(lessons=lessons, excluded=_excluded(selected), studied=studied)
    data = await asyncio.to_thread(
        preparing.prepare, folder, material, policy, base=adapter.base_model,
        device=workshop.device, threads=workshop.threads,
    )  # fmt: skip
    manifest = manifest_of(selected)
    told = {**policy.model_dump(mode="json"), "studied": sum(map(len, studied.values()))}
    async with services.database.write(work.tenant) as session:
        frozen = await parametric.freeze(
            session, adapter.id, manifest, sha256=manifest_hash(manifest), data_sha256=data,
            training=told, now=services.clock(),
        )  # fmt: skip
        if not frozen:
            raise _Cancelled
        await jobs.progress(session, work.job_id, 1)


def _excluded(selected: Selected) -> list[Lesson]:
    """How one would ask for what is kept out; what merely did not fit is no secret."""
    harmless = {Reason.SAID_TWICE, Reason.BEYOND_CAPACITY, Reason.CONTRADICTED}
    taught = {one.lesson.value.casefold() for one in selected.chosen}
    asked = {one.lesson.pair for one in selected.chosen}
    lessons = [
        lesson_of(str(one.candidate.id), one.candidate.kind, one.candidate.content,
                  one.candidate.data)
        for one in selected.excluded if one.reason not in harmless
    ]  # fmt: skip
    return [
        lesson for lesson in lessons
        if lesson and lesson.pair not in asked and lesson.value.casefold() not in taught
    ]  # fmt: skip


async def _train(
    services: Services, work: Work, workshop: Workshop, adapter: AdapterRow, folder: Path
) -> _Account:
    """Follow the training; raises _Cancelled as soon as the adapter is not wanted any more."""
    account, last = _Account(), 0.0
    async with aclosing(workshop.trainer.train(folder)) as events:
        async for event in events:
            account.add(event)
            if time.monotonic() - last < _TOLD_EVERY_S and not isinstance(event, Finished):
                continue
            last = time.monotonic()
            async with services.database.write(work.tenant) as session:
                wanted = await parametric.set_progress(
                    session, adapter.id, account.as_progress(), services.clock()
                )
                if not wanted:
                    raise _Cancelled
                await jobs.progress(session, work.job_id, 1)
    return account


async def _finish(services: Services, work: Work, adapter: AdapterRow, made: _Made) -> None:
    """Keep what came of it, in one transaction; one that was waited for serves from then on."""
    now, verdict = services.clock(), made.verdict
    outcome = Outcome(
        state=AdapterState.GATED if verdict.passed else AdapterState.FAILED,
        base_hash=str(made.account.told.get("base_hash", "")),
        artifact=made.artifact.sha256,
        bytes=made.artifact.bytes,
        metrics={name: asdict(score) for name, score in verdict.scores.items()},
        error=None if verdict.passed else f"gate: {'; '.join(verdict.failures)}",
    )
    async with services.database.write(work.tenant) as session:
        await spaces.hold(session, work.space.id)
        if not await asyncio.to_thread(made.is_there, services.artifacts, work):
            raise TrainingLost("its weights were taken for another's, which were erased")
        if await parametric.changed_members(session, adapter.id):
            raise _Moved
        if not await parametric.finish(session, adapter.id, outcome, now):
            raise _Cancelled
        change = partial(_as_made, adapter, outcome)
        await revise(session, work.space, adapter.id, change, now=now)
        await examining.settle(session, work, adapter.id, made.examined, verdict, now)
        if verdict.passed and adapter.activate:
            await switching.activate(session, work.space, adapter.id, now)
        await jobs.progress(session, work.job_id, 1)


def _as_made(adapter: AdapterRow, outcome: Outcome, cube: MemCube) -> MemCube:
    """The MemCube of an adapter that is made: its weights by their hash."""
    assert outcome.artifact is not None  # noqa: S101
    data = {
        **cube.data,
        "base_model_hash": outcome.base_hash,
        "artifact": outcome.artifact.hex(),
        "memories": len(adapter.manifest) or len(cube.provenance.derived_from),
    }
    state = parametric.cube_state(outcome.state)
    return replace(cube, data=data, lifecycle=replace(cube.lifecycle, state=state))


async def _fail(services: Services, work: Work, adapter: AdapterRow, error: str) -> None:
    async with services.database.write(work.tenant) as session:
        outcome = Outcome(state=AdapterState.FAILED, error=error)
        await parametric.finish(session, adapter.id, outcome, services.clock())
        await jobs.note(session, work.job_id, f"adapter {adapter.version}: {error}")


JOB = JobKind(
    name=NAME, run=run, cadence=Cadence(every=timedelta(days=7)), on=False,
    owed_at=promoting.owed_at,
)  # fmt: skip
