"""What communities of entities are made of, and how they are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from stores import groupings
from stores.database import ReadSession
from stores.graph import meant
from stores.groupings import Member, Subject
from stores.ids import MemoryId, SpaceId
from stores.records import Page

#: A memory that names more entities ties none of them: it is a list.
_FEW = 6
#: What a memory that names both is worth beside a relation between them.
_NAMED = 0.25
#: Members that are told of a community.
_TOLD = 20
#: Entities that make up its name.
_IN_NAME = 3

_TIES = text(f"""
    WITH said AS MATERIALIZED (
        SELECT DISTINCT n.memory_id, e.memory_id AS entity_id
        FROM mentions n
        JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = n.memory_id
            AND m.expired_at IS NULL AND m.state = 'active'
        CROSS JOIN {meant("n.entity_id", "e")}
        WHERE n.tenant_id = :tenant AND n.space_id = :space AND n.role IN ('named', 'about')),
    few AS MATERIALIZED (
        SELECT memory_id FROM said GROUP BY memory_id HAVING count(*) BETWEEN 2 AND {_FEW}),
    pairs AS (
        SELECT a.entity_id AS one, b.entity_id AS other, {_NAMED} * count(*) AS weight
        FROM few JOIN said a USING (memory_id) JOIN said b USING (memory_id)
        WHERE a.entity_id < b.entity_id GROUP BY 1, 2
        UNION ALL
        SELECT least(s.memory_id, o.memory_id), greatest(s.memory_id, o.memory_id), count(*)
        FROM relations r
        CROSS JOIN {meant("r.subject_id", "s")}
        CROSS JOIN {meant("r.object_id", "o")}
        WHERE r.tenant_id = :tenant AND r.space_id = :space AND r.object_id IS NOT NULL
          AND r.state = 'active' AND NOT r.negated AND s.memory_id <> o.memory_id
        GROUP BY 1, 2)
    SELECT one, other, sum(weight) AS weight FROM pairs GROUP BY 1, 2
    ORDER BY weight DESC, one, other LIMIT :limit
""")
#: What has merged or gone since the grouping was made is left out.
_NAMES = text("""
    SELECT e.memory_id, e.name FROM entities e
    WHERE e.tenant_id = :tenant AND e.memory_id = ANY(:memory_ids) AND e.merged_into IS NULL
""")


class Tied(NamedTuple):
    """Two entities that have to do with each other, and how much."""

    one: MemoryId
    other: MemoryId
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CommunityMember:
    """An entity of a community; `weight`, 0..1, tells how much it is at its centre."""

    id: MemoryId
    name: str
    weight: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Community:
    """Entities that have more to do with each other than with others, the most central first.

    Its name is made of theirs when it is asked for, so it cannot outlive them.
    """

    id: UUID
    size: int
    members: tuple[CommunityMember, ...]

    @property
    def name(self) -> str:
        """Its most central entities."""
        return ", ".join(member.name for member in self.members[:_IN_NAME])


class Place(NamedTuple):
    """A place in the list: behind a community of that size."""

    size: int
    id: UUID


async def ties(session: ReadSession, space: SpaceId, *, limit: int) -> list[Tied]:
    """Which entities have to do with each other, the strongest ties first."""
    rows = await session.rows(_TIES, space=space, limit=limit)
    return [Tied(MemoryId(r.one), MemoryId(r.other), float(r.weight)) for r in rows]


async def of_entities(
    session: ReadSession, space: SpaceId, entities: Sequence[MemoryId]
) -> Mapping[MemoryId, UUID]:
    """The communities of entities, those in none left out."""
    found = await groupings.latest(session, space, Subject.COMMUNITIES)
    wanted = set(entities)
    members = found.members if found else ()
    return {m.memory_id: m.group for m in members if m.group and m.memory_id in wanted}


async def list_communities(
    session: ReadSession, space: SpaceId, *, behind: Place | None, limit: int
) -> Page[Community]:
    """The communities of a space, the largest first."""
    found = await groupings.latest(session, space, Subject.COMMUNITIES)
    groups = found.groups if found else {}
    named = {member.memory_id for members in groups.values() for member in members}
    rows = await session.rows(_NAMES, memory_ids=list(named))
    names = {MemoryId(row.memory_id): row.name for row in rows}
    told = sorted(
        (_told(group, members, names) for group, members in groups.items()),
        key=lambda community: (-community.size, community.id),
    )
    left = [
        community
        for community in told
        if community.size
        and (behind is None or (-community.size, community.id) > (-behind.size, behind.id))
    ]
    items = tuple(left[:limit])
    last = items[-1] if len(left) > limit else None
    return Page(items=items, next_cursor=None if last is None else f"{last.size} {last.id}")


def _told(group: UUID, members: Sequence[Member], names: Mapping[MemoryId, str]) -> Community:
    there = [member for member in members if member.memory_id in names]
    ranked = sorted(there, key=lambda member: (-member.weight, member.memory_id))
    return Community(
        id=group,
        size=len(ranked),
        members=tuple(
            CommunityMember(id=m.memory_id, name=names[m.memory_id], weight=m.weight)
            for m in ranked[:_TOLD]
        ),
    )
