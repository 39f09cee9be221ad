"""How entities hang together: communities, and the shortest ways from one to another. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from operator import itemgetter

import networkx as nx

from stores.ids import MemoryId

#: The same graph always falls into the same communities.
_SEED = 7
#: A step over a memory that names both says less than one over a relation.
_BY_RELATION, _BY_MEMORY = 1.0, 1.5
#: Ways that are looked at, at most, for as many as are short enough.
_TRIED = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Tie:
    """What connects two entities: a relation, or a memory that names both."""

    source: MemoryId
    target: MemoryId
    relation_id: MemoryId | None = None
    memory_id: MemoryId | None = None


def communities(members: Sequence[MemoryId], ties: Iterable[Tie]) -> Mapping[MemoryId, int]:
    """The number of each member's community; the largest is 0."""
    graph: nx.Graph[MemoryId] = nx.Graph()
    graph.add_nodes_from(sorted(members))
    for first, second in sorted(tuple(sorted((t.source, t.target))) for t in ties):
        if first != second:
            weight = graph.get_edge_data(first, second, {"weight": 0})["weight"]
            graph.add_edge(first, second, weight=weight + 1)
    found = nx.community.louvain_communities(graph, seed=_SEED)
    ranked = sorted((sorted(c) for c in found), key=lambda c: (-len(c), c[0]))
    return {member: number for number, c in enumerate(ranked) for member in c}


def shortest(
    ties: Iterable[Tie], source: MemoryId, target: MemoryId, *, longest: int, most: int
) -> list[list[Tie]]:
    """The ways from one entity to another, the shortest first, none longer than `longest` steps.

    Of several ties between two entities, a relation comes before a memory, the latest first.
    """
    graph: nx.Graph[MemoryId] = nx.Graph()
    for tie in sorted(ties, key=_rank):
        if tie.source != tie.target and not graph.has_edge(tie.source, tie.target):
            weight = _BY_MEMORY if tie.relation_id is None else _BY_RELATION
            graph.add_edge(tie.source, tie.target, weight=weight, tie=tie)
    known = source in graph and target in graph and source != target
    if not known or not nx.has_path(graph, source, target):
        return []
    get_tie = itemgetter("tie")
    tried = islice(nx.shortest_simple_paths(graph, source, target, weight="weight"), _TRIED)
    ways = ([get_tie(graph.edges[step]) for step in pairwise(way)] for way in tried)
    return list(islice((way for way in ways if _leads_on(way, longest)), most))


def _leads_on(way: Sequence[Tie], longest: int) -> bool:
    """Short enough, and not twice over one memory, which names both ends anyway."""
    shared = [tie.memory_id for tie in way if tie.memory_id is not None]
    return len(way) <= longest and len(shared) == len(set(shared))


def _rank(tie: Tie) -> tuple[bool, int]:
    latest = tie.relation_id or tie.memory_id
    return tie.relation_id is None, -(latest.int if latest else 0)
