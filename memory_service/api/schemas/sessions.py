"""Sessions and what came of them, as callers see it."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from memory_service.api.schemas.base import Answer
from memory_service.api.schemas.memory import MemCube
from stores import records, sessions
from stores.derived import Outline


class Conversation(Answer):
    """A session: its episodes, from when to when they occurred, and who spoke."""

    session_id: str
    episodes: int
    begun_at: datetime
    spoken_at: datetime
    speakers: list[str]

    @classmethod
    def of(cls, one: sessions.Conversation) -> Self:
        """The answer for a record."""
        return cls(
            session_id=one.session_id,
            episodes=one.episodes,
            begun_at=one.begun_at,
            spoken_at=one.spoken_at,
            speakers=list(one.speakers),
        )


class ConversationList(Answer):
    items: list[Conversation]
    next_cursor: str | None


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
