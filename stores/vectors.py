"""Embeddings: one half-precision vector per (memory, part, embedding model)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray
from pgvector import HalfVector
from sqlalchemy import text

from stores.database import VectorList, WriteSession
from stores.ids import MemoryId, SpaceId

_INSERT = text("""
    INSERT INTO vectors (tenant_id, model_id, memory_id, text_version, part, space_id, embedding)
    SELECT :tenant, :model, v.memory_id, v.text_version, v.part, :space, v.embedding
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]),
                CAST(:parts AS smallint[]), CAST(:embeddings AS halfvec[]))
         AS v(memory_id, text_version, part, embedding)
    ON CONFLICT DO NOTHING
""")

_INSERT_GRAPH = text("""
    INSERT INTO graph_vectors (tenant_id, model_id, memory_id, text_version, space_id, embedding)
    SELECT :tenant, :model, v.memory_id, v.text_version, :space, v.embedding
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]),
                CAST(:embeddings AS halfvec[])) AS v(memory_id, text_version, embedding)
    ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class IndexedVector:
    """The embedding of one part of one memory; `embedding` has the model's dimensions."""

    memory_id: MemoryId
    text_version: int
    part: int
    embedding: NDArray[float32]


async def index(
    session: WriteSession, space: SpaceId, model: UUID, vectors: Sequence[IndexedVector]
) -> None:
    """Make the memories findable by meaning, as of this transaction's commit."""
    if vectors:
        await session.execute(
            _INSERT,
            space=space,
            model=model,
            memory_ids=[v.memory_id for v in vectors],
            text_versions=[v.text_version for v in vectors],
            parts=[v.part for v in vectors],
            embeddings=VectorList(half(v.embedding) for v in vectors),
        )


async def index_graph(
    session: WriteSession, space: SpaceId, model: UUID, vectors: Sequence[IndexedVector]
) -> None:
    """The same for entities and relations, which are searched apart and have one part each."""
    if vectors:
        await session.execute(
            _INSERT_GRAPH,
            space=space,
            model=model,
            memory_ids=[v.memory_id for v in vectors],
            text_versions=[v.text_version for v in vectors],
            embeddings=VectorList(half(v.embedding) for v in vectors),
        )


def half(embedding: NDArray[float32]) -> Any:
    """The vector as statements bind it."""
    return HalfVector(embedding)
