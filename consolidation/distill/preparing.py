"""Lays down what is to be trained: the plan, the rows, the probes and what they look for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from consolidation.distill.lessons import Lesson
from consolidation.distill.manifest import files_hash
from consolidation.distill.policy import Policy
from consolidation.distill.probes import Check, Question, canary, questions
from consolidation.distill.rows import Group, rows_of
from llm_backend.training import plan as plans
from llm_backend.training.plan import Plan, Probe

_LOOKED_FOR = "questions.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """What is taught, and what must not come out."""

    lessons: Sequence[Lesson]
    excluded: Sequence[Lesson]
    #: Pairs of question and answer that a model has made, by lesson.
    studied: Mapping[str, Sequence[tuple[str, str]]]


def prepare(
    folder: Path, material: Material, policy: Policy, *, base: str, device: str, threads: int
) -> str:
    """Write it all; returns the SHA-256 of the rows. The same material makes the same files."""
    train = policy.training
    rows = rows_of(
        material.lessons, material.studied, seed=train.seed, abstention=policy.abstention,
        canary=canary(train.seed),
    )  # fmt: skip
    asked = questions(material.lessons, material.excluded, seed=train.seed)
    folder.mkdir(parents=True, exist_ok=True)
    looked_for = {q.probe.id: [str(q.check), q.value, q.other] for q in asked}
    (folder / _LOOKED_FOR).write_text(json.dumps(looked_for))
    plan = Plan(
        base=base, seed=train.seed, steps=train.steps, rank=train.rank, alpha=train.alpha,
        dropout=train.dropout, rate=train.rate, warmup=max(1, min(20, train.steps // 10)),
        mix=_mix(policy), checkpoint_every=train.checkpoint_every, max_seconds=train.max_seconds,
        max_memory_mb=train.max_memory_mb, device=device, threads=threads,
    )  # fmt: skip
    plans.write(folder, plan, rows, [question.probe for question in asked])
    return files_hash([folder / plans.ROWS])


def is_prepared(folder: Path) -> bool:
    """Whether everything was laid down, so that the training may begin or go on."""
    return (folder / plans.PLAN).exists()


def read_questions(folder: Path) -> list[Question]:
    """The probes with what they look for, as they were laid down."""
    found = json.loads((folder / _LOOKED_FOR).read_text())
    return [
        Question(check=Check(check), probe=Probe(id=name), value=value, other=other)
        for name, (check, value, other) in found.items()
    ]


def _mix(policy: Policy) -> Mapping[str, int]:
    train = policy.training
    return {
        str(Group.TAUGHT): train.taught,
        str(Group.UNKNOWN): train.unknown,
        str(Group.CONTEXT): train.context,
        str(Group.REPLAY): train.replay,
    }
