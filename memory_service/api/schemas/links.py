"""Links and refinements as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from memory_service.api.schemas.base import Answer
from stores import link_views, records, refinements
from stores.link_views import Direction


class Brief(Answer):
    """The memory at the other end, in short."""

    id: UUID
    type: records.MemoryType
    kind: str
    content: str
    state: records.State
    valid_at: datetime | None
    invalid_at: datetime | None


class Link(Answer):
    """A link of a memory: `out` to the other one, or `in` from it."""

    kind: str
    direction: Direction
    weight: float
    memory: Brief
    created_at: datetime
    run_id: UUID | None

    @classmethod
    def of(cls, view: link_views.LinkView) -> Self:
        """The answer for a record."""
        other = view.memory
        return cls(
            kind=view.kind,
            direction=view.direction,
            weight=view.weight,
            memory=Brief(
                id=other.id,
                type=other.type,
                kind=other.kind,
                content=other.content,
                state=other.state,
                valid_at=other.valid_at,
                invalid_at=other.invalid_at,
            ),
            created_at=view.created_at,
            run_id=view.run_id,
        )


class LinkList(Answer):
    items: list[Link]
    next_cursor: str | None


class Refinement(Answer):
    """What other memories, the `sources`, add to what a memory is found by."""

    id: UUID
    version: int
    keywords: list[str]
    tags: list[str]
    context: str
    sources: list[UUID]
    run_id: UUID | None
    created_at: datetime | None
    dropped_at: datetime | None

    @classmethod
    def of(cls, record: refinements.Refinement) -> Self:
        """The answer for a record."""
        return cls(
            id=record.id,
            version=record.version,
            keywords=list(record.keywords),
            tags=list(record.tags),
            context=record.context,
            sources=list(record.sources),
            run_id=record.run_id,
            created_at=record.created_at,
            dropped_at=record.dropped_at,
        )


class RefinementList(Answer):
    items: list[Refinement]
    next_cursor: str | None
