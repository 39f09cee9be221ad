"""Ranked reads: a channel brings its SQL, this adds who may see what and runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray
from sqlalchemy import text

from stores.database import Database, Params
from stores.ids import MemoryId, model_id_of
from stores.lexical import terms
from stores.memories import find_versions
from stores.records import MemCube, Span
from stores.scope import Filter, Scope, visible
from stores.vectors import half

#: What a channel selects from: the versions that scope and filter let through. PostgreSQL inlines
#: it, so a channel's own index leads and this is looked up per candidate.
_VISIBLE = """
    WITH visible AS NOT MATERIALIZED (
        SELECT m.memory_id, m.text_version, m.version, m.space_id, m.type, m.session_id,
               m.occurred_at, m.data
        FROM memories m WHERE {conditions})
"""
#: The two visible episodes before and after each seed in its session, by memories_session_idx,
#: and the seeds themselves.
_NEIGHBOURS = """
    , seeds AS MATERIALIZED (
        SELECT memory_id, space_id, session_id, occurred_at, version, text_version, type,
               coalesce(data->>'speaker', data->>'subject') AS speaker
        FROM visible WHERE memory_id = ANY(:memory_ids))
    SELECT memory_id AS seed, 0 AS place, memory_id, version, text_version, speaker FROM seeds
    UNION ALL
    SELECT s.memory_id, n.place, n.memory_id, n.version, n.text_version, n.speaker
    FROM seeds s CROSS JOIN LATERAL (
        (SELECT -row_number() OVER () AS place, b.* FROM (
            SELECT memory_id, version, text_version, data->>'speaker' AS speaker FROM visible
            WHERE space_id = s.space_id AND session_id = s.session_id AND type = 'episodic'
              AND (occurred_at, memory_id) < (s.occurred_at, s.memory_id)
            ORDER BY occurred_at DESC, memory_id DESC LIMIT 2) b)
        UNION ALL
        (SELECT row_number() OVER (), a.* FROM (
            SELECT memory_id, version, text_version, data->>'speaker' AS speaker FROM visible
            WHERE space_id = s.space_id AND session_id = s.session_id AND type = 'episodic'
              AND (occurred_at, memory_id) > (s.occurred_at, s.memory_id)
            ORDER BY occurred_at, memory_id LIMIT 2) a)
    ) n WHERE s.type = 'episodic'
"""
#: The best part's cosine, for memories already known by id.
_COSINES = text("""
    SELECT memory_id, max(1 - (embedding <=> :embedding)) AS score FROM vectors
    WHERE tenant_id = :tenant AND model_id = :model AND memory_id = ANY(:memory_ids)
    GROUP BY memory_id
""")
_SPANS = text("""
    SELECT memory_id, text_version, part, span_start, span_end FROM passages
    WHERE tenant_id = :tenant AND (memory_id, text_version, part) IN (
        SELECT * FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]),
                             CAST(:parts AS smallint[])))
""")
_SIZES = text("""
    SELECT coalesce(max(parts), 0) AS largest, coalesce(sum(parts), 0) AS total
    FROM lexical_stats WHERE tenant_id = :tenant AND space_id = ANY(:spaces)
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One candidate of a channel: a version of a memory, its best part, the channel's own score."""

    memory_id: MemoryId
    version: int
    text_version: int
    part: int
    score: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbour:
    """A memory near a seed in its session: `offset` -2 to 2, 0 for the seed itself."""

    seed: MemoryId
    offset: int
    memory_id: MemoryId
    version: int
    text_version: int
    speaker: str | None


class Search:
    """What one recall may read: the spaces of a scope, limited by a filter."""

    def __init__(self, database: Database, scope: Scope, limits: Filter) -> None:
        self._database = database
        self.scope = scope
        self.limits = limits
        self._conditions = visible(scope, limits)

    async def ranked(
        self,
        sql: str,
        /,
        *,
        settings: Mapping[LiteralString, LiteralString] | None = None,
        **values: Any,
    ) -> list[Found]:
        """Run a channel's statement, which selects the columns of `Found`, best first.

        `settings` hold for this read only.
        """
        statement = text(_VISIBLE.format(conditions=self._conditions.sql) + sql)
        async with self._database.read(self.scope.tenant) as session:
            for name, value in (settings or {}).items():
                await session.set_local(name, value)
            rows = await session.rows(statement, **self._bound(), **values)
        return [
            Found(
                memory_id=MemoryId(row.memory_id),
                version=row.version,
                text_version=row.text_version,
                part=row.part,
                score=float(row.score),
            )
            for row in rows
        ]

    async def size(self) -> int:
        """How many indexed parts the spaces hold together."""
        async with self._database.read(self.scope.tenant) as session:
            row = await session.row(_SIZES, spaces=self.scope.space_ids)
        assert row is not None  # noqa: S101
        return int(row.total)

    async def neighbours(self, seeds: Sequence[MemoryId]) -> list[Neighbour]:
        """The seeds that are visible, and for episodes their neighbours in the session."""
        if not seeds:
            return []
        statement = text(_VISIBLE.format(conditions=self._conditions.sql) + _NEIGHBOURS)
        async with self._database.read(self.scope.tenant) as session:
            rows = await session.rows(statement, **self._bound(), memory_ids=list(seeds))
        return [
            Neighbour(
                seed=MemoryId(row.seed),
                offset=row.place,
                memory_id=MemoryId(row.memory_id),
                version=row.version,
                text_version=row.text_version,
                speaker=row.speaker,
            )
            for row in rows
        ]

    async def cosines(
        self, embedding: NDArray[float32], model: UUID, memory_ids: Sequence[MemoryId]
    ) -> dict[MemoryId, float]:
        """Cosines to the query of memories found otherwise, as far as they are embedded."""
        if not memory_ids:
            return {}
        async with self._database.read(self.scope.tenant) as session:
            rows = await session.rows(
                _COSINES, embedding=half(embedding), model=model, memory_ids=list(memory_ids)
            )
        return {MemoryId(row.memory_id): float(row.score) for row in rows}

    async def cubes(self, found: list[Found]) -> dict[MemoryId, MemCube]:
        """The MemCubes of candidates, in the versions that were found."""
        async with self._database.read(self.scope.tenant) as session:
            return await find_versions(session, [(f.memory_id, f.version) for f in found])

    async def spans(self, found: list[Found]) -> dict[MemoryId, Span]:
        """Where the candidates' parts lie in their memories, for those of more than one part."""
        if not found:
            return {}
        async with self._database.read(self.scope.tenant) as session:
            rows = await session.rows(
                _SPANS,
                memory_ids=[f.memory_id for f in found],
                text_versions=[f.text_version for f in found],
                parts=[f.part for f in found],
            )
        return {row.memory_id: Span(start=row.span_start, end=row.span_end) for row in rows}

    def _bound(self) -> Params:
        return self._conditions.values


def query_terms(query: str) -> list[str]:
    """The distinct terms of a query, as the lexical index knows them."""
    return list(dict.fromkeys(terms(query)))


def model_id(name: str) -> UUID:
    """The id under which the vectors of a model are stored."""
    return model_id_of(name)


def bound_vector(embedding: Any) -> Any:
    """A query's embedding as statements bind it."""
    return half(embedding)
