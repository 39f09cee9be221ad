"""The work still owed to memories. A row is written with its memory and goes with the result."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId

Item = tuple[MemoryId, int]
#: Before every item.
START: Item = (MemoryId(UUID(int=0)), 0)


class Stage(StrEnum):
    """What is owed: an embedding; an extraction of what the episode says, now or when asked for."""

    EMBED = "embed"
    EXTRACT = "extract"
    HELD = "held"


_INSERT = text("""
    INSERT INTO backlog (tenant_id, space_id, stage, memory_id, text_version)
    SELECT :tenant, :space, :stage, i.memory_id, i.text_version
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]))
         AS i(memory_id, text_version)
    ON CONFLICT DO NOTHING
""")
_NEXT = text("""
    SELECT memory_id, text_version FROM backlog
    WHERE tenant_id = :tenant AND space_id = :space AND stage = :stage
      AND (memory_id, text_version) > (:memory_id, :text_version)
    ORDER BY memory_id, text_version LIMIT :limit
""")
_CLAIM = text("""
    DELETE FROM backlog USING unnest(CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]))
         AS i(memory_id, text_version)
    WHERE backlog.tenant_id = :tenant AND space_id = :space AND stage = :stage
      AND backlog.memory_id = i.memory_id AND backlog.text_version = i.text_version
    RETURNING backlog.memory_id, backlog.text_version
""")
_RELEASE = text("""
    UPDATE backlog SET stage = 'extract'
    WHERE tenant_id = :tenant AND space_id = :space AND stage = 'held'
""")
_COUNT = text("""
    SELECT count(*) FROM backlog
    WHERE tenant_id = :tenant AND space_id = :space AND stage = :stage
""")


async def owe(session: WriteSession, space: SpaceId, stage: Stage, items: Sequence[Item]) -> None:
    """Note work to be done."""
    if items:
        ids, versions = map(list, zip(*items, strict=True))
        await session.execute(
            _INSERT, space=space, stage=stage, memory_ids=ids, text_versions=versions
        )


async def next_items(
    session: ReadSession, space: SpaceId, stage: Stage, limit: int, *, after: Item = START
) -> tuple[Item, ...]:
    """The oldest work behind `after`; `claim` takes it off the list, together with the result."""
    memory_id, text_version = after
    rows = await session.rows(
        _NEXT,
        space=space,
        stage=stage,
        limit=limit,
        memory_id=memory_id,
        text_version=text_version,
    )
    return tuple((row.memory_id, row.text_version) for row in rows)


async def claim(
    session: WriteSession, space: SpaceId, stage: Stage, items: Sequence[Item]
) -> set[Item]:
    """Take items off the list in the transaction that writes their result.

    Returns those that were still on it: what another worker has done meanwhile, or what was
    erased, is not among them and must not be written.
    """
    if not items:
        return set()
    ids, versions = map(list, zip(*items, strict=True))
    rows = await session.rows(
        _CLAIM, space=space, stage=stage, memory_ids=ids, text_versions=versions
    )
    return {(row.memory_id, row.text_version) for row in rows}


async def release(session: WriteSession, space: SpaceId) -> int:
    """Let the episodes that were remembered without consolidation be extracted."""
    return await session.execute(_RELEASE, space=space)


async def count(session: ReadSession, space: SpaceId, stage: Stage) -> int:
    """How much is owed."""
    return int(await session.scalar(_COUNT, space=space, stage=stage))
