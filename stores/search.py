"""Ranked reads: a channel brings its SQL, this adds who may see what and runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray
from sqlalchemy import text

from stores.database import NO_SETTINGS, Database, Params, ServerSettings
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
#: The seeds; the visible episodes they are or rest on; and the visible neighbours of these on
#: either side in the session, by memories_session_idx. `place` 0 is the memory itself.
_SURROUNDINGS = """
    , seeds AS MATERIALIZED (
        SELECT v.memory_id, v.version, v.text_version, v.type, v.data->>'subject' AS speaker,
               coalesce(e.episode_id, v.memory_id) AS source
        FROM visible v LEFT JOIN LATERAL (
            SELECT episode_id FROM evidence
            WHERE tenant_id = :tenant AND memory_id = v.memory_id
            ORDER BY created_at, episode_id LIMIT 1) e ON v.type <> 'episodic'
        WHERE v.memory_id = ANY(:memory_ids)),
    anchors AS MATERIALIZED (
        SELECT memory_id, space_id, session_id, occurred_at, version, text_version,
               data->>'speaker' AS speaker
        FROM visible
        WHERE memory_id = ANY(ARRAY(SELECT source FROM seeds)) AND type = 'episodic')
    SELECT memory_id AS seed, 0 AS place, memory_id, version, text_version, speaker, source
    FROM seeds WHERE type <> 'episodic'
    UNION ALL
    SELECT memory_id, 0, memory_id, version, text_version, speaker, memory_id FROM anchors
    UNION ALL
    SELECT a.memory_id, n.place, n.memory_id, n.version, n.text_version, n.speaker, n.memory_id
    FROM anchors a CROSS JOIN LATERAL (
        (SELECT -1 AS place, memory_id, version, text_version, data->>'speaker' AS speaker
         FROM visible
         WHERE space_id = a.space_id AND session_id = a.session_id AND type = 'episodic'
           AND (occurred_at, memory_id) < (a.occurred_at, a.memory_id)
         ORDER BY occurred_at DESC, memory_id DESC LIMIT 1)
        UNION ALL
        (SELECT 1, memory_id, version, text_version, data->>'speaker'
         FROM visible
         WHERE space_id = a.space_id AND session_id = a.session_id AND type = 'episodic'
           AND (occurred_at, memory_id) > (a.occurred_at, a.memory_id)
         ORDER BY occurred_at, memory_id LIMIT 1)
    ) n
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


class Nearby(NamedTuple):
    """A candidate: found by a channel, or near one that was, in its session."""

    seed: MemoryId
    #: Place in the session as seen from the seed: before it, itself, after it (-1, 0, 1).
    offset: int
    memory_id: MemoryId
    version: int
    text_version: int
    #: Who said it, or whom it is about.
    speaker: str | None
    #: The episode it rests on; itself, if it is one or rests on none.
    source: MemoryId


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
        settings: ServerSettings = NO_SETTINGS,
        **values: Any,
    ) -> list[Found]:
        """Run a channel's statement, which selects the columns of `Found`, best first.

        `settings` hold for this read only.
        """
        statement = text(_VISIBLE.format(conditions=self._conditions.sql) + sql)
        async with self._database.read(self.scope.tenant, settings) as session:
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

    async def surroundings(
        self,
        seeds: Sequence[MemoryId],
        embedding: NDArray[float32] | None,
        model: UUID,
        known: Mapping[MemoryId, float],
    ) -> tuple[list[Nearby], dict[MemoryId, float]]:
        """The visible seeds, the episodes they rest on, these episodes' neighbours; and cosines.

        The cosines to `embedding` are those `known` and, where there are vectors, the others'.
        """
        if not seeds:
            return [], {}
        statement = text(_VISIBLE.format(conditions=self._conditions.sql) + _SURROUNDINGS)
        async with self._database.read(self.scope.tenant) as session:
            rows = await session.rows(statement, **self._bound(), memory_ids=list(seeds))
            found = list(map(Nearby._make, rows))
            missing = list({n.memory_id for n in found} - known.keys())
            if embedding is None or not missing:
                return found, dict(known)
            scored = await session.rows(
                _COSINES, embedding=half(embedding), model=model, memory_ids=missing
            )
        return found, {**known, **{row.memory_id: row.score for row in scored}}

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
