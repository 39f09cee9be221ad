"""Blocks: short texts that belong in every context, by version; derived ones keep their sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.errors import BlockNotFound
from stores.ids import MemoryId, SpaceId
from stores.records import Page

#: Versions of a block that are kept.
KEPT = 20

#: By blocks_pk.
_CURRENT = """
    SELECT DISTINCT ON (name) name, version, text, origin, actor, sources, run_id, created_at
    FROM blocks WHERE tenant_id = :tenant AND space_id = :space {which}
    ORDER BY name, version DESC
"""
_LIST = text(_CURRENT.format(which="AND name > :after") + " LIMIT :limit")
_ALL = text(_CURRENT.format(which=""))
_NAMED = text(_CURRENT.format(which="AND name = ANY(:names)"))
_ADD = text("""
    INSERT INTO blocks
        (tenant_id, space_id, name, version, text, origin, actor, sources, run_id, created_at)
    VALUES (:tenant, :space, :name, :version, :words, :origin, :actor, :sources, :run_id, :now)
""")
_PRUNE = text("""
    DELETE FROM blocks
    WHERE tenant_id = :tenant AND space_id = :space AND name = :name AND version <= :oldest
""")
_DELETE = text("""
    DELETE FROM blocks WHERE tenant_id = :tenant AND space_id = :space AND name = :name
""")
#: What the owner of a space is told to be, or to like: the statements whose claim is about one of
#: these entities, or whose payload names one as its subject.
_ABOUT = text("""
    SELECT m.memory_id, m.kind, m.content, m.valid_at, m.importance, r.predicate
    FROM memories m
    LEFT JOIN relations r ON r.tenant_id = :tenant AND r.memory_id = m.memory_id
    WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.expired_at IS NULL
      AND m.state = 'active' AND m.kind = ANY(:kinds) AND m.visibility IN ('space', 'tenant')
      AND (m.invalid_at IS NULL OR m.invalid_at > :now)
      AND (m.valid_at IS NULL OR m.valid_at <= :now)
      AND (m.expires_at IS NULL OR m.expires_at > :now)
      AND (r.subject_id = ANY(:entities) OR lower(m.data->>'subject') = ANY(:names))
    ORDER BY m.memory_id LIMIT :limit
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """One version of a block; `origin` is `written` by a caller or `derived` from `sources`."""

    name: str
    version: int
    text: str
    origin: str
    actor: str
    created_at: datetime
    sources: tuple[MemoryId, ...] = ()
    run_id: UUID | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What is told of the owner; `importance` is in 0..1."""

    id: MemoryId
    kind: str
    content: str
    valid_at: datetime | None
    importance: float
    predicate: str | None = None


async def list_blocks(
    session: ReadSession, space: SpaceId, *, after: str, limit: int
) -> Page[Block]:
    """The current blocks by name, from the one behind `after`."""
    rows = await session.rows(_LIST, space=space, after=after, limit=limit + 1)
    items = tuple(map(_block, rows[:limit]))
    return Page(items=items, next_cursor=items[-1].name if len(rows) > limit else None)


async def find_blocks(
    session: ReadSession, space: SpaceId, names: Sequence[str] | None = None
) -> list[Block]:
    """The current blocks of these names that there are, by name; None: all."""
    if names is None:
        rows = await session.rows(_ALL, space=space)
    else:
        rows = await session.rows(_NAMED, space=space, names=list(names))
    return [_block(row) for row in rows]


async def get_block(session: ReadSession, space: SpaceId, name: str) -> Block:
    """The current block of that name; raises BlockNotFound."""
    found = await find_blocks(session, space, [name])
    if not found:
        raise BlockNotFound(f"there is no block {name!r} in this space")
    return found[0]


async def add(session: WriteSession, space: SpaceId, block: Block) -> None:
    """Add a version, which is the current one from now on; the oldest go."""
    await session.execute(
        _ADD, space=space, name=block.name, version=block.version, words=block.text,
        origin=block.origin, actor=block.actor, sources=list(block.sources),
        run_id=block.run_id, now=block.created_at,
    )  # fmt: skip
    await session.execute(_PRUNE, space=space, name=block.name, oldest=block.version - KEPT)


async def remove(session: WriteSession, space: SpaceId, name: str) -> None:
    """Remove a block with all its versions."""
    await session.execute(_DELETE, space=space, name=name)


async def told_of(
    session: ReadSession,
    space: SpaceId,
    entities: Sequence[MemoryId],
    *,
    names: Sequence[str],
    kinds: Sequence[str],
    now: datetime,
    limit: int,
) -> list[Statement]:
    """What holds of one whom these entities stand for, or these names in small letters."""
    rows = await session.rows(
        _ABOUT, space=space, entities=list(entities), names=list(names), kinds=list(kinds),
        now=now, limit=limit,
    )  # fmt: skip
    return [
        Statement(
            id=MemoryId(row.memory_id),
            kind=row.kind,
            content=row.content,
            valid_at=row.valid_at,
            importance=round(row.importance, 6),
            predicate=row.predicate,
        )
        for row in rows
    ]


def _block(row: Row[Any]) -> Block:
    return Block(
        name=row.name,
        version=row.version,
        text=row.text,
        origin=row.origin,
        actor=row.actor,
        created_at=row.created_at,
        sources=tuple(map(MemoryId, row.sources)),
        run_id=row.run_id,
    )
