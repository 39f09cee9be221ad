"""Episodes as they are sent, and what became of them."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from memory_service.api.schemas.base import (
    Answer,
    Content,
    Json,
    Moment,
    Name,
    Schema,
    Tags,
    Text,
)
from memory_service.verbs.remember import Episode


class StepIn(Schema):
    """One step of a trajectory."""

    action: Content
    state: Text | None = None
    observation: Text | None = None
    outcome: Text | None = None


class EpisodeIn(Schema):
    """What is to be remembered. `steps` make a `trajectory`, whose content is its goal."""

    content: Content
    kind: Name = "message"
    role: Name | None = None
    speaker: Name | None = None
    occurred_at: Moment | None = None
    #: Its place in the order of things, where there are no dates: what comes later is believed.
    sequence: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    session_id: Name | None = None
    external_id: Name | None = None
    title: Name | None = None
    steps: Annotated[list[StepIn], Field(max_length=1000)] = []
    tags: Tags = []
    metadata: Json = {}

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.steps and self.kind != "trajectory":
            raise ValueError("only a trajectory has steps")
        if self.title is not None and self.kind != "document":
            raise ValueError("only a document has a title")
        if self.sequence is not None and self.occurred_at is not None:
            raise ValueError("a sequence stands in for occurred_at: give one of them")
        return self

    def episode(self) -> Episode:
        """As the verb takes it."""
        return Episode(
            content=self.content,
            kind=self.kind,
            role=self.role,
            speaker=self.speaker,
            occurred_at=self.occurred_at,
            sequence=self.sequence,
            session_id=self.session_id,
            external_id=self.external_id,
            title=self.title,
            steps=tuple(step.model_dump(exclude_none=True) for step in self.steps),
            tags=tuple(self.tags),
            metadata=self.metadata,
        )


class RememberIn(Schema):
    """A batch of episodes. With `consolidate: false` nothing is extracted until asked for."""

    episodes: Annotated[list[EpisodeIn], Field(min_length=1)]
    consolidate: bool = True


class Remembered(Answer):
    """`content_differs`: the words sent are other than those stored under this external id."""

    id: UUID
    external_id: str | None
    status: Literal["stored", "duplicate", "quarantined"]
    content_differs: bool


class RememberOut(Answer):
    episodes: list[Remembered]
    job_ids: list[UUID]
