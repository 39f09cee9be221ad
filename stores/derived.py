"""What was stored because of a session: everything that rests on its episodes, at any remove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from stores.database import ReadSession
from stores.graph import meant
from stores.ids import MemoryId, SpaceId
from stores.memories import cube_of, cubes_sql
from stores.records import MemCube, MemoryType, Page

#: The order in which the groups of a session's memories are told.
_ORDER = (MemoryType.SEMANTIC, MemoryType.GRAPH, MemoryType.EPISODIC, MemoryType.PARAMETRIC)
#: By memories_session_idx; through evidence, whatever session a memory was first said in.
_SAID = """
    said AS MATERIALIZED (
        SELECT memory_id, run_id FROM memories
        WHERE tenant_id = :tenant AND space_id = :space AND session_id = :session_id
          AND type = 'episodic' AND origin = 'received' AND expired_at IS NULL
          AND state <> 'erased'),
    reached AS (
        SELECT e.memory_id FROM evidence e JOIN said ON said.memory_id = e.episode_id
        WHERE e.tenant_id = :tenant
        UNION
        SELECT d.memory_id FROM derivations d JOIN reached ON d.source_id = reached.memory_id
        WHERE d.tenant_id = :tenant)
"""
_PLACE = "array_position(CAST(:order AS text[]), m.type)"
_LIST = cubes_sql(f"""
    m.space_id = :space AND m.expired_at IS NULL AND m.state <> 'erased'
    AND ({_PLACE}, m.memory_id) > (:place, :after)
    AND m.memory_id IN (WITH RECURSIVE {_SAID} SELECT memory_id FROM reached)
    ORDER BY {_PLACE}, m.memory_id LIMIT :limit
""")
_COUNT = text(f"""
    WITH RECURSIVE {_SAID}
    SELECT 'episode' AS kind, count(*) AS n FROM said
    UNION ALL
    SELECT m.kind, count(*) FROM reached JOIN memories m
        ON m.tenant_id = :tenant AND m.memory_id = reached.memory_id
    WHERE m.space_id = :space AND m.expired_at IS NULL AND m.state <> 'erased'
    GROUP BY m.kind
""")
_ENTITIES = text(f"""
    WITH RECURSIVE {_SAID}
    SELECT e.memory_id, e.name, count(DISTINCT n.memory_id) AS mentions
    FROM (SELECT memory_id FROM said UNION SELECT memory_id FROM reached) here
    JOIN mentions n ON n.tenant_id = :tenant AND n.memory_id = here.memory_id
    CROSS JOIN {meant("n.entity_id", "e")}
    GROUP BY e.memory_id, e.name ORDER BY count(DISTINCT n.memory_id) DESC, e.name, e.memory_id
    LIMIT :limit
""")
_RUNS = text(f"""
    WITH RECURSIVE {_SAID}
    SELECT m.run_id FROM reached JOIN memories m
        ON m.tenant_id = :tenant AND m.memory_id = reached.memory_id
    WHERE m.run_id IS NOT NULL
    UNION
    SELECT e.run_id FROM said JOIN evidence e
        ON e.tenant_id = :tenant AND e.episode_id = said.memory_id
    WHERE e.run_id IS NOT NULL
    UNION
    SELECT n.run_id FROM said JOIN mentions n
        ON n.tenant_id = :tenant AND n.memory_id = said.memory_id
    WHERE n.run_id IS NOT NULL
    ORDER BY run_id LIMIT :limit
""")


class Named(NamedTuple):
    """An entity that a session names, and in how many of its memories."""

    id: MemoryId
    name: str
    mentions: int


class Place(NamedTuple):
    """A place in the list: how far down the groups, and behind which memory."""

    group: int
    memory_id: MemoryId


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """What came of a session, in numbers and names."""

    episodes: int
    #: Derived memories by kind.
    counts: Mapping[str, int]
    entities: tuple[Named, ...]
    runs: tuple[UUID, ...]


async def list_derived(
    session: ReadSession, space: SpaceId, session_id: str, *, behind: Place, limit: int
) -> Page[MemCube]:
    """The derived memories by memory type, each the oldest first."""
    rows = await session.rows(
        _LIST, space=space, session_id=session_id, order=list(map(str, _ORDER)),
        place=behind.group, after=behind.memory_id, limit=limit + 1,
    )  # fmt: skip
    items = tuple(map(cube_of, rows[:limit]))
    last = items[-1] if len(rows) > limit else None
    cursor = None if last is None else f"{_ORDER.index(last.type) + 1} {last.id}"
    return Page(items=items, next_cursor=cursor)


async def outline(session: ReadSession, space: SpaceId, session_id: str, *, most: int) -> Outline:
    """The numbers of a session, and at most so many of the entities and runs."""
    about = {"space": space, "session_id": session_id}
    counts = {row.kind: row.n for row in await session.rows(_COUNT, **about)}
    named = await session.rows(_ENTITIES, **about, limit=most)
    ran = await session.rows(_RUNS, **about, limit=most)
    return Outline(
        episodes=counts.pop("episode"),
        counts=counts,
        entities=tuple(map(Named._make, named)),
        runs=tuple(row.run_id for row in ran),
    )
