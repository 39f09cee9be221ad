"""Adapters that have learned what is erased: they stop serving, and their weights are struck off.

Weights cannot be told to forget one thing, so they go as a whole. The files are deleted by a job,
which is enqueued in the same transaction; until it has, the row still says which ones they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import text

from stores import jobs, parametric
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.parametric import AdapterState
from stores.records import MemCube, Space
from stores.revision import revise

#: The job that takes weights from the model server and deletes them.
NAME = "unlearn"
WHY = "a memory that it had learned was erased"

_TAUGHT = text("""
    SELECT a.memory_id, a.state, a.alias, a.base_model, a.actor FROM adapters a
    WHERE a.tenant_id = :tenant AND a.space_id = :space AND EXISTS (
        SELECT 1 FROM derivations d
        WHERE d.tenant_id = :tenant AND d.memory_id = a.memory_id
          AND d.source_id = ANY(:memory_ids))
    ORDER BY a.memory_id FOR UPDATE OF a
""")
_ADAPTERS_AMONG = text("""
    SELECT memory_id FROM adapters
    WHERE tenant_id = :tenant AND space_id = :space AND memory_id = ANY(:memory_ids)
""")
#: What was measured of it, and hashes over what it was taught, go now. It has no weights any more
#: that could be activated or exported; which ones are still to be deleted, its progress tells.
_STOP = text("""
    UPDATE adapters
    SET state = CASE state WHEN 'building' THEN 'failed' ELSE 'retired' END, share = 0,
        activate = false, error = :why, metrics = '{}',
        artifact_sha256 = NULL, artifact_bytes = NULL,
        progress = jsonb_strip_nulls(jsonb_build_object('unlearn',
            coalesce(encode(artifact_sha256, 'hex'), progress ->> 'unlearn'))),
        manifest_sha256 = NULL, data_sha256 = NULL, changed_at = :now,
        manifest = coalesce((
            SELECT jsonb_agg(m) FROM jsonb_array_elements(manifest) AS m
            WHERE CAST(m ->> 'memory_id' AS uuid) <> ALL(:memory_ids)), '[]')
    WHERE tenant_id = :tenant AND memory_id = ANY(:adapters)
""")
_WEIGHTS = text("""
    SELECT memory_id, artifact_sha256, state, progress ->> 'unlearn' AS owed FROM adapters
    WHERE tenant_id = :tenant AND space_id = :space
""")
_DELETED = text("""
    UPDATE adapters SET progress = '{}'
    WHERE tenant_id = :tenant AND memory_id = ANY(:adapters) AND progress -> 'unlearn' IS NOT NULL
""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Weights:
    """The weights of a space's adapters. `building`: some may lie there that no row names yet."""

    kept: frozenset[tuple[MemoryId, bytes]]
    doomed: frozenset[tuple[MemoryId, bytes]]
    building: bool


async def adapters_among(
    session: ReadSession, space: SpaceId, memory_ids: Sequence[MemoryId]
) -> set[MemoryId]:
    """Those of some memories that are adapters."""
    rows = await session.rows(_ADAPTERS_AMONG, space=space, memory_ids=list(memory_ids))
    return {MemoryId(row.memory_id) for row in rows}


async def stop(
    session: WriteSession, space: Space, gone: Sequence[MemoryId], now: datetime
) -> list[MemoryId]:
    """Stop the adapters that have learned any of these; returns which those are.

    From commit on no request goes to them. Where one served, another is asked for, without what is
    gone, which serves when it has passed its gate.
    """
    rows = await session.rows(_TAUGHT, space=space.id, memory_ids=list(gone))
    stopped = [MemoryId(row.memory_id) for row in rows]
    if not stopped:
        if await adapters_among(session, space.id, gone):
            await jobs.follow_up(session, space.id, NAME, now)
        return []
    await session.execute(_STOP, adapters=stopped, memory_ids=list(gone), why=WHY, now=now)
    for adapter in stopped:
        await revise(session, space, adapter, _without_weights, now=now)
    await jobs.follow_up(session, space.id, NAME, now)
    served = [row for row in rows if row.state in {"active", "shadow"}]
    if served and not await parametric.list_building(session, space.id):
        await parametric.request(
            session, space, base_model=served[0].base_model, alias=served[0].alias, activate=True,
            actor=served[0].actor, now=now,
        )  # fmt: skip
    return stopped


def _without_weights(cube: MemCube) -> MemCube:
    data = {name: value for name, value in cube.data.items() if name != "artifact"}
    lifecycle = replace(cube.lifecycle, state=parametric.cube_state(AdapterState.RETIRED))
    return replace(cube, data=data, lifecycle=lifecycle)


async def weights(session: ReadSession, space: SpaceId) -> Weights:
    """Which weights a space has, and which of them are to be deleted."""
    rows = await session.rows(_WEIGHTS, space=space)
    kept = frozenset(
        (MemoryId(row.memory_id), bytes(row.artifact_sha256))
        for row in rows if row.artifact_sha256 is not None
    )  # fmt: skip
    doomed = frozenset(
        (MemoryId(row.memory_id), bytes.fromhex(row.owed)) for row in rows if row.owed is not None
    )
    building = any(row.state == "building" for row in rows)
    return Weights(kept=kept, doomed=doomed, building=building)


async def note_deleted(session: WriteSession, adapters: Sequence[MemoryId]) -> None:
    """The weights of these are no more."""
    await session.execute(_DELETED, adapters=list(adapters))
