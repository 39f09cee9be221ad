"""Forget: a memory is invalidated, archived, or erased with all that rested on it alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from consolidation import schedules
from consolidation.knowledge.forgetting import erase
from memory_service.auth import Principal, Role
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import erasure, memories, parametric
from stores.ids import MemoryId
from stores.parametric import AdapterRow
from stores.records import MemCube, Method, State
from stores.revision import revise


class Mode(StrEnum):
    """How to forget: the world changed; out of the way; as if it had never been."""

    INVALIDATE = "invalidate"
    ARCHIVE = "archive"
    ERASE = "erase"


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """What was done to which memories."""

    mode: Mode
    memory_id: MemoryId
    memories: tuple[MemoryId, ...]
    #: Adapters that had learned what is erased, as they stand now that they are stopped.
    adapters: tuple[AdapterRow, ...] = ()


async def forget(
    services: Services,
    principal: Principal,
    space: str,
    memory_id: UUID,
    mode: Mode,
    *,
    expecting: int | None = None,
) -> Forgotten:
    """Forget one memory; raises MemoryNotFound, Erased, VersionMismatch, StateConflict."""
    principal.require(Role.WRITER)
    home = (await scope_of(services, principal, [space])).spaces[0]
    now = services.clock()
    wanted = MemoryId(memory_id)
    gone, stopped = [wanted], list[AdapterRow]()
    async with services.database.write(principal.tenant) as session:
        if mode is Mode.ERASE:
            await memories.lock(session, [wanted])
            await memories.get(session, home.id, wanted, expecting=expecting)
            gone = await erasure.closure(session, home.id, wanted)
            ended = await erase(session, home, gone, now, pads=services.pads)
            stopped = [await parametric.get_adapter(session, home.id, one) for one in ended]
        else:
            change = _change(mode, principal.name, now)
            await revise(session, home, wanted, change, now=now, expecting=expecting)
        await schedules.changed(session, home.id, now)
    return Forgotten(mode=mode, memory_id=wanted, memories=tuple(gone), adapters=tuple(stopped))


def _change(mode: Mode, actor: str, now: datetime) -> Callable[[MemCube], MemCube]:
    state = State.INVALIDATED if mode is Mode.INVALIDATE else State.ARCHIVED

    def change(cube: MemCube) -> MemCube:
        if cube.lifecycle.state is state:
            return cube
        ended = now if mode is Mode.INVALIDATE else cube.time.invalid_at
        return replace(
            cube,
            lifecycle=replace(cube.lifecycle, state=state),
            time=replace(cube.time, invalid_at=ended),
            provenance=replace(
                cube.provenance, actor=actor, method=Method(name=str(mode), version="1")
            ),
        )

    return change
