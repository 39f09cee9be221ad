"""Mixtures of spherical Gaussians: fitted by expectation-maximisation, their number by BIC.

BIC = p·ln n − 2·ln L, the lower the better (Schwarz 1978), with p = k·(d + 2) − 1 parameters. The
same points and seed give the same mixture.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import log, pi

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: A component is never narrower, so that it cannot close on a single point.
_NARROWEST = 1e-4
_ROUNDS, _ENOUGH = 60, 1e-5


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Mixture:
    """k components in d dimensions, and how well they explain what they were fitted to."""

    weights: Floats
    means: Floats
    variances: Floats
    bic: float

    @property
    def size(self) -> int:
        """How many components."""
        return len(self.weights)

    def posterior(self, points: Floats) -> Floats:
        """(n, k) how likely each point is of each component; the rows sum to 1."""
        joint = _log_joint(points, self.weights, self.means, self.variances)
        return np.asarray(np.exp(joint - _log_sum(joint)[:, None]))


def best(points: Floats, sizes: Iterable[int], *, seed: int) -> Mixture:
    """The mixture of one of these sizes with the lowest BIC; of equal ones the smaller."""
    fitted = [fit(points, size, seed=seed) for size in sorted(set(sizes))]
    return min(fitted, key=lambda mixture: (mixture.bic, mixture.size))


def fit(points: Floats, size: int, *, seed: int) -> Mixture:
    """A mixture of so many components; `points` is (n, d) with n ≥ size ≥ 1."""
    n, dimensions = points.shape
    means = _spread(points, size, np.random.default_rng(seed))
    variances = np.full(size, max(_NARROWEST, float(points.var(axis=0).mean())))
    weights = np.full(size, 1 / size)
    before = -np.inf
    for _ in range(_ROUNDS):
        joint = _log_joint(points, weights, means, variances)
        total = _log_sum(joint)
        likelihood = float(total.sum())
        shares = np.exp(joint - total[:, None])
        held = shares.sum(axis=0) + 1e-12
        weights = held / n
        means = shares.T @ points / held[:, None]
        spread = (shares * _squared(points, means)).sum(axis=0) / (held * dimensions)
        variances = np.maximum(spread, _NARROWEST)
        if likelihood - before < _ENOUGH * n:
            break
        before = likelihood
    likelihood = float(_log_sum(_log_joint(points, weights, means, variances)).sum())
    parameters = size * (dimensions + 2) - 1
    bic = parameters * log(n) - 2 * likelihood
    return Mixture(weights=weights, means=means, variances=variances, bic=bic)


def reduced(points: Floats, dimensions: int) -> Floats:
    """The points by their first principal components, at most so many."""
    centred = points - points.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    return np.asarray(centred @ axes[:dimensions].T)


def _spread(points: Floats, size: int, chance: np.random.Generator) -> Floats:
    """Far-apart points to begin with, as k-means++ chooses them."""
    chosen = [points[int(chance.integers(len(points)))]]
    while len(chosen) < size:
        far = _squared(points, np.array(chosen)).min(axis=1)
        total = far.sum()
        shares = far / total if total > 0 else np.full(len(points), 1 / len(points))
        chosen.append(points[int(chance.choice(len(points), p=shares))])
    return np.array(chosen)


def _squared(points: Floats, means: Floats) -> Floats:
    """(n, k) squared distances."""
    squares = (points**2).sum(axis=1)[:, None] + (means**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(squares - 2 * points @ means.T, 0.0))


def _log_joint(points: Floats, weights: Floats, means: Floats, variances: Floats) -> Floats:
    """(n, k) ln(weight · density)."""
    dimensions = points.shape[1]
    densities = -0.5 * (
        dimensions * np.log(2 * pi * variances) + _squared(points, means) / variances
    )
    return np.asarray(np.log(weights) + densities)


def _log_sum(joint: Floats) -> Floats:
    most = joint.max(axis=1)
    return np.asarray(most + np.log(np.exp(joint - most[:, None]).sum(axis=1)))
