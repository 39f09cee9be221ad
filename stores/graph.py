"""The graph of a space: entities and their names, claims, mentions and links, as they are written.

Every write takes the next version of the space's graph and holds it until commit, so that whoever
keeps a copy has only to read what came since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.records import MemCube

#: The entity that another one, {id}, stands for now, as {name}, by two looks at entities_pk. A join
#: on what it is merged into cannot use the key, and a planner without statistics would read the
#: whole table for every memory.
_MEANT: LiteralString = """LATERAL (
            SELECT e.memory_id, e.name FROM (
                SELECT coalesce(merged_into, memory_id) AS memory_id FROM entities
                WHERE tenant_id = :tenant AND memory_id = {id} OFFSET 0) said
            CROSS JOIN LATERAL (
                SELECT memory_id, name FROM entities
                WHERE tenant_id = :tenant AND memory_id = said.memory_id OFFSET 0) e) {name}"""


def meant(entity: LiteralString, name: LiteralString) -> LiteralString:
    """What follows CROSS JOIN, or LEFT JOIN … ON true: the entity that `entity` stands for."""
    return _MEANT.replace("{id}", entity).replace("{name}", name)


_BUMP: LiteralString = """
    INSERT INTO graph_versions (tenant_id, space_id, version, taken_at)
    VALUES (:tenant, :space, 1, :first)
    ON CONFLICT (tenant_id, space_id) DO UPDATE SET version = graph_versions.version + 1 {taken}
    RETURNING version
"""
_CHANGED = text(_BUMP.format(taken=""))
_TAKEN = text(_BUMP.format(taken=", taken_at = graph_versions.version + 1"))
#: By entity_aliases_pk and entity_bands_pk; what is merged brings what it is merged into.
_KNOWN = text("""
    WITH likely AS MATERIALIZED (
        SELECT a.memory_id FROM unnest(CAST(:aliases AS text[])) AS x(alias)
        CROSS JOIN LATERAL (
            SELECT memory_id FROM entity_aliases
            WHERE tenant_id = :tenant AND space_id = :space AND alias = x.alias OFFSET 0) a
        UNION
        SELECT b.memory_id FROM unnest(CAST(:bands AS bigint[])) AS x(band)
        CROSS JOIN LATERAL (
            SELECT memory_id FROM entity_bands
            WHERE tenant_id = :tenant AND space_id = :space AND band = x.band OFFSET 0) b),
    groups AS MATERIALIZED (
        SELECT DISTINCT coalesce(e.merged_into, e.memory_id) AS memory_id
        FROM likely l JOIN entities e ON e.tenant_id = :tenant AND e.memory_id = l.memory_id)
    SELECT e.memory_id, e.name, e.entity_kind, ARRAY(
               SELECT a.alias FROM entities o
               JOIN entity_aliases a ON a.tenant_id = :tenant AND a.memory_id = o.memory_id
               WHERE o.tenant_id = :tenant
                 AND (o.memory_id = g.memory_id OR o.merged_into = g.memory_id)
               ORDER BY a.alias) AS aliases
    FROM groups g JOIN entities e ON e.tenant_id = :tenant AND e.memory_id = g.memory_id
    ORDER BY e.memory_id
""")
_CALLED = text("""
    SELECT memory_id, name FROM entities
    WHERE tenant_id = :tenant AND memory_id = ANY(:entity_ids)
""")
_ADD_ENTITY = text("""
    INSERT INTO entities (tenant_id, memory_id, space_id, name, entity_kind, since)
    SELECT :tenant, e.memory_id, :space, e.name, e.kind, :since
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:names AS text[]), CAST(:kinds AS text[]))
         AS e(memory_id, name, kind)
""")
_SET_KIND = text("""
    UPDATE entities SET entity_kind = :kind, since = :since
    WHERE tenant_id = :tenant AND memory_id = :memory_id
""")
_ADD_ALIAS = text("""
    INSERT INTO entity_aliases (tenant_id, space_id, alias, memory_id, run_id)
    SELECT :tenant, :space, a.alias, a.memory_id, :run_id
    FROM unnest(CAST(:aliases AS text[]), CAST(:memory_ids AS uuid[])) AS a(alias, memory_id)
    ORDER BY a.alias, a.memory_id
    ON CONFLICT DO NOTHING
""")
_ADD_BAND = text("""
    INSERT INTO entity_bands (tenant_id, space_id, band, memory_id)
    SELECT :tenant, :space, b.band, b.memory_id
    FROM unnest(CAST(:bands AS bigint[]), CAST(:memory_ids AS uuid[])) AS b(band, memory_id)
    ORDER BY b.band, b.memory_id
    ON CONFLICT DO NOTHING
""")
_ADD_MENTION = text("""
    INSERT INTO mentions
        (tenant_id, memory_id, entity_id, role, space_id, alias, since, run_id)
    SELECT :tenant, m.memory_id, m.entity_id, m.role, :space, m.alias, :since, :run_id
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:entity_ids AS uuid[]), CAST(:roles AS text[]),
                CAST(:aliases AS text[])) AS m(memory_id, entity_id, role, alias)
    ORDER BY m.memory_id, m.entity_id, m.role
    ON CONFLICT DO NOTHING
""")
_ADD_RELATION = text("""
    INSERT INTO relations
        (tenant_id, memory_id, space_id, subject_id, predicate, object_id, object, negated, form,
         state, valid_at, invalid_at, since)
    VALUES (:tenant, :memory_id, :space, :subject_id, :predicate, :object_id, :object, :negated,
            :form, :state, :valid_at, :invalid_at, :since)
    ON CONFLICT DO NOTHING
""")
_FOLLOW = text("""
    UPDATE relations r
    SET state = c.state, valid_at = c.valid_at, invalid_at = c.invalid_at, since = :since
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:states AS text[]),
                CAST(:begun AS timestamptz[]), CAST(:ended AS timestamptz[]))
         AS c(memory_id, state, valid_at, invalid_at)
    WHERE r.tenant_id = :tenant AND r.memory_id = c.memory_id
""")
_ANY_RELATION = text("""
    SELECT 1 FROM relations WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) LIMIT 1
""")
_ADD_LINK = text("""
    INSERT INTO links
        (tenant_id, memory_id, target_id, link_kind, space_id, weight, created_at, since, run_id)
    SELECT :tenant, l.memory_id, l.target_id, l.kind, :space, l.weight, :now, :since, :run_id
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:target_ids AS uuid[]), CAST(:kinds AS text[]),
                CAST(:weights AS real[])) AS l(memory_id, target_id, kind, weight)
    ORDER BY l.memory_id, l.target_id, l.kind
    ON CONFLICT DO NOTHING
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An entity of the space; `aliases` are the normalised names it goes by."""

    id: MemoryId
    name: str
    kind: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class EntityRow:
    """What an entity is beside its MemCube."""

    id: MemoryId
    name: str
    kind: str
    aliases: tuple[str, ...]
    bands: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class MentionRow:
    """A memory has to do with an entity; `role` is `named`, `speaker` or `about`."""

    memory_id: MemoryId
    entity_id: MemoryId
    role: str
    alias: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RelationRow:
    """The claim of a memory; `object` is normalised, `object_id` None where it is a value."""

    memory_id: MemoryId
    subject_id: MemoryId
    predicate: str
    object_id: MemoryId | None
    object: str
    negated: bool
    form: str
    state: str
    valid_at: datetime | None
    invalid_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkRow:
    """A typed link from one memory to another; both are entities for `synonym`."""

    memory_id: MemoryId
    target_id: MemoryId
    kind: str
    weight: float = 1.0


async def next_version(session: WriteSession, space: SpaceId, *, taken: bool = False) -> int:
    """Take the next version of the space's graph; `taken` if this change takes something away."""
    version = await session.scalar(_TAKEN if taken else _CHANGED, space=space, first=int(taken))
    return int(version)


async def find_known(
    session: ReadSession, space: SpaceId, aliases: Sequence[str], bands: Sequence[int]
) -> list[Known]:
    """The entities that go by one of the names, or by one that resembles it."""
    rows = await session.rows(_KNOWN, space=space, aliases=list(aliases), bands=list(bands))
    return [
        Known(id=row.memory_id, name=row.name, kind=row.entity_kind, aliases=tuple(row.aliases))
        for row in rows
    ]


async def names(session: ReadSession, entities: Sequence[MemoryId]) -> dict[MemoryId, str]:
    """What entities are called."""
    rows = await session.rows(_CALLED, entity_ids=list(entities))
    return {row.memory_id: row.name for row in rows}


async def add_entities(
    session: WriteSession, space: SpaceId, entities: Sequence[EntityRow], since: int, run_id: UUID
) -> None:
    """Add what makes their MemCubes, stored already, entities."""
    if not entities:
        return
    await session.execute(
        _ADD_ENTITY, space=space, since=since, memory_ids=[e.id for e in entities],
        names=[e.name for e in entities], kinds=[e.kind for e in entities],
    )  # fmt: skip
    names = [(alias, e.id) for e in entities for alias in e.aliases]
    bands = [(band, e.id) for e in entities for band in e.bands]
    await add_aliases(session, space, names, run_id)
    await add_bands(session, space, bands)


async def set_kind(session: WriteSession, entity: MemoryId, kind: str, since: int) -> None:
    """Tell what kind of thing an entity is."""
    await session.execute(_SET_KIND, memory_id=entity, kind=kind, since=since)


async def add_aliases(
    session: WriteSession, space: SpaceId, aliases: Sequence[tuple[str, MemoryId]], run_id: UUID
) -> None:
    """Note further names, normalised."""
    if aliases:
        names, ids = map(list, zip(*aliases, strict=True))
        await session.execute(_ADD_ALIAS, space=space, aliases=names, memory_ids=ids, run_id=run_id)


async def add_bands(
    session: WriteSession, space: SpaceId, bands: Sequence[tuple[int, MemoryId]]
) -> None:
    """Make entities findable by names that resemble theirs."""
    if bands:
        numbers, ids = map(list, zip(*bands, strict=True))
        await session.execute(_ADD_BAND, space=space, bands=numbers, memory_ids=ids)


async def add_mentions(
    session: WriteSession,
    space: SpaceId,
    mentions: Sequence[MentionRow],
    since: int,
    run_id: UUID | None,
) -> None:
    """Note which memories have to do with which entities."""
    if mentions:
        await session.execute(
            _ADD_MENTION, space=space, since=since, run_id=run_id,
            memory_ids=[m.memory_id for m in mentions], entity_ids=[m.entity_id for m in mentions],
            roles=[m.role for m in mentions], aliases=[m.alias for m in mentions],
        )  # fmt: skip


async def add_relations(
    session: WriteSession, space: SpaceId, relations: Sequence[RelationRow], since: int
) -> None:
    """Note the claims of memories, stored already."""
    await session.execute_many(_ADD_RELATION, [
        {"space": space, "since": since, "memory_id": r.memory_id, "subject_id": r.subject_id,
         "predicate": r.predicate, "object_id": r.object_id, "object": r.object,
         "negated": r.negated, "form": r.form, "state": r.state, "valid_at": r.valid_at,
         "invalid_at": r.invalid_at}
        for r in relations
    ])  # fmt: skip


async def add_links(
    session: WriteSession,
    space: SpaceId,
    links: Sequence[LinkRow],
    since: int,
    now: datetime,
    run_id: UUID | None,
) -> None:
    """Link memories; a link there is already stays as it is."""
    if links:
        await session.execute(
            _ADD_LINK, space=space, since=since, now=now, run_id=run_id,
            memory_ids=[link.memory_id for link in links],
            target_ids=[link.target_id for link in links],
            kinds=[link.kind for link in links], weights=[link.weight for link in links],
        )  # fmt: skip


async def follow(session: WriteSession, space: SpaceId, cubes: Sequence[MemCube]) -> None:
    """Have the claims of memories follow their new versions, as to state and validity."""
    ids = [cube.id for cube in cubes]
    if not ids or await session.row(_ANY_RELATION, memory_ids=ids) is None:
        return
    await session.execute(
        _FOLLOW, since=await next_version(session, space), memory_ids=ids,
        states=[str(cube.lifecycle.state) for cube in cubes],
        begun=[cube.time.valid_at for cube in cubes],
        ended=[cube.time.invalid_at for cube in cubes],
    )  # fmt: skip
