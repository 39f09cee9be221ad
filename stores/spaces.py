"""Spaces: the named containers of a tenant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text

from stores.database import ReadSession, WriteSession
from stores.errors import SpaceNotFound
from stores.ids import SpaceId, new_id
from stores.records import EMPTY, Learned, Page, Payload, Space

#: A space with what every search of it needs to know, so that no search has to ask again: how much
#: is indexed, which writers count as they commit, what it has learned about ranking, who answers.
_SPACE = """
    SELECT s.*, coalesce(l.parts, 0) AS parts, coalesce(l.cold, 0) AS cold,
           r.version, r.base, r.weights, a.memory_id AS adapter
    FROM spaces s
    LEFT JOIN lexical_stats l ON l.tenant_id = :tenant AND l.space_id = s.space_id
    LEFT JOIN rankers r ON r.tenant_id = :tenant AND r.space_id = s.space_id AND r.state = 'active'
    LEFT JOIN adapters a ON a.tenant_id = :tenant AND a.space_id = s.space_id AND a.state = 'active'
    WHERE s.tenant_id = :tenant
"""
_FIND = text(_SPACE + " AND s.name = ANY(:names)")
_BY_ID = text(_SPACE + " AND s.space_id = :space")
_LIST = text(
    _SPACE
    + """ AND s.name > :after
      AND (CAST(:only AS text[]) IS NULL OR s.name = ANY(CAST(:only AS text[])))
    ORDER BY s.name LIMIT :limit"""
)
_INSERT = text("""
    INSERT INTO spaces (tenant_id, space_id, name, policies, created_at)
    VALUES (:tenant, :space, :name, CAST(:policies AS jsonb), :now)
    ON CONFLICT (tenant_id, name) DO NOTHING
""")
#: Writers of memories go on.
_HOLD = text("""
    SELECT 1 FROM spaces WHERE tenant_id = :tenant AND space_id = :space FOR NO KEY UPDATE
""")
_SET = text("""
    UPDATE spaces SET policies = CAST(:policies AS jsonb)
    WHERE tenant_id = :tenant AND space_id = :space
""")


async def find_spaces(session: ReadSession, names: Sequence[str]) -> dict[str, Space]:
    """The spaces there are among these names."""
    rows = await session.rows(_FIND, names=list(names))
    return {row.name: _space(row) for row in rows}


async def get_space(session: ReadSession, name: str) -> Space:
    """The space of that name; raises SpaceNotFound."""
    found = (await find_spaces(session, [name])).get(name)
    if found is None:
        raise SpaceNotFound(f"there is no space {name!r}")
    return found


async def find_space(session: ReadSession, space: SpaceId) -> Space | None:
    """The space with that id, if it is still there."""
    row = await session.row(_BY_ID, space=space)
    return None if row is None else _space(row)


async def ensure_space(
    session: WriteSession, name: str, now: datetime, policies: Payload = EMPTY
) -> tuple[Space, bool]:
    """The space of that name, made if there was none; and whether it was made now."""
    found = (await find_spaces(session, [name])).get(name)
    if found is not None:
        return found, False
    made = await session.execute(
        _INSERT, space=new_id(), name=name, policies=json.dumps(dict(policies)), now=now
    )
    return await get_space(session, name), bool(made)


async def set_policies(session: WriteSession, space: Space, policies: Payload) -> None:
    """Replace the policies."""
    await session.execute(_SET, space=space.id, policies=json.dumps(dict(policies)))


async def hold(session: WriteSession, space: SpaceId) -> None:
    """Have what there is once per space to ourselves until commit."""
    await session.row(_HOLD, space=space)


async def list_spaces(
    session: ReadSession, *, only: Sequence[str] | None, after: str, limit: int
) -> Page[Space]:
    """Spaces by name, from the one behind `after`; `only` these names, if given."""
    names = None if only is None else list(only)
    rows = await session.rows(_LIST, only=names, after=after, limit=limit + 1)
    items = tuple(map(_space, rows[:limit]))
    return Page(items=items, next_cursor=items[-1].name if len(rows) > limit else None)


def _space(row: Row[Any]) -> Space:
    return Space(
        id=SpaceId(row.space_id),
        name=row.name,
        policies=row.policies,
        created_at=row.created_at,
        parts=int(row.parts),
        cold=int(row.cold),
        learned=None
        if row.version is None
        else Learned(base=row.base, version=row.version, weights=tuple(row.weights)),
        adapter=row.adapter,
    )
