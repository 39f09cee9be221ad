"""What a channel is: one strategy of finding memories for a query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray

from retrieval.understanding.records import Answer, Question, Understanding
from stores.search import Found, Search, TermCounts

#: Of a question nobody has tried to understand.
UNREAD = Understanding(
    question=Question.FACT, answer=Answer.ANY, names=(), subject=None, phrases=(), numbers=(),
    times=(), order=None, sought=None, language="en", follow_up=False, completed="",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Query:
    """A question, understood: its terms, and its embedding if there is a model to make it."""

    text: str
    terms: tuple[str, ...]
    #: (dimensions,), of length 1; None while the model is not there.
    embedding: NDArray[float32] | None
    model: UUID
    #: How many parts the spaces asked hold, from kept statistics.
    size: int
    #: The moment it is asked from.
    reference: datetime
    #: Per space asked, how often the terms occur there.
    counts: tuple[TermCounts, ...] = ()
    understood: Understanding = UNREAD


class Channel(Protocol):
    """One strategy. Its file in `retrieval/channels` is all it takes to add it."""

    @property
    def name(self) -> str:
        """As it appears in `channels` of a hit, in `degraded` and in `timings_ms`."""

    @property
    def label(self) -> str:
        """What it goes by, as a reason says it: "#3 by meaning"."""

    def applies(self, query: Query) -> bool:
        """Whether the question holds what the channel works with; if not, it is not asked."""

    async def search(self, search: Search, query: Query) -> list[Found]:
        """Candidates, best first. Raises CannotAnswer."""


class CannotAnswer(Exception):
    """The channel cannot answer now; it is named in `degraded`."""
