"""Merging entities that are the same, and splitting them again.

What was merged into what is told by links of the kind `merged`, each with its run; for every
entity `entities.merged_into` follows from them. So the last merge of an entity can be taken back
whatever was merged before or after it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores import graph, memories, runs
from stores.database import ReadSession, WriteSession
from stores.errors import InvalidMemory, MemoryNotFound, StateConflict
from stores.graph import LinkRow
from stores.ids import MemoryId, new_id
from stores.records import MemCube, Method, Space, State
from stores.revision import revise
from stores.runs import Change

MERGED = "merged"
_MERGE = Method(name="merge", version="1")
_SPLIT = Method(name="split", version="1")

_GET = text("""
    SELECT memory_id, merged_into FROM entities
    WHERE tenant_id = :tenant AND space_id = :space AND memory_id = :entity_id
""")
_LINKS = text("""
    WITH RECURSIVE above AS (
        SELECT memory_id FROM unnest(CAST(:around AS uuid[])) AS r(memory_id)
        UNION
        SELECT l.target_id FROM above a
        JOIN links l ON l.tenant_id = :tenant AND l.memory_id = a.memory_id
                    AND l.link_kind = 'merged'),
    below AS (
        SELECT memory_id FROM above
        UNION
        SELECT l.memory_id FROM below b
        JOIN links l ON l.tenant_id = :tenant AND l.target_id = b.memory_id
                    AND l.link_kind = 'merged')
    SELECT b.memory_id, l.target_id FROM below b
    LEFT JOIN links l ON l.tenant_id = :tenant AND l.memory_id = b.memory_id
                     AND l.link_kind = 'merged'
""")
_SET_MERGED = text("""
    UPDATE entities e SET merged_into = c.merged_into, since = :since
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:roots AS uuid[])) AS c(memory_id, merged_into)
    WHERE e.tenant_id = :tenant AND e.memory_id = c.memory_id
""")
_UNLINK = text("""
    DELETE FROM links
    WHERE tenant_id = :tenant AND memory_id = :entity_id AND link_kind = 'merged'
    RETURNING run_id
""")

#: What was linked because two became one goes when that is undone.
_OWN = text("""
    UPDATE links SET run_id = :run_id
    WHERE tenant_id = :tenant AND space_id = :space AND since = :since AND run_id IS NULL
      AND link_kind IN ('merged_into', 'supersedes', 'contradicts')
""")

#: Settles what is claimed of these entities anew, at a version of the graph, now that one has
#: become two or two one; returns what it did to memories, so that it can be undone with the rest.
Settle = Callable[[WriteSession, Space, int, Sequence[MemoryId]], Awaitable[Sequence[Change]]]


async def merge(
    session: WriteSession,
    space: Space,
    entity_id: MemoryId,
    into: MemoryId,
    *,
    actor: str,
    now: datetime,
    settle: Settle,
) -> UUID:
    """Have everything said of an entity count for another one; returns the run.

    What is merged already stands for what it was merged into. Raises MemoryNotFound, Erased;
    InvalidMemory for an entity and itself, StateConflict for one that is merged.
    """
    await memories.lock(session, sorted({entity_id, into}))
    since = await graph.next_version(session, space.id, taken=True)
    source = await _get(session, space, entity_id)
    target = await _get(session, space, into, pointer="/into")
    root = MemoryId(target.merged_into or into)
    if root == entity_id:
        raise InvalidMemory("an entity cannot be merged into itself", pointer="/into")
    if source.merged_into is not None:
        raise StateConflict(f"entity {entity_id} is merged already; split it first")
    run_id = new_id()
    change = await _turn(session, space, entity_id, State.MERGED, _MERGE, actor, now, run_id)
    link = LinkRow(memory_id=entity_id, target_id=root, kind=MERGED)
    await graph.add_links(session, space.id, [link], since, now, run_id)
    await regroup(session, [root], since)
    settled = await settle(session, space, since, [root, entity_id])
    await session.execute(_OWN, space=space.id, since=since, run_id=run_id)
    await _note(session, space, run_id, _MERGE, [change, *settled], now)
    return run_id


async def split(
    session: WriteSession,
    space: Space,
    entity_id: MemoryId,
    *,
    actor: str,
    now: datetime,
    settle: Settle,
) -> UUID:
    """Take a merge back: the entity stands for itself again, with what it had; returns the run.

    Unlike undoing its run, this can be done whatever came later. Raises MemoryNotFound, Erased;
    StateConflict for an entity that is not merged.
    """
    await memories.lock(session, [entity_id])
    since = await graph.next_version(session, space.id, taken=True)
    root = (await _get(session, space, entity_id)).merged_into
    if root is None:
        raise StateConflict(f"entity {entity_id} is not merged")
    run_id = new_id()
    change = await _turn(session, space, entity_id, State.ACTIVE, _SPLIT, actor, now, run_id)
    row = await session.row(_UNLINK, entity_id=entity_id)
    if row is not None and row.run_id is not None:
        await runs.mark_undone(session, [row.run_id], now)
    await regroup(session, [MemoryId(root), entity_id], since)
    settled = await settle(session, space, since, [MemoryId(root), entity_id])
    await _note(session, space, run_id, _SPLIT, [change, *settled], now)
    return run_id


async def regroup(session: WriteSession, around: Sequence[MemoryId], since: int) -> list[MemoryId]:
    """Have `merged_into` follow from the links, for these entities and all merged into them.

    Returns all of these.
    """
    rows = await session.rows(_LINKS, around=list(around))
    parents = {MemoryId(row.memory_id): row.target_id for row in rows}
    roots = {entity_id: _root(entity_id, parents) for entity_id in parents}
    ids = sorted(parents)
    await session.execute(
        _SET_MERGED,
        since=since,
        memory_ids=ids,
        roots=[None if roots[i] == i else roots[i] for i in ids],
    )
    return ids


def _root(entity_id: MemoryId, parents: Mapping[MemoryId, MemoryId | None]) -> MemoryId:
    while (parent := parents.get(entity_id)) is not None:
        entity_id = parent
    return entity_id


async def _get(
    session: ReadSession, space: Space, entity_id: MemoryId, *, pointer: str | None = None
) -> Row[Any]:
    await memories.get(session, space.id, entity_id)
    row = await session.row(_GET, space=space.id, entity_id=entity_id)
    if row is None:
        raise MemoryNotFound(f"there is no entity {entity_id} in this space", pointer=pointer)
    return row


async def _turn(
    session: WriteSession,
    space: Space,
    entity_id: MemoryId,
    state: State,
    method: Method,
    actor: str,
    now: datetime,
    run_id: UUID,
) -> Change:
    """Put an entity into a state, as a new version of its MemCube."""

    def change(cube: MemCube) -> MemCube:
        made = replace(cube.provenance, actor=actor, method=method, run_id=run_id)
        life = replace(cube.lifecycle, state=state)
        return replace(cube, provenance=made, lifecycle=life)

    cube = await revise(session, space, entity_id, change, now=now)
    return Change(memory_id=entity_id, before=cube.version - 1, after=cube.version)


async def _note(
    session: WriteSession,
    space: Space,
    run_id: UUID,
    method: Method,
    changes: Sequence[Change],
    now: datetime,
) -> None:
    await runs.add_run(
        session, space.id, run_id, job_id=None, method=method,
        counts={"entities": 1, "memories": len(changes) - 1}, started_at=now, finished_at=now,
    )  # fmt: skip
    await runs.note_changes(session, run_id, changes)
