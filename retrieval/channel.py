"""What a channel is: one strategy of finding memories for a query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray

from stores.search import Found, Search


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


class Channel(Protocol):
    """One strategy. Its file in `retrieval/channels` is all it takes to add it."""

    @property
    def name(self) -> str:
        """As it appears in `channels` of a hit and in `degraded`."""

    async def search(self, search: Search, query: Query) -> list[Found]:
        """Candidates, best first. Raises CannotAnswer."""


class CannotAnswer(Exception):
    """The channel cannot answer now; it is named in `degraded`."""
