"""Prefixes as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from memory_service.api.schemas.base import Answer
from memory_service.verbs.prefixes import Listed


class Prefix(Answer):
    """A text that chats of the space begin with: `shown` if they do now.

    `members` are the memories it rests on, `blocks` the blocks in it with their versions.
    """

    id: UUID
    state: str
    shown: bool
    text: str
    tokens: int
    hash: str
    members: list[UUID]
    blocks: dict[str, int]
    created_at: datetime

    @classmethod
    def of(cls, listed: Listed) -> Self:
        """The answer for a record."""
        cube = listed.cube
        return cls(
            id=cube.id,
            state=str(cube.lifecycle.state),
            shown=listed.shown,
            text=cube.content,
            tokens=cube.data["tokens"],
            hash=cube.data["hash"],
            members=[UUID(member) for member, _ in cube.data["members"]],
            blocks=cube.data["blocks"],
            created_at=cube.time.created_at,
        )


class PrefixList(Answer):
    items: list[Prefix]
    next_cursor: str | None
