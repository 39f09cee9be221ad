"""The work still owed to memories. A row is written with its memory and goes with the result.

An item that fails by itself is set aside: it stays owed, and its row says with which error.
Whatever changes the backlog is counted on the way, see `stores.owed`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId, new_id
from stores.owed import counted, moved

Item = tuple[MemoryId, int]
#: Before every item.
START: Item = (MemoryId(UUID(int=0)), 0)


class Stage(StrEnum):
    """What is owed: an embedding; an extraction of what the episode says, now or when asked for;
    a place among the events of its session; links to what it resembles, once it is embedded.
    """

    EMBED = "embed"
    EXTRACT = "extract"
    HELD = "held"
    SEGMENT = "segment"
    LINK = "link"


@dataclass(frozen=True, kw_only=True, slots=True)
class Owed:
    """How much of each kind a space is owed; what was set aside is in all of them."""

    to_embed: int
    to_extract: int
    to_segment: int
    to_link: int
    set_aside: int


_INSERT = counted(
    """
    INSERT INTO backlog (tenant_id, space_id, stage, memory_id, text_version)
    SELECT CAST(:tenant AS uuid), CAST(:space AS uuid), :stage, i.memory_id, i.text_version
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]))
         AS i(memory_id, text_version)
    ON CONFLICT DO NOTHING
    """,
    by=1,
)
_NEXT = text("""
    SELECT memory_id, text_version FROM backlog
    WHERE tenant_id = :tenant AND space_id = :space AND stage = :stage
      AND error IS NULL AND (memory_id, text_version) > (:memory_id, :text_version)
    ORDER BY memory_id, text_version LIMIT :limit
""")
_CLAIM = counted(
    """
    DELETE FROM backlog USING unnest(CAST(:memory_ids AS uuid[]), CAST(:text_versions AS int[]))
         AS i(memory_id, text_version)
    WHERE backlog.tenant_id = :tenant AND space_id = :space AND stage = :stage
      AND backlog.memory_id = i.memory_id AND backlog.text_version = i.text_version
    """,
    by=-1,
)
_STRIKE_OFF = counted(
    "DELETE FROM backlog WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)", by=-1
)
_RELEASE = moved(
    "stage = CASE old.stage WHEN 'held' THEN 'extract' ELSE old.stage END, error = NULL",
    "space_id = :space AND (stage = 'held' OR error IS NOT NULL)",
)
_SET_ASIDE = moved(
    "error = :error",
    "space_id = :space AND stage = :stage AND memory_id = :memory_id"
    " AND text_version = :text_version",
)
_ERRORS = text("""
    SELECT error, count(*) AS n FROM backlog
    WHERE tenant_id = :tenant AND space_id = :space AND stage = :stage AND error IS NOT NULL
    GROUP BY error ORDER BY error
""")
_COUNT = text("""
    SELECT count(*) FILTER (WHERE stage = 'embed') AS to_embed,
           count(*) FILTER (WHERE stage = 'extract') AS to_extract,
           count(*) FILTER (WHERE stage = 'segment') AS to_segment,
           count(*) FILTER (WHERE stage = 'link') AS to_link,
           count(error) AS set_aside
    FROM backlog WHERE tenant_id = :tenant AND space_id = :space
""")


async def owe(session: WriteSession, space: SpaceId, stage: Stage, items: Sequence[Item]) -> None:
    """Note work to be done."""
    if items:
        ids, versions = map(list, zip(*items, strict=True))
        await session.execute(
            _INSERT,
            space=space,
            stage=stage,
            memory_ids=ids,
            text_versions=versions,
            change_id=new_id(),
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
        _CLAIM,
        space=space,
        stage=stage,
        memory_ids=ids,
        text_versions=versions,
        change_id=new_id(),
    )
    return {(row.memory_id, row.text_version) for row in rows}


async def strike_off(session: WriteSession, memory_ids: Sequence[MemoryId]) -> None:
    """Owe nothing to these memories any more."""
    await session.execute(_STRIKE_OFF, memory_ids=list(memory_ids), change_id=new_id())


async def release(session: WriteSession, space: SpaceId) -> int:
    """Let everything be worked on: episodes remembered without consolidation, items set aside."""
    return len(await session.rows(_RELEASE, space=space, change_id=new_id()))


async def set_aside(
    session: WriteSession, space: SpaceId, stage: Stage, errors: Mapping[Item, str]
) -> None:
    """Leave items out until `release`, and note the class of the error of each."""
    await session.execute_many(_SET_ASIDE, [
        {"space": space, "stage": stage, "error": error, "memory_id": memory_id,
         "text_version": text_version, "change_id": new_id()}
        for (memory_id, text_version), error in errors.items()
    ])  # fmt: skip


async def errors(session: ReadSession, space: SpaceId, stage: Stage) -> Mapping[str, int]:
    """How many items of a stage stand aside for which error."""
    return {row.error: row.n for row in await session.rows(_ERRORS, space=space, stage=stage)}


async def count(session: ReadSession, space: SpaceId) -> Owed:
    """How much is owed."""
    row = await session.row(_COUNT, space=space)
    assert row is not None  # noqa: S101
    return Owed(
        to_embed=row.to_embed,
        to_extract=row.to_extract,
        to_segment=row.to_segment,
        to_link=row.to_link,
        set_aside=row.set_aside,
    )
