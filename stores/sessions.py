"""The conversations of a space: which sessions there are, the one spoken in last first."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from stores.database import ReadSession
from stores.errors import InvalidCursor
from stores.ids import MemoryId, SpaceId
from stores.records import Page

#: From name to name by memories_session_idx, which also tells when each was last spoken in; what
#: is counted is read for the sessions of the page alone.
_LIST = text("""
    WITH RECURSIVE names AS (
        (SELECT session_id FROM memories
         WHERE tenant_id = :tenant AND space_id = :space AND type = 'episodic'
           AND session_id IS NOT NULL
         ORDER BY session_id LIMIT 1)
        UNION ALL
        SELECT (SELECT m.session_id FROM memories m
                WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.type = 'episodic'
                  AND m.session_id > n.session_id
                ORDER BY m.session_id LIMIT 1)
        FROM names n WHERE n.session_id IS NOT NULL),
    page AS (
        SELECT n.session_id, last.occurred_at AS spoken_at FROM names n
        CROSS JOIN LATERAL (
            SELECT m.occurred_at FROM memories m
            WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.type = 'episodic'
              AND m.session_id = n.session_id AND m.origin = 'received' AND m.expired_at IS NULL
              AND m.state <> 'erased' AND m.occurred_at IS NOT NULL
            ORDER BY m.occurred_at DESC LIMIT 1) last
        WHERE (last.occurred_at, n.session_id)
            < (CAST(:before AS timestamptz), CAST(:name AS text))
        ORDER BY last.occurred_at DESC, n.session_id DESC LIMIT :limit)
    SELECT p.session_id, p.spoken_at, told.episodes, told.begun_at, told.speakers
    FROM page p
    CROSS JOIN LATERAL (
        SELECT count(*) AS episodes, min(m.occurred_at) AS begun_at,
               array_agg(DISTINCT m.data->>'speaker') FILTER (WHERE m.data->>'speaker' <> '')
               AS speakers
        FROM memories m
        WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.type = 'episodic'
          AND m.session_id = p.session_id AND m.origin = 'received' AND m.expired_at IS NULL
          AND m.state <> 'erased') told
    ORDER BY p.spoken_at DESC, p.session_id DESC
""")

#: By memories_session_idx.
_BEFORE = text("""
    SELECT said.memory_id
    FROM unnest(
        CAST(:sessions AS text[]), CAST(:moments AS timestamptz[]), CAST(:ids AS uuid[])
    ) AS first(session_id, occurred_at, memory_id)
    CROSS JOIN LATERAL (
        SELECT m.memory_id, m.occurred_at FROM memories m
        WHERE m.tenant_id = :tenant AND m.space_id = :space AND m.type = 'episodic'
          AND m.session_id = first.session_id AND m.kind = 'message'
          AND m.expired_at IS NULL AND m.state = 'active'
          AND (m.occurred_at, m.memory_id) < (first.occurred_at, first.memory_id)
        ORDER BY m.occurred_at DESC, m.memory_id DESC LIMIT :most
    ) AS said
    ORDER BY said.occurred_at, said.memory_id
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """A session: who spoke in it, from when to when."""

    session_id: str
    episodes: int
    begun_at: datetime
    spoken_at: datetime
    speakers: tuple[str, ...]


async def turns_before(
    session: ReadSession, space: SpaceId, firsts: Mapping[str, tuple[datetime, MemoryId]], most: int
) -> tuple[MemoryId, ...]:
    """Of each session at most so many messages, the last before a moment and message of it."""
    if not firsts:
        return ()
    moments = [moment for moment, _ in firsts.values()]
    ids = [memory_id for _, memory_id in firsts.values()]
    rows = await session.rows(
        _BEFORE, space=space, sessions=list(firsts), moments=moments, ids=ids, most=most
    )
    return tuple(MemoryId(row.memory_id) for row in rows)


async def list_sessions(
    session: ReadSession, space: SpaceId, *, after: str | None, limit: int
) -> Page[Conversation]:
    """Sessions from the one behind `after`; raises InvalidCursor."""
    before, name = (datetime.max.replace(tzinfo=UTC), "") if after is None else _position(after)
    rows = await session.rows(_LIST, space=space, before=before, name=name, limit=limit + 1)
    items = tuple(
        Conversation(
            session_id=row.session_id,
            episodes=row.episodes,
            begun_at=row.begun_at,
            spoken_at=row.spoken_at,
            speakers=tuple(row.speakers or ()),
        )
        for row in rows[:limit]
    )
    return Page(items=items, next_cursor=_cursor(items[-1]) if len(rows) > limit else None)


def _cursor(last: Conversation) -> str:
    return json.dumps([last.spoken_at.isoformat(), last.session_id])


def _position(cursor: str) -> tuple[Any, str]:
    try:
        moment, name = json.loads(cursor)
        found = datetime.fromisoformat(moment)
        if found.tzinfo is None or not isinstance(name, str):
            raise ValueError("no place of ours")  # noqa: TRY301
    except (TypeError, ValueError) as error:
        raise InvalidCursor("this is no cursor of this list", pointer="query:cursor") from error
    return found, name
