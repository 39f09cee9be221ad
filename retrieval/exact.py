"""Every vector compared with the question's: right, and quick enough where there are few."""

from __future__ import annotations

from typing import Literal

from retrieval.channel import Query
from stores.search import Found, Search, bound_vector

#: Up to so many vectors all are compared (recall 1.0); beyond, an index is asked.
EXACT_UP_TO = 10_000

#: The space's vectors come by the table's index of spaces; visibility is then looked up for the
#: best, in order, until there are enough.
_EXACT = """
    SELECT v.memory_id, m.version, v.text_version, v.part, v.score FROM (
        SELECT memory_id, text_version, part, 1 - (embedding <=> :embedding) AS score
        FROM {table}
        WHERE tenant_id = :tenant AND space_id = ANY(:spaces) AND model_id = :model
        ORDER BY score DESC, memory_id OFFSET 0) v
    CROSS JOIN LATERAL (
        SELECT version FROM visible
        WHERE memory_id = v.memory_id AND text_version = v.text_version OFFSET 0) m
    LIMIT :pool
"""


async def compare_all(
    search: Search, query: Query, table: Literal["vectors", "cold_vectors"], pool: int
) -> list[Found]:
    """The nearest of all in a table of vectors, best first; the query has an embedding."""
    sql = _EXACT.format(table=table)
    embedding = bound_vector(query.embedding)
    return await search.ranked(sql, embedding=embedding, model=query.model, pool=pool)
