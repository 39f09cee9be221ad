"""Which adapter of a space serves: activate, shadow, roll back, retire; one transaction each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from stores import jobs, parametric, spaces
from stores.database import WriteSession
from stores.errors import StateConflict
from stores.ids import MemoryId
from stores.parametric import AdapterRow, AdapterState
from stores.records import MemCube, Space
from stores.revision import revise

#: From these an adapter may come to serve.
_READY = (AdapterState.GATED, AdapterState.SHADOW, AdapterState.RETIRED)


async def activate(
    session: WriteSession, space: Space, adapter: MemoryId, now: datetime
) -> AdapterRow:
    """Have an adapter serve the space, in the place of the one that did. Raises StateConflict."""
    wanted, serving = await _held(session, space, adapter)
    if wanted.state is AdapterState.ACTIVE:
        return wanted
    await _check_fit(session, wanted)
    before = serving.active
    if before is not None:
        await _move(session, space, before, AdapterState.RETIRED, now)
    replaces = None if before is None else before.id
    await _move(session, space, wanted, AdapterState.ACTIVE, now, replaces=replaces)
    return await parametric.get_adapter(session, space.id, adapter)


async def shadow(
    session: WriteSession, space: Space, adapter: MemoryId, share: float, now: datetime
) -> AdapterRow:
    """Have an adapter serve a share, 0..1, of the space's requests; 0 keeps it at hand only.

    Raises StateConflict.
    """
    wanted, serving = await _held(session, space, adapter)
    await _check_fit(session, wanted)
    if serving.shadow is not None and serving.shadow.id != adapter:
        await _move(session, space, serving.shadow, AdapterState.GATED, now)
    await _move(session, space, wanted, AdapterState.SHADOW, now, share=share)
    return await parametric.get_adapter(session, space.id, adapter)


async def roll_back(
    session: WriteSession, space: Space, adapter: MemoryId, now: datetime
) -> AdapterRow:
    """Take an adapter out of service; the one that it replaced serves again, if it still may.

    Returns the one that serves then, or else the one that was taken out, so that the base model
    answers alone. Raises StateConflict.
    """
    wanted, serving = await _held(session, space, adapter)
    if serving.active is None or serving.active.id != adapter:
        raise StateConflict(f"adapter {adapter} is {wanted.state}; only the active one goes back")
    await _move(session, space, wanted, AdapterState.RETIRED, now)
    before = wanted.replaces
    if before is not None:
        former = await parametric.get_adapter(session, space.id, before)
        if former.state is AdapterState.RETIRED and former.artifact_sha256 is not None:
            await _check_fit(session, former)
            await _move(session, space, former, AdapterState.ACTIVE, now)
            return await parametric.get_adapter(session, space.id, before)
    return await parametric.get_adapter(session, space.id, adapter)


async def retire(
    session: WriteSession, space: Space, adapter: MemoryId, now: datetime, *, why: str | None = None
) -> AdapterRow:
    """Take an adapter out of service for good, or give up building it; its members stay as text."""
    wanted, _ = await _held(session, space, adapter)
    if wanted.state is AdapterState.BUILDING:
        await _move(session, space, wanted, AdapterState.FAILED, now, error=why or "cancelled")
        # Nobody may be at it just now: what was laid down for it has to go in any case.
        await jobs.follow_up(session, space.id, parametric.NAME, now)
    elif wanted.state not in {AdapterState.RETIRED, AdapterState.FAILED}:
        await _move(session, space, wanted, AdapterState.RETIRED, now, error=why)
    return await parametric.get_adapter(session, space.id, adapter)


async def _held(
    session: WriteSession, space: Space, adapter: MemoryId
) -> tuple[AdapterRow, parametric.Serving]:
    """The adapter and what serves, with nobody else switching until commit."""
    await spaces.hold(session, space.id)
    wanted = await parametric.get_adapter(session, space.id, adapter)
    return wanted, await parametric.serving(session, space.id)


async def _check_fit(session: WriteSession, adapter: AdapterRow) -> None:
    """Raises StateConflict unless the adapter is whole and what it has learned still holds."""
    if adapter.state not in _READY or adapter.artifact_sha256 is None:
        raise StateConflict(f"adapter {adapter.id} is {adapter.state}, it cannot serve")
    changed = await parametric.changed_members(session, adapter.id)
    if changed:
        raise StateConflict(
            f"{len(changed)} of the memories that adapter {adapter.id} has learned have changed "
            "since; build it anew"
        )


async def _move(
    session: WriteSession,
    space: Space,
    adapter: AdapterRow,
    state: AdapterState,
    now: datetime,
    *,
    share: float = 0.0,
    replaces: MemoryId | None = None,
    error: str | None = None,
) -> None:
    await parametric.set_state(
        session, adapter, state, now=now, share=share, replaces=replaces, error=error
    )
    await revise(session, space, adapter.id, partial(_stated, state), now=now)


def _stated(state: AdapterState, cube: MemCube) -> MemCube:
    lifecycle = replace(cube.lifecycle, state=parametric.cube_state(state))
    return replace(cube, lifecycle=lifecycle)
