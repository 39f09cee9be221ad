"""Entities and relations, subgraphs and paths, as callers see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from memory_service.api.schemas.base import Answer, Schema
from memory_service.api.schemas.memory import Evidence, MemCube
from stores import graph_views, records
from stores.graph_walks import Step as StepRecord
from stores.graph_walks import Subgraph as SubgraphRecord
from stores.ids import MemoryId


class EntityTimes(Answer):
    valid_at: datetime
    created_at: datetime


class Entity(Answer):
    """`id` is that of its MemCube; `mentions` counts memories, of all merged into it too."""

    id: UUID
    name: str
    kind: str
    aliases: list[str]
    mentions: int
    merged_into: UUID | None
    version: int
    time: EntityTimes

    @classmethod
    def of(cls, view: graph_views.EntityView) -> Self:
        """The answer for a record."""
        return cls(
            id=view.id,
            name=view.name,
            kind=view.kind,
            aliases=list(view.aliases),
            mentions=view.mentions,
            merged_into=view.merged_into,
            version=view.version,
            time=EntityTimes(valid_at=view.since, created_at=view.created_at),
        )


class EntityList(Answer):
    items: list[Entity]
    next_cursor: str | None


class EntityRef(Answer):
    id: UUID
    name: str


class Value(Answer):
    """What is no thing: an age, a date, a colour."""

    value: str


class Relation(Answer):
    """The claim of a relation or a fact; `id` is that of the memory that makes it."""

    id: UUID
    subject: EntityRef
    predicate: str
    object: EntityRef | Value
    negated: bool
    form: str
    state: str
    valid_at: datetime | None
    invalid_at: datetime | None
    evidence: list[Evidence]

    @classmethod
    def of(cls, view: graph_views.RelationView) -> Self:
        """The answer for a record."""
        return cls(
            id=view.id,
            subject=EntityRef(id=view.subject_id, name=view.subject),
            predicate=view.predicate,
            object=Value(value=view.object)
            if view.object_id is None
            else EntityRef(id=view.object_id, name=view.object),
            negated=view.negated,
            form=view.form,
            state=view.state,
            valid_at=view.valid_at,
            invalid_at=view.invalid_at,
            evidence=_evidence(view.evidence),
        )


class RelationList(Answer):
    items: list[Relation]
    next_cursor: str | None


class Synonym(EntityRef):
    """An entity that may be the same; `weight`, 0..1, tells how much speaks for it."""

    weight: float


class EntityDetail(Entity):
    """An entity and what surrounds it; `memories` are the latest that have to do with it."""

    memory: MemCube
    merged: list[Entity]
    synonyms: list[Synonym]
    relations: list[Relation]
    memories: list[MemCube]

    @classmethod
    def of_detail(cls, detail: graph_views.EntityDetail) -> Self:
        """The answer for a record."""
        return cls(
            **dict(Entity.of(detail.view)),
            memory=MemCube.of(detail.cube),
            merged=[Entity.of(view) for view in detail.merged],
            synonyms=[Synonym(id=s.id, name=s.name, weight=s.weight) for s in detail.synonyms],
            relations=[Relation.of(view) for view in detail.relations],
            memories=[MemCube.of(cube) for cube in detail.memories],
        )


class MergeIn(Schema):
    """The entity that the other one is."""

    into: UUID


class Regrouped(Answer):
    """The run, which can be undone, and the entity that stands for itself now."""

    run_id: UUID
    entity: EntityDetail


class GraphNode(Answer):
    """An entity of a subgraph; those of one `community` hang together in what is shown.

    `community_id` is its community in the whole graph, null before it is in any.
    """

    id: UUID
    name: str
    kind: str
    mentions: int
    community: int
    community_id: UUID | None


class GraphEdge(Answer):
    source: UUID
    target: UUID
    predicate: str
    relation_id: UUID
    negated: bool
    valid_at: datetime | None
    invalid_at: datetime | None


class Subgraph(Answer):
    """`truncated`: there is more than `limit` let through."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    truncated: bool

    @classmethod
    def of(cls, found: SubgraphRecord, communities: Mapping[MemoryId, UUID]) -> Self:
        """The answer for a record, with the communities of its entities."""
        return cls(
            nodes=[
                GraphNode(
                    id=view.id,
                    name=view.name,
                    kind=view.kind,
                    mentions=view.mentions,
                    community=found.communities[view.id],
                    community_id=communities.get(view.id),
                )
                for view in found.entities
            ],
            edges=[
                GraphEdge(
                    source=view.subject_id,
                    target=view.object_id,
                    predicate=view.predicate,
                    relation_id=view.id,
                    negated=view.negated,
                    valid_at=view.valid_at,
                    invalid_at=view.invalid_at,
                )
                for view in found.relations
                if view.object_id is not None
            ],
            truncated=found.truncated,
        )


class SharedMemory(Answer):
    """A memory that names both ends of a step."""

    id: UUID
    type: records.MemoryType
    kind: str
    content: str


class PathStep(Answer):
    """One step, over a relation or over a memory that names both."""

    source: EntityRef
    target: EntityRef
    relation: Relation | None
    memory: SharedMemory | None
    evidence: list[Evidence]

    @classmethod
    def of(cls, step: StepRecord) -> Self:
        """The answer for a record."""
        memory = step.memory
        return cls(
            source=EntityRef(id=step.source.id, name=step.source.name),
            target=EntityRef(id=step.target.id, name=step.target.name),
            relation=None if step.relation is None else Relation.of(step.relation),
            memory=None
            if memory is None
            else SharedMemory(
                id=memory.id, type=memory.type, kind=memory.kind, content=memory.content
            ),
            evidence=_evidence(step.evidence),
        )


class Path(Answer):
    length: int
    steps: list[PathStep]


class PathList(Answer):
    """The shortest first; `next_cursor` is always null."""

    items: list[Path]
    next_cursor: None = None


def _evidence(found: Sequence[records.Evidence]) -> list[Evidence]:
    return [
        Evidence(
            episode_id=e.episode_id,
            external_id=e.external_id,
            span=(e.span.start, e.span.end),
            quote=e.quote,
        )
        for e in found
    ]
