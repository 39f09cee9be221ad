"""What is to be trained, as files in one folder: the plan, the rows, the probes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from llm_backend.chat import Message

PLAN, ROWS, PROBES = "plan.json", "rows.jsonl", "probes.jsonl"
#: What the training leaves behind: the weights, and what was answered to the probes.
ADAPTER, ANSWERS = "adapter", "answers.json"
#: From what it goes on, where it was begun before.
CHECKPOINT = "checkpoint"


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How to train. The same plan, rows and machine make the same weights."""

    #: A folder with a Hugging Face causal model, or its name.
    base: str
    seed: int
    steps: int
    rank: int
    alpha: int
    dropout: float
    #: AdamW's, after `warmup` steps; from there it falls in a line to a twentieth.
    rate: float
    warmup: int
    #: Rows of each group in a step.
    mix: Mapping[str, int]
    checkpoint_every: int
    #: Seconds of all attempts together, and megabytes of memory.
    max_seconds: float
    max_memory_mb: int
    #: Tokens that are computed at a time, padding included: what bounds the memory.
    batch_tokens: int = 2048
    #: `auto`, `cuda` or `cpu`; threads of the processor.
    device: str = "auto"
    threads: int = 1
    #: Tokens of an answer to a probe.
    max_tokens: int = 48


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One conversation; the last message, the assistant's, is learned. `key`: which memory's."""

    group: str
    key: str
    messages: Sequence[Message]


@dataclass(frozen=True, kw_only=True, slots=True)
class Probe:
    """A question that base and adapter answer, or a text whose probability is compared."""

    id: str
    messages: Sequence[Message] = field(default_factory=tuple)
    text: str | None = None


def write(folder: Path, plan: Plan, rows: Iterable[Row], probes: Iterable[Probe]) -> None:
    """Lay everything down in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    _lines(folder / ROWS, (asdict(row) for row in rows))
    _lines(folder / PROBES, (asdict(probe) for probe in probes))
    # Last: a folder with a plan is complete.
    (folder / PLAN).write_text(json.dumps({**asdict(plan), "mix": dict(plan.mix)}))


def read_plan(folder: Path) -> Plan:
    """The plan of a folder."""
    return Plan(**json.loads((folder / PLAN).read_text()))


def read_rows(folder: Path) -> list[Row]:
    """Its rows."""
    with (folder / ROWS).open() as lines:
        found = [json.loads(line) for line in lines]
    return [
        Row(group=row["group"], key=row["key"], messages=_messages(row["messages"]))
        for row in found
    ]


def read_probes(folder: Path) -> list[Probe]:
    """Its probes."""
    with (folder / PROBES).open() as lines:
        found = [json.loads(line) for line in lines]
    return [
        Probe(id=probe["id"], messages=_messages(probe["messages"]), text=probe["text"])
        for probe in found
    ]


def _messages(raw: Sequence[Mapping[str, str]]) -> tuple[Message, ...]:
    return tuple(Message(role=cast("Any", one["role"]), content=one["content"]) for one in raw)


def _lines(path: Path, items: Iterable[object]) -> None:
    with path.open("w") as file:
        for item in items:
            file.write(json.dumps(item) + "\n")
