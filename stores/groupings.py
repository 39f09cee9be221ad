"""Groupings: how memories or entities of a space fall into groups, one grouping after the other.

The latest grouping of a subject holds. A new one is made beside it, never over it, so that undoing
its run brings the one before back, as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId

#: Groupings that are kept of each subject, the one that holds among them.
KEPT = 3

#: By groupings_space_idx.
_LATEST = text("""
    SELECT grouping_id, created_at FROM groupings
    WHERE tenant_id = :tenant AND space_id = :space AND subject = :subject
    ORDER BY created_at DESC, grouping_id DESC LIMIT 1
""")
_MEMBERS = text("""
    SELECT memory_id, group_id, weight FROM grouped
    WHERE tenant_id = :tenant AND grouping_id = :grouping ORDER BY memory_id
""")
_INSERT = text("""
    INSERT INTO groupings (tenant_id, grouping_id, space_id, subject, run_id, created_at)
    VALUES (:tenant, :grouping, :space, :subject, :run_id, :now)
""")
_ADD = text("""
    INSERT INTO grouped (tenant_id, grouping_id, memory_id, space_id, group_id, weight, run_id)
    SELECT :tenant, :grouping, m.memory_id, :space, m.group_id, m.weight, :run_id
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:group_ids AS uuid[]), CAST(:weights AS real[]))
         AS m(memory_id, group_id, weight)
    ORDER BY m.memory_id
    ON CONFLICT DO NOTHING
""")
_PRUNE_OLD = text("""
    DELETE FROM groupings WHERE tenant_id = :tenant AND grouping_id IN (
        SELECT grouping_id FROM groupings
        WHERE tenant_id = :tenant AND space_id = :space AND subject = :subject
        ORDER BY created_at DESC, grouping_id DESC OFFSET :kept)
""")
#: Whatever was added to one that is gone, too old or taken back.
_PRUNE_LEFT = text("""
    DELETE FROM grouped g WHERE g.tenant_id = :tenant AND g.space_id = :space
      AND NOT EXISTS (SELECT FROM groupings o
                      WHERE o.tenant_id = :tenant AND o.grouping_id = g.grouping_id)
""")


class Subject(StrEnum):
    """What is grouped: memories into clusters, entities into communities."""

    CLUSTERS = "clusters"
    COMMUNITIES = "communities"


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """What was looked at, and its group; `group` is None where it is in none. `weight` is 0..1."""

    memory_id: MemoryId
    group: UUID | None
    weight: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Grouping:
    """The grouping of a subject that holds."""

    id: UUID
    created_at: datetime
    members: tuple[Member, ...]

    @property
    def groups(self) -> Mapping[UUID, tuple[Member, ...]]:
        """The members by group; those in none are left out."""
        return by_group(self.members)


def by_group(members: Iterable[Member]) -> dict[UUID, tuple[Member, ...]]:
    """Members by their group, in the order given; those in none are left out."""
    found: dict[UUID, tuple[Member, ...]] = {}
    for member in members:
        if member.group is not None:
            found[member.group] = (*found.get(member.group, ()), member)
    return found


async def latest(session: ReadSession, space: SpaceId, subject: Subject) -> Grouping | None:
    """The grouping that holds, with all its members; None before the first."""
    row = await session.row(_LATEST, space=space, subject=subject)
    if row is None:
        return None
    rows = await session.rows(_MEMBERS, grouping=row.grouping_id)
    members = tuple(
        Member(memory_id=MemoryId(r.memory_id), group=r.group_id, weight=round(r.weight, 6))
        for r in rows
    )
    return Grouping(id=row.grouping_id, created_at=row.created_at, members=members)


async def begin(
    session: WriteSession,
    space: SpaceId,
    subject: Subject,
    grouping: UUID,
    *,
    run_id: UUID,
    now: datetime,
) -> None:
    """Have a new grouping hold from now on; those that are too old go."""
    await session.execute(
        _INSERT, space=space, subject=subject, grouping=grouping, run_id=run_id, now=now
    )
    await session.execute(_PRUNE_OLD, space=space, subject=subject, kept=KEPT)
    await session.execute(_PRUNE_LEFT, space=space)


async def add(
    session: WriteSession,
    space: SpaceId,
    grouping: UUID,
    members: Sequence[Member],
    *,
    run_id: UUID,
) -> None:
    """Add members to a grouping; whoever is in it already stays where it is."""
    if members:
        await session.execute(
            _ADD, space=space, grouping=grouping, run_id=run_id,
            memory_ids=[m.memory_id for m in members], group_ids=[m.group for m in members],
            weights=[m.weight for m in members],
        )  # fmt: skip
