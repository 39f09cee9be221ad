"""Fits the weights: listwise, with the signs that the features promise.

Each gold turn competes with all that is not gold, `softplus(logsumexp(others) - score)`: the loss
falls when gold rises into the first places, and does not ask two gold turns to beat each other.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logsumexp, softmax

from benchmarks.train.examples import Floats, Source

#: What keeps the weights small, of features scaled to a standard deviation of 1. From 0.01 to 0.1
#: recall@10 of our own conversations, held out, stays within half a point, of RHELM within 2.5.
L2 = 0.1
#: Features that speak against a hit; all others speak for it.
AGAINST = frozenset({"asks"})
#: Not trained: it is in units of the score already, and carries what a question says outright
#: ("our third conversation"), of which there are too few to learn from.
FIXED: Mapping[str, float] = {"support": 1.0}
_NOBODY = -1e4


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Batch:
    """All questions at once, padded to the longest list of hits."""

    #: (q, n, f) scaled, and (q, n) what the fixed features add.
    features: Floats
    fixed: Floats
    #: (q, n) 1 / number of gold where it is gold; and whether there is a hit that is not.
    gold: Floats
    other: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    #: (q,) summing to 1.
    weight: Floats


def fit(
    sources: Sequence[Source],
    names: Sequence[str],
    *,
    without: Collection[str] = (),
    l2: float = L2,
) -> Floats:
    """(f,) the weights, fixed ones included; 0 for what is left out."""
    fixed = np.array([0.0 if n in without else FIXED.get(n, 0.0) for n in names])
    free = np.array([n not in FIXED and n not in without for n in names])
    scale = _deviations(sources)
    batch = _batch(sources, free, scale, fixed)
    bounds = [
        (None, 0.0) if name in AGAINST else (0.0, None)
        for name, is_free in zip(names, free, strict=True)
        if is_free
    ]
    found = minimize(
        _loss, np.zeros(len(bounds)), args=(batch, l2), jac=True, method="L-BFGS-B", bounds=bounds
    )
    weights: Floats = fixed.copy()
    weights[free] = found.x / scale[free]
    return weights


def _deviations(sources: Sequence[Source]) -> Floats:
    everything = np.concatenate([e.features for s in sources for e in s.answerable])
    return np.asarray(np.maximum(everything.std(axis=0), 1e-3))


def _batch(sources: Sequence[Source], free: Floats, scale: Floats, fixed: Floats) -> _Batch:
    asked = [
        (example, source.weight / len(source.answerable))
        for source in sources
        for example in source.answerable
        if example.is_gold.any() and not example.is_gold.all()
    ]
    longest = max(len(example.features) for example, _ in asked)
    shape = (len(asked), longest)
    features = np.zeros((*shape, int(free.sum())))
    added, gold, other = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    for number, (example, _) in enumerate(asked):
        n = len(example.features)
        features[number, :n] = (example.features / scale)[:, free]
        added[number, :n] = example.features @ fixed
        gold[number, :n] = example.is_gold / example.is_gold.sum()
        other[number, :n] = ~example.is_gold
    weight = np.array([each for _, each in asked])
    return _Batch(
        features=features, fixed=added, gold=gold, other=other, weight=weight / weight.sum()
    )


def _loss(weights: Floats, batch: _Batch, l2: float) -> tuple[float, Floats]:
    """The loss and its gradient."""
    scores = batch.features @ weights + batch.fixed
    others = np.where(batch.other, scores, _NOBODY)
    ahead = logsumexp(others, axis=1)[:, None] - scores
    loss = batch.weight @ (batch.gold * np.logaddexp(0, ahead)).sum(axis=1)
    pull = batch.gold * expit(ahead)
    push = softmax(others, axis=1) * pull.sum(axis=1)[:, None]
    slope = batch.weight[:, None] * (push * batch.other - pull)
    gradient = np.einsum("qn,qnf->f", slope, batch.features) + 2 * l2 * weights
    return float(loss + l2 * weights @ weights), gradient
