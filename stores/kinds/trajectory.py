"""What an agent did step by step; every step is indexed and maps back to its characters."""

from __future__ import annotations

from collections.abc import Sequence

from stores.kinds.base import EpisodePayload, Kind, KindPayload, dated_utterance
from stores.records import MemoryType, Span

#: Steps are rendered one after another, separated by this; no rendered step contains it.
STEP = "\n\n"
_FIELDS = ("state", "action", "observation", "outcome")


class Step(KindPayload):
    """One step: what the state was, what was done, what was seen, how it ended."""

    action: str
    state: str | None = None
    observation: str | None = None
    outcome: str | None = None


class TrajectoryPayload(EpisodePayload):
    """The steps as they were received; the content is their text."""

    goal: str = ""
    steps: tuple[Step, ...] = ()


def as_content(goal: str, steps: Sequence[Step]) -> str:
    """The goal and every step as readable text, one block each."""
    return STEP.join(b for b in (_one_block(goal), *map(_block, enumerate(steps, 1))) if b)


def _block(numbered: tuple[int, Step]) -> str:
    number, step = numbered
    said = [(name, getattr(step, name)) for name in _FIELDS]
    lines = [f"{name}: {_one_block(value)}" for name, value in said if value]
    return "\n".join([f"step {number}", *lines])


def _one_block(text: str) -> str:
    """Blank lines inside a field would look like the start of a new step."""
    return "\n".join(line for line in text.splitlines() if line.strip())


def steps_of(content: str) -> tuple[Span, ...]:
    """The span of every block, the separators left out."""
    spans, start = [], 0
    for block in content.split(STEP):
        spans.append(Span(start=start, end=start + len(block)))
        start += len(block) + len(STEP)
    return tuple(spans)


KIND = Kind(
    name="trajectory",
    type=MemoryType.EPISODIC,
    payload=TrajectoryPayload,
    half_life_days=90,
    render=dated_utterance,
    split=steps_of,
)
