"""Which sentences a summary tells: central, about much, not the same twice, within a budget. Pure.

Maximal marginal relevance (Carbonell and Goldstein, 1998) over terms and embeddings: the worth of
a sentence is what its terms weigh that none before it said, the more the nearer its turn is to the
middle of all, the less the nearer it is to one that is chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import log, sqrt

import numpy as np
from numpy import float32
from numpy.typing import NDArray

from consolidation.summarise.candidates import Candidate

#: A name or number tells more than another word; what a child or a fact rests on, more than what
#: none did.
_NAMED, _SUPPORTED = 1.5, 1.5
#: How much nearness to the middle adds, and nearness to what is chosen takes away.
_CENTRAL, _SAME = 0.5, 0.7


def choose(
    candidates: Sequence[Candidate], *, budget: int, cost: Callable[[Candidate], int]
) -> tuple[Candidate, ...]:
    """The best sentences that cost so many characters at most, in the order of the talk."""
    weights, vectors = _weights(candidates), _vectors(candidates)
    central, nearest = _centrality(vectors), np.zeros(len(candidates), dtype=float32)
    chosen: list[int] = []
    covered: set[str] = set()
    left = set(range(len(candidates)))
    while left := {i for i in left if cost(candidates[i]) <= budget}:
        worth = {i: _worth(candidates[i], weights, covered) for i in left}
        for i in left:
            worth[i] *= (1 + _CENTRAL * central[i]) * (1 - _SAME * nearest[i])
        best = max(worth, key=lambda i: (worth[i], -i))
        if worth[best] <= 0:
            break
        chosen.append(best)
        left.discard(best)
        covered |= candidates[best].terms
        budget -= cost(candidates[best])
        nearest = np.maximum(nearest, _nearness(candidates, vectors, best))
    order = sorted(chosen, key=lambda i: (candidates[i].turn.occurred_at, i))
    return tuple(candidates[i] for i in order)


def _worth(one: Candidate, weights: Mapping[str, float], covered: set[str]) -> float:
    fresh = sum(
        weights[term] * (_NAMED if term in one.named else 1.0) for term in one.terms - covered
    )
    # By the root of its length: neither the longest always, nor the shortest.
    worth = one.weight * fresh / sqrt(max(1, len(one.terms)))
    return worth * (_SUPPORTED if one.supported else 1.0)


def _weights(candidates: Sequence[Candidate]) -> dict[str, float]:
    """How much each term tells: said often, but not in every sentence."""
    said = Counter(term for one in candidates for term in one.terms)
    sentences = len(candidates)
    return {term: sqrt(n) * log((sentences + 1) / (n + 0.5)) for term, n in said.items()}


def _centrality(vectors: NDArray[float32]) -> NDArray[float32]:
    """How near each is to the middle of all, 0..1; 0 without embeddings."""
    middle = vectors.sum(axis=0)
    length = float(np.linalg.norm(middle))
    if not length:
        return np.zeros(len(vectors), dtype=float32)
    found: NDArray[float32] = np.clip(vectors @ (middle / length), 0.0, 1.0).astype(float32)
    return found


def _nearness(
    candidates: Sequence[Candidate], vectors: NDArray[float32], to: int
) -> NDArray[float32]:
    """How near each is to one of them; sentences of one turn are not the same for that."""
    near = np.clip(vectors @ vectors[to], 0.0, 1.0)
    same = [one.turn.id == candidates[to].turn.id for one in candidates]
    return np.where(same, 0.0, near).astype(float32)


def _vectors(candidates: Sequence[Candidate]) -> NDArray[float32]:
    """The embedding of the turn of each; nothing for one that has none yet."""
    size = next((len(c.turn.embedding) for c in candidates if c.turn.embedding is not None), 1)
    found = np.zeros((len(candidates), size), dtype=float32)
    for row, one in enumerate(candidates):
        if one.turn.embedding is not None:
            found[row] = one.turn.embedding
    return found
