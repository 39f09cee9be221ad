"""What happened and what held, in the order of world time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from stores import kinds
from stores.database import ReadSession
from stores.ids import MemoryId
from stores.memories import find_versions
from stores.records import MemCube, MemoryType, Page
from stores.scope import HISTORICAL_STATES, Filter, Scope, visible

#: By memories_time_idx: as PostgreSQL keeps it, so that it leads.
_MOMENT = """(CASE WHEN m.occurred_at IS NOT NULL THEN m.occurred_at
      WHEN m.valid_at IS NOT NULL THEN m.valid_at ELSE m.created_at END)"""
_OF_ENTITY = """AND (
    EXISTS (SELECT FROM mentions n WHERE n.tenant_id = :tenant AND n.memory_id = m.memory_id
            AND n.entity_id = ANY(:group))
    OR EXISTS (SELECT FROM relations r WHERE r.tenant_id = :tenant AND r.memory_id = m.memory_id
               AND (r.subject_id = ANY(:group) OR r.object_id = ANY(:group))))"""
_OF_PREDICATE = """AND EXISTS (
    SELECT FROM relations r WHERE r.tenant_id = :tenant AND r.memory_id = m.memory_id
    AND r.predicate = :predicate)"""
#: What was received is counted; what came of it is told.
_TOLD = """
    SELECT m.memory_id, m.version, {moment} AS moment
    FROM memories m
    WHERE {conditions} {more} AND (m.origin <> 'received' OR :received)
      AND ({moment}, m.memory_id) > (:moment, :memory_id)
    ORDER BY {moment}, m.memory_id LIMIT :limit
"""
_COUNTED = """
    SELECT count(*) AS n, min(m.occurred_at) AS first, max(m.occurred_at) AS last
    FROM memories m
    WHERE {conditions} {more} AND m.type = 'episodic' AND m.origin = 'received'
"""


class Place(NamedTuple):
    """A place in a timeline."""

    moment: datetime
    memory_id: MemoryId


@dataclass(frozen=True, kw_only=True, slots=True)
class Around:
    """What a timeline is limited to: a group of entities, a predicate, a stretch, memory types."""

    group: Sequence[MemoryId] | None = None
    predicate: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    types: tuple[MemoryType, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Episodes:
    """How many episodes there are in a stretch, and when the first and the last occurred."""

    count: int
    first: datetime | None
    last: datetime | None


async def list_timeline(
    session: ReadSession, scope: Scope, around: Around, *, behind: Place, limit: int
) -> Page[MemCube]:
    """What happened and held, ended or not, in order; episodes only if that type is asked for."""
    sql, values = _statement(_TOLD, scope, around)
    rows = await session.rows(
        text(sql), **values, received=MemoryType.EPISODIC in around.types, limit=limit + 1,
        moment=behind.moment, memory_id=behind.memory_id,
    )  # fmt: skip
    versions = [(MemoryId(row.memory_id), row.version) for row in rows[:limit]]
    cubes = await find_versions(session, versions)
    items = tuple(cubes[memory_id] for memory_id, _ in versions)
    cursor = f"{rows[limit - 1].moment.isoformat()} {items[-1].id}" if len(rows) > limit else None
    return Page(items=items, next_cursor=cursor)


async def count_episodes(session: ReadSession, scope: Scope, around: Around) -> Episodes:
    """The episodes of the stretch and the entity, whatever else is asked for."""
    sql, values = _statement(_COUNTED, scope, replace(around, types=(), predicate=None))
    row = await session.row(text(sql), **values)
    assert row is not None  # noqa: S101
    return Episodes(count=row.n, first=row.first, last=row.last)


def period(cube: MemCube) -> str | None:
    """For how long it held: "2023-01 – 2024-06", "since 2023-01"; None for what only happened."""
    if cube.type is MemoryType.EPISODIC:
        return None
    begun, ended = cube.time.valid_at, cube.time.invalid_at
    if begun is None:
        return None if ended is None else f"until {ended:%Y-%m}"
    if ended is None:
        return f"since {begun:%Y-%m}"
    # Within a month, only days tell anything.
    form = "%Y-%m-%d" if f"{begun:%Y-%m}" == f"{ended:%Y-%m}" else "%Y-%m"
    return f"{begun:{form}} – {ended:{form}}"


def _statement(sql: str, scope: Scope, around: Around) -> tuple[str, dict[str, Any]]:
    # An entity is no happening; events are, and are seen only where they are asked for.
    told = tuple(kind for kind in kinds.load() if kind != "entity")
    limits = Filter(
        types=tuple(map(str, around.types)),
        kinds=told,
        states=HISTORICAL_STATES,
        since=around.since,
        until=around.until,
    )
    conditions = visible(scope, limits)
    values, more = dict(conditions.values), []
    if around.group is not None:
        more.append(_OF_ENTITY)
        values["group"] = list(around.group)
    if around.predicate is not None:
        more.append(_OF_PREDICATE)
        values["predicate"] = around.predicate
    return sql.format(conditions=conditions.sql, more=" ".join(more), moment=_MOMENT), values
