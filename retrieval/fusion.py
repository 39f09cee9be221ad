"""Fusion: one ranking out of several, by the ranks alone. Pure functions.

Reciprocal rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009) over three lists: cosine, BM25, and
BM25 over the window of the session around a candidate. Constants were chosen on three LoCoMo
conversations and confirmed on two others; all lie in flat regions (docs/adr/0008).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from retrieval.contiguity import Candidates, Scores, beside, window_sum
from stores.ids import MemoryId

#: Sharper than the usual 60: the first places of these lists are worth much more than the rest.
K = 10
#: What the better neighbour's fused score adds to a candidate's own.
NEIGHBOUR = 0.3
#: A candidate by or about someone the question names gains as much as a first place in one list.
SPEAKER = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a list put a candidate, and with what score of its own."""

    rank: int
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Fused:
    """A candidate's fused score, its place in every list it is in, and who stands behind it."""

    memory_id: MemoryId
    members: tuple[MemoryId, ...]
    score: float
    places: Mapping[str, Place] = field(default_factory=dict)


def fuse(found: Candidates, most: int) -> list[Fused]:
    """The best `most` candidates, best first; ties go to the older memory."""
    lists = {
        "dense": found.cosine,
        "lexical": found.bm25,
        "contiguity": window_sum(found.bm25, found),
    }
    ranks = {name: _ranks(scores) for name, scores in lists.items()}
    own = SPEAKER / (K + 1) * found.named.astype(np.float64)
    for rank in ranks.values():
        own += 1 / (K + rank)
    score = own + NEIGHBOUR * np.maximum(*beside(own, found, 0.0))
    best = np.argsort(-score, kind="stable")[:most]
    return [
        Fused(
            memory_id=found.ids[i],
            members=found.members[i],
            score=float(score[i]),
            places={
                name: Place(rank=int(ranks[name][i]), score=float(scores[i]))
                for name, scores in lists.items()
                if np.isfinite(ranks[name][i])
            },
        )
        for i in best
    ]


def _ranks(scores: Scores) -> Scores:
    """Ranks from 1; infinite for candidates the list does not score above nothing."""
    scored = np.nan_to_num(scores, nan=0.0)
    ranks = np.full(len(scores), np.inf)
    order = np.argsort(-scored, kind="stable")
    order = order[scored[order] > 0]
    ranks[order] = np.arange(1, len(order) + 1)
    return ranks
