"""What calls about the graph, about time and about runs answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from memory_sdk._memcube import Answer, Evidence, MemCube


class EntityTimes(Answer):
    """Since when an entity is known."""

    valid_at: datetime
    created_at: datetime


class EntityRef(Answer):
    """An entity as others name it."""

    id: str
    name: str


class Entity(EntityRef):
    """A person, place or thing; `id` is that of its MemCube.

    `mentions` counts the memories that have to do with it, or with what was merged into it.
    """

    kind: str
    aliases: tuple[str, ...] = ()
    mentions: int
    merged_into: str | None = None
    version: int
    time: EntityTimes


class RelationObject(Answer):
    """An entity with `id` and `name`, or a `value`."""

    id: str | None = None
    name: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        return self.name or self.value or ""


class Relation(Answer):
    """A claim; `id` is that of the memory that makes it, a relation or a fact."""

    id: str
    subject: EntityRef
    predicate: str
    object: RelationObject
    negated: bool = False
    form: str
    state: str
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    evidence: tuple[Evidence, ...] = ()


class Synonym(EntityRef):
    """An entity that may be the same; `weight`, 0..1, tells how much speaks for it."""

    weight: float


class EntityDetail(Entity):
    """An entity, its relations both ways, and the latest memories that have to do with it."""

    memory: MemCube
    merged: tuple[Entity, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    relations: tuple[Relation, ...] = ()
    memories: tuple[MemCube, ...] = ()


class Regrouped(Answer):
    """The run of a merge or split, and the entity that stands for itself now."""

    run_id: str
    entity: EntityDetail


class GraphNode(EntityRef):
    """An entity of a subgraph; those of one `community` hang together in what is shown.

    `community_id` is its community in the whole graph, None before it is in any.
    """

    kind: str
    mentions: int
    community: int
    community_id: str | None = None


class CommunityMember(EntityRef):
    """An entity of a community; `weight`, 0..1, tells how much it is at its centre."""

    weight: float


class Community(Answer):
    """Entities that have much to do with each other; `members` are the most central of `size`."""

    id: str
    name: str
    size: int
    members: tuple[CommunityMember, ...]


class GraphEdge(Answer):
    """A relation of a subgraph, between the ids of two entities."""

    source: str
    target: str
    predicate: str
    relation_id: str
    negated: bool = False
    valid_at: datetime | None = None
    invalid_at: datetime | None = None


class Subgraph(Answer):
    """Some entities and the relations between them; `truncated` if there is more."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    truncated: bool


class SharedMemory(Answer):
    """A memory that names both ends of a step."""

    id: str
    type: str
    kind: str
    content: str


class PathStep(Answer):
    """One step, over a relation or over a memory that names both."""

    source: EntityRef
    target: EntityRef
    relation: Relation | None = None
    memory: SharedMemory | None = None
    evidence: tuple[Evidence, ...] = ()


class GraphPath(Answer):
    """A way from one entity to another."""

    length: int
    steps: tuple[PathStep, ...]


class TimelineItem(Answer):
    """What happened at a moment, or held for a while: `period` is "2023-01 – 2024-06"."""

    id: str
    type: str
    kind: str
    content: str
    state: str
    at: datetime
    valid_at: datetime | None = None
    invalid_at: datetime | None = None
    period: str | None = None
    session_id: str | None = None
    entities: tuple[str, ...] = ()


class Difference(Answer):
    """A memory that was `added`, `ended` or `changed`; `how` it ended is a state or `undone`.

    Of what was erased there is nothing but the id.
    """

    id: str
    change: str
    how: str | None = None
    before: MemCube | None = None
    after: MemCube | None = None


class NamedEntity(EntityRef):
    """An entity that a session names, and in how many memories."""

    mentions: int


class Derived(Answer):
    """What was stored because of a session: numbers, names, and a page of the memories."""

    session_id: str
    episodes: int
    counts: dict[str, int] = Field(default_factory=dict)
    entities: tuple[NamedEntity, ...] = ()
    runs: tuple[str, ...] = ()
    items: tuple[MemCube, ...]
    next_cursor: str | None = None


class RunChange(Answer):
    """What a run did to a memory: the versions before and after, None where there is none."""

    memory_id: str
    before: int | None = None
    after: int | None = None
    confirmations: int = 0


class Run(Answer):
    """One execution that made memories, with counts of what it did.

    `changes` and `memories` are there for a single run, not in a list.
    """

    id: str
    space: str
    job_id: str | None = None
    method: dict[str, Any] = Field(default_factory=dict)
    counts: dict[str, int] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    started_at: datetime
    finished_at: datetime | None = None
    undone_at: datetime | None = None
    changes: tuple[RunChange, ...] = ()
    memories: tuple[MemCube, ...] = ()


class UndoResult(Answer):
    """The runs that were undone, by which run, and the memories that are gone or as before."""

    run_id: str
    runs: tuple[str, ...]
    removed: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
