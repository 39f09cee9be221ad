"""What packing takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from stores.ids import MemoryId
from stores.records import MemCube, Span


class Packable(Protocol):
    """A hit, as far as packing needs to know it."""

    @property
    def memory(self) -> MemCube:
        """What was found."""

    @property
    def passage(self) -> Span | None:
        """The part that matched."""

    @property
    def relevance(self) -> float:
        """How likely it bears on the question, 0..1."""

    @property
    def before(self) -> MemoryId | None:
        """The episode said just before it, where that is known."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Citation:
    """What a marker in the text stands for."""

    marker: str
    memory_id: MemoryId
    space: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """The text, its length in tokens, and its citations in order of appearance."""

    text: str
    tokens: int
    citations: tuple[Citation, ...]
    #: The markers of those that contradict each other, in pairs.
    at_odds: tuple[tuple[str, str], ...] = ()
