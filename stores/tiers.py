"""Where the vectors of memories are, by tier.

Hot and warm memories are in `vectors`, under the HNSW index of their model. Cold ones are in
`cold_vectors`, whose index holds one bit per dimension; the vectors themselves are only read for
the few that are compared. Archived ones have no vectors: their words find them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from stores.database import WriteSession
from stores.ids import MemoryId, SpaceId

#: The vectors of every memory that has some, wherever they are.
EVERYWHERE = "(SELECT * FROM vectors UNION ALL SELECT * FROM cold_vectors)"
#: Led by the primary keys, whose second column is the model.
_THOSE = """
    tenant_id = :tenant AND memory_id = ANY(:memory_ids)
    AND model_id = ANY(ARRAY(SELECT model_id FROM embedding_models))
"""
_COLUMNS = "tenant_id, model_id, memory_id, text_version, part, space_id, embedding"
_COPY = {
    table: text(f"""
        INSERT INTO {table} ({_COLUMNS}) SELECT {_COLUMNS} FROM {other} WHERE {_THOSE}
        ON CONFLICT DO NOTHING""")
    for table, other in (("vectors", "cold_vectors"), ("cold_vectors", "vectors"))
}
_DELETE = {
    table: text(f"DELETE FROM {table} WHERE {_THOSE}") for table in ("vectors", "cold_vectors")
}
#: By rows, not by memories: one may have many parts.
_COUNT = text("""
    INSERT INTO lexical_stats AS s (tenant_id, space_id, parts, terms, cold)
    VALUES (:tenant, :space, 0, 0, :cold)
    ON CONFLICT (tenant_id, space_id) DO UPDATE SET cold = s.cold + excluded.cold
""")


async def bring_near(session: WriteSession, space: SpaceId, memory_ids: Sequence[MemoryId]) -> None:
    """Cold memories: back among the vectors."""
    if memory_ids:
        await session.execute(_COPY["vectors"], memory_ids=list(memory_ids))
        gone = await session.execute(_DELETE["cold_vectors"], memory_ids=list(memory_ids))
        await _count(session, space, -gone)


async def put_away(session: WriteSession, space: SpaceId, memory_ids: Sequence[MemoryId]) -> None:
    """Hot and warm memories: among the cold vectors."""
    if memory_ids:
        come = await session.execute(_COPY["cold_vectors"], memory_ids=list(memory_ids))
        await session.execute(_DELETE["vectors"], memory_ids=list(memory_ids))
        await _count(session, space, come)


async def drop(session: WriteSession, space: SpaceId, memory_ids: Sequence[MemoryId]) -> None:
    """Leave only the words."""
    if memory_ids:
        await session.execute(_DELETE["vectors"], memory_ids=list(memory_ids))
        gone = await session.execute(_DELETE["cold_vectors"], memory_ids=list(memory_ids))
        await _count(session, space, -gone)


async def _count(session: WriteSession, space: SpaceId, cold: int) -> None:
    if cold:
        await session.execute(_COUNT, space=space, cold=cold)
