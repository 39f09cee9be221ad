"""Undoing a run as a whole: what it made goes, what it changed is as before, all in a new run.

Versions stay for the audit, and with a memory that goes the evidence and sources it had from the
first: erasing what it rested on must find it still.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores import claims, entity_merging, graph, graph_erasing, memories, runs
from stores.database import WriteSession
from stores.errors import Conflict, StateConflict
from stores.ids import MemoryId, new_id
from stores.records import MemCube, Method, Space
from stores.revision import revise
from stores.runs import Change
from stores.unindexing import unindex


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsettled:
    """What is to be believed anew, since what it was believed for is taken back."""

    #: The version of the space's graph that this change is.
    version: int
    #: Whose claims under which predicates.
    claimed: Sequence[tuple[MemoryId, str]]
    #: Entities that are not merged, or not into the same one, any more.
    parted: Sequence[MemoryId]
    #: Memories that say again what they said before, and those that will be gone.
    restored: Sequence[MemoryId]
    leaving: Sequence[MemoryId]


#: Believes anew; returns what it did to memories.
Settle = Callable[[WriteSession, Space, Unsettled], Awaitable[Sequence[Change]]]

_UNDO = Method(name="undo", version="1")
#: Runs that take something back; they count as gone together with what they took back.
_REVERSALS = ["undo", "split"]
#: Runs named in a conflict.
_NAMED = 20

_LOCK = text("""
    SELECT method ->> 'name' AS name, undone_at FROM runs
    WHERE tenant_id = :tenant AND run_id = :run_id FOR UPDATE
""")
#: Runs that changed what these made or changed, confirmed what they made, or derived from it.
#: A summary with a hash of its children is told anew without what is gone, and does not hold it.
_LATER = text("""
    WITH mine AS MATERIALIZED (
        SELECT memory_id, run_id, before, after FROM run_changes
        WHERE tenant_id = :tenant AND run_id = ANY(:run_ids) AND after IS NOT NULL),
    later AS (
        SELECT c.run_id FROM mine
        JOIN run_changes c ON c.tenant_id = :tenant AND c.memory_id = mine.memory_id
        WHERE c.after > mine.after
           OR (mine.before IS NULL AND c.after IS NULL AND c.confirmations > 0)
        UNION
        SELECT m.run_id FROM mine
        JOIN derivations d ON d.tenant_id = :tenant AND d.source_id = mine.memory_id
        JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = d.memory_id
                       AND m.expired_at IS NULL AND m.state <> 'erased'
                       AND NOT (m.kind IN ('summary', 'prefix', 'soft_prompt')
                                AND m.data->>'hash' IS NOT NULL)
        WHERE mine.before IS NULL)
    SELECT r.run_id FROM later JOIN runs r ON r.tenant_id = :tenant AND r.run_id = later.run_id
    WHERE r.undone_at IS NULL AND r.method ->> 'name' <> ALL(:reversals)
      AND r.run_id <> ALL(:run_ids)
    ORDER BY r.run_id
""")
#: Versions since then that no run brought, but somebody by hand. What follows from assertions that
#: were erased is nobody's.
_EDITED = text("""
    SELECT m.memory_id, m.actor FROM run_changes mine
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = mine.memory_id
                   AND m.version > mine.after AND m.method ->> 'name' = ANY(:by_hand)
    WHERE mine.tenant_id = :tenant AND mine.run_id = ANY(:run_ids) AND NOT EXISTS (
        SELECT FROM run_changes c
        WHERE c.tenant_id = :tenant AND c.memory_id = m.memory_id
          AND m.version > coalesce(c.before, 0) AND m.version <= c.after)
    ORDER BY m.memory_id LIMIT 1
""")
#: What the runs did to memories that are still there. Episodes were received, not made; but where
#: decay archived one, it comes back.
_CHANGED = text("""
    SELECT c.memory_id, c.before, c.after, c.confirmations, m.kind, m.version
    FROM run_changes c
    JOIN memories m ON m.tenant_id = :tenant AND m.memory_id = c.memory_id
                   AND m.expired_at IS NULL AND m.state <> 'erased'
                   AND (m.origin <> 'received' OR EXISTS (
                       SELECT FROM memories v
                       WHERE v.tenant_id = :tenant AND v.memory_id = c.memory_id
                         AND v.version = c.after AND v.method ->> 'name' = 'decay'))
    WHERE c.tenant_id = :tenant AND c.run_id = ANY(:run_ids)
    ORDER BY c.memory_id, c.after
""")
_MERGES = text("""
    SELECT memory_id, target_id FROM links
    WHERE tenant_id = :tenant AND run_id = ANY(:run_ids) AND link_kind = 'merged'
""")
_DELETE_MERGES = text("""
    DELETE FROM links
    WHERE tenant_id = :tenant AND run_id = ANY(:run_ids) AND link_kind = 'merged'
""")
#: What the runs added to memories that stay; with what they made, other than this, its own stays.
_DELETE_OF_RUNS = tuple(
    text(f"DELETE FROM {table} WHERE tenant_id = :tenant AND run_id = ANY(:run_ids) {more}")
    for table, more in (
        ("mentions", ""),
        ("links", ""),
        ("refinements", ""),
        ("insight_marks", ""),
        ("grouped", ""),
        ("groupings", ""),
        ("blocks", ""),
        ("evidence", "AND memory_id <> ALL(:made)"),
        ("entity_aliases", "AND memory_id <> ALL(:made)"),
    )
)
#: What hangs on memories that go, and would lead to them.
_DELETE_OF_MEMORIES = tuple(
    text(f"DELETE FROM {table} WHERE tenant_id = :tenant AND {column} = ANY(:memory_ids)")
    for table, column in (
        ("relations", "memory_id"), ("mentions", "memory_id"), ("mentions", "entity_id"),
        ("links", "memory_id"), ("links", "target_id"), ("refinements", "memory_id"),
        ("entities", "memory_id"),
        ("entity_aliases", "memory_id"), ("entity_bands", "memory_id"),
    )
)  # fmt: skip
#: What a memory that goes said about another one.
_DELETE_REFINEMENTS = text("""
    DELETE FROM refinements
    WHERE tenant_id = :tenant AND sources && CAST(:memory_ids AS uuid[])
""")
_NAMED_BY_RUNS = text("""
    SELECT DISTINCT entity_id FROM mentions WHERE tenant_id = :tenant AND run_id = ANY(:run_ids)
""")
#: Claims that the runs confirmed and nothing else makes any more: their other sources were erased.
_BEREFT = text("""
    SELECT m.memory_id FROM memories m
    WHERE m.tenant_id = :tenant AND m.memory_id = ANY(:memory_ids) AND m.expired_at IS NULL
      AND m.origin = 'derived'
      AND EXISTS (SELECT FROM relations r
                  WHERE r.tenant_id = :tenant AND r.memory_id = m.memory_id)
      AND EXISTS (SELECT FROM evidence e WHERE e.tenant_id = :tenant
                  AND e.memory_id = m.memory_id AND e.run_id = ANY(:run_ids))
      AND NOT EXISTS (SELECT FROM evidence e WHERE e.tenant_id = :tenant
                      AND e.memory_id = m.memory_id
                      AND (e.run_id IS NULL OR e.run_id <> ALL(:run_ids)))
      AND NOT EXISTS (SELECT FROM assertions a
                      WHERE a.tenant_id = :tenant AND a.memory_id = m.memory_id)
      AND NOT EXISTS (SELECT FROM derivations d
                      WHERE d.tenant_id = :tenant AND d.memory_id = m.memory_id)
""")
_IN_USE = text("""
    SELECT e.memory_id FROM entities e
    WHERE e.tenant_id = :tenant AND e.memory_id = ANY(:memory_ids) AND (
        EXISTS (SELECT FROM mentions n WHERE n.tenant_id = :tenant AND n.entity_id = e.memory_id)
        OR EXISTS (SELECT FROM relations r WHERE r.tenant_id = :tenant
                   AND r.space_id = e.space_id AND r.subject_id = e.memory_id)
        OR EXISTS (SELECT FROM relations r WHERE r.tenant_id = :tenant
                   AND r.space_id = e.space_id AND r.object_id = e.memory_id)
        OR EXISTS (SELECT FROM entities o WHERE o.tenant_id = :tenant
                   AND o.merged_into = e.memory_id))
""")
_UNCONFIRM = text("""
    UPDATE usage u SET confirmations = greatest(u.confirmations - c.confirmations, 0), rules = 0
    FROM unnest(CAST(:memory_ids AS uuid[]), CAST(:counts AS int[])) AS c(memory_id, confirmations)
    WHERE u.tenant_id = :tenant AND u.memory_id = c.memory_id
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Undone:
    """What was taken back, and by which run."""

    run_id: UUID
    #: The runs taken back, that asked for among them.
    runs: tuple[UUID, ...]
    removed: tuple[MemoryId, ...]
    restored: tuple[MemoryId, ...]
    #: Restored texts that are owed an embedding.
    to_embed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Past:
    """What the runs together did to one memory, which is at `version` now."""

    memory_id: MemoryId
    kind: str
    version: int
    #: The versions before and after the first change.
    before: int | None
    after: int | None
    confirmations: int

    @property
    def made(self) -> bool:
        """Whether it was not there before."""
        return self.before is None and self.after is not None

    @property
    def earlier(self) -> int | None:
        """The version it has to go back to if it stays."""
        return self.after if self.made and self.after != self.version else self.before


async def undo(
    session: WriteSession,
    space: Space,
    run_id: UUID,
    *,
    actor: str,
    now: datetime,
    cascade: bool,
    settle: Settle,
) -> Undone:
    """Take a run back; with `cascade` also the later runs that built on it.

    What is not gone says what it said before; then `settle` has what is claimed follow from the
    assertions that are left.

    Raises StateConflict for a run that is undone already, or that took something back itself;
    Conflict where later runs built on it, or somebody changed what it made.
    """
    await _lock(session, run_id)
    doomed = await _doomed(session, run_id, cascade=cascade)
    await memories.lock(session, sorted(p.memory_id for p in await _past(session, doomed)))
    # What came in while we waited for the locks counts too.
    doomed = await _doomed(session, run_id, cascade=cascade)
    past = await _past(session, doomed)
    since = await graph.next_version(session, space.id, taken=True)
    undo_id = new_id()
    claimed = await graph_erasing.slots(session, [p.memory_id for p in past])
    await claims.forget(session, doomed)
    parted = await _part(session, doomed, since)
    claimed += await graph_erasing.slots(session, [p.memory_id for p in past])
    changed = [p for p in past if not p.made]
    restored = await _restore(session, space, changed, actor, now, undo_id)
    settled = await settle(session, space, Unsettled(
        version=since,
        claimed=[(one.subject_id, one.predicate) for one in claimed],
        parted=parted,
        restored=[cube.id for cube in restored],
        leaving=[p.memory_id for p in past if p.made],
    ))  # fmt: skip
    removed = await _remove(session, space, doomed, past, now)
    staying = [p for p in past if p.made and p.memory_id not in removed]
    restored = [cube for cube in restored if cube.id not in removed]
    restored += await _restore(session, space, staying, actor, now, undo_id)
    confirmed = {p.memory_id: p.confirmations for p in past if p.confirmations}
    await session.execute(_UNCONFIRM, memory_ids=list(confirmed), counts=list(confirmed.values()))
    await _note(session, space, undo_id, doomed, past, removed, restored, settled, now)
    return Undone(
        run_id=undo_id,
        runs=tuple(doomed),
        removed=tuple(sorted(removed)),
        restored=tuple(cube.id for cube in restored),
        to_embed=sum(cube.text_version == cube.version for cube in restored),
    )


async def _lock(session: WriteSession, run_id: UUID) -> None:
    row = await session.row(_LOCK, run_id=run_id)
    if row is None or row.undone_at is not None:
        raise StateConflict(f"run {run_id} is undone already")
    if row.name in _REVERSALS:
        raise StateConflict(f"run {run_id} took something back, which cannot be undone")


async def _doomed(session: WriteSession, run_id: UUID, *, cascade: bool) -> list[UUID]:
    """The run and, with `cascade`, all that was built on it, oldest first; raises Conflict."""
    doomed = [run_id]
    while later := [
        row.run_id for row in await session.rows(_LATER, run_ids=doomed, reversals=_REVERSALS)
    ]:
        if not cascade:
            named = ", ".join(map(str, later[:_NAMED]))
            raise Conflict(f"later runs built on run {run_id}: {named}")
        doomed += later
    edited = await session.row(_EDITED, run_ids=doomed, by_hand=list(claims.BY_HAND))
    if edited is not None:
        raise Conflict(f"memory {edited.memory_id} was changed since by {edited.actor!r}")
    return sorted(doomed)


async def _past(session: WriteSession, doomed: Sequence[UUID]) -> list[_Past]:
    rows = await session.rows(_CHANGED, run_ids=list(doomed))
    return [
        _together(MemoryId(memory_id), list(changes))
        for memory_id, changes in groupby(rows, key=attrgetter("memory_id"))
    ]


def _together(memory_id: MemoryId, changes: Sequence[Row[Any]]) -> _Past:
    """The first change tells how it was before."""
    first = changes[0]
    return _Past(
        memory_id=memory_id,
        kind=first.kind,
        version=first.version,
        before=first.before,
        after=first.after,
        confirmations=sum(change.confirmations for change in changes),
    )


async def _part(session: WriteSession, doomed: Sequence[UUID], since: int) -> list[MemoryId]:
    """Take merges of entities back; returns those that stand for others than they did."""
    merges = await session.rows(_MERGES, run_ids=list(doomed))
    await session.execute(_DELETE_MERGES, run_ids=list(doomed))
    return await entity_merging.regroup(session, [i for row in merges for i in row], since)


async def _remove(
    session: WriteSession,
    space: Space,
    doomed: Sequence[UUID],
    past: Sequence[_Past],
    now: datetime,
) -> set[MemoryId]:
    """Take away what the runs made and added; entities that others still speak of stay."""
    bereft = await session.rows(
        _BEREFT, memory_ids=[p.memory_id for p in past if not p.made], run_ids=list(doomed)
    )
    made = [p.memory_id for p in past if p.made and p.kind != "entity"]
    made += [row.memory_id for row in bereft]
    things = [p.memory_id for p in past if p.made and p.kind == "entity"]
    named = await session.rows(_NAMED_BY_RUNS, run_ids=list(doomed))
    await _take_away(session, made)
    for statement in _DELETE_OF_RUNS:
        await session.execute(statement, run_ids=list(doomed), made=[*made, *things])
    used = {row.memory_id for row in await session.rows(_IN_USE, memory_ids=things)}
    unused = [entity_id for entity_id in things if entity_id not in used]
    # Whoever else named them may have been erased.
    others = [row.entity_id for row in named if row.entity_id not in things]
    unused += await graph_erasing.orphans(session, others)
    await _take_away(session, unused)
    removed = [*made, *unused]
    await unindex(session, space.id, removed)
    await memories.close(session, removed, now)
    return set(removed)


async def _take_away(session: WriteSession, memory_ids: Sequence[MemoryId]) -> None:
    for statement in (*_DELETE_OF_MEMORIES, _DELETE_REFINEMENTS):
        await session.execute(statement, memory_ids=list(memory_ids))


async def _restore(
    session: WriteSession,
    space: Space,
    staying: Sequence[_Past],
    actor: str,
    now: datetime,
    undo_id: UUID,
) -> list[MemCube]:
    """Append versions that say what the memories said before the runs."""
    wanted = [(p.memory_id, p.earlier) for p in staying if p.earlier is not None]
    targets = await memories.find_versions(session, wanted)

    def back(cube: MemCube) -> MemCube:
        target = targets[cube.id]
        made = replace(cube.provenance, actor=actor, method=_UNDO, run_id=undo_id)
        if target.provenance.method.name in claims.BY_HAND:
            made = target.provenance
        life = replace(
            cube.lifecycle,
            state=target.lifecycle.state,
            importance=target.lifecycle.importance,
        )
        return replace(
            cube,
            content=target.content,
            data=target.data,
            tags=target.tags,
            time=replace(
                cube.time, valid_at=target.time.valid_at, invalid_at=target.time.invalid_at
            ),
            lifecycle=life,
            provenance=made,
        )

    return [await revise(session, space, memory_id, back, now=now) for memory_id in targets]


async def _note(
    session: WriteSession,
    space: Space,
    undo_id: UUID,
    doomed: Sequence[UUID],
    past: Sequence[_Past],
    removed: set[MemoryId],
    restored: Sequence[MemCube],
    settled: Sequence[Change],
    now: datetime,
) -> None:
    counts = {"runs": len(doomed), "removed": len(removed), "restored": len(restored)}
    await runs.add_run(
        session, space.id, undo_id, job_id=None, method=_UNDO, counts=counts, started_at=now,
        finished_at=now, notes=[f"undid run {run_id}" for run_id in doomed],
    )  # fmt: skip
    now_at = {cube.id: cube.version for cube in restored}
    changes = [
        Change(
            memory_id=p.memory_id,
            before=p.version if p.memory_id in removed or p.memory_id in now_at else None,
            after=now_at.get(p.memory_id),
            confirmations=-p.confirmations,
        )
        for p in past
        if p.memory_id in removed or p.memory_id in now_at or p.confirmations
    ]
    await runs.note_changes(session, undo_id, changes)
    await runs.note_changes(session, undo_id, settled)
    await runs.mark_undone(session, doomed, now)
