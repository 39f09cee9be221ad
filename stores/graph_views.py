"""The graph of a space as readers see it: entities, relations, and what surrounds an entity.

Everything said of an entity that was merged counts for the one it was merged into: ids of a group
go in, ids of those that stand for themselves come out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores import memories
from stores.database import ReadSession
from stores.errors import MemoryNotFound
from stores.graph import meant
from stores.ids import MemoryId, SpaceId
from stores.memories import find_versions
from stores.names import normalised
from stores.records import Evidence, MemCube, Page, State
from stores.scope import HISTORICAL_STATES, AsOf, Filter, Scope, visible

#: States in which an entity is shown.
_SHOWN = (State.ACTIVE, State.MERGED)
#: Memories of an entity that are looked at for whom it is named with; the latest tell most.
_EACH = 200
#: By mentions_entity_idx, for each entity of a page and what was merged into it.
_COUNTED = """
    SELECT e.memory_id, e.name, e.entity_kind, e.merged_into, m.created_at, m.version,
           CASE WHEN m.valid_at IS NULL THEN m.created_at ELSE m.valid_at END AS since, ARRAY(
               SELECT a.alias FROM entity_aliases a
               WHERE a.tenant_id = :tenant AND a.memory_id = e.memory_id ORDER BY a.alias
           ) AS aliases, (
               SELECT count(DISTINCT n.memory_id) FROM entities g
               JOIN mentions n ON n.tenant_id = :tenant AND n.entity_id = g.memory_id
               WHERE g.tenant_id = :tenant
                 AND (g.memory_id = e.memory_id OR g.merged_into = e.memory_id)
           ) AS mentions
    FROM entities e
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = e.memory_id
"""
_LISTED = """
      AND e.tenant_id = :tenant AND e.space_id = ANY(:spaces)
      AND (CAST(:kind AS text) IS NULL OR e.entity_kind = :kind)
      AND (cardinality(CAST(:words AS text[])) = 0 OR EXISTS (
          SELECT FROM entity_aliases a
          WHERE a.tenant_id = :tenant AND a.memory_id = e.memory_id AND NOT EXISTS (
              SELECT FROM unnest(CAST(:words AS text[])) AS w(word)
              WHERE NOT starts_with(a.alias, w.word) AND strpos(a.alias, ' ' || w.word) = 0)))
      AND e.memory_id < :before
    ORDER BY e.memory_id DESC LIMIT :limit
"""
_BY_IDS = text(
    f"{_COUNTED} WHERE e.tenant_id = :tenant AND e.memory_id = ANY(:entity_ids)"
    " AND m.expired_at IS NULL"
)
_GROUP = text("""
    SELECT g.memory_id FROM entities e
    JOIN entities g ON g.tenant_id = :tenant AND e.space_id = g.space_id
     AND (g.memory_id = coalesce(e.merged_into, e.memory_id)
          OR g.merged_into = coalesce(e.merged_into, e.memory_id))
    WHERE e.tenant_id = :tenant AND e.space_id = :space AND e.memory_id = ANY(:entity_ids)
""")
_NAMED = text("""
    SELECT memory_id FROM entity_aliases
    WHERE tenant_id = :tenant AND space_id = :space AND alias = :alias
""")
_SYNONYMS = text(f"""
    SELECT e.memory_id, e.name, max(l.weight) AS weight
    FROM (SELECT target_id AS other, weight FROM links
          WHERE tenant_id = :tenant AND memory_id = ANY(:group) AND link_kind = 'synonym'
          UNION ALL
          SELECT memory_id, weight FROM links
          WHERE tenant_id = :tenant AND target_id = ANY(:group) AND link_kind = 'synonym') l
    CROSS JOIN {meant("l.other", "e")}
    WHERE e.memory_id <> ALL(:group)
    GROUP BY e.memory_id, e.name ORDER BY max(l.weight) DESC, e.memory_id LIMIT 100
""")
_ABOUT = """
    SELECT m.memory_id, m.version FROM memories m WHERE {conditions}
      AND m.memory_id IN (SELECT memory_id FROM mentions
                          WHERE tenant_id = :tenant AND entity_id = ANY(:group))
    ORDER BY m.memory_id DESC LIMIT :limit
"""
#: A claim with the versions of its memory that are visible; subject and object as they stand now.
_RELATIONS = (
    """
    SELECT r.memory_id, m.version, s.memory_id AS subject_id, s.name AS subject, r.predicate,
           o.memory_id AS object_id, coalesce(o.name, r.object) AS object, r.negated, r.form,
           m.state, m.valid_at, m.invalid_at
    FROM relations r
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = r.memory_id
    CROSS JOIN """
    + meant("r.subject_id", "s")
    + """
    LEFT JOIN """
    + meant("r.object_id", "o")
    + """ ON true
    WHERE {conditions} AND r.tenant_id = :tenant AND r.space_id = ANY(:spaces) {more}
    ORDER BY r.memory_id DESC LIMIT :limit
"""
)
#: Who is named together with an entity, by the latest of each one's memories.
_TOGETHER = """
    SELECT DISTINCT ON (said.source, other.target) said.source, other.target, said.memory_id
    FROM (
        SELECT coalesce(e.merged_into, e.memory_id) AS source, m.memory_id
        FROM entities e
        CROSS JOIN LATERAL (
            SELECT memory_id FROM mentions
            WHERE tenant_id = :tenant AND entity_id = e.memory_id
            ORDER BY memory_id DESC LIMIT :each) n
        JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = n.memory_id
        WHERE e.tenant_id = :tenant AND e.memory_id = ANY(:group) AND {conditions}) said
    CROSS JOIN LATERAL (
        SELECT coalesce(e.merged_into, e.memory_id) AS target
        FROM mentions n JOIN entities e ON e.tenant_id = :tenant AND e.memory_id = n.entity_id
        WHERE n.tenant_id = :tenant AND n.memory_id = said.memory_id) other
    WHERE said.source <> other.target
    ORDER BY said.source, other.target, said.memory_id DESC LIMIT :limit
"""
_TOP = text("""
    SELECT coalesce(e.merged_into, e.memory_id) AS memory_id,
           count(DISTINCT n.memory_id) AS mentions
    FROM mentions n JOIN entities e ON e.tenant_id = :tenant AND e.memory_id = n.entity_id
    WHERE n.tenant_id = :tenant AND n.space_id = :space
    GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT :limit
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityView:
    """An entity as it is listed; `mentions` counts memories, of all that was merged into it too."""

    id: MemoryId
    name: str
    kind: str
    aliases: tuple[str, ...]
    mentions: int
    merged_into: MemoryId | None
    version: int
    since: datetime
    created_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Synonym:
    """An entity that may be the same, and how much speaks for it."""

    id: MemoryId
    name: str
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationView:
    """A claim as it is shown; `object_id` is None where the object is a value."""

    id: MemoryId
    version: int
    subject_id: MemoryId
    subject: str
    predicate: str
    object_id: MemoryId | None
    object: str
    negated: bool
    form: str
    state: str
    valid_at: datetime | None
    invalid_at: datetime | None
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityDetail:
    """An entity with its MemCube and what surrounds it."""

    view: EntityView
    cube: MemCube
    merged: tuple[EntityView, ...]
    synonyms: tuple[Synonym, ...]
    relations: tuple[RelationView, ...]
    memories: tuple[MemCube, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which claims: ids of groups of entities and a predicate; None does not limit."""

    ids: Sequence[MemoryId] | None = None
    subjects: Sequence[MemoryId] | None = None
    predicate: str | None = None
    objects: Sequence[MemoryId] | None = None
    #: A value, or the normalised name of what no entity was made of.
    value: str | None = None
    #: Entities on either side.
    around: Sequence[MemoryId] | None = None


def known_then(as_of: AsOf, *, history: bool) -> Filter:
    """What is shown of a graph: what holds now or held then; with `history`, what ended too."""
    states = HISTORICAL_STATES if history or as_of.valid is not None else (State.ACTIVE,)
    return Filter(states=states, as_of=as_of)


async def list_entities(
    session: ReadSession,
    scope: Scope,
    *,
    words: Sequence[str],
    kind: str | None,
    before: MemoryId,
    limit: int,
) -> Page[EntityView]:
    """Entities, the newest first; each of the words begins a word of one of their names."""
    conditions = visible(scope, Filter(states=_SHOWN))
    sql = text(f"{_COUNTED} WHERE {conditions.sql} {_LISTED}")
    rows = await session.rows(
        sql, **conditions.values, words=list(words), kind=kind, before=before, limit=limit + 1
    )
    items = tuple(map(_entity, rows[:limit]))
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


async def find_entities(
    session: ReadSession, entity_ids: Sequence[MemoryId]
) -> dict[MemoryId, EntityView]:
    """The entities there are among these ids."""
    if not entity_ids:
        return {}
    rows = await session.rows(_BY_IDS, entity_ids=list(entity_ids))
    return {row.memory_id: _entity(row) for row in rows}


async def group_of(
    session: ReadSession, space: SpaceId, entity_ids: Sequence[MemoryId]
) -> list[MemoryId]:
    """The entities of the space that stand for the same as these, themselves included."""
    rows = await session.rows(_GROUP, space=space, entity_ids=list(entity_ids))
    return [MemoryId(row.memory_id) for row in rows]


async def find_group(session: ReadSession, space: SpaceId, named: str) -> list[MemoryId]:
    """The entities that an id or a name stands for, with all that is merged with them."""
    try:
        asked = [MemoryId(UUID(named))]
    except ValueError:
        rows = await session.rows(_NAMED, space=space, alias=normalised(named))
        asked = [MemoryId(row.memory_id) for row in rows]
    return await group_of(session, space, asked)


async def get_entity(
    session: ReadSession, scope: Scope, entity_id: MemoryId, *, history: bool, most: int
) -> EntityDetail:
    """An entity and what surrounds it, at most so many of each; raises MemoryNotFound, Erased."""
    space = scope.spaces[0].id
    cube = await memories.get(session, space, entity_id)
    found = await find_entities(session, [entity_id])
    if entity_id not in found:
        raise MemoryNotFound(f"there is no entity {entity_id} in this space")
    group = await group_of(session, space, [entity_id])
    views = await find_entities(session, group)
    wanted = Wanted(around=group)
    shown = known_then(AsOf(), history=history)
    relations = await list_relations(session, scope, shown, wanted, limit=most)
    synonyms = await session.rows(_SYNONYMS, group=group)
    return EntityDetail(
        view=found[entity_id],
        cube=cube,
        merged=tuple(views[i] for i in sorted(views) if views[i].merged_into == entity_id),
        synonyms=tuple(
            Synonym(id=MemoryId(row.memory_id), name=row.name, weight=round(row.weight, 6))
            for row in synonyms
        ),
        relations=relations.items,
        memories=await _about(session, scope, group, limit=min(most, 20)),
    )


async def list_relations(
    session: ReadSession,
    scope: Scope,
    shown: Filter,
    wanted: Wanted,
    *,
    before: MemoryId | None = None,
    limit: int,
) -> Page[RelationView]:
    """The claims that are wanted, the newest first, with their evidence."""
    rows = await _claims(session, scope, shown, wanted, before=before, limit=limit + 1)
    versions = [(MemoryId(row.memory_id), row.version) for row in rows[:limit]]
    cubes = await find_versions(session, versions, known=shown.as_of.known)
    items = tuple(relation_of(row, cubes[row.memory_id]) for row in rows[:limit])
    return Page(items=items, next_cursor=str(items[-1].id) if len(rows) > limit else None)


async def bare_relations(
    session: ReadSession, scope: Scope, shown: Filter, wanted: Wanted, *, limit: int
) -> list[RelationView]:
    """The same without their evidence, and in one go."""
    rows = await _claims(session, scope, shown, wanted, before=None, limit=limit)
    return [relation_of(row, None) for row in rows]


async def named_together(
    session: ReadSession, scope: Scope, shown: Filter, group: Sequence[MemoryId], *, limit: int
) -> list[tuple[MemoryId, MemoryId, MemoryId]]:
    """Entities that a memory names together with one of these: (this, that, the memory)."""
    conditions = visible(scope, shown)
    sql = text(_TOGETHER.format(conditions=conditions.sql))
    rows = await session.rows(sql, **conditions.values, group=list(group), each=_EACH, limit=limit)
    return [(row.source, row.target, row.memory_id) for row in rows]


async def most_mentioned(
    session: ReadSession, space: SpaceId, *, limit: int
) -> Mapping[MemoryId, int]:
    """The entities that most memories mention, and how many do."""
    rows = await session.rows(_TOP, space=space, limit=limit)
    return {MemoryId(row.memory_id): row.mentions for row in rows}


def relation_of(row: Row[Any], cube: MemCube | None) -> RelationView:
    """The record of a row of claims, with the evidence of its memory if that was read."""
    return RelationView(
        id=MemoryId(row.memory_id),
        version=row.version,
        subject_id=MemoryId(row.subject_id),
        subject=row.subject,
        predicate=row.predicate,
        object_id=row.object_id,
        object=row.object,
        negated=row.negated,
        form=row.form,
        state=row.state,
        valid_at=row.valid_at,
        invalid_at=row.invalid_at,
        evidence=() if cube is None else cube.provenance.evidence,
    )


async def _claims(
    session: ReadSession,
    scope: Scope,
    shown: Filter,
    wanted: Wanted,
    *,
    before: MemoryId | None,
    limit: int,
) -> Sequence[Row[Any]]:
    conditions = visible(scope, shown)
    more, values = [], dict(conditions.values)
    for name, value, condition in (
        ("ids", wanted.ids, "r.memory_id = ANY(:ids)"),
        ("subjects", wanted.subjects, "r.subject_id = ANY(:subjects)"),
        ("predicate", wanted.predicate, "r.predicate = :predicate"),
        ("objects", wanted.objects, "r.object_id = ANY(:objects)"),
        ("value", wanted.value, "r.object_id IS NULL AND r.object = :value"),
        ("around", wanted.around,
         "(r.subject_id = ANY(:around) OR r.object_id = ANY(:around))"),
        ("before", before, "r.memory_id < :before"),
    ):  # fmt: skip
        if value is not None:
            more.append(f"AND {condition}")
            values[name] = list(value) if isinstance(value, (list, tuple)) else value
    sql = _RELATIONS.format(conditions=conditions.sql, more=" ".join(more))
    return await session.rows(text(sql), **values, limit=limit)


async def _about(
    session: ReadSession, scope: Scope, group: Sequence[MemoryId], *, limit: int
) -> tuple[MemCube, ...]:
    conditions = visible(scope, Filter())
    sql = text(_ABOUT.format(conditions=conditions.sql))
    rows = await session.rows(sql, **conditions.values, group=list(group), limit=limit)
    return tuple(await memories.find_many(session, [MemoryId(row.memory_id) for row in rows]))


def _entity(row: Row[Any]) -> EntityView:
    return EntityView(
        id=MemoryId(row.memory_id),
        name=row.name,
        kind=row.entity_kind,
        aliases=tuple(row.aliases),
        mentions=row.mentions,
        merged_into=row.merged_into,
        version=row.version,
        since=row.since,
        created_at=row.created_at,
    )
