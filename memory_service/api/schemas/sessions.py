"""What came of a session, as callers see it."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from memory_service.api.schemas.base import Answer
from memory_service.api.schemas.memory import MemCube
from stores import records
from stores.derived import Outline


class NamedEntity(Answer):
    """An entity that a session names; `mentions` counts the memories that do."""

    id: UUID
    name: str
    mentions: int


class Derived(Answer):
    """What was stored because of a session: `counts` by kind, the memories by type, page by page.

    `entities` and `runs` are at most 200 of each.
    """

    session_id: str
    episodes: int
    counts: dict[str, int]
    entities: list[NamedEntity]
    runs: list[UUID]
    items: list[MemCube]
    next_cursor: str | None

    @classmethod
    def of(
        cls,
        session_id: str,
        page: records.Page[records.MemCube],
        found: Outline,
        next_cursor: str | None,
    ) -> Self:
        """The answer for records."""
        return cls(
            session_id=session_id,
            episodes=found.episodes,
            counts=dict(found.counts),
            entities=[
                NamedEntity(id=e.id, name=e.name, mentions=e.mentions) for e in found.entities
            ],
            runs=list(found.runs),
            items=[MemCube.of(cube) for cube in page.items],
            next_cursor=next_cursor,
        )
