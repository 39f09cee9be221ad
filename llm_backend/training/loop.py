"""One training from where it was left to its end: steps, checkpoints, probes."""

from __future__ import annotations

import json
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from llm_backend.training import plan as plans
from llm_backend.training.encoding import Encoded
from llm_backend.training.errors import OutOfMemory
from llm_backend.training.events import Asked, Event, Finished, Loaded, Stepped
from llm_backend.training.fingerprint import fingerprint
from llm_backend.training.plan import ADAPTER, ANSWERS, CHECKPOINT, Plan, Probe
from llm_backend.training.sampling import batch, grouped
from llm_backend.training.torch_model import Model

Tell = Callable[[Event], None]

_PROGRESS = "progress.json"
#: Steps between two reports of the loss.
_TOLD_EVERY = 10
#: Probes that are answered between two reports.
_PROBES_AT_ONCE = 32
#: ru_maxrss is in kilobytes, on macOS in bytes.
_RSS_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """A row as tokens, under what it is sampled by."""

    group: str
    key: str
    encoded: Encoded


@dataclass(kw_only=True, slots=True)
class _State:
    """How far it is: steps done, seconds spent in all attempts, what ended it."""

    step: int = 0
    seconds: float = 0.0
    stopped: str = ""


def train(folder: Path, tell: Tell) -> None:
    """Train what the folder asks for; what is done already is not done again.

    Raises BadPlan, OutOfMemory.
    """
    plan = plans.read_plan(folder)
    state = _state(folder)
    model = Model(plan)
    if state.step:
        model.go_on(folder / CHECKPOINT)
    tell(Loaded(device=model.device, base_hash=fingerprint(plan.base),
                parameters=model.parameters, step=state.step))  # fmt: skip
    if not state.stopped:
        _learn(folder, plan, model, state, tell)
    if not (folder / ANSWERS).exists():
        _answer(folder, model, tell)
    if not (folder / ADAPTER).exists():
        _publish(folder, model)
    tell(Finished(step=state.step, stopped=state.stopped, seconds=round(state.seconds, 2),
                  memory_mb=_memory_mb()))  # fmt: skip


def _learn(folder: Path, plan: Plan, model: Model, state: _State, tell: Tell) -> None:
    rows = [
        _Row(group=row.group, key=row.key, encoded=model.encode(row.messages))
        for row in plans.read_rows(folder)
    ]
    groups = grouped(rows)
    before, began = state.seconds, time.monotonic()
    while not state.stopped:
        some = batch(groups, plan.mix, plan.seed, state.step)
        loss = model.learn([row.encoded for row in some], state.step)
        state.step += 1
        state.seconds = before + time.monotonic() - began
        _check_memory(plan)
        if state.step >= plan.steps:
            state.stopped = "steps"
        elif state.seconds >= plan.max_seconds:
            state.stopped = "time"
        if state.stopped or state.step % plan.checkpoint_every == 0:
            _keep(folder, model, state)
        if state.stopped or state.step % _TOLD_EVERY == 0:
            tell(Stepped(step=state.step, steps=plan.steps, loss=round(loss, 5),
                         seconds=round(state.seconds, 2)))  # fmt: skip


def _answer(folder: Path, model: Model, tell: Tell) -> None:
    """Ask base and adapter every probe; the answers appear all at once."""
    probes = plans.read_probes(folder)
    found: dict[str, dict[str, object]] = {}
    for start in range(0, len(probes), _PROBES_AT_ONCE):
        some = probes[start : start + _PROBES_AT_ONCE]
        for name, adapted in (("base", False), ("adapter", True)):
            for probe, said in zip(some, _said(model, some, adapted=adapted), strict=True):
                found.setdefault(probe.id, {})[name] = said
        tell(Asked(done=start + len(some), total=len(probes)))
    _appear(folder / ANSWERS, json.dumps(found))


def _said(model: Model, probes: list[Probe], *, adapted: bool) -> list[object]:
    """Per probe the answer, or how surprising its text is."""
    asked = [probe.messages for probe in probes if probe.text is None]
    answers = iter(model.answers(asked, adapted=adapted))
    return [
        next(answers) if probe.text is None else model.surprise(probe.text, adapted=adapted)
        for probe in probes
    ]


def _publish(folder: Path, model: Model) -> None:
    """The weights, under their name only when they are whole."""
    fresh = folder / f"{ADAPTER}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    model.save(fresh)
    fresh.rename(folder / ADAPTER)


def _keep(folder: Path, model: Model, state: _State) -> None:
    """A checkpoint in the place of the last one; between the two there is none, and no half one."""
    fresh, current = folder / f"{CHECKPOINT}.new", folder / CHECKPOINT
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    model.keep(fresh)
    said = {"step": state.step, "seconds": state.seconds, "stopped": state.stopped}
    (fresh / _PROGRESS).write_text(json.dumps(said))
    shutil.rmtree(current, ignore_errors=True)
    fresh.rename(current)


def _state(folder: Path) -> _State:
    """Where it was left; at the beginning where nothing was kept."""
    fresh, current = folder / f"{CHECKPOINT}.new", folder / CHECKPOINT
    if not current.exists() and (fresh / _PROGRESS).exists():
        # Killed between the two: what is new is whole, for its progress is written last.
        fresh.rename(current)
    try:
        return _State(**json.loads((current / _PROGRESS).read_text()))
    except (FileNotFoundError, ValueError):
        return _State()


def _appear(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    fresh.write_text(text)
    fresh.rename(path)


def _memory_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _RSS_PER_MB


def _check_memory(plan: Plan) -> None:
    used = _memory_mb()
    if used > plan.max_memory_mb:
        raise OutOfMemory(f"training takes {used} MB, its policy allows {plan.max_memory_mb}")
