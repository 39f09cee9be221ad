"""Statements that are said already, in nearly the same words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from stores.database import ReadSession, VectorList
from stores.ids import MemoryId, SpaceId
from stores.vectors import half

#: What an approximate search needs; see retrieval/channels/dense.py.
HNSW: Mapping[LiteralString, LiteralString] = {
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.ef_search": "40",
}
#: The model's HNSW index, whose expression it repeats; what is near but is no statement, or makes a
#: claim, which is compared as such, is left out.
_NEAR = """
    SELECT q.number, v.memory_id, v.cosine, m.content
    FROM unnest(CAST(:embeddings AS halfvec[])) WITH ORDINALITY AS q(embedding, number)
    CROSS JOIN LATERAL (
        SELECT memory_id, text_version,
               1 - (embedding::halfvec({dimensions}) <=> q.embedding) AS cosine
        FROM vectors
        WHERE tenant_id = :tenant AND space_id = :space AND model_id = '{model}'
        ORDER BY embedding::halfvec({dimensions}) <=> q.embedding LIMIT :nearest) v
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = v.memory_id
        AND m.expired_at IS NULL AND m.text_version = v.text_version
        AND m.type = 'semantic' AND NOT (m.kind = 'summary' AND m.origin = 'derived')
        AND m.state = 'active'
    WHERE v.cosine > :alike AND NOT EXISTS (
        SELECT FROM relations r WHERE r.tenant_id = :tenant AND r.memory_id = v.memory_id)
    ORDER BY q.number, v.cosine DESC, v.memory_id
"""


class Near(NamedTuple):
    """A statement that is near one of those asked for, by its number."""

    number: int
    memory_id: MemoryId
    cosine: float
    content: str


async def find_near(
    session: ReadSession,
    space: SpaceId,
    model: UUID,
    embeddings: NDArray[np.float32],
    *,
    alike: float,
    nearest: int = 10,
) -> list[Near]:
    """Active statements without a claim whose cosine to one of n texts is above `alike`.

    `embeddings` is (n, dimensions), every row of length 1. The session must be opened with `HNSW`.
    """
    if not len(embeddings):
        return []
    sql = text(_NEAR.format(dimensions=int(embeddings.shape[1]), model=model))
    vectors = VectorList(half(row) for row in embeddings)
    rows = await session.rows(sql, space=space, embeddings=vectors, nearest=nearest, alike=alike)
    return [Near(row.number - 1, row.memory_id, row.cosine, row.content) for row in rows]
