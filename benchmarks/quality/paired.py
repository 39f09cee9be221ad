"""Paired bootstrap over questions: is a difference between two runs more than luck?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 10_000
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where 95 % of the resampled means lie."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the mean is more than luck."""
        return self.low > 0 or self.high < 0


def interval(values: Sequence[float], resamples: int = RESAMPLES, seed: int = 0) -> Interval:
    """Of the mean: questions are drawn with replacement, as many as there are, again and again."""
    data = np.asarray(values, dtype=float)
    chance = np.random.default_rng(seed)
    means: list[float] = []
    for start in range(0, resamples, _AT_ONCE):
        drawn = chance.integers(len(data), size=(min(_AT_ONCE, resamples - start), len(data)))
        means.extend(data[drawn].mean(axis=1).tolist())
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(float(data.mean()), float(low), float(high))
