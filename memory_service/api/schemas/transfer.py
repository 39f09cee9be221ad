"""The lines of an export: a header, then one memory each, with every version it has had."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Annotated, Literal, Self, cast
from uuid import UUID

from pydantic import BeforeValidator, Field, model_validator

from memory_service.api.deps import SPACE_NAME
from memory_service.api.schemas.base import (
    Answer,
    Content,
    Json,
    Moment,
    Name,
    Ratio,
    Schema,
    Tags,
    Text,
    Visibility,
)
from memory_service.api.schemas.blocks import BlockName
from memory_service.api.schemas.operations import Policies
from memory_service.api.schemas.transfer_graph import Count, GraphLine, Number
from memory_service.verbs.blocks import LONGEST, MOST
from memory_service.verbs.transfer import Export, Line, Source
from stores import records
from stores.backlog import Stage
from stores.ids import MemoryId, SpaceId
from stores.transfer import DatedLink, Portable

FORMAT = "memory-service/3"
#: Without a graph, and without the events of sessions.
BEFORE_GRAPHS = "memory-service/1"
#: Everything but `erased`: a tombstone is made by an erasure and by nothing else.
Living = Literal["staged", "active", "superseded", "invalidated", "merged", "archived",
                 "quarantined"]  # fmt: skip
Origin = Literal["received", "written", "derived"]
Owed = Literal["extract", "held", "segment"]


def _as_list(owed: object) -> object:
    """The first format knew one thing at most, not in a list."""
    match owed:
        case None:
            return []
        case str():
            return [owed]
    return owed


class BlockLine(Schema):
    """A block that callers wrote."""

    name: BlockName
    text: Annotated[Content, Field(max_length=LONGEST)]


class Header(Schema):
    """The first line. Policies and blocks came with the third format."""

    format: Literal["memory-service/3", "memory-service/2", "memory-service/1"]
    space: Annotated[str, Field(pattern=SPACE_NAME)]
    space_id: UUID
    exported_at: Moment
    policies: Policies = Policies()
    blocks: Annotated[list[BlockLine], Field(max_length=MOST)] = []

    @classmethod
    def of(cls, export: Export) -> Self:
        """The header of an export."""
        return cls(
            format=FORMAT,
            space=export.space.name,
            space_id=export.space.id,
            exported_at=export.exported_at,
            policies=Policies.model_validate_json(json.dumps(dict(export.space.policies))),
            blocks=[BlockLine(name=block.name, text=block.text) for block in export.blocks],
        )

    def source(self) -> Source:
        """What it says of the space."""
        return Source(
            space=SpaceId(self.space_id),
            policies=self.policies.model_dump(mode="json", exclude_unset=True, exclude_none=True),
            blocks={block.name: block.text for block in self.blocks},
        )


class MethodLine(Schema):
    name: Name
    version: Name
    model: Name | None = None
    prompt: Name | None = None


class Version(Schema):
    """One version of the memory; `expired_at` is when the next one took over."""

    version: Number
    text_version: Number
    content: Text
    data: Json
    session_id: Name | None
    state: Living
    origin: Origin
    actor: Name
    method: MethodLine
    run_id: UUID | None
    occurred_at: Moment | None
    valid_at: Moment | None
    invalid_at: Moment | None
    created_at: Moment
    expired_at: Moment | None
    expires_at: Moment | None
    importance: Ratio
    pinned: bool
    trust: Ratio
    sensitivity: Tags
    visibility: Visibility
    legal_hold: bool
    tags: Tags


class EvidenceLine(Schema):
    """Which characters of which episode, since when that is known, and by which run."""

    episode_id: UUID
    span: tuple[Count, Number]
    created_at: Moment
    run_id: UUID | None = None

    @model_validator(mode="after")
    def _covers_something(self) -> Self:
        if self.span[0] >= self.span[1]:
            raise ValueError("the span is empty")
        return self


class UsageLine(Schema):
    retrieved: Count = 0
    used: Count = 0
    last_used_at: Moment | None = None
    confirmations: Count = 0
    tier: records.Tier = records.Tier.HOT
    strength: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    retention: Ratio = 1.0


class MemoryLine(Schema):
    """Every line after the first. `owed`: what is still to be made of the episode."""

    id: UUID
    type: records.MemoryType
    kind: Name
    external_id: Name | None = None
    versions: Annotated[list[Version], Field(min_length=1)]
    evidence: list[EvidenceLine] = []
    derived_from: list[UUID] = []
    usage: UsageLine = UsageLine()
    graph: GraphLine = GraphLine()
    owed: Annotated[list[Owed], BeforeValidator(_as_list)] = []

    @model_validator(mode="after")
    def _is_a_history(self) -> Self:
        for older, newer in pairwise(self.versions):
            if older.version >= newer.version:
                raise ValueError("the versions are not in order")
            if older.expired_at is None or older.expired_at > newer.created_at:
                raise ValueError(f"version {older.version} does not end before the next begins")
        if self.versions[-1].expired_at is not None:
            raise ValueError("the last version has ended, so there is no current one")
        if any(v.text_version > v.version for v in self.versions):
            raise ValueError("a text is older than the version that has it")
        return self

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        episodic = self.type is records.MemoryType.EPISODIC
        derived = self.versions[-1].origin == "derived"
        if episodic and not derived and (self.evidence or self.derived_from):
            raise ValueError("an episode rests on nothing")
        if not episodic and (self.external_id or self.owed):
            raise ValueError("only an episode has an external_id or is owed an extraction")
        if episodic and self.external_id != self.versions[-1].data.get("external_id"):
            raise ValueError("external_id is not the one in the episode's data")
        return self

    @model_validator(mode="after")
    def _fits_the_graph(self) -> Self:
        if self.graph.entity is not None and self.kind != "entity":
            raise ValueError("only an entity has graph.entity")
        if self.graph.claim is not None and self.type is records.MemoryType.EPISODIC:
            raise ValueError("an episode claims nothing by itself")
        return self

    @classmethod
    def of(cls, memory: Portable) -> MemoryLine:
        """The line of a memory."""
        cube = memory.current
        used, life = cube.usage, cube.lifecycle
        return cls.model_construct(
            id=memory.id,
            type=cube.type,
            kind=cube.kind,
            external_id=memory.external_id,
            versions=[_version(each) for each in memory.versions],
            evidence=[_evidence(link) for link in memory.evidence],
            derived_from=list(memory.derived_from),
            usage=UsageLine.model_construct(
                retrieved=used.retrieved,
                used=used.used,
                last_used_at=used.last_used_at,
                confirmations=used.confirmations,
                tier=life.tier,
                strength=life.strength,
                retention=life.retention,
            ),
            graph=GraphLine.of(memory.graph),
            owed=[cast(Owed, stage.value) for stage in memory.owed],
        )

    def line(self, number: int, size: int, header: Header) -> Line:
        """As the verb takes it."""
        memory = Portable(
            versions=tuple(self._cube(version, header) for version in self.versions),
            external_id=self.external_id,
            evidence=tuple(
                DatedLink(
                    episode_id=MemoryId(e.episode_id),
                    span=records.Span(start=e.span[0], end=e.span[1]),
                    created_at=e.created_at,
                    run_id=e.run_id,
                )
                for e in self.evidence
            ),
            derived_from=tuple(map(MemoryId, self.derived_from)),
            graph=self.graph.rows(),
            owed=self._owed(header),
        )
        return Line(number=number, bytes=size, memory=memory)

    def _owed(self, header: Header) -> tuple[Stage, ...]:
        """Before there were events, every message of a session was still to be placed in one."""
        owed = {Stage(stage) for stage in self.owed}
        of_session = self.kind == "message" and self.versions[-1].session_id is not None
        if header.format == BEFORE_GRAPHS and of_session and Stage.HELD not in owed:
            owed.add(Stage.SEGMENT)
        return tuple(sorted(owed))

    def _cube(self, version: Version, header: Header) -> records.MemCube:
        return records.MemCube(
            id=MemoryId(self.id),
            version=version.version,
            space_id=SpaceId(header.space_id),
            space=header.space,
            type=self.type,
            kind=self.kind,
            content=version.content,
            data=version.data,
            text_version=version.text_version,
            session_id=version.session_id,
            provenance=records.Provenance(
                origin=version.origin,
                actor=version.actor,
                method=records.Method(**version.method.model_dump()),
                run_id=version.run_id,
            ),
            time=records.Times(
                created_at=version.created_at,
                occurred_at=version.occurred_at,
                valid_at=version.valid_at,
                invalid_at=version.invalid_at,
                expired_at=version.expired_at,
            ),
            lifecycle=records.Lifecycle(
                state=records.State(version.state),
                tier=self.usage.tier,
                strength=self.usage.strength,
                retention=self.usage.retention,
                importance=version.importance,
                pinned=version.pinned,
                expires_at=version.expires_at,
            ),
            governance=records.Governance(
                trust=version.trust,
                sensitivity=tuple(version.sensitivity),
                visibility=version.visibility,
                legal_hold=version.legal_hold,
            ),
            usage=records.Usage(**self.usage.model_dump(exclude={"tier", "strength", "retention"})),
            tags=tuple(version.tags),
        )


def _version(cube: records.MemCube) -> Version:
    made, life, rules, times = cube.provenance, cube.lifecycle, cube.governance, cube.time
    method = made.method
    return Version.model_construct(
        version=cube.version,
        text_version=cube.text_version,
        content=cube.content,
        data=dict(cube.data),
        session_id=cube.session_id,
        state=cast(Living, life.state.value),
        origin=cast(Origin, made.origin),
        actor=made.actor,
        method=MethodLine.model_construct(
            name=method.name, version=method.version, model=method.model, prompt=method.prompt
        ),
        run_id=made.run_id,
        occurred_at=times.occurred_at,
        valid_at=times.valid_at,
        invalid_at=times.invalid_at,
        created_at=times.created_at,
        expired_at=times.expired_at,
        expires_at=life.expires_at,
        importance=life.importance,
        pinned=life.pinned,
        trust=rules.trust,
        sensitivity=list(rules.sensitivity),
        visibility=cast(Visibility, rules.visibility),
        legal_hold=rules.legal_hold,
        tags=list(cube.tags),
    )


def _evidence(link: DatedLink) -> EvidenceLine:
    return EvidenceLine.model_construct(
        episode_id=link.episode_id,
        span=(link.span.start, link.span.end),
        created_at=link.created_at,
        run_id=link.run_id,
    )


class ImportOut(Answer):
    """How many memories were stored, and how many were there already."""

    imported: int
    skipped: int
