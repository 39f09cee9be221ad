"""The links of a memory as callers see them, in both directions, with what is at the other end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession
from stores.ids import MemoryId
from stores.records import MemoryType, Page, State
from stores.scope import Filter, Scope, visible

Direction = Literal["out", "in"]

_SHOWN = tuple(s for s in State if s not in {State.ERASED, State.QUARANTINED, State.STAGED})
#: By links_pk and links_target_idx.
_LIST = """
    SELECT l.other, l.link_kind, l.direction, l.weight, l.created_at, l.run_id, m.type, m.kind,
           m.content, m.state, m.valid_at, m.invalid_at
    FROM (SELECT target_id AS other, link_kind, 'out' AS direction, weight, created_at, run_id
          FROM links WHERE tenant_id = :tenant AND memory_id = :memory_id
          UNION ALL
          SELECT memory_id, link_kind, 'in', weight, created_at, run_id
          FROM links WHERE tenant_id = :tenant AND target_id = :memory_id) l
    JOIN memories m ON m.memory_id = l.other
    WHERE {conditions} AND (CAST(:only AS text) IS NULL OR l.link_kind = CAST(:only AS text))
      AND (l.other, l.link_kind, l.direction) < (:other, :link_kind, :direction)
    ORDER BY l.other DESC, l.link_kind DESC, l.direction DESC LIMIT :limit
"""


class Place(NamedTuple):
    """A place in the list of a memory's links."""

    other: MemoryId
    kind: str
    direction: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """What a memory is, in short."""

    id: MemoryId
    type: MemoryType
    kind: str
    content: str
    state: State
    valid_at: datetime | None
    invalid_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LinkView:
    """A link to or from another memory."""

    kind: str
    direction: Direction
    weight: float
    memory: Brief
    created_at: datetime
    run_id: UUID | None


async def list_links(
    session: ReadSession,
    scope: Scope,
    memory_id: MemoryId,
    *,
    kind: str | None,
    before: Place,
    limit: int,
) -> Page[LinkView]:
    """The links of a memory at either end, those to the newest memories first."""
    conditions = visible(scope, Filter(states=_SHOWN))
    rows = await session.rows(
        text(_LIST.format(conditions=conditions.sql)), **conditions.values, memory_id=memory_id,
        only=kind, other=before.other, link_kind=before.kind, direction=before.direction,
        limit=limit + 1,
    )  # fmt: skip
    items = tuple(
        LinkView(
            kind=row.link_kind,
            direction=row.direction,
            weight=round(row.weight, 4),
            memory=Brief(
                id=row.other,
                type=MemoryType(row.type),
                kind=row.kind,
                content=row.content,
                state=State(row.state),
                valid_at=row.valid_at,
                invalid_at=row.invalid_at,
            ),
            created_at=row.created_at,
            run_id=row.run_id,
        )
        for row in rows[:limit]
    )
    last = items[-1] if len(rows) > limit else None
    cursor = None if last is None else f"{last.memory.id} {last.kind} {last.direction}"
    return Page(items=items, next_cursor=cursor)
