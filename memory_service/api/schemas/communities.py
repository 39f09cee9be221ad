"""Communities of entities as callers see them."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from memory_service.api.schemas.base import Answer
from stores import communities


class CommunityMember(Answer):
    """An entity of a community; `weight`, 0..1, tells how much it is at its centre."""

    id: UUID
    name: str
    weight: float


class Community(Answer):
    """Entities that have much to do with each other; `members` are the most central of `size`."""

    id: UUID
    name: str
    size: int
    members: list[CommunityMember]

    @classmethod
    def of(cls, found: communities.Community) -> Self:
        """The answer for a record."""
        return cls(
            id=found.id,
            name=found.name,
            size=found.size,
            members=[
                CommunityMember(id=member.id, name=member.name, weight=member.weight)
                for member in found.members
            ],
        )


class CommunityList(Answer):
    items: list[Community]
    next_cursor: str | None
