"""Contiguity: what was said just before and after a candidate tells what it is about.

In human recall an episode brings back its neighbours in time (the contiguity effect; EM-LLM,
arXiv:2407.09450, §3.3). Here every candidate is also scored by the window of its session around
it, so an answer is found by the words of the question it replies to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stores.ids import MemoryId
from stores.search import Nearby

#: What a neighbour's score counts for in a window, next to the candidate's own.
SHARE = 0.5

Scores = NDArray[np.float64]
#: Position of each candidate's neighbour among the candidates; the last position is nobody.
Positions = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Candidates:
    """Everything that is to be ranked, as columns of equal length n, ordered by id.

    What rests on one episode stands behind it: a fact is another key to its episode, and must not
    take a second place beside it.
    """

    ids: tuple[MemoryId, ...]
    #: Per candidate the memories that stand behind it, itself among them if it may be shown.
    members: tuple[tuple[MemoryId, ...], ...]
    #: (n,) best cosine to the query; NaN where there is no embedding.
    cosine: Scores
    #: (n,) best BM25; 0 where no term occurs.
    bm25: Scores
    #: (n,) who comes before and after in the session; n where nobody is known.
    before: Positions
    after: Positions
    #: (n,) whether the question names a speaker or subject.
    named: NDArray[np.bool_]


def candidates(
    around: Sequence[Nearby],
    cosines: Mapping[MemoryId, float],
    bm25: Mapping[MemoryId, float],
    named: set[MemoryId],
) -> Candidates:
    """What the channels found and what is near it, with its scores."""
    groups = _groups(around)
    ids = tuple(sorted(groups))
    members = tuple(groups[i] for i in ids)
    before, after = _chains(around, {i: position for position, i in enumerate(ids)})
    return Candidates(
        ids=ids,
        members=members,
        cosine=np.array([_best(cosines, group, np.nan) for group in members]),
        bm25=np.array([_best(bm25, group, 0.0) for group in members]),
        before=before,
        after=after,
        named=np.array([any(m in named for m in g) for g in members], dtype=np.bool_),
    )


def _best(scores: Mapping[MemoryId, float], group: Sequence[MemoryId], nothing: float) -> float:
    return max((scores[m] for m in group if m in scores), default=nothing)


def _groups(around: Sequence[Nearby]) -> dict[MemoryId, tuple[MemoryId, ...]]:
    """Memories by the episode they rest on, where that may be seen, else by themselves."""
    seen = {n.memory_id for n in around}
    groups: dict[MemoryId, dict[MemoryId, None]] = {}
    for found in around:
        head = found.source if found.source in seen else found.memory_id
        groups.setdefault(head, {})[found.memory_id] = None
    return {head: tuple(members) for head, members in groups.items()}


def _chains(around: Sequence[Nearby], place: Mapping[MemoryId, int]) -> tuple[Positions, Positions]:
    """Who follows whom: all that the neighbours of the seeds say about it together."""
    nobody = len(place)
    before = np.full(nobody, nobody, dtype=np.intp)
    after = np.full(nobody, nobody, dtype=np.intp)
    rows: dict[MemoryId, dict[int, int]] = {}
    for found in around:
        if found.memory_id in place:
            rows.setdefault(found.seed, {})[found.offset] = place[found.memory_id]
    for row in rows.values():
        for offset, position in row.items():
            if (follower := row.get(offset + 1)) is not None:
                after[position] = follower
                before[follower] = position
    return before, after


def beside(values: Scores, found: Candidates, nobody: float) -> tuple[Scores, Scores]:
    """The values of each candidate's neighbours; `nobody`'s where there is none."""
    padded = np.append(values, nobody)
    return padded[found.before], padded[found.after]


def window_sum(values: Scores, found: Candidates) -> Scores:
    """A candidate's own score and a share of its neighbours': for BM25, where terms add up."""
    earlier, later = beside(values, found, 0.0)
    return values + SHARE * (earlier + later)
