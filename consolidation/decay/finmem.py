"""FinMem's layers, as they are meant: what is important sinks into deeper, slower ones.

Importance is in 0..100 and fades; each use adds 5 and sets the age back. From 60 on a memory lies
in the middle layer, from 80 on in the deep one, and comes up again as it fades. Retention is the
mean of recency and importance, the paper's score without the similarity; it is 0 where the paper
forgets.

The released code adds the whole count of uses again with each of them; that is not what is meant.
What fades between two uses is not kept, so importance starts from its value and all uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import log

from consolidation.decay.outlook import fall_to
from consolidation.decay.protocol import Kept
from consolidation.decay.published import (
    LAYERS,
    LEAST_IMPORTANCE,
    LEAST_RECENCY,
    Layer,
    finmem_importance,
    finmem_recency,
)

#: What a use adds to the importance, and how far.
_USE, _MOST = 5.0, 100.0


@dataclass(frozen=True, slots=True)
class FinMem:
    """See the module."""

    name: str = "finmem"

    def strength(self, kept: Kept) -> float:
        """The days in which recency falls to 1/e in the layer a fresh memory lies in."""
        return next(_layers(kept))[1].days

    def retention(self, kept: Kept, age: float) -> float:
        """The mean of recency and importance at an age in days."""
        entered, layer, importance = [
            found for found in _layers(kept) if found[0] <= age
        ][-1]  # fmt: skip
        importance = finmem_importance(age - entered, importance, layer)
        recency = finmem_recency(age, layer)
        if recency < LEAST_RECENCY or importance < LEAST_IMPORTANCE:
            return 0.0
        return (recency + importance / _MOST) / 2

    def age_when(self, kept: Kept, level: float) -> float | None:
        """By halving: retention falls in steps where a memory comes up a layer."""
        return fall_to(partial(self.retention, kept), level)


def _layers(kept: Kept) -> Iterator[tuple[float, Layer, float]]:
    """The layers an unused memory passes: the age in days it enters each at, and its importance."""
    age, importance = 0.0, min(kept.importance * _MOST + _USE * kept.uses, _MOST)
    for layer in LAYERS:
        if importance < layer.least:
            continue
        yield age, layer, importance
        if layer.least:
            age += log(importance / layer.least) / -log(layer.keeps)
            importance = layer.least


PROFILE = FinMem()
