"""Timelines and differences as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from memory_service.api.schemas.base import Answer
from memory_service.api.schemas.memory import MemCube
from stores import differences, records
from stores.differences import Axis
from stores.timeline import period


class TimelineItem(Answer):
    """What happened at a moment, or held for a while.

    `period` is for people: "2023-01 – 2024-06", "since 2023-01"; null for what only happened.
    """

    id: UUID
    type: records.MemoryType
    kind: str
    content: str
    state: records.State
    at: datetime
    valid_at: datetime | None
    invalid_at: datetime | None
    period: str | None
    session_id: str | None
    entities: list[str]

    @classmethod
    def of(cls, cube: records.MemCube) -> Self:
        """The answer for a record."""
        times = cube.time
        return cls(
            id=cube.id,
            type=cube.type,
            kind=cube.kind,
            content=cube.content,
            state=cube.lifecycle.state,
            at=times.occurred_at or times.valid_at or times.created_at,
            valid_at=times.valid_at,
            invalid_at=times.invalid_at,
            period=period(cube),
            session_id=cube.session_id,
            entities=list(cube.entities),
        )


class EpisodeCount(Answer):
    """How many episodes there are in the stretch, and when the first and the last occurred."""

    count: int
    first: datetime | None
    last: datetime | None


class Timeline(Answer):
    items: list[TimelineItem]
    next_cursor: str | None
    episodes: EpisodeCount


class Difference(Answer):
    """A memory that was added, ended or changed.

    `how` it ended is the state it is in, `erased` without any content, or `undone` with its run.
    """

    id: UUID
    change: Literal["added", "ended", "changed"]
    how: str | None
    before: MemCube | None
    after: MemCube | None

    @classmethod
    def of(cls, found: differences.Difference) -> Self:
        """The answer for a record."""
        return cls.model_validate(
            {
                "id": found.memory_id,
                "change": found.change,
                "how": found.how,
                "before": None if found.before is None else MemCube.of(found.before),
                "after": None if found.after is None else MemCube.of(found.after),
            }
        )


class Differences(Answer):
    """`counts` are of the whole stretch, whatever part of the list this page is."""

    axis: Axis
    counts: dict[str, int]
    items: list[Difference]
    next_cursor: str | None
