"""What links are made of: which memories and entities are near each other, and what they tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString, NamedTuple
from uuid import UUID

from sqlalchemy import text

from stores.backlog import START, Item
from stores.database import ReadSession
from stores.graph import meant
from stores.ids import MemoryId, SpaceId
from stores.records import Space

#: What an approximate search needs.
HNSW: Mapping[LiteralString, LiteralString] = {
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.ef_search": "100",
}
#: Parts of a space up to which all are compared; and how many of the nearest count: where thousands
#: say nearly the same, all pairs would be millions.
_EXACT_UP_TO = 10_000
_POOL = 100

#: What is owed an embedding has to wait for it.
_NEXT = text("""
    SELECT b.memory_id, b.text_version FROM backlog b
    WHERE b.tenant_id = :tenant AND b.space_id = :space AND b.stage = 'link'
      AND b.error IS NULL AND (b.memory_id, b.text_version) > (:memory_id, :text_version)
      AND NOT EXISTS (
          SELECT FROM backlog e WHERE e.tenant_id = :tenant AND e.space_id = :space
            AND e.stage = 'embed' AND e.memory_id = b.memory_id
            AND e.text_version = b.text_version)
    ORDER BY b.memory_id, b.text_version LIMIT :limit
""")
_STATEMENT = """m.tenant_id = :tenant AND m.space_id = :space AND m.type = 'semantic'
          AND NOT (m.kind = 'summary' AND m.origin = 'derived')
          AND m.state = 'active' AND m.expired_at IS NULL"""
_ASKED = f"""
    WITH asked AS MATERIALIZED (
        SELECT v.memory_id, v.embedding FROM memories m
        JOIN vectors v ON v.tenant_id = :tenant AND v.model_id = '{{model}}'
            AND v.memory_id = m.memory_id AND v.text_version = m.text_version
        WHERE {_STATEMENT} AND m.memory_id = ANY(:memory_ids))
"""
_EXACT = f"""
    {_ASKED}, others AS MATERIALIZED (
        SELECT v.memory_id, v.embedding FROM memories m
        JOIN vectors v ON v.tenant_id = :tenant AND v.model_id = '{{model}}'
            AND v.memory_id = m.memory_id AND v.text_version = m.text_version
        WHERE {_STATEMENT})
    SELECT q.memory_id, o.memory_id AS target_id, o.cosine
    FROM asked q CROSS JOIN LATERAL (
        SELECT memory_id, 1 - (embedding <=> q.embedding) AS cosine FROM others
        WHERE memory_id <> q.memory_id
          AND embedding <=> q.embedding <= 1 - CAST(:alike AS float8)
        ORDER BY embedding <=> q.embedding, memory_id LIMIT :pool) o
    ORDER BY o.cosine DESC, o.memory_id
"""
#: The model's HNSW index, whose expression it repeats.
_APPROXIMATE = f"""
    {_ASKED}
    SELECT q.memory_id, v.memory_id AS target_id, v.cosine
    FROM asked q CROSS JOIN LATERAL (
        SELECT memory_id, text_version, 1 - (embedding::halfvec({{dimensions}})
                                             <=> q.embedding::halfvec({{dimensions}})) AS cosine
        FROM vectors
        WHERE tenant_id = :tenant AND space_id = :space AND model_id = '{{model}}'
        ORDER BY embedding::halfvec({{dimensions}}) <=> q.embedding::halfvec({{dimensions}})
        LIMIT :pool) v
    JOIN memories m ON m.memory_id = v.memory_id AND m.text_version = v.text_version
        AND {_STATEMENT}
    WHERE v.memory_id <> q.memory_id AND v.cosine >= :alike
    ORDER BY v.cosine DESC, v.memory_id
"""
#: By the HNSW index of the model as well; relations, which have vectors there too, are left out.
_NEAR_ENTITIES = """
    SELECT q.memory_id, v.memory_id AS target_id, v.cosine
    FROM entities n
    JOIN graph_vectors q ON q.tenant_id = :tenant AND q.model_id = '{model}'
        AND q.memory_id = n.memory_id
    CROSS JOIN LATERAL (
        SELECT memory_id, 1 - (embedding::halfvec({dimensions})
                               <=> q.embedding::halfvec({dimensions})) AS cosine
        FROM graph_vectors
        WHERE tenant_id = :tenant AND space_id = :space AND model_id = '{model}'
        ORDER BY embedding::halfvec({dimensions}) <=> q.embedding::halfvec({dimensions})
        LIMIT :pool) v
    JOIN entities e ON e.tenant_id = :tenant AND e.memory_id = v.memory_id
        AND e.merged_into IS NULL
    WHERE n.tenant_id = :tenant AND n.memory_id = ANY(:memory_ids) AND n.merged_into IS NULL
      AND v.memory_id <> q.memory_id AND v.cosine >= :alike
    ORDER BY v.cosine DESC, v.memory_id
"""
_STATEMENTS = text(f"""
    SELECT m.memory_id, m.content, m.text_version, m.tags, m.visibility, m.sensitivity,
           m.data->>'form' = 'event' AS happened, coalesce(m.valid_at, m.occurred_at) AS moment,
           (SELECT jsonb_agg(DISTINCT jsonb_build_array(e.memory_id, n.alias))
            FROM mentions n
            CROSS JOIN {meant("n.entity_id", "e")}
            WHERE n.tenant_id = :tenant AND n.memory_id = m.memory_id) AS named
    FROM memories m WHERE {_STATEMENT} AND m.memory_id = ANY(:memory_ids)
""")
_THINGS = text("""
    SELECT e.memory_id, e.name, e.entity_kind, ARRAY(
               SELECT a.alias FROM entity_aliases a
               WHERE a.tenant_id = :tenant AND a.memory_id = e.memory_id
               ORDER BY a.alias) AS aliases
    FROM entities e
    WHERE e.tenant_id = :tenant AND e.memory_id = ANY(:memory_ids) AND e.merged_into IS NULL
""")
#: By links_pk and links_target_idx.
_LINKED = text("""
    SELECT memory_id, target_id FROM links
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
    UNION ALL
    SELECT memory_id, target_id FROM links
    WHERE tenant_id = :tenant AND target_id = ANY(:memory_ids) AND memory_id <> ALL(:memory_ids)
""")
#: By postings_pk.
_FREQUENCIES = text("""
    SELECT t.term, p.n FROM unnest(CAST(:terms AS text[])) AS t(term)
    CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM (
            SELECT FROM postings
            WHERE tenant_id = :tenant AND space_id = :space AND term = t.term LIMIT :most) few) p
""")


class Near(NamedTuple):
    """Two memories, or two entities, and how alike their embeddings are."""

    memory_id: MemoryId
    target_id: MemoryId
    cosine: float


class Named(NamedTuple):
    """An entity that a memory has to do with, and what it is called there."""

    id: MemoryId
    alias: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What a semantic memory that holds tells of whom, and to whom it may be shown."""

    id: MemoryId
    content: str
    text_version: int = 1
    #: Since when it holds, or when it happened.
    moment: datetime | None = None
    #: Whether it is of something that happened, not of something that lasts.
    happened: bool = False
    named: tuple[Named, ...] = ()
    tags: tuple[str, ...] = ()
    visibility: str = "space"
    sensitivity: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    """An entity that stands for itself; `aliases` are normalised."""

    id: MemoryId
    name: str
    kind: str
    aliases: tuple[str, ...] = ()


async def next_items(session: ReadSession, space: SpaceId, limit: int) -> tuple[Item, ...]:
    """The oldest that is owed links and embedded already."""
    memory_id, text_version = START
    rows = await session.rows(
        _NEXT, space=space, limit=limit, memory_id=memory_id, text_version=text_version
    )
    return tuple((row.memory_id, row.text_version) for row in rows)


async def find_near(
    session: ReadSession,
    space: Space,
    model: UUID,
    dimensions: int,
    memory_ids: Sequence[MemoryId],
    *,
    alike: float,
) -> list[Near]:
    """The active statements whose cosine to these is not below `alike`, the nearest first.

    The session must be opened with `HNSW`. Of a memory of several parts there may be several.
    """
    exact = space.parts <= _EXACT_UP_TO
    sql = (_EXACT if exact else _APPROXIMATE).format(dimensions=int(dimensions), model=model)
    rows = await session.rows(
        text(sql), space=space.id, memory_ids=list(memory_ids), alike=alike, pool=_POOL
    )
    return [Near(row.memory_id, row.target_id, row.cosine) for row in rows]


async def find_near_entities(
    session: ReadSession,
    space: SpaceId,
    model: UUID,
    dimensions: int,
    entities: Sequence[MemoryId],
    *,
    alike: float,
    nearest: int,
) -> list[Near]:
    """The entities whose names mean nearly what those of these do, the nearest first.

    What is merged into another is left out. The session must be opened with `HNSW`.
    """
    sql = text(_NEAR_ENTITIES.format(dimensions=int(dimensions), model=model))
    rows = await session.rows(
        sql, space=space, memory_ids=list(entities), alike=alike, pool=nearest
    )
    return [Near(row.memory_id, row.target_id, row.cosine) for row in rows]


async def statements(
    session: ReadSession, space: SpaceId, memory_ids: Sequence[MemoryId]
) -> dict[MemoryId, Statement]:
    """Those of the memories that are statements and hold."""
    rows = await session.rows(_STATEMENTS, space=space, memory_ids=list(memory_ids))
    return {
        row.memory_id: Statement(
            id=row.memory_id,
            content=row.content,
            text_version=row.text_version,
            moment=row.moment,
            happened=bool(row.happened),
            named=tuple(Named(MemoryId(UUID(i)), alias) for i, alias in row.named or ()),
            tags=tuple(row.tags),
            visibility=row.visibility,
            sensitivity=frozenset(row.sensitivity),
        )
        for row in rows
    }


async def things(session: ReadSession, entities: Sequence[MemoryId]) -> dict[MemoryId, Thing]:
    """Those of the entities that stand for themselves."""
    rows = await session.rows(_THINGS, memory_ids=list(entities))
    return {
        row.memory_id: Thing(
            id=row.memory_id, name=row.name, kind=row.entity_kind, aliases=tuple(row.aliases)
        )
        for row in rows
    }


async def linked(
    session: ReadSession, memory_ids: Sequence[MemoryId]
) -> list[tuple[MemoryId, MemoryId]]:
    """The pairs that links of any kind tie to these, at either end."""
    rows = await session.rows(_LINKED, memory_ids=list(memory_ids))
    return [(row.memory_id, row.target_id) for row in rows]


async def frequencies(
    session: ReadSession, space: SpaceId, terms: Sequence[str], *, most: int
) -> Mapping[str, int]:
    """In how many texts of the space terms occur, counted up to `most`."""
    rows = await session.rows(_FREQUENCIES, space=space, terms=list(terms), most=most)
    return {row.term: row.n for row in rows}
