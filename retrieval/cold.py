"""Cold memories by meaning: their vectors lie apart, under an index of one bit per dimension.

Few are all compared. Of many the index gives those nearest by bits, four times as many as wanted,
and these are compared whole: the order is that of the vectors themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from retrieval.channel import Query
from retrieval.exact import EXACT_UP_TO, compare_all
from stores.search import Found, Search, bound_vector

#: How many times as many are compared as are wanted.
WIDER = 4

#: The model's partial index over the signs, whose expression it repeats, read on until enough
#: candidates are visible.
_APPROXIMATE = """
    SELECT c.memory_id, c.version, c.text_version, c.part,
           1 - (c.embedding <=> :embedding) AS score
    FROM (
        SELECT v.memory_id, m.version, v.text_version, v.part, v.embedding
        FROM cold_vectors v
        CROSS JOIN LATERAL (
            SELECT version FROM visible
            WHERE memory_id = v.memory_id AND text_version = v.text_version OFFSET 0) m
        WHERE v.tenant_id = :tenant AND v.space_id = ANY(:spaces) AND v.model_id = '{model}'
        ORDER BY binary_quantize(v.embedding::halfvec({dimensions}))::bit({dimensions})
             <~> binary_quantize(CAST(:embedding AS halfvec({dimensions})))::bit({dimensions})
        LIMIT :wide) c
    ORDER BY score DESC, c.memory_id
    LIMIT :pool
"""
_HNSW: Mapping[LiteralString, LiteralString] = {
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.ef_search": "400",
}


async def search_cold(search: Search, query: Query, pool: int) -> list[Found]:
    """The nearest cold memories, best first; nothing is asked of spaces that have none."""
    if query.embedding is None or not search.scope.cold:
        return []
    found = await by_bits(search, query, pool) if search.scope.cold > EXACT_UP_TO else []
    # The index stops early when few of its neighbours are visible; then all are compared.
    return found if len(found) >= pool else await compare_all(search, query, "cold_vectors", pool)


async def by_bits(search: Search, query: Query, pool: int) -> list[Found]:
    """By the vectors of those whose signs are nearest."""
    assert query.embedding is not None  # noqa: S101
    sql = _APPROXIMATE.format(dimensions=int(query.embedding.shape[0]), model=query.model)
    embedding = bound_vector(query.embedding)
    return await search.ranked(
        sql, settings=_HNSW, embedding=embedding, pool=pool, wide=WIDER * pool
    )
