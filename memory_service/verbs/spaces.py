"""Spaces: make, read, set policies, list, consolidate, tell how they stand, erase."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from consolidation import cadence, schedules
from consolidation import jobs as job_kinds
from consolidation.distill.leftovers import discard
from consolidation.distill.naming import names_of_space
from llm_backend.errors import BackendError
from memory_service.auth import Principal, Role
from memory_service.telemetry import logger
from memory_service.verbs.errors import Malformed
from memory_service.verbs.llm_state import LlmState, llm_state
from memory_service.verbs.services import Services
from stores import backlog, erasure, events, jobs, overview, spaces
from stores.backlog import Stage
from stores.database import WriteSession
from stores.ids import SpaceId, TenantId
from stores.overview import Status
from stores.records import Page, Payload, Space
from stores.scope import Scope


async def scope_of(services: Services, principal: Principal, names: list[str]) -> Scope:
    """The spaces a caller names, as reads take them; raises SpaceNotFound, NotPermitted."""
    principal.require_spaces(names)
    async with services.database.single(principal.tenant) as session:
        found = await spaces.find_spaces(session, names)
        # One that is made just now is found here, or else this raises.
        made = [await spaces.get_space(session, name) for name in names if name not in found]
        found = {**found, **{space.name: space for space in made}}
    return Scope(
        tenant=principal.tenant,
        spaces=tuple(found[name] for name in names),
        at=services.clock(),
    )


async def get_space(services: Services, principal: Principal, name: str) -> Space:
    """The space; raises SpaceNotFound, NotPermitted."""
    return (await scope_of(services, principal, [name])).spaces[0]


async def put_space(
    services: Services, principal: Principal, name: str, policies: Payload
) -> tuple[Space, bool]:
    """Make the space or replace its policies; tells whether it was made."""
    principal.require(Role.WRITER)
    principal.require_spaces([name])
    kept = _without_nulls(policies)
    async with services.database.write(principal.tenant) as session:
        space, made = await spaces.ensure_space(session, name, services.clock(), kept)
        if made:
            return space, made
        await spaces.set_policies(session, space, kept)
        return await _rescheduled(services, session, name), made


async def patch_space(
    services: Services, principal: Principal, name: str, policies: Payload
) -> Space:
    """Change some policies; null removes one."""
    principal.require(Role.WRITER)
    principal.require_spaces([name])
    async with services.database.write(principal.tenant) as session:
        space = await spaces.get_space(session, name)
        kept = _without_nulls({**space.policies, **policies})
        await spaces.set_policies(session, space, kept)
        return await _rescheduled(services, session, name)


async def _rescheduled(services: Services, session: WriteSession, name: str) -> Space:
    """The space with its new policies, its jobs scheduled by them."""
    space = await spaces.get_space(session, name)
    await schedules.replan(session, space.id, services.clock())
    return space


async def list_spaces(
    services: Services, principal: Principal, *, after: str, limit: int
) -> Page[Space]:
    """The spaces the caller may see, by name."""
    async with services.database.read(principal.tenant) as session:
        return await spaces.list_spaces(session, only=principal.spaces, after=after, limit=limit)


async def status(services: Services, principal: Principal, name: str) -> tuple[Status, LlmState]:
    """What the space holds and what is still to be done; how it stands with the chat model."""
    principal.require_spaces([name])
    async with services.database.read(principal.tenant) as session:
        space = await spaces.get_space(session, name)
        found = await overview.status(session, space.id, services.clock())
    return found, await llm_state(services, principal.tenant, space)


async def consolidate(
    services: Services, principal: Principal, name: str, wanted: Sequence[str] | None = None
) -> tuple[UUID, ...]:
    """Have jobs run now: those wanted, or else what is owed and all that are on in the space.

    What was remembered with `consolidate: false` or was set aside is owed from now on. A job that
    works on what is owed, such as an embedding, runs if something is owed to it.
    Raises SpaceNotFound, and Malformed with a pointer for a job that there is not.
    """
    principal.require(Role.WRITER)
    principal.require_spaces([name])
    _check_jobs(wanted or ())
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        space = await spaces.get_space(session, name)
        await events.owe_held(session, space.id)
        released = await backlog.release(session, space.id)
        by_stage = await _enqueue_owed(session, space, wanted, now)
        if released:
            await schedules.changed(session, space.id, now, memories=released)
        on = cadence.cadences(job_kinds.load(), space.policies)
        by_cadence = [n for n in dict.fromkeys(wanted or on) if n not in set(Stage)]
        return (*by_stage, *await schedules.ask(session, space.id, by_cadence, now))


def _check_jobs(wanted: Sequence[str]) -> None:
    known = job_kinds.load()
    for number, job in enumerate(wanted):
        if job not in known:
            raise Malformed(
                f"there is no job {job!r}, but {', '.join(sorted(known))}",
                pointer=f"/jobs/{number}",
            )


async def _enqueue_owed(
    session: WriteSession, space: Space, wanted: Sequence[str] | None, now: datetime
) -> list[UUID]:
    owed = await backlog.count(session, space.id)
    due = (
        (Stage.EMBED, owed.to_embed),
        (Stage.EXTRACT, owed.to_extract),
        (Stage.SEGMENT, owed.to_segment),
        (Stage.LINK, owed.to_link),
    )
    return [
        await jobs.enqueue(session, space.id, str(stage), now=now, total=n)
        for stage, n in due if n and (wanted is None or stage in wanted)
    ]  # fmt: skip


async def delete_space(services: Services, principal: Principal, name: str) -> int:
    """Erase the space and all that is in it; returns how many memories that were."""
    principal.require(Role.ADMIN)
    principal.require_spaces([name])
    async with services.database.write(principal.tenant) as session:
        space = await spaces.get_space(session, name)
        erased = await erasure.erase_space(session, space)
    await _discard_weights(services, principal.tenant, space.id)
    return erased


async def _discard_weights(services: Services, tenant: TenantId, space: SpaceId) -> None:
    """No request goes to adapters without rows; a server that is away forgets them by itself."""
    there = await asyncio.to_thread(services.artifacts.listed, tenant, space)
    if there and services.shelf is not None:
        try:
            await services.shelf.withdraw(names_of_space(tenant, space))
        except BackendError as error:
            logger().warning("adapters-not-unloaded", space=str(space), detail=error.detail)
    folder = None if services.workshop is None else services.workshop.folder
    await asyncio.to_thread(discard, services.artifacts, services.pads, folder, tenant, space)


def _without_nulls(policies: Payload) -> Payload:
    return {name: value for name, value in policies.items() if value is not None}
