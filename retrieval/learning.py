"""Learning to rank from feedback, for one space: pure functions over what recall logged.

The idea is that of retrospective reflection (RMM, arXiv:2503.08026, §4): what an answer cited was
worth showing. The estimator is unbiased learning to rank (Joachims, Swaminathan & Schnabel, WSDM
2017, §4): what stood further down was seen less often, so a use there counts for more, by the
inverse of its propensity. What is learned is a small addition to the weights of the base model, and
it is deployed only if recalls it has not seen come out better with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

#: Below so many recalls with a use there is nothing to hold out.
LEAST = 40
#: One in so many recalls is held out, chosen by its id, so always the same.
_HELD_OUT = 4
#: What is judged: the share of the used memories among the first so many.
_AT = 3
#: The least propensity: no single use may outweigh more than so many others (1/0.1).
_LEAST_SEEN = 0.1
#: How many standard errors better it must be: lessons come again and again, and with one error
#: every ninth would put mere chance in place (measured on recalls without anything to learn).
_SURE = 1.64
#: How far a weight may move, and how strongly it is held back, per recall.
_MOST = 1.0
_PULL = 0.05

Floats = NDArray[np.float64]


class Judged(Protocol):
    """A recall with feedback, as far as learning needs to know it."""

    @property
    def recall_id(self) -> UUID:
        """Decides whether it is held out."""

    @property
    def ranks(self) -> Sequence[int]:
        """From 1, where each memory stood."""

    @property
    def features(self) -> Sequence[Sequence[float]]:
        """(n, f) what each was ranked by."""

    @property
    def used(self) -> Sequence[bool]:
        """Whether each served."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """What was learned: the addition to the base weights, and how both do on recalls held out."""

    weights: tuple[float, ...]
    #: Whether it is better than what serves now, by more than chance would have it.
    better: bool
    metrics: Mapping[str, float]


def learn(
    base: Sequence[float], serving: Sequence[float], recalls: Sequence[Judged]
) -> Lesson | None:
    """Fit an addition to `base` (f,); None while there is too little to learn from.

    `serving` (f,) is the addition that ranks now, and what the new one must beat.
    """
    usable = [r for r in recalls if any(r.used) and len(r.features[0]) == len(base)]
    if len(usable) < LEAST:
        return None
    held = [r for r in usable if r.recall_id.int % _HELD_OUT == 0]
    seen = [r for r in usable if r.recall_id.int % _HELD_OUT]
    start = np.asarray(base, dtype=np.float64)
    found = _fit(start, seen)
    now, then = (
        np.array([_recall(start + added, r) for r in held])
        for added in (np.asarray(serving, dtype=np.float64), found)
    )
    gain = then - now
    error = float(gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else np.inf
    return Lesson(
        weights=tuple(float(w) for w in found),
        better=bool(gain.size and gain.mean() > _SURE * error),
        metrics={
            "recalls": len(usable),
            "held_out": len(held),
            f"recall_at_{_AT}_serving": round(float(now.mean()), 4) if len(held) else 0.0,
            f"recall_at_{_AT}_learned": round(float(then.mean()), 4) if len(held) else 0.0,
            "standard_error": round(error, 4) if np.isfinite(error) else 0.0,
        },
    )


def _fit(start: Floats, recalls: Sequence[Judged]) -> Floats:
    """The addition that makes used memories likeliest to come first, seen fairly."""
    # The import takes a tenth of a second, which only a job may spend.
    from scipy.optimize import minimize

    rows = [np.asarray(r.features, dtype=np.float64) for r in recalls]
    worth = [np.asarray(r.used, dtype=np.float64) / _propensity(r.ranks) for r in recalls]

    def loss(added: Floats) -> tuple[float, Floats]:
        """Softmax cross-entropy weighted by inverse propensity, and its gradient."""
        total = _PULL * len(rows) * float(added @ added)
        gradient = 2 * _PULL * len(rows) * added
        for x, w in zip(rows, worth, strict=True):
            scores = x @ (start + added)
            scores -= scores.max()
            chances = np.exp(scores)
            chances /= chances.sum()
            total -= float(w @ np.log(np.maximum(chances, 1e-12)))
            gradient -= x.T @ (w - w.sum() * chances)
        return total, gradient

    found = minimize(
        loss, np.zeros_like(start), jac=True, method="L-BFGS-B",
        bounds=[(-_MOST, _MOST)] * len(start),
    )  # fmt: skip
    return np.asarray(found.x, dtype=np.float64)


def _propensity(ranks: Sequence[int]) -> Floats:
    """How likely a place is to be looked at: 1 / rank, not below what is bearable."""
    return np.maximum(1 / np.asarray(ranks, dtype=np.float64), _LEAST_SEEN)


def _recall(weights: Floats, recall: Judged) -> float:
    """The share of used memories among the first few under these weights, seen fairly."""
    worth = np.asarray(recall.used, dtype=np.float64) / _propensity(recall.ranks)
    order = np.argsort(-(np.asarray(recall.features) @ weights), kind="stable")[:_AT]
    return float(worth[order].sum() / worth.sum())
