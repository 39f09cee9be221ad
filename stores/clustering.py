"""What clusters are made of: the embeddings of memories that hold, and which are yet in none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from stores.database import ReadSession
from stores.ids import MemoryId, SpaceId

#: What was told by somebody; what was concluded from several memories is never clustered again.
_HOLDS = """m.tenant_id = :tenant AND m.space_id = :space AND m.type = 'semantic'
      AND m.state = 'active' AND m.expired_at IS NULL AND m.kind NOT IN ('summary', 'insight')"""
_EMBEDDED = """
    JOIN vectors v ON v.tenant_id = :tenant AND v.model_id = :model
     AND v.memory_id = m.memory_id AND v.text_version = m.text_version AND v.part = 0
"""
_LATEST = text(f"""
    SELECT m.memory_id, v.embedding FROM memories m {_EMBEDDED}
    WHERE {_HOLDS} ORDER BY m.memory_id DESC LIMIT :limit
""")
_THESE = text(f"""
    SELECT m.memory_id, v.embedding FROM memories m {_EMBEDDED}
    WHERE {_HOLDS} AND m.memory_id = ANY(:memory_ids) ORDER BY m.memory_id
""")
#: By grouped_pk.
_NEW = text(f"""
    SELECT m.memory_id, v.embedding FROM memories m {_EMBEDDED}
    WHERE {_HOLDS} AND NOT EXISTS (
        SELECT FROM grouped g WHERE g.tenant_id = :tenant AND g.grouping_id = :grouping
          AND g.memory_id = m.memory_id)
    ORDER BY m.memory_id LIMIT :limit
""")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Points:
    """Memories, and their embeddings (memories, dimensions), of length 1."""

    ids: tuple[MemoryId, ...]
    vectors: NDArray[np.float64]


async def latest(session: ReadSession, space: SpaceId, model: UUID, *, limit: int) -> Points:
    """The latest memories that hold and are embedded, at most so many, by id."""
    rows = await session.rows(_LATEST, space=space, model=model, limit=limit)
    return _points(list(rows)[::-1])


async def new(
    session: ReadSession, space: SpaceId, model: UUID, grouping: UUID, *, limit: int
) -> Points:
    """The oldest of those that a grouping has not looked at."""
    rows = await session.rows(_NEW, space=space, model=model, grouping=grouping, limit=limit)
    return _points(rows)


async def of(
    session: ReadSession, space: SpaceId, model: UUID, memory_ids: Sequence[MemoryId]
) -> Mapping[MemoryId, NDArray[np.float64]]:
    """The embeddings of those of the memories that hold."""
    rows = await session.rows(_THESE, space=space, model=model, memory_ids=list(memory_ids))
    found = _points(rows)
    return dict(zip(found.ids, found.vectors, strict=True))


def _points(rows: Sequence[Any]) -> Points:
    vectors = np.array([row.embedding.to_numpy() for row in rows], dtype=np.float64)
    if not len(rows):
        return Points(ids=(), vectors=np.zeros((0, 0)))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return Points(
        ids=tuple(MemoryId(row.memory_id) for row in rows),
        vectors=vectors / np.where(lengths == 0, 1, lengths),
    )
