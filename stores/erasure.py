"""Erasing: memories go with their text, vectors, words, versions and what rested on them alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import text

from stores import (
    adapter_erasing,
    backlog,
    census,
    entity_merging,
    events,
    graph,
    graph_erasing,
    insights,
    jobs,
    memories,
    prefixes,
    provenance,
    summaries,
)
from stores.database import WriteSession
from stores.errors import StateConflict
from stores.ids import MemoryId, SpaceId
from stores.records import EMPTY, Governance, Lifecycle, MemCube, Method, Provenance, Space, State
from stores.schema import MEMORY_TABLES, TENANT_TABLES
from stores.unindexing import unindex
from stores.writing import row_of

_HELD = text("""
    SELECT memory_id FROM memories
    WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids) AND expired_at IS NULL
      AND legal_hold
""")
#: Memories that stay, but name a session for an episode that goes.
_SURVIVORS = text("""
    SELECT DISTINCT memory_id FROM evidence
    WHERE tenant_id = :tenant AND episode_id = ANY(:memory_ids) AND memory_id <> ALL(:memory_ids)
""")
#: In place and in every version: the next version would leave the name in the one before.
_MOVE_SESSION = text("""
    UPDATE memories m SET session_id = (
        SELECT ep.session_id FROM evidence e
        JOIN memories ep ON ep.tenant_id = e.tenant_id AND ep.memory_id = e.episode_id
                        AND ep.expired_at IS NULL
        WHERE e.tenant_id = :tenant AND ep.tenant_id = :tenant AND e.memory_id = m.memory_id
        ORDER BY e.created_at, e.episode_id, e.span_start LIMIT 1)
    WHERE m.tenant_id = :tenant AND m.memory_id = ANY(:memory_ids)
      AND m.session_id = ANY(:sessions)
""")
#: Their words are those of their group: of what goes, and of what may tell less without it.
_DELETE_REFINEMENTS = text("""
    DELETE FROM refinements WHERE tenant_id = :tenant
    AND (sources && CAST(:memory_ids AS uuid[]) OR memory_id = ANY(:memory_ids))
""")
#: With all its versions, since an earlier one would come back; it is rendered anew.
_DELETE_BLOCKS = text("""
    DELETE FROM blocks
    WHERE tenant_id = :tenant AND space_id = :space AND name IN (
        SELECT name FROM blocks WHERE tenant_id = :tenant AND space_id = :space
          AND sources && CAST(:memory_ids AS uuid[]))
""")
_DELETE_HEADERS = text("""
    DELETE FROM memories WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)
""")
_DELETE_LINKS = tuple(
    text(f"DELETE FROM {table} WHERE tenant_id = :tenant AND {column} = ANY(:memory_ids)")
    for table, column in (
        ("evidence", "episode_id"),
        ("assertions", "episode_id"),
        ("derivations", "source_id"),
        ("mentions", "entity_id"),
        ("links", "target_id"),
    )
)
_DELETE_OWN = tuple(
    text(f"DELETE FROM {table.name} WHERE tenant_id = :tenant AND memory_id = ANY(:memory_ids)")
    for table in MEMORY_TABLES
)
_IDS_OF_SPACE = text("""
    SELECT DISTINCT memory_id FROM memories
    WHERE tenant_id = :tenant AND space_id = :space LIMIT :limit
""")
_LOCK_SPACE = text("""
    SELECT 1 FROM spaces WHERE tenant_id = :tenant AND space_id = :space FOR UPDATE
""")
_HELD_IN_SPACE = text("""
    SELECT 1 FROM memories
    WHERE tenant_id = :tenant AND space_id = :space AND expired_at IS NULL AND legal_hold LIMIT 1
""")
_SPACE_TABLES = (
    "activity", "schedules",
    "backlog", "lexical_stats", "jobs", "runs", "external_ids", "vectors", "cold_vectors",
    "postings", "labels",
    "entities", "entity_aliases", "entity_bands", "relations", "assertions", "mentions", "links",
    "graph_vectors", "graph_versions", "refinements", "adapters", "impressions", "rankers",
    "marks", "model_usage", "groupings", "grouped", "insight_marks", "blocks",
    "census_changes", "census", "census_days", "owed_changes", "owed", "timings", "spaces",
)  # fmt: skip
_DELETE_OF_SPACE = tuple(
    text(f"DELETE FROM {table} WHERE tenant_id = :tenant AND space_id = :space")
    for table in _SPACE_TABLES
)
assert set(_SPACE_TABLES) <= set(TENANT_TABLES)  # noqa: S101
#: Recalls of other spaces too stay, without this one.
_FORGET_RECALLS = (
    text("""
        UPDATE recalls SET space_ids = array_remove(space_ids, CAST(:space AS uuid))
        WHERE tenant_id = :tenant AND :space = ANY(space_ids)
    """),
    text("DELETE FROM recalls WHERE tenant_id = :tenant AND space_ids = '{}'"),
)


async def closure(session: WriteSession, space: SpaceId, memory_id: MemoryId) -> list[MemoryId]:
    """The memory and all that was derived only from it; raises StateConflict for a legal hold.

    With an entity go the relations it is an end of.

    What is owed to it is struck off first: a job that is just deriving from it has either finished,
    and what it made is seen below, or will find nothing to do. What may go is locked before it is
    looked at: a hold, or the erasure of its other source, comes before or after, not in between.
    """
    await backlog.strike_off(session, [memory_id])
    await memories.lock(session, [memory_id])
    # An event tells of all its turns at once, so it goes with any of them; the others are owed
    # another one. So does a summary, and an insight.
    roots = [memory_id, *await events.events_over(session, [memory_id])]
    await memories.lock(session, await provenance.below(session, roots))
    alone = await provenance.only_from(session, roots)
    roots += await insights.drawn_from(session, [*roots, *alone])
    roots += await summaries.over(session, [*roots, *alone])
    roots += await prefixes.over(session, [*roots, *alone])
    doomed = list(dict.fromkeys([*roots, *await provenance.only_from(session, roots)]))
    doomed += [
        relation
        for relation in await graph_erasing.relations_of(session, space, doomed)
        if relation not in doomed
    ]
    # An adapter has no words of its own; it is stopped, and its account stays to be seen.
    adapters = await adapter_erasing.adapters_among(session, space, doomed)
    doomed = [gone for gone in doomed if gone == memory_id or gone not in adapters]
    held = await session.rows(_HELD, memory_ids=doomed)
    if held:
        raise StateConflict(f"memory {held[0].memory_id} is under legal hold")
    return doomed


async def erase(
    session: WriteSession, space: Space, doomed: Sequence[MemoryId], now: datetime
) -> list[MemoryId]:
    """Remove memories for good; a tombstone without any content keeps each id.

    A memory that keeps another source takes over that one's session. Returns the adapters that had
    learned any of them, and are stopped.
    """
    await backlog.strike_off(session, list(doomed))
    await memories.lock(session, doomed)
    stopped = await adapter_erasing.stop(session, space, doomed, now)
    cubes = await memories.find_many(session, doomed)
    if any(cube.kind == "summary" for cube in cubes):
        await jobs.follow_up(session, space.id, summaries.NAME, now)
    over = [cube.id for cube in cubes if cube.kind == "event"]
    if over and await events.owe_turns(session, space.id, over, doomed=doomed):
        await jobs.follow_up(session, space.id, "segment", now)
    if any(cube.kind == prefixes.PREFIX for cube in cubes):
        await jobs.follow_up(session, space.id, prefixes.NAME, now)
    named = await graph_erasing.touched(session, doomed)
    parted = await graph_erasing.merged_into(session, doomed)
    await _remove(session, space, doomed, now)
    await graph_erasing.drop_claims(session, space.id, doomed)
    if named or parted:
        # Taken even where nothing goes: a copy of the graph still has the mentions.
        version = await graph.next_version(session, space.id, taken=True)
        await entity_merging.regroup(session, parted, version)
        orphans = await graph_erasing.orphans(session, named)
        await _remove(session, space, orphans, now)
        left = [entity for entity in named if entity not in {*orphans, *doomed}]
        await graph_erasing.unname(session, space.id, left)
    return stopped


async def _remove(
    session: WriteSession, space: Space, doomed: Sequence[MemoryId], now: datetime
) -> None:
    if not doomed:
        return
    cubes = await memories.find_many(session, doomed)
    survivors = await session.rows(_SURVIVORS, memory_ids=list(doomed))
    left = [row.memory_id for row in survivors]
    await session.execute(_DELETE_REFINEMENTS, memory_ids=[*doomed, *left])
    if await session.execute(_DELETE_BLOCKS, space=space.id, memory_ids=[*doomed, *left]):
        await jobs.follow_up(session, space.id, "blocks", now)
    await unindex(session, space.id, doomed)
    await census.leave(session, doomed, now.astimezone(UTC).date())
    await _delete(session, doomed)
    await session.execute(
        _MOVE_SESSION,
        memory_ids=left,
        sessions=[cube.session_id for cube in cubes if cube.session_id is not None],
    )
    await memories.insert(session, [row_of(_tombstone(cube, now)) for cube in cubes])


async def erase_space(session: WriteSession, space: Space) -> int:
    """Remove a space with all that is in it; returns how many memories that were.

    Raises StateConflict if a memory in it is under legal hold.
    """
    # The backlog first, in the order in which jobs take it and the space: they end before us, or
    # find nothing to do.
    await session.execute(_DELETE_OF_SPACE[_SPACE_TABLES.index("backlog")], space=space.id)
    await session.row(_LOCK_SPACE, space=space.id)
    if await session.row(_HELD_IN_SPACE, space=space.id):
        raise StateConflict("the space holds memories under legal hold")
    erased = 0
    while rows := await session.rows(_IDS_OF_SPACE, space=space.id, limit=5000):
        await _delete(session, [row.memory_id for row in rows])
        erased += len(rows)
    for statement in (*_FORGET_RECALLS, *_DELETE_OF_SPACE):
        await session.execute(statement, space=space.id)
    return erased


async def _delete(session: WriteSession, memory_ids: Sequence[MemoryId]) -> None:
    for statement in (*_DELETE_LINKS, *_DELETE_OWN, _DELETE_HEADERS):
        await session.execute(statement, memory_ids=list(memory_ids))


def _tombstone(cube: MemCube, now: datetime) -> MemCube:
    """What remains: the id, the type, and that it was erased when."""
    return replace(
        cube,
        version=cube.version + 1,
        content="",
        data=EMPTY,
        session_id=None,
        tags=(),
        provenance=Provenance(
            origin="erased", actor="service", method=Method(name="erase", version="1")
        ),
        time=replace(cube.time, created_at=now, occurred_at=None, valid_at=None, invalid_at=None),
        lifecycle=Lifecycle(state=State.ERASED),
        governance=Governance(),
    )
