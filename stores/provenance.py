"""Lineage: what a memory rests on, and what rests on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import networkx as nx
from sqlalchemy import Row, text

from stores import memories
from stores.database import ReadSession
from stores.ids import MemoryId
from stores.records import MemCube, State

#: Both ways a memory can rest on another, as edges (memory ← source).
_EDGES = """
    SELECT memory_id, episode_id AS source_id, 'evidence' AS kind FROM evidence
    WHERE tenant_id = :tenant
    UNION ALL
    SELECT memory_id, source_id, 'derived_from' FROM derivations WHERE tenant_id = :tenant
"""
_SOURCES = text("""
    WITH RECURSIVE up AS (
        SELECT e.memory_id, e.episode_id AS source_id, 'evidence' AS kind FROM evidence e
        WHERE e.tenant_id = :tenant AND e.memory_id = ANY(:memory_ids)
        UNION
        SELECT d.memory_id, d.source_id, 'derived_from' FROM derivations d
        WHERE d.tenant_id = :tenant AND d.memory_id = ANY(:memory_ids)
        UNION
        SELECT next.memory_id, next.source_id, next.kind FROM up CROSS JOIN LATERAL (
            SELECT e.memory_id, e.episode_id AS source_id, 'evidence' AS kind FROM evidence e
            WHERE e.tenant_id = :tenant AND e.memory_id = up.source_id
            UNION ALL
            SELECT d.memory_id, d.source_id, 'derived_from' FROM derivations d
            WHERE d.tenant_id = :tenant AND d.memory_id = up.source_id
        ) next
    ) SELECT DISTINCT memory_id, source_id, kind FROM up LIMIT :limit
""")
_DERIVED = text("""
    WITH RECURSIVE down AS (
        SELECT e.memory_id, e.episode_id AS source_id, 'evidence' AS kind FROM evidence e
        WHERE e.tenant_id = :tenant AND e.episode_id = ANY(:memory_ids)
        UNION
        SELECT d.memory_id, d.source_id, 'derived_from' FROM derivations d
        WHERE d.tenant_id = :tenant AND d.source_id = ANY(:memory_ids)
        UNION
        SELECT d.memory_id, d.source_id, 'derived_from' FROM down
        JOIN derivations d ON d.source_id = down.memory_id AND d.tenant_id = :tenant
    ) SELECT DISTINCT memory_id, source_id, kind FROM down LIMIT :limit
""")
_SUPPORT = text(f"""
    SELECT memory_id, source_id, kind FROM ({_EDGES}) edges WHERE memory_id = ANY(:memory_ids)
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """`memory_id` rests on `source_id`, by evidence or by derivation."""

    memory_id: MemoryId
    source_id: MemoryId
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lineage:
    """The memories above and below one memory, and the edges between all of them."""

    memory_id: MemoryId
    sources: tuple[MemCube, ...]
    derived: tuple[MemCube, ...]
    edges: tuple[Edge, ...]


async def lineage(session: ReadSession, memory_id: MemoryId, *, limit: int = 1000) -> Lineage:
    """What a memory came from and what came from it, at most `limit` edges either way."""
    up = [_edge(r) for r in await session.rows(_SOURCES, memory_ids=[memory_id], limit=limit)]
    down = [_edge(r) for r in await session.rows(_DERIVED, memory_ids=[memory_id], limit=limit)]
    above = dict.fromkeys(edge.source_id for edge in up)
    below = dict.fromkeys(edge.memory_id for edge in down)
    cubes = {c.id: c for c in await memories.find_many(session, [*above, *below])}
    return Lineage(
        memory_id=memory_id,
        sources=_kept(cubes, above),
        derived=_kept(cubes, below),
        edges=tuple(dict.fromkeys([*up, *down])),
    )


async def below(session: ReadSession, roots: Sequence[MemoryId]) -> list[MemoryId]:
    """The memories that rest on the roots, directly or not."""
    everything = 1_000_000
    down = await session.rows(_DERIVED, memory_ids=list(roots), limit=everything)
    return list(dict.fromkeys(row.memory_id for row in down))


async def only_from(session: ReadSession, roots: Sequence[MemoryId]) -> list[MemoryId]:
    """The memories that rest on the roots and, directly or not, on nothing else."""
    affected = await below(session, roots)
    if not affected:
        return []
    support = [_edge(row) for row in await session.rows(_SUPPORT, memory_ids=affected)]
    return without_support(roots, support)


def without_support(roots: Iterable[MemoryId], edges: Iterable[Edge]) -> list[MemoryId]:
    """The memories that lose every source when the roots go.

    `edges` are all edges of every memory below the roots. A memory that has another source left
    stays, and so does what rests on it.
    """
    graph: nx.DiGraph[MemoryId] = nx.DiGraph()
    graph.add_edges_from((edge.source_id, edge.memory_id) for edge in edges)
    gone = set(roots)
    lost = []
    # Sources before what rests on them; lineage has no cycles, since sources exist first.
    for memory_id in nx.topological_sort(graph):
        sources = set(graph.predecessors(memory_id))
        if memory_id not in gone and sources and sources <= gone:
            gone.add(memory_id)
            lost.append(memory_id)
    return lost


def _kept(cubes: Mapping[MemoryId, MemCube], wanted: Iterable[MemoryId]) -> tuple[MemCube, ...]:
    found = (cubes[memory_id] for memory_id in wanted if memory_id in cubes)
    return tuple(cube for cube in found if cube.lifecycle.state is not State.ERASED)


def _edge(row: Row[Any]) -> Edge:
    return Edge(memory_id=MemoryId(row.memory_id), source_id=MemoryId(row.source_id), kind=row.kind)
