"""What memories have in the graph, on the move with them: names, claims, mentions, links."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text

from stores import entity_merging
from stores.database import ReadSession, WriteSession
from stores.errors import InvalidMemory
from stores.ids import MemoryId
from stores.records import MemCube, Space

_OWN: LiteralString = "x.tenant_id = :tenant AND x.memory_id = m.memory_id"


def _one(table: LiteralString) -> LiteralString:
    return f"(SELECT to_jsonb(x) FROM {table} x WHERE {_OWN})"


def _all(table: LiteralString, order: LiteralString) -> LiteralString:
    rows = f"SELECT jsonb_agg(to_jsonb(x) ORDER BY {order}) FROM {table} x WHERE {_OWN}"
    return f"coalesce(({rows}), '[]')"


#: An expression for the memory `m`; `parsed` makes `GraphRows` of it.
ROWS: LiteralString = f"""jsonb_build_object(
        'entity', {_one("entities")},
        'aliases', {_all("entity_aliases", "x.alias")},
        'claim', {_one("relations")},
        'assertions', {_all("assertions", "x.episode_id, x.span_start, x.value, x.negated")},
        'mentions', {_all("mentions", "x.entity_id, x.role")},
        'links', {_all("links", "x.target_id, x.link_kind")},
        'refinements', {_all("refinements", "x.version, x.refinement_id")}
    )"""
#: The columns that a row does not name are those of its tenant, or null.
_INSERT = {
    table: text(f"""
        INSERT INTO {table}
        SELECT * FROM jsonb_populate_recordset(
            jsonb_populate_record(CAST(NULL AS {table}),
                                  jsonb_build_object('tenant_id', CAST(:tenant AS uuid))),
            CAST(:rows AS jsonb))
        ON CONFLICT DO NOTHING
    """)
    for table in (
        "entities", "entity_aliases", "entity_bands", "relations", "assertions", "mentions",
        "links", "refinements",
    )
}  # fmt: skip
#: Whoever looks for the root of an entity that was merged must come to an end.
_CIRCLE = text("""
    WITH RECURSIVE above AS (
        SELECT memory_id AS start, target_id FROM links
        WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND link_kind = 'merged'
        UNION
        SELECT a.start, l.target_id FROM above a
        JOIN links l ON l.tenant_id = :tenant AND l.memory_id = a.target_id
                    AND l.link_kind = 'merged')
    SELECT start FROM above WHERE start = target_id LIMIT 1
""")
_ERASED = text("""
    SELECT memory_id FROM memories
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND state = 'erased'
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entity:
    """What makes a memory an entity; into which it is merged is told by a link."""

    name: str
    entity_kind: str
    #: Under which it is found by names that resemble its own; made anew by whoever stores it.
    bands: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Alias:
    """A name the entity goes by, normalised."""

    alias: str
    run_id: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """What the memory claims; its state and validity are those of its current version."""

    subject_id: UUID
    predicate: str
    object_id: UUID | None
    object: str
    negated: bool
    form: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Assertion:
    """What a passage of an episode claims."""

    episode_id: UUID
    #: The memory that rested on it first.
    first_id: UUID
    span_start: int
    span_end: int
    value: str
    negated: bool
    object_id: UUID | None
    form: str
    since: datetime | None
    until: datetime | None
    sequence: int | None
    told_at: datetime | None
    text: str
    run_id: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """An entity the memory has to do with, in a role, and what it is called there."""

    entity_id: UUID
    role: str
    alias: str
    run_id: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """A typed link to another memory."""

    target_id: UUID
    link_kind: str
    weight: float
    created_at: datetime
    run_id: UUID | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refinement:
    """What later memories, its sources, add to what this one is found by."""

    refinement_id: UUID
    run_id: UUID | None
    version: int
    keywords: tuple[str, ...]
    tags: tuple[str, ...]
    context: str
    sources: tuple[UUID, ...]
    created_at: datetime
    dropped_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphRows:
    """All that one memory has in the graph."""

    entity: Entity | None = None
    aliases: tuple[Alias, ...] = ()
    claim: Claim | None = None
    assertions: tuple[Assertion, ...] = ()
    mentions: tuple[Mention, ...] = ()
    links: tuple[Link, ...] = ()
    refinements: tuple[Refinement, ...] = ()

    @property
    def named(self) -> set[MemoryId]:
        """The memories that are named here."""
        rows = (self.claim, *self.assertions, *self.mentions, *self.links, *self.refinements)
        return {memory_id for row in rows if row is not None for memory_id in _named(row)}

    def moved(
        self, memory: Callable[[MemoryId], MemoryId], other: Callable[[UUID], UUID]
    ) -> GraphRows:
        """The same under other ids of memories, and of whatever else has one."""

        def here(row: Any) -> Any:
            ids = {name: memory(i) for name in _MEMORIES if (i := getattr(row, name, None))}
            rest = {name: other(i) for name in _OTHERS if (i := getattr(row, name, None))}
            moved = replace(row, **ids, **rest)
            if not isinstance(moved, Refinement):
                return moved
            return replace(moved, sources=tuple(memory(MemoryId(i)) for i in moved.sources))

        return self._each(here)

    def without(self, gone: set[MemoryId]) -> GraphRows:
        """The same without what has to do with memories that are gone."""
        return self._each(lambda row: row if gone.isdisjoint(_named(row)) else None)

    def _each(self, change: Callable[[Any], Any]) -> GraphRows:
        def kept(rows: Iterable[Any]) -> tuple[Any, ...]:
            return tuple(new for row in rows if (new := change(row)) is not None)

        return replace(
            self,
            aliases=kept(self.aliases),
            claim=None if self.claim is None else change(self.claim),
            assertions=kept(self.assertions),
            mentions=kept(self.mentions),
            links=kept(self.links),
            refinements=kept(self.refinements),
        )


#: Fields that name a memory, and those that name something else.
_MEMORIES = ("subject_id", "object_id", "episode_id", "first_id", "entity_id", "target_id")
_OTHERS = ("refinement_id", "run_id")
_PARSED = TypeAdapter(GraphRows)


def _named(row: Any) -> set[MemoryId]:
    named = {MemoryId(i) for name in _MEMORIES if (i := getattr(row, name, None))}
    return named | {MemoryId(i) for i in getattr(row, "sources", ())}


def parsed(rows: Mapping[str, Any] | None) -> GraphRows:
    """What the expression `ROWS` gave."""
    return GraphRows() if rows is None else _PARSED.validate_python(rows)


async def add(
    session: WriteSession,
    space: Space,
    items: Sequence[tuple[MemCube, GraphRows]],
    since: int,
) -> None:
    """Write what memories have in the graph, at this version of it; what is there stays.

    Raises InvalidMemory if entities would be merged in a circle.
    """
    rows = _Rows(space=space, since=since)
    for cube, graph in items:
        rows.take(cube, graph)
    for table, values in rows.by_table.items():
        if values:
            await session.execute(_INSERT[table], rows=json.dumps(values, default=str))
    entities = [cube.id for cube, graph in items if graph.entity is not None]
    if entities:
        await _regroup(session, entities, since)


async def _regroup(session: WriteSession, entities: Sequence[MemoryId], since: int) -> None:
    found = await session.row(_CIRCLE, memory_ids=list(entities))
    if found is not None:
        raise InvalidMemory(f"the entity {found.start} is merged into itself")
    await entity_merging.regroup(session, entities, since)


async def erased_among(session: ReadSession, memory_ids: Iterable[MemoryId]) -> set[MemoryId]:
    """Those of the memories that were erased."""
    rows = await session.rows(_ERASED, memory_ids=sorted(memory_ids))
    return {MemoryId(row.memory_id) for row in rows}


class _Rows:
    """The rows of several memories, by table."""

    def __init__(self, *, space: Space, since: int) -> None:
        self._space, self._since = space, since
        self.by_table: dict[str, list[dict[str, Any]]] = {table: [] for table in _INSERT}

    def take(self, cube: MemCube, graph: GraphRows) -> None:
        own = {"memory_id": cube.id, "space_id": self._space.id}
        versioned = {**own, "since": self._since}
        add = self.by_table
        if graph.entity is not None:
            kept = {"name": graph.entity.name, "entity_kind": graph.entity.entity_kind}
            add["entities"].append({**versioned, **kept})
            add["entity_bands"] += [{**own, "band": band} for band in graph.entity.bands]
        add["entity_aliases"] += [{**own, **asdict(row)} for row in graph.aliases]
        if graph.claim is not None:
            stands = {
                "state": str(cube.lifecycle.state),
                "valid_at": cube.time.valid_at,
                "invalid_at": cube.time.invalid_at,
            }
            add["relations"].append({**versioned, **asdict(graph.claim), **stands})
        add["assertions"] += [{**own, **asdict(row)} for row in graph.assertions]
        add["mentions"] += [{**versioned, **asdict(row)} for row in graph.mentions]
        add["links"] += [{**versioned, **asdict(row)} for row in graph.links]
        add["refinements"] += [{**own, **asdict(row)} for row in graph.refinements]
