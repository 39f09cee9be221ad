"""What a simulation replays, asks and measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Something that was said: one episode."""

    id: str
    at: datetime
    session: str
    speaker: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A question and what answers it.

    Each group of `needed` stands for one piece of the answer, which any of its episodes tells.
    """

    text: str
    needed: tuple[frozenset[str], ...]
    #: From when on it can be answered so, and since when it has another answer.
    since: datetime
    until: datetime | None = None
    #: Episodes that tell what the answer was before.
    outdated: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """What is said, by time, and what can be asked about it."""

    name: str
    told: tuple[Told, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """How well questions of one sort were answered."""

    asked: int = 0
    #: Share of what was needed that was among the first ten; None where nothing was asked.
    recall: float | None = None
    #: Share of questions where an outdated answer stood before the one that holds.
    stale: float | None = None
    #: Tokens of the context for a question, on average.
    tokens: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """How things stood at one time."""

    variant: str
    day: int
    at: datetime
    episodes: int
    #: Memories by `type/state`, and by tier.
    states: Mapping[str, int] = field(default_factory=dict)
    tiers: Mapping[str, int] = field(default_factory=dict)
    #: Bytes of rows by table, without indexes.
    sizes: Mapping[str, int] = field(default_factory=dict)
    valid: Asked = field(default_factory=Asked)
    #: Of what held once, asked as of then.
    superseded: Asked = field(default_factory=Asked)
    #: Jobs run since the checkpoint before, by name.
    jobs: Mapping[str, int] = field(default_factory=dict)
    #: Real seconds since the start of the variant.
    seconds: float = 0.0

    @property
    def memories(self) -> int:
        """All memories, in whatever state."""
        return sum(self.states.values())
