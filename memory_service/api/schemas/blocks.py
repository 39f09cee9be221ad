"""Blocks as callers see them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from memory_service.api.schemas.base import Answer, Content, Schema
from stores import blocks

#: Names of blocks: small letters, digits and - _ , which need no escaping in a URL.
BLOCK_NAME = r"^[a-z0-9][a-z0-9_-]{0,63}$"
BlockName = Annotated[str, Field(pattern=BLOCK_NAME)]


class BlockIn(Schema):
    """What the block says from now on."""

    text: Annotated[Content, Field(max_length=100_000)]


class Block(Answer):
    """A text that belongs in every context; what is `derived` was made of `sources`."""

    name: str
    version: int
    text: str
    origin: Literal["derived", "written"]
    actor: str
    sources: list[UUID]
    run_id: UUID | None
    created_at: datetime

    @classmethod
    def of(cls, block: blocks.Block) -> Self:
        """The answer for a record."""
        return cls(
            name=block.name,
            version=block.version,
            text=block.text,
            origin="derived" if block.origin == "derived" else "written",
            actor=block.actor,
            sources=list(block.sources),
            run_id=block.run_id,
            created_at=block.created_at,
        )


class BlockList(Answer):
    items: list[Block]
    next_cursor: str | None
