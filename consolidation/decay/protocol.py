"""What decay needs to know of a memory, what it says of it, and what a profile of decay is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stores.records import Tier


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A memory as decay sees it. `importance` and `trust` are in 0..1."""

    #: Days in which an unused memory of the kind, neither important nor distrusted, loses half.
    half_life_days: float
    importance: float
    trust: float
    #: When its current version was written: whoever changes a memory has it in mind.
    since: datetime
    valid_at: datetime | None = None
    #: Uses with at least twelve hours between two.
    uses: int = 0
    last_used_at: datetime | None = None
    confirmations: int = 0
    #: Pinned, or under legal hold: it does not decay.
    held: bool = False
    #: The tier it is in.
    tier: Tier = Tier.HOT

    @property
    def fresh_at(self) -> datetime:
        """Since when it ages: its version, its last use, or the day from which it holds."""
        times = (self.since, self.last_used_at, self.valid_at)
        return max(moment for moment in times if moment is not None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outlook:
    """How a memory stands, and when it will be in another tier if nothing happens to it."""

    #: In 0..1.
    retention: float
    #: Days that say how lasting it is; None for what does not decay.
    strength: float | None
    tier: Tier
    next_transition_at: datetime | None


class Profile(Protocol):
    """A way of decaying. Retention only falls with age; ages are days since `Kept.fresh_at`."""

    @property
    def name(self) -> str:
        """What policies call it."""
        ...

    def strength(self, kept: Kept) -> float:
        """How lasting the memory is, in days."""
        ...

    def retention(self, kept: Kept, age: float) -> float:
        """What is left of it, in 0..1."""
        ...

    def age_when(self, kept: Kept, level: float) -> float | None:
        """The age at which retention has fallen to a level in 0..1; None if it never does."""
        ...
