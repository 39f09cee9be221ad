"""The MemCube as callers see it, and what they may write of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from memory_service.api.schemas.adapters import StoppedAdapter
from memory_service.api.schemas.base import (
    Answer,
    Content,
    Json,
    Moment,
    Name,
    Ratio,
    Schema,
    Tags,
    Visibility,
)
from memory_service.verbs.memories import Draft, EvidenceRef
from stores import records


class Evidence(Answer):
    episode_id: UUID
    external_id: str | None
    span: tuple[int, int]
    quote: str


class Method(Answer):
    name: str
    version: str
    model: str | None
    prompt: str | None


class Provenance(Answer):
    origin: str
    actor: str
    evidence: list[Evidence]
    derived_from: list[UUID]
    method: Method
    run_id: UUID | None


class Times(Answer):
    occurred_at: datetime | None
    valid_at: datetime | None
    invalid_at: datetime | None
    created_at: datetime
    expired_at: datetime | None


class Lifecycle(Answer):
    state: records.State
    tier: records.Tier
    strength: float | None
    retention: float
    importance: float
    pinned: bool
    expires_at: datetime | None


class Governance(Answer):
    trust: float
    sensitivity: list[str]
    visibility: str
    legal_hold: bool


class Usage(Answer):
    retrieved: int
    used: int
    last_used_at: datetime | None
    confirmations: int


class MemCube(Answer):
    """One version of one memory."""

    id: UUID
    version: int
    space: str
    type: records.MemoryType
    kind: str
    content: str
    data: dict[str, Any]
    provenance: Provenance
    time: Times
    lifecycle: Lifecycle
    governance: Governance
    usage: Usage
    tags: list[str]
    entities: list[str]

    @classmethod
    def of(cls, cube: records.MemCube) -> MemCube:
        """The answer for a record."""
        made, method, life = cube.provenance, cube.provenance.method, cube.lifecycle
        rules, times, used = cube.governance, cube.time, cube.usage
        return cls.model_construct(
            id=cube.id,
            version=cube.version,
            space=cube.space,
            type=cube.type,
            kind=cube.kind,
            content=cube.content,
            data=dict(cube.data),
            provenance=Provenance.model_construct(
                origin=made.origin,
                actor=made.actor,
                evidence=[_evidence(item) for item in made.evidence],
                derived_from=list(made.derived_from),
                method=Method.model_construct(
                    name=method.name,
                    version=method.version,
                    model=method.model,
                    prompt=method.prompt,
                ),
                run_id=made.run_id,
            ),
            time=Times.model_construct(
                occurred_at=times.occurred_at,
                valid_at=times.valid_at,
                invalid_at=times.invalid_at,
                created_at=times.created_at,
                expired_at=times.expired_at,
            ),
            lifecycle=Lifecycle.model_construct(
                state=life.state,
                tier=life.tier,
                strength=life.strength,
                retention=life.retention,
                importance=life.importance,
                pinned=life.pinned,
                expires_at=life.expires_at,
            ),
            governance=Governance.model_construct(
                trust=rules.trust,
                sensitivity=list(rules.sensitivity),
                visibility=rules.visibility,
                legal_hold=rules.legal_hold,
            ),
            usage=Usage.model_construct(
                retrieved=used.retrieved,
                used=used.used,
                last_used_at=used.last_used_at,
                confirmations=used.confirmations,
            ),
            tags=list(cube.tags),
            entities=list(cube.entities),
        )


def _evidence(item: records.Evidence) -> Evidence:
    return Evidence.model_construct(
        episode_id=item.episode_id,
        external_id=item.external_id,
        span=(item.span.start, item.span.end),
        quote=item.quote,
    )


class MemoryList(Answer):
    items: list[MemCube]
    next_cursor: str | None


class EvidenceIn(Schema):
    """An episode by our id or the writer's, and the characters in it; without span, all of it."""

    episode_id: UUID | None = None
    external_id: Name | None = None
    span: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1)]] | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.episode_id is None) == (self.external_id is None):
            raise ValueError("name the episode by episode_id or by external_id")
        return self


class MemoryIn(Schema):
    """A semantic memory to be written."""

    kind: Name
    content: Content
    data: Json = {}
    valid_at: Moment | None = None
    invalid_at: Moment | None = None
    expires_at: Moment | None = None
    importance: Ratio = 0.5
    sensitivity: Tags = []
    tags: Tags = []
    evidence: Annotated[list[EvidenceIn], Field(max_length=100)] = []

    def draft(self) -> Draft:
        """As the verb takes it."""
        return Draft(
            kind=self.kind,
            content=self.content,
            data=self.data,
            valid_at=self.valid_at,
            invalid_at=self.invalid_at,
            expires_at=self.expires_at,
            importance=self.importance,
            sensitivity=tuple(self.sensitivity),
            tags=tuple(self.tags),
            evidence=tuple(
                EvidenceRef(episode_id=e.episode_id, external_id=e.external_id, span=e.span)
                for e in self.evidence
            ),
        )


class MemoryPatch(Schema):
    """What is to change; a field that is left out stays. Null takes back an end or an expiry."""

    content: Content | None = None
    data: Json | None = None
    valid_at: Moment | None = None
    invalid_at: Moment | None = None
    expires_at: Moment | None = None
    importance: Ratio | None = None
    trust: Ratio | None = None
    sensitivity: Tags | None = None
    visibility: Visibility | None = None
    legal_hold: bool | None = None
    tags: Tags | None = None

    @model_validator(mode="after")
    def _changes_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one field to change")
        given = self.model_fields_set - {"invalid_at", "expires_at"}
        nulls = [name for name in given if getattr(self, name) is None]
        if nulls:
            raise ValueError(f"{sorted(nulls)[0]} cannot be null")
        return self

    def changes(self) -> dict[str, Any]:
        """The fields that were given, as the verb takes them."""
        given = {name: getattr(self, name) for name in self.model_fields_set}
        return {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}


class RollbackIn(Schema):
    version: Annotated[int, Field(ge=1, le=10**9)]


class PinIn(Schema):
    pinned: bool = True


class Forgotten(Answer):
    """What was forgotten; `memories` lists every memory that was changed or erased.

    `adapters` are those that had learned what is erased: they are stopped.
    """

    mode: str
    memory_id: UUID
    memories: list[UUID]
    erased: int
    adapters: list[StoppedAdapter]


class LineageEdge(Answer):
    memory_id: UUID
    source_id: UUID
    kind: str


class Lineage(Answer):
    memory_id: UUID
    sources: list[MemCube]
    derived: list[MemCube]
    edges: list[LineageEdge]
