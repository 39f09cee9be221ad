"""By connection: memories that the names of a question lead to, over what names them together.

"Who founded the association that published the journal?" names the journal alone; the memory of its
founder is two steps away. What entities, relations and mentions are there is one graph per space;
personalised PageRank from the entities that are named tells how near each memory is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import LiteralString

from retrieval.channel import Query
from retrieval.graph.cache import Snapshots, past
from retrieval.graph.reach import reached
from stores import graph_reading
from stores.graph_reading import Called
from stores.ids import MemoryId, SpaceId
from stores.names import normalised
from stores.scope import AsOf
from stores.search import Found, Search, bound_vector

POOL = 100
#: Names of a question that are looked up.
NAMES = 8
#: Memories whose visibility is looked up, by their nearness.
WORKED = 300
#: What the graphs kept between questions may take.
KEPT_BYTES = 256 * 2**20

#: Memories by memories_pk, in order, until there are enough; then the part of each that is most
#: like the question. What was said in a conversation is left out: there everybody names the same
#: few people, and nearness in the graph tells nothing of what bears on a question.
_SQL: LiteralString = """
    SELECT f.memory_id, f.version, f.text_version, coalesce(p.part, 0) AS part, f.score
    FROM (
        SELECT v.memory_id, v.version, v.text_version, r.score
        FROM (SELECT * FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:scores AS float8[]))
                  AS r(memory_id, score) ORDER BY score DESC, memory_id OFFSET 0) r
        CROSS JOIN LATERAL (
            SELECT memory_id, version, text_version FROM visible
            WHERE memory_id = r.memory_id AND session_id IS NULL AND data->>'speaker' IS NULL
            OFFSET 0) v
        LIMIT :pool) f
    LEFT JOIN LATERAL (
        SELECT part FROM vectors
        WHERE tenant_id = :tenant AND model_id = :model AND memory_id = f.memory_id
          AND text_version = f.text_version
        ORDER BY embedding <=> CAST(:embedding AS halfvec), part LIMIT 1) p ON true
    ORDER BY f.score DESC, f.memory_id
"""


@dataclass(frozen=True, slots=True)
class Graph:
    """The memories that lie near the names of the question, in the graph of each space."""

    snapshots: Snapshots = field(default_factory=lambda: Snapshots(KEPT_BYTES))
    name: str = "graph"
    label: str = "connection"

    def applies(self, query: Query) -> bool:
        """Only a question that names somebody or something has a place to start from."""
        return bool(query.understood.names)

    async def search(self, search: Search, query: Query) -> list[Found]:
        """The memories nearest to what is named."""
        names = filter(None, dict.fromkeys(map(normalised, query.understood.names)))
        called = await graph_reading.called(search, list(names)[:NAMES])
        by_space = await asyncio.gather(
            *(
                self._near(search, space, [c for c in called if c.space_id == space])
                for space in {c.space_id for c in called}
            )
        )
        near = {memory: score for scores in by_space for memory, score in scores.items()}
        best = sorted(near, key=lambda memory: (-near[memory], memory))[:WORKED]
        if not best:
            return []
        return await search.ranked(
            _SQL,
            memory_ids=best,
            scores=[near[memory] for memory in best],
            embedding=None if query.embedding is None else bound_vector(query.embedding),
            model=query.model,
            pool=POOL,
        )

    async def _near(
        self, search: Search, space: SpaceId, called: Sequence[Called]
    ) -> dict[MemoryId, float]:
        """What the entities of one space lead to."""
        if search.limits.as_of == AsOf():
            version = max(one.version for one in called)
            snapshot = await self.snapshots.get(search, space, version)
        else:
            asked = next(one for one in search.scope.spaces if one.id == space)
            snapshot = await past(search, asked)
        seeds = [one.entity_id for one in called]
        return await asyncio.to_thread(reached, snapshot, seeds, WORKED)


CHANNEL = Graph()
