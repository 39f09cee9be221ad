"""Fusion: one ranking out of several, by the ranks alone. Pure functions.

Reciprocal rank fusion (Cormack, Clarke & Büttcher, SIGIR 2009) over four lists: BM25 and cosine,
each of the candidate itself and of the window of its session around it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from retrieval.contiguity import Chain, window_means, window_sums
from stores.ids import MemoryId

#: Sharper than the usual 60: the first places of these lists are worth much more than the rest.
K = 10
#: What the better neighbour's fused score adds to a candidate's own.
NEIGHBOUR = 0.3
#: A candidate said by someone the question names gains as much as a first place in one list.
SPEAKER = 1.0

Scores = Mapping[MemoryId, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a channel put a candidate, and with what score of its own."""

    rank: int
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Fused:
    """A candidate's fused score, and its place in every list it is in."""

    memory_id: MemoryId
    score: float
    places: Mapping[str, Place] = field(default_factory=dict)


def fuse(dense: Scores, lexical: Scores, links: Chain, named: Collection[MemoryId]) -> list[Fused]:
    """Every candidate, best first; ties go to the older memory.

    `dense` holds cosines and `lexical` BM25 scores of candidates and their neighbours; `named`
    are the candidates whose speaker the question names.
    """
    lists = {
        "dense": dense,
        "lexical": lexical,
        "dense_window": window_means(dense, links),
        "lexical_window": window_sums(lexical, links),
    }
    places: dict[MemoryId, dict[str, Place]] = {}
    for name, scores in lists.items():
        for memory_id, place in _places(scores).items():
            places.setdefault(memory_id, {})[name] = place
    own = {
        memory_id: sum(1 / (K + place.rank) for place in found.values())
        + (SPEAKER / (K + 1) if memory_id in named else 0.0)
        for memory_id, found in places.items()
    }
    fused = [
        Fused(
            memory_id=memory_id,
            score=score
            + NEIGHBOUR * max((own.get(n, 0.0) for n in links.beside(memory_id)), default=0.0),
            places=places[memory_id],
        )
        for memory_id, score in own.items()
    ]
    return sorted(fused, key=lambda f: (-f.score, f.memory_id))


def _places(scores: Scores) -> dict[MemoryId, Place]:
    """Ranks from 1, of those that score at all."""
    ordered = sorted((m for m in scores if scores[m] > 0), key=lambda m: (-scores[m], m))
    return {m: Place(rank=rank, score=scores[m]) for rank, m in enumerate(ordered, 1)}
