"""The default profile: an exponential curve, slower for what is used, important and confirmed.

S = S0 (1 + .6 ln(1 + uses)) (1 + importance) (1 + .3 ln(1 + confirmations)), in days, and
R = e^(-(1 + κ(1 - trust)) age / S) with κ = 2. The shape is SuperLocalMemory's, whose constants are
in hours; S0 comes from the half-life of the kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

from consolidation.decay.protocol import Kept
from consolidation.decay.published import KAPPA, distrusted

_USES, _CONFIRMED = 0.6, 0.3


@dataclass(frozen=True, slots=True)
class Ebbinghaus:
    """See the module."""

    name: str = "ebbinghaus"

    def strength(self, kept: Kept) -> float:
        """S, in days."""
        return (
            kept.half_life_days / log(2)
            * (1 + _USES * log(1 + kept.uses))
            * (1 + kept.importance)
            * (1 + _CONFIRMED * log(1 + kept.confirmations))
        )  # fmt: skip

    def retention(self, kept: Kept, age: float) -> float:
        """R at an age in days."""
        return distrusted(age, self.strength(kept), kept.trust)

    def age_when(self, kept: Kept, level: float) -> float:
        """R solved for the age."""
        return -log(level) * self.strength(kept) / (1 + KAPPA * (1 - kept.trust))


PROFILE = Ebbinghaus()
