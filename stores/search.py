"""Ranked reads: a channel brings its SQL, this adds who may see what and runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray
from sqlalchemy import text

from stores import lexical
from stores.database import NO_SETTINGS, Database, Params, ServerSettings
from stores.ids import MemoryId, model_id_of
from stores.memories import find_versions
from stores.records import MemCube, Span
from stores.scope import Filter, Scope, visible
from stores.tiers import EVERYWHERE
from stores.vectors import half

#: What a channel selects from: the versions that scope and filter let through. PostgreSQL inlines
#: it, so a channel's own index leads and this is looked up per candidate.
_VISIBLE = """
    WITH visible AS NOT MATERIALIZED (
        SELECT m.memory_id, m.text_version, m.version, m.space_id, m.type, m.kind, m.session_id,
               m.trust, m.occurred_at, m.valid_at, m.invalid_at, m.importance, m.tags, m.data,
               CASE WHEN m.occurred_at IS NOT NULL THEN m.occurred_at
                    WHEN m.valid_at IS NOT NULL THEN m.valid_at ELSE m.created_at END AS moment
        FROM memories m WHERE {conditions})
"""
#: The seeds; the visible episodes they are or rest on; and the visible neighbours of these on
#: either side in the session, by memories_session_idx. Then, once per memory, what it is ranked by.
#: OFFSET 0 has each memory looked up: without statistics PostgreSQL would read the whole tenant.
_SURROUNDINGS = """
    , seeds AS MATERIALIZED (
        SELECT v.memory_id, v.version, v.text_version, v.type, v.space_id, v.session_id,
               v.occurred_at, v.moment, v.trust, f.part,
               v.data->>(CASE v.type WHEN 'episodic' THEN 'speaker' ELSE 'subject' END) AS speaker,
               e.episode_id AS source
        FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:parts AS smallint[])) AS f(memory_id, part)
        CROSS JOIN LATERAL (SELECT * FROM visible WHERE memory_id = f.memory_id OFFSET 0) v
        LEFT JOIN LATERAL (
            SELECT episode_id FROM evidence
            WHERE tenant_id = :tenant AND memory_id = v.memory_id
            ORDER BY created_at, episode_id LIMIT 1) e ON v.type <> 'episodic'),
    episodes AS (
        SELECT memory_id, version, text_version, space_id, session_id, occurred_at, moment, trust,
               part, speaker
        FROM seeds WHERE type = 'episodic'
        UNION ALL
        SELECT v.memory_id, v.version, v.text_version, v.space_id, v.session_id, v.occurred_at,
               v.moment, v.trust, 0::smallint, v.data->>'speaker'
        FROM (SELECT source AS memory_id FROM seeds EXCEPT SELECT memory_id FROM seeds) s
        CROSS JOIN LATERAL (SELECT * FROM visible WHERE memory_id = s.memory_id OFFSET 0) v
        WHERE v.type = 'episodic'),
    anchors AS MATERIALIZED (
        SELECT v.*, b.memory_id AS before, a.memory_id AS after
        FROM episodes v
        LEFT JOIN LATERAL (
            SELECT memory_id FROM visible
            WHERE space_id = v.space_id AND session_id = v.session_id AND type = 'episodic'
              AND (occurred_at, memory_id) < (v.occurred_at, v.memory_id)
            ORDER BY occurred_at DESC, memory_id DESC LIMIT 1) b ON true
        LEFT JOIN LATERAL (
            SELECT memory_id FROM visible
            WHERE space_id = v.space_id AND session_id = v.session_id AND type = 'episodic'
              AND (occurred_at, memory_id) > (v.occurred_at, v.memory_id)
            ORDER BY occurred_at, memory_id LIMIT 1) a ON true),
    beside AS MATERIALIZED (
        SELECT before AS memory_id FROM anchors UNION SELECT after FROM anchors
        EXCEPT SELECT memory_id FROM anchors),
    candidates AS (
        SELECT memory_id, version, text_version, part, space_id, session_id, moment, trust, speaker,
               CAST(NULL AS uuid) AS source, before, after
        FROM anchors
        UNION ALL
        SELECT memory_id, version, text_version, part, space_id, NULL, moment, trust, speaker,
               source, NULL, NULL
        FROM seeds WHERE type <> 'episodic'
        UNION ALL
        SELECT v.memory_id, v.version, v.text_version, 0::smallint, v.space_id, v.session_id,
               v.moment, v.trust, v.data->>'speaker', NULL, NULL, NULL
        FROM beside b
        CROSS JOIN LATERAL (SELECT * FROM visible WHERE memory_id = b.memory_id OFFSET 0) v)
    SELECT c.memory_id, c.version, c.text_version, c.part,
           array_position(CAST(:spaces AS uuid[]), c.space_id) - 1 AS space, c.session_id, c.moment,
           c.trust, c.speaker, c.source, c.before, c.after, d.cosine, g.signature,
           coalesce(u.tier, 'hot') AS tier, coalesce(u.retrieved, 0) AS retrieved,
           coalesce(u.used, 0) AS used, {content} AS content
    FROM candidates c
    LEFT JOIN LATERAL (
        SELECT max(1 - (embedding <=> CAST(:embedding AS halfvec))) AS cosine FROM {vectors} v
        WHERE tenant_id = :tenant AND model_id = :model AND memory_id = c.memory_id
          AND text_version = c.text_version) d ON true
    LEFT JOIN signatures g ON g.tenant_id = :tenant AND g.memory_id = c.memory_id
        AND g.text_version = c.text_version AND g.part = c.part
    LEFT JOIN usage u ON u.tenant_id = :tenant AND u.memory_id = c.memory_id
"""
_CONTENT = """(
        SELECT left(content, 2000) FROM memories m WHERE m.tenant_id = :tenant
        AND m.memory_id = c.memory_id AND m.version = c.version)"""
#: In how many parts of a space each term occurs; postings_pk alone answers it. And whether
#: anything in the space is labelled: the first in order, or the planner reads the whole table.
_TERMS = text("""
    SELECT s.space_id, s.parts, s.terms,
           (SELECT label FROM labels l WHERE l.tenant_id = :tenant AND l.space_id = s.space_id
            ORDER BY label LIMIT 1) IS NOT NULL AS labelled,
           ARRAY(SELECT (SELECT count(*) FROM postings p
                         WHERE p.tenant_id = :tenant AND p.space_id = s.space_id
                           AND p.term = t.term)
                 FROM unnest(CAST(:terms AS text[])) WITH ORDINALITY AS t(term, place)
                 ORDER BY t.place) AS counts
    FROM lexical_stats s
    WHERE s.tenant_id = :tenant AND s.space_id = ANY(:spaces) AND s.parts > 0 AND s.terms > 0
""")
#: For a statement that has one good plan whatever it binds: it is made once per connection, where
#: otherwise every read would wait for it. Partitions are pruned when the plan starts.
PLANNED_ONCE: ServerSettings = {"plan_cache_mode": "force_generic_plan"}
#: What is joined to the candidates is looked up for each of them: they are few, the tables large,
#: whether or not PostgreSQL has counted them yet.
_PROBING: ServerSettings = {
    **PLANNED_ONCE,
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
}
#: What was said last in a session, by memories_session_idx from its end.
_TURNS = """
    SELECT left(m.content, 2000) AS content FROM memories m
    WHERE {conditions} AND m.type = 'episodic' AND m.occurred_at <= :before
    ORDER BY m.occurred_at DESC, m.memory_id DESC LIMIT :count
"""
#: Where names stand, by postings_pk: of the terms of a name the rarest brings memories, the others
#: are looked up there; and what mentions entities, by mentions_entity_idx. A name that many hold is
#: left out before visibility is looked up. Only versions whose text has the name are seen.
_NAMED = """
    , names AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:numbers AS int[]), CAST(:terms AS text[])) AS n(number, term)),
    lengths AS MATERIALIZED (
        SELECT t.term, count(*) AS n
        FROM (SELECT DISTINCT term FROM names) t
        CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT FROM postings
            WHERE tenant_id = :tenant AND space_id = s.space_id AND term = t.term
            LIMIT :common + 1) p
        GROUP BY t.term),
    rarest AS MATERIALIZED (
        SELECT DISTINCT ON (n.number) n.number, n.term, array_remove(
            array_agg(n.term) OVER (PARTITION BY n.number), n.term) AS others, l.n
        FROM names n LEFT JOIN lengths l USING (term) ORDER BY n.number, l.n, n.term),
    spelled AS MATERIALIZED (
        SELECT r.number, p.memory_id, p.text_version, min(p.part) AS part
        FROM rarest r CROSS JOIN unnest(CAST(:spaces AS uuid[])) AS s(space_id)
        CROSS JOIN LATERAL (
            SELECT space_id, memory_id, text_version, part FROM postings
            WHERE tenant_id = :tenant AND space_id = s.space_id AND term = r.term OFFSET 0) p
        WHERE r.n <= :common AND NOT EXISTS (
            SELECT FROM unnest(r.others) AS o(term) WHERE NOT EXISTS (
                SELECT FROM postings q
                WHERE q.tenant_id = :tenant AND q.space_id = p.space_id AND q.term = o.term
                  AND q.memory_id = p.memory_id AND q.text_version = p.text_version
                  AND q.part = p.part))
        GROUP BY r.number, p.memory_id, p.text_version),
    brought AS (
        SELECT number, memory_id, text_version, part FROM spelled
        UNION ALL
        SELECT e.number, m.memory_id, NULL, 0
        FROM unnest(CAST(:entity_numbers AS int[]), CAST(:entities AS uuid[]))
            AS e(number, entity_id)
        CROSS JOIN LATERAL (
            SELECT memory_id FROM mentions
            WHERE tenant_id = :tenant AND entity_id = e.entity_id LIMIT :most + 1) m),
    counted AS MATERIALIZED (
        SELECT *, count(*) OVER (PARTITION BY number) AS holders FROM brought)
    SELECT b.number, v.memory_id, v.version, v.text_version, b.part, s.source
    FROM counted b CROSS JOIN LATERAL (
        SELECT memory_id, version, text_version, type FROM visible
        WHERE memory_id = b.memory_id
          AND (b.text_version IS NULL OR text_version = b.text_version) OFFSET 0) v
    LEFT JOIN LATERAL (
        SELECT episode_id AS source FROM evidence
        WHERE tenant_id = :tenant AND memory_id = v.memory_id
        ORDER BY created_at, episode_id LIMIT 1) s ON v.type <> 'episodic'
    WHERE b.holders <= :most
    ORDER BY b.number, v.memory_id
"""
#: The entities that memories mention, by mentions_pk and entities_pk.
_MENTIONED = text("""
    SELECT m.memory_id, e.memory_id AS entity_id, e.name
    FROM mentions m JOIN entities e ON e.tenant_id = :tenant AND e.memory_id = m.entity_id
    WHERE m.tenant_id = :tenant AND m.memory_id = ANY(:memory_ids) AND e.space_id = ANY(:spaces)
    ORDER BY m.memory_id, e.name, e.memory_id
""")
#: What was said before and after episodes in their sessions, by memories_session_idx.
_BESIDE = """
    SELECT c.memory_id, c.version, c.text_version, 0 AS part, 1.0 / c.away AS score
    FROM visible v CROSS JOIN LATERAL (
        (SELECT memory_id, version, text_version,
                row_number() OVER (ORDER BY occurred_at DESC, memory_id DESC) AS away
         FROM visible
         WHERE space_id = v.space_id AND session_id = v.session_id AND type = 'episodic'
           AND (occurred_at, memory_id) < (v.occurred_at, v.memory_id)
         ORDER BY occurred_at DESC, memory_id DESC LIMIT :reach)
        UNION ALL
        (SELECT memory_id, version, text_version,
                row_number() OVER (ORDER BY occurred_at, memory_id) AS away
         FROM visible
         WHERE space_id = v.space_id AND session_id = v.session_id AND type = 'episodic'
           AND (occurred_at, memory_id) > (v.occurred_at, v.memory_id)
         ORDER BY occurred_at, memory_id LIMIT :reach)) c
    WHERE v.memory_id = ANY(:memory_ids) AND v.type = 'episodic' AND v.session_id IS NOT NULL
    ORDER BY score DESC, c.memory_id
"""
_SPANS = text("""
    SELECT memory_id, text_version, part, span_start, span_end FROM passages
    WHERE tenant_id = :tenant AND (memory_id, text_version, part) IN (
        SELECT * FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]),
                             CAST(:parts AS smallint[])))
""")


class Found(NamedTuple):
    """One candidate of a channel: a version of a memory, its best part, the channel's own score."""

    memory_id: MemoryId
    version: int
    text_version: int
    part: int
    score: float


class Named(NamedTuple):
    """A memory that holds one of several names, and the part in which it does."""

    #: Which of the names.
    number: int
    memory_id: MemoryId
    version: int
    text_version: int
    part: int
    #: The episode it rests on; None, if it is one or rests on none.
    source: MemoryId | None


class Mentioned(NamedTuple):
    """An entity that a memory mentions."""

    memory_id: MemoryId
    entity_id: MemoryId
    name: str


class Candidate(NamedTuple):
    """A memory that is to be ranked: found by a channel, or beside one that was."""

    memory_id: MemoryId
    version: int
    text_version: int
    part: int
    #: Which of the spaces asked it is in, from 0.
    space: int
    session_id: str | None
    #: When it happened, else since when it holds, else since when it is known.
    moment: datetime
    trust: float
    #: Who said it, or whom it is about.
    speaker: str | None
    #: The episode it rests on; None, if it is one or rests on none.
    source: MemoryId | None
    #: The episodes said before and after it in its session, as far as they were looked up.
    before: MemoryId | None
    after: MemoryId | None
    #: Of its best part to the question; None without an embedding of either.
    cosine: float | None
    signature: bytes | None
    tier: str
    retrieved: int
    used: int
    #: The beginning of its text, if asked for.
    content: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TermCounts:
    """How often the terms of a question occur in a space, and whether it has labels."""

    #: Indexed parts of the space, and the mean number of their terms.
    parts: int
    mean_length: float
    #: Per term of the question, in how many parts it occurs.
    counts: tuple[int, ...]
    labelled: bool


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
        async with self._database.single(self.scope.tenant, settings) as session:
            rows = await session.tuples(statement, **self._bound(), **values)
        return list(map(Found._make, rows))

    async def surroundings(
        self,
        seeds: Mapping[MemoryId, int],
        embedding: NDArray[float32] | None,
        model: UUID,
        *,
        contents: bool,
    ) -> list[Candidate]:
        """The visible seeds, the episodes they rest on, and these episodes' neighbours.

        `seeds` names the part of each that was found. `contents` also brings their texts.
        """
        if not seeds:
            return []
        sql = _SURROUNDINGS.format(
            content=_CONTENT if contents else "NULL",
            vectors=EVERYWHERE if self.scope.cold else "vectors",
        )
        statement = text(_VISIBLE.format(conditions=self._conditions.sql) + sql)
        async with self._database.single(self.scope.tenant, _PROBING) as session:
            rows = await session.tuples(
                statement,
                **self._bound(),
                memory_ids=list(seeds),
                parts=list(seeds.values()),
                embedding=None if embedding is None else half(embedding),
                model=model,
            )
        return list(map(Candidate._make, rows))

    async def named(
        self,
        names: Sequence[tuple[int, Sequence[str]]],
        entities: Sequence[tuple[int, MemoryId]],
        *,
        common: int,
        most: int,
    ) -> list[Named]:
        """The visible memories that hold all terms of a name in one part, or mention an entity.

        Both are numbered by who asks. A name whose every term stands in more than `common` parts,
        or that more than `most` memories hold, brings none.
        """
        pairs = [(number, term) for number, held in names for term in dict.fromkeys(held)]
        statement = text(_VISIBLE.format(conditions=self._conditions.sql) + _NAMED)
        async with self._database.single(self.scope.tenant, _PROBING) as session:
            rows = await session.rows(
                statement,
                **self._bound(),
                numbers=[number for number, _ in pairs],
                terms=[term for _, term in pairs],
                entity_numbers=[number for number, _ in entities],
                entities=[entity for _, entity in entities],
                common=common,
                most=most,
            )
        return list(map(Named._make, rows))

    async def mentioned(self, memory_ids: Sequence[MemoryId]) -> list[Mentioned]:
        """The entities of the spaces searched that these memories mention."""
        async with self._database.single(self.scope.tenant, _PROBING) as session:
            rows = await session.rows(
                _MENTIONED, memory_ids=list(memory_ids), spaces=self.scope.space_ids
            )
        return list(map(Mentioned._make, rows))

    async def beside(self, memory_ids: Sequence[MemoryId], *, reach: int) -> list[Found]:
        """Up to `reach` turns on either side of episodes in their sessions, the nearest first."""
        return await self.ranked(_BESIDE, memory_ids=list(memory_ids), reach=reach)

    async def count_terms(self, words: Sequence[str]) -> tuple[TermCounts, ...]:
        """How often the terms occur in each space of the scope, in its order."""
        async with self._database.single(self.scope.tenant, PLANNED_ONCE) as session:
            rows = await session.rows(_TERMS, spaces=self.scope.space_ids, terms=list(words))
        found = {row.space_id: row for row in rows}
        nothing = TermCounts(parts=0, mean_length=1.0, counts=(0,) * len(words), labelled=False)
        return tuple(
            TermCounts(
                parts=row.parts,
                mean_length=row.terms / row.parts,
                counts=tuple(row.counts),
                labelled=row.labelled,
            )
            if (row := found.get(space_id))
            else nothing
            for space_id in self.scope.space_ids
        )

    async def last_turns(self, before: datetime, count: int) -> tuple[str, ...]:
        """What was said last in the session searched, oldest first, whatever else is filtered."""
        session_only = Filter(
            recalled=True, session_id=self.limits.session_id, as_of=self.limits.as_of
        )
        conditions = visible(self.scope, session_only)
        statement = text(_TURNS.format(conditions=conditions.sql))
        async with self._database.single(self.scope.tenant) as session:
            rows = await session.rows(statement, **conditions.values, before=before, count=count)
        return tuple(row.content for row in reversed(rows))

    async def cubes(self, found: list[Found]) -> dict[MemoryId, MemCube]:
        """The MemCubes of candidates, in the versions that were found."""
        async with self._database.single(self.scope.tenant, _PROBING) as session:
            return await find_versions(session, [(f.memory_id, f.version) for f in found])

    async def spans(self, found: list[Found]) -> dict[MemoryId, Span]:
        """Where the candidates' parts lie in their memories, for those of more than one part."""
        if not found:
            return {}
        async with self._database.single(self.scope.tenant) as session:
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
    return lexical.query_terms(query)


def model_id(name: str) -> UUID:
    """The id under which the vectors of a model are stored."""
    return model_id_of(name)


def bound_vector(embedding: Any) -> Any:
    """A query's embedding as statements bind it."""
    return half(embedding)
