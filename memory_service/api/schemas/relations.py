"""Relations as they are sent by those who bring their own graph, and what became of them."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from memory_service.api.schemas.base import Answer, Moment, Name, Schema, Text
from memory_service.verbs.relations import Relation

Noun = Annotated[Name, Field(pattern=r"\S")]


#: Longer than a name it is a statement, and no thing of its own.
Object = Annotated[Text, Field(min_length=1, max_length=600, pattern=r"\S")]


class RelationIn(Schema):
    """A relation between two things, by the names they go by."""

    subject: Noun
    predicate: Annotated[Noun, Field(max_length=100)]
    object: Object
    negated: bool = False
    valid_at: Moment | None = None
    invalid_at: Moment | None = None

    def relation(self) -> Relation:
        """As the verb takes it."""
        return Relation(**self.model_dump())


class SourceIn(Schema):
    """The episode that says so: by the writer's id for it, or by ours."""

    external_id: Name | None = None
    episode_id: UUID | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.external_id is None) == (self.episode_id is None):
            raise ValueError("name the episode by external_id or by episode_id")
        return self


class RelateIn(Schema):
    """Relations of one source; without `evidence` they rest on the caller's word."""

    evidence: SourceIn | None = None
    relations: Annotated[list[RelationIn], Field(max_length=1000)]


class EntityRef(Answer):
    """An entity, and the name it goes by; without an id it is a value."""

    id: UUID | None
    name: str


class Related(Answer):
    """`confirmed`: it was known, and has one more source now."""

    id: UUID
    status: Literal["stored", "confirmed"]
    subject: EntityRef
    predicate: str
    object: EntityRef


class RelateOut(Answer):
    """What each relation became, in the order they were sent, and the run that can be undone."""

    relations: list[Related]
    run_id: UUID
    job_ids: list[UUID]
