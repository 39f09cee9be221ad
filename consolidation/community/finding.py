"""Communities of entities: found by Louvain's method, and grown by their neighbours' plurality."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import networkx as nx

from stores.communities import Tied
from stores.ids import MemoryId

#: Fewer entities are no community but a relation.
SMALLEST = 3
#: The same graph always falls into the same communities.
_SEED = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A community, by entity: how much it is tied to the others of it, the most tied one 1."""

    members: Mapping[MemoryId, float]


def find_communities(ties: Sequence[Tied]) -> tuple[Found, ...]:
    """The communities in a graph, the largest first; those too small are left out."""
    graph: nx.Graph[MemoryId] = nx.Graph()
    graph.add_nodes_from(sorted({end for tie in ties for end in tie[:2]}))
    for one, other, weight in sorted(ties):
        graph.add_edge(one, other, weight=weight)
    parts = nx.community.louvain_communities(graph, weight="weight", seed=_SEED)
    found = [_weighed(sorted(part), graph) for part in parts if len(part) >= SMALLEST]
    return tuple(sorted(found, key=lambda one: (-len(one.members), min(one.members))))


def plurality(ties: Sequence[Tied], known: Mapping[MemoryId, UUID]) -> dict[MemoryId, UUID]:
    """The community of each entity in none: that which most of its ties, by weight, lead into.

    One tie is not enough: it would make a bridge between two communities a part of either.
    """
    led: defaultdict[MemoryId, defaultdict[UUID, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for tie in ties:
        for entity, neighbour in ((tie.one, tie.other), (tie.other, tie.one)):
            if entity not in known and neighbour in known:
                led[entity][known[neighbour]].append(tie.weight)
    chosen = {}
    for entity, groups in led.items():
        best = min(groups, key=lambda group: (-sum(groups[group]), group))
        if len(groups[best]) > 1 or sum(groups[best]) > 1:
            chosen[entity] = best
    return chosen


def _weighed(part: Sequence[MemoryId], graph: nx.Graph[MemoryId]) -> Found:
    within = dict(graph.subgraph(part).degree(weight="weight"))
    most = max(within.values()) or 1.0
    return Found(members={entity: round(within[entity] / most, 4) for entity in part})
