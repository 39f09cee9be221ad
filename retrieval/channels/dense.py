"""By meaning: cosine between the query's embedding and the memories'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from retrieval.channel import CannotAnswer, Query
from retrieval.cold import search_cold
from retrieval.exact import EXACT_UP_TO, compare_all
from stores.ids import MemoryId
from stores.search import Found, Search, bound_vector

POOL = 100

#: The model's partial HNSW index, read on until enough candidates are visible. The cast is the
#: indexed expression; dimensions and model are constants of the index, so they are of the text.
_APPROXIMATE = """
    SELECT v.memory_id, m.version, v.text_version, v.part,
           1 - (v.embedding::halfvec({dimensions}) <=> :embedding) AS score
    FROM vectors v
    CROSS JOIN LATERAL (
        SELECT version FROM visible
        WHERE memory_id = v.memory_id AND text_version = v.text_version OFFSET 0) m
    WHERE v.tenant_id = :tenant AND v.space_id = ANY(:spaces) AND v.model_id = '{model}'
    ORDER BY v.embedding::halfvec({dimensions}) <=> :embedding
    LIMIT :pool
"""
_HNSW: Mapping[LiteralString, LiteralString] = {
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.ef_search": "200",
}


@dataclass(frozen=True, slots=True)
class Dense:
    """Cosine over all vectors of a small space, over the HNSW index of a large one."""

    name: str = "dense"
    label: str = "meaning"

    def applies(self, query: Query) -> bool:  # noqa: ARG002
        """Every question has a meaning."""
        return True

    async def search(self, search: Search, query: Query) -> list[Found]:
        """The nearest memories; raises CannotAnswer while there is no embedding of the query."""
        if query.embedding is None:
            raise CannotAnswer("the embedding model is not ready")
        near = await self._near(search, query)
        cold = await search_cold(search, query, POOL)
        # What is kept near comes ordered.
        return sorted([*near, *cold], key=_nearest)[:POOL] if cold else near

    async def _near(self, search: Search, query: Query) -> list[Found]:
        found = [] if query.size <= EXACT_UP_TO else await self._approximate(search, query)
        # The index stops early when few of its neighbours are visible; then all are compared.
        return found if len(found) >= POOL else await compare_all(search, query, "vectors", POOL)

    async def _approximate(self, search: Search, query: Query) -> list[Found]:
        assert query.embedding is not None  # noqa: S101
        sql = _APPROXIMATE.format(dimensions=int(query.embedding.shape[0]), model=query.model)
        embedding = bound_vector(query.embedding)
        found = await search.ranked(sql, settings=_HNSW, embedding=embedding, pool=POOL)
        # Relaxed order may swap neighbours of nearly equal distance.
        return sorted(found, key=_nearest)


def _nearest(found: Found) -> tuple[float, MemoryId]:
    return -found.score, found.memory_id


CHANNEL = Dense()
