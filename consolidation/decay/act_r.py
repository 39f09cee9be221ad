"""ACT-R's base-level activation: every use leaves a trace, and the traces fade by a power of time.

B = ln Σ t^-½ over the uses; where only the count, the first and the last are known, the others are
spread evenly between them (Petrov 2006). Retention is ACT-R's probability of retrieval,
1 / (1 + e^((τ - B)/s)), with s = .25 and τ such that a memory that was never used is at one half
after the half-life of its kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from math import sqrt

from consolidation.decay.outlook import fall_to
from consolidation.decay.protocol import Kept

#: s: how sharply retrieval fails around the threshold.
_NOISE = 0.25


@dataclass(frozen=True, slots=True)
class ActR:
    """See the module."""

    name: str = "act_r"

    def strength(self, kept: Kept) -> float:
        """The half-life, in days, of a memory used once as lately as this one was so often."""
        return kept.half_life_days * (1 + kept.uses) ** 2

    def retention(self, kept: Kept, age: float) -> float:
        """The probability of retrieval at an age in days."""
        if age <= 0:
            return 1.0
        over = 1 / (sqrt(kept.half_life_days) * _traces(kept, age))
        return float(1 / (1 + over ** (1 / _NOISE)))

    def age_when(self, kept: Kept, level: float) -> float | None:
        """By halving."""
        return fall_to(partial(self.retention, kept), level)


def _traces(kept: Kept, age: float) -> float:
    """Σ t^-½ over the writing of the memory and its uses, t in days; the last is `age` ago."""
    used = kept.last_used_at or kept.since
    between = max((used - kept.since) / timedelta(days=1), 0.0)
    # The mean of t^-½ between two ages, without the difference of nearly equal roots.
    return 1 / sqrt(age) + kept.uses * 2 / (sqrt(between + age) + sqrt(age))


PROFILE = ActR()
