"""Contiguity: what was said just before and after a candidate tells what it is about.

In human recall an episode brings back its neighbours in time (the contiguity effect; EM-LLM,
arXiv:2407.09450, §3.3). Here every candidate is also scored by the window of its session around
it, so an answer is found by the words of the question it replies to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from stores.ids import MemoryId
from stores.search import Neighbour

#: What a neighbour's score counts for in a window, next to the candidate's own.
SHARE = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """Who comes before and after whom in their session, as far as it was looked up."""

    before: Mapping[MemoryId, MemoryId] = field(default_factory=dict)
    after: Mapping[MemoryId, MemoryId] = field(default_factory=dict)

    def beside(self, memory_id: MemoryId) -> list[MemoryId]:
        """The direct neighbours that are known."""
        sides = (self.before.get(memory_id), self.after.get(memory_id))
        return [side for side in sides if side is not None]


def chain(neighbours: Sequence[Neighbour]) -> Chain:
    """The chains that the neighbours of the seeds, two on either side, make up."""
    around: dict[MemoryId, dict[int, MemoryId]] = {}
    for found in neighbours:
        around.setdefault(found.seed, {0: found.seed})[found.offset] = found.memory_id
    before: dict[MemoryId, MemoryId] = {}
    after: dict[MemoryId, MemoryId] = {}
    for places in around.values():
        for offset, memory_id in places.items():
            if (next_one := places.get(offset + 1)) is not None:
                after[memory_id] = next_one
                before[next_one] = memory_id
    return Chain(before=before, after=after)


def window_sums(scores: Mapping[MemoryId, float], links: Chain) -> dict[MemoryId, float]:
    """A candidate's own score and a share of its neighbours': for BM25, where terms add up."""
    known = set(scores) | {n for memory_id in scores for n in links.beside(memory_id)}
    return {
        memory_id: scores.get(memory_id, 0.0)
        + SHARE * sum(scores.get(n, 0.0) for n in links.beside(memory_id))
        for memory_id in known
    }


def window_means(scores: Mapping[MemoryId, float], links: Chain) -> dict[MemoryId, float]:
    """The mean of a window, neighbours weighing a share: for cosines, which do not add up."""
    means = {}
    for memory_id, own in scores.items():
        beside = [scores[n] for n in links.beside(memory_id) if n in scores]
        means[memory_id] = (own + SHARE * sum(beside)) / (1 + SHARE * len(beside))
    return means
