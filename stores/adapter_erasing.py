"""Adapters that have learned what is erased: they stop serving, and their weights are struck off.

Weights cannot be told to forget one thing, so they go as a whole. The files are deleted by a job,
which is enqueued in the same transaction. What became of it all, the adapter's account tells.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from stores import jobs, parametric
from stores.database import ReadSession, WriteSession
from stores.ids import MemoryId, SpaceId
from stores.pads import Sealed
from stores.parametric import AdapterRow, AdapterState
from stores.records import MemCube, Payload, Space
from stores.revision import revise

#: The job that takes weights from the model server and deletes them.
NAME = "unlearn"
WHY = "a memory that it had learned was erased"

#: For so long it can be asked at most whether the next adapter has really forgotten.
KEPT = timedelta(days=7)

_TAUGHT = text("""
    SELECT a.memory_id, a.state, a.activate, a.alias, a.base_model, a.actor, a.progress
    FROM adapters a
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
#: that could be activated or exported; which ones they were, its account tells.
_STOP = text("""
    UPDATE adapters
    SET state = CASE state WHEN 'building' THEN 'failed' ELSE 'retired' END, share = 0,
        activate = false, error = :why, metrics = '{}',
        artifact_sha256 = NULL, artifact_bytes = NULL,
        progress = jsonb_build_object('unlearn',
            jsonb_build_object('stopped_at', CAST(:at AS text),
                               'weights', encode(artifact_sha256, 'hex'))
            || coalesce(progress -> 'unlearn', '{}')),
        manifest_sha256 = NULL, data_sha256 = NULL, changed_at = :now,
        manifest = coalesce((
            SELECT jsonb_agg(m) FROM jsonb_array_elements(manifest) AS m
            WHERE CAST(m ->> 'memory_id' AS uuid) <> ALL(:memory_ids)), '[]')
    WHERE tenant_id = :tenant AND memory_id = ANY(:adapters)
""")
_ADD_TO_ACCOUNT = text("""
    UPDATE adapters
    SET progress = jsonb_set(progress, '{unlearn}', progress -> 'unlearn' || CAST(:more AS jsonb))
    WHERE tenant_id = :tenant AND memory_id = ANY(:adapters) AND progress -> 'unlearn' IS NOT NULL
""")
_WEIGHTS = text("""
    SELECT memory_id, artifact_sha256, state, progress FROM adapters
    WHERE tenant_id = :tenant AND space_id = :space
""")
_ACCOUNTS = text("""
    SELECT memory_id, progress FROM adapters
    WHERE tenant_id = :tenant AND space_id = :space AND progress -> 'unlearn' IS NOT NULL
    ORDER BY memory_id
""")
_ACCOUNTS_HELD = text(f"{_ACCOUNTS.text} FOR UPDATE")


@dataclass(frozen=True, kw_only=True, slots=True)
class Probed:
    """What the next adapter was asked of what was erased, and in how many answers it told it.

    Of `elsewhere` it was not asked, for other memories that it has learned tell it too.
    """

    adapter: MemoryId
    asked: int
    told: int
    elsewhere: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """What became of an adapter that had learned what was erased."""

    stopped_at: datetime
    #: The SHA-256 of its weights, if there were any, and when they were deleted everywhere.
    weights: str | None
    deleted_at: datetime | None
    #: The adapter that is to take its place, and the jobs that build it and delete the weights.
    rebuild: MemoryId | None
    rebuild_job: UUID | None
    unlearn_job: UUID | None
    probed: Probed | None
    #: What is still to be asked of the next adapter, and until when that can be read.
    sealed: tuple[Sealed, ...]
    sealed_until: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Examinee:
    """An adapter whose successor is to be asked, and which of what is erased it has learned."""

    adapter: MemoryId
    learned: tuple[MemoryId, ...]


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

    From commit on no request goes to them. Where one served, or was to, another is asked for,
    without what is gone, which serves when it has passed its gate.
    """
    rows = await session.rows(_TAUGHT, space=space.id, memory_ids=list(gone))
    stopped = [MemoryId(row.memory_id) for row in rows]
    if not stopped:
        if await adapters_among(session, space.id, gone):
            await jobs.follow_up(session, space.id, NAME, now)
        return []
    await session.execute(
        _STOP, adapters=stopped, memory_ids=list(gone), why=WHY, at=now.isoformat(), now=now
    )
    for adapter in stopped:
        await revise(session, space, adapter, _without_weights, now=now)
    unlearn = await jobs.follow_up(session, space.id, NAME, now)
    await _add(session, stopped, {"unlearn_job": str(unlearn)})
    building = await parametric.list_building(session, space.id)
    served = _served(rows, building)
    if served:
        rebuild = await _rebuild(session, space, served[0], building, now)
        await _add(session, [MemoryId(row.memory_id) for row in served], rebuild)
    elif any(row.state == "building" for row in rows):
        # What was laid down for it holds the words: the job that builds clears up.
        await jobs.follow_up(session, space.id, parametric.NAME, now)
    return stopped


def _served(rows: Sequence[Any], building: Sequence[AdapterRow]) -> list[Any]:
    """Those that do, that are to as soon as they are built, or whose successor is being built."""
    states = {"active", "shadow", "stale"} if building else {"active", "shadow"}
    return [r for r in rows if r.state in states or (r.state == "building" and r.activate)]


async def _rebuild(
    session: WriteSession,
    space: Space,
    served: Any,
    building: Sequence[AdapterRow],
    now: datetime,
) -> dict[str, str]:
    rebuild = building[0].id if building else await parametric.request(
        session, space, base_model=served.base_model, alias=served.alias, activate=True,
        actor=served.actor, now=now,
    )  # fmt: skip
    job = await jobs.follow_up(session, space.id, parametric.NAME, now)
    return {"rebuild": str(rebuild), "rebuild_job": str(job)}


async def _add(session: WriteSession, adapters: Sequence[MemoryId], more: Payload) -> None:
    await session.execute(_ADD_TO_ACCOUNT, adapters=list(adapters), more=json.dumps(dict(more)))


async def examinee(
    session: WriteSession, space: SpaceId, gone: Sequence[MemoryId]
) -> Examinee | None:
    """Whose successor is to be asked about what is about to be erased; None if nobody's is.

    That is the adapter which serves, or one that was stopped and whose successor is not built yet.
    """
    rows = await session.rows(_TAUGHT, space=space, memory_ids=list(gone))
    served = _served(rows, await parametric.list_building(session, space))
    waiting = [row for row in rows if _awaits_successor(account_of(row.progress))]
    found = [*served, *waiting]
    if not found:
        return None
    adapter = MemoryId(found[0].memory_id)
    learned = await parametric.learned(session, [adapter], gone)
    return Examinee(adapter=adapter, learned=tuple(sorted(learned)))


def _awaits_successor(account: Account | None) -> bool:
    return account is not None and account.rebuild is not None and account.probed is None


async def keep_sealed(
    session: WriteSession, space: SpaceId, adapter: MemoryId, sealed: Sealed, now: datetime
) -> None:
    """Keep what the successor of an adapter is to be asked, beside what there is already."""
    rows = await session.rows(_ACCOUNTS_HELD, space=space)
    before = {MemoryId(row.memory_id): account_of(row.progress) for row in rows}[adapter]
    kept = (*(before.sealed if before else ()), sealed)
    more = {"sealed": _sealed_json(kept), "sealed_until": (now + KEPT).isoformat()}
    await _add(session, [adapter], more)


async def list_sealed(session: ReadSession, space: SpaceId) -> dict[MemoryId, tuple[Sealed, ...]]:
    """What is still to be asked, by the adapter that had learned it."""
    rows = await session.rows(_ACCOUNTS, space=space)
    accounts = {MemoryId(row.memory_id): account_of(row.progress) for row in rows}
    return {adapter: told.sealed for adapter, told in accounts.items() if told and told.sealed}


async def note_probed(
    session: WriteSession, space: SpaceId, pads: Set[str], probed: Probed
) -> None:
    """Tell what was found out with these pads, of which nothing is kept any more."""
    for row in await session.rows(_ACCOUNTS_HELD, space=space):
        account = account_of(row.progress)
        if account is None or not pads & {one.pad for one in account.sealed}:
            continue
        left = [one for one in account.sealed if one.pad not in pads]
        more = {
            "sealed": _sealed_json(left),
            "probed": {
                "adapter": str(probed.adapter), "asked": probed.asked, "told": probed.told,
                "elsewhere": probed.elsewhere, "at": probed.at.isoformat(),
            },
        }  # fmt: skip
        await _add(session, [MemoryId(row.memory_id)], more)


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
    accounts = {MemoryId(row.memory_id): account_of(row.progress) for row in rows}
    doomed = frozenset(
        (adapter, bytes.fromhex(told.weights))
        for adapter, told in accounts.items() if told and told.weights and told.deleted_at is None
    )  # fmt: skip
    building = any(row.state == "building" for row in rows)
    return Weights(kept=kept, doomed=doomed, building=building)


async def note_deleted(session: WriteSession, adapters: Sequence[MemoryId], now: datetime) -> None:
    """The weights of these are no more."""
    await _add(session, adapters, {"deleted_at": now.isoformat()})


def account_of(progress: Payload) -> Account | None:
    """The account that an adapter's progress holds; None for one that was not stopped so."""
    told: Payload | None = progress.get("unlearn")
    if told is None:
        return None
    probed = told.get("probed")
    sealed: list[Payload] = told.get("sealed", [])
    return Account(
        stopped_at=datetime.fromisoformat(told["stopped_at"]),
        weights=told.get("weights"),
        deleted_at=_time(told, "deleted_at"),
        rebuild=None if "rebuild" not in told else MemoryId(UUID(told["rebuild"])),
        rebuild_job=None if "rebuild_job" not in told else UUID(told["rebuild_job"]),
        unlearn_job=None if "unlearn_job" not in told else UUID(told["unlearn_job"]),
        probed=None if probed is None else Probed(
            adapter=MemoryId(UUID(probed["adapter"])), asked=probed["asked"], told=probed["told"],
            elsewhere=probed["elsewhere"], at=datetime.fromisoformat(probed["at"]),
        ),
        sealed=tuple(Sealed(pad=one["pad"], noise=b64decode(one["noise"])) for one in sealed),
        sealed_until=_time(told, "sealed_until") if sealed else None,
    )  # fmt: skip


def _time(told: Payload, name: str) -> datetime | None:
    return datetime.fromisoformat(told[name]) if told.get(name) else None


def _sealed_json(sealed: Sequence[Sealed]) -> list[dict[str, str]]:
    return [{"pad": one.pad, "noise": b64encode(one.noise).decode()} for one in sealed]
