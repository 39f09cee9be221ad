"""Spaces: make, read, set policies, list, consolidate, tell how they stand, erase."""

from __future__ import annotations

from uuid import UUID

from memory_service.auth import Principal, Role
from memory_service.verbs.services import Services
from stores import backlog, erasure, events, jobs, overview, spaces
from stores.backlog import Stage
from stores.overview import Status
from stores.records import Page, Payload, Space
from stores.scope import Scope


async def scope_of(services: Services, principal: Principal, names: list[str]) -> Scope:
    """The spaces a caller names, as reads take them; raises SpaceNotFound, NotPermitted."""
    principal.require_spaces(names)
    async with services.database.single(principal.tenant) as session:
        found = await spaces.find_spaces(session, names)
        missing = next((name for name in names if name not in found), None)
        if missing is not None:
            await spaces.get_space(session, missing)
    return Scope(tenant=principal.tenant, spaces=tuple(found[name] for name in names))


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
        if not made:
            await spaces.set_policies(session, space, kept)
        return await spaces.get_space(session, name), made


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
        return await spaces.get_space(session, name)


async def list_spaces(
    services: Services, principal: Principal, *, after: str, limit: int
) -> Page[Space]:
    """The spaces the caller may see, by name."""
    async with services.database.read(principal.tenant) as session:
        return await spaces.list_spaces(session, only=principal.spaces, after=after, limit=limit)


async def status(services: Services, principal: Principal, name: str) -> Status:
    """What the space holds and what is still to be done."""
    principal.require_spaces([name])
    async with services.database.read(principal.tenant) as session:
        space = await spaces.get_space(session, name)
        return await overview.status(session, space.id, services.clock())


async def consolidate(services: Services, principal: Principal, name: str) -> tuple[UUID, ...]:
    """Process what was remembered with `consolidate: false`, was set aside, or else is owed."""
    principal.require(Role.WRITER)
    principal.require_spaces([name])
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        space = await spaces.get_space(session, name)
        await events.owe_held(session, space.id)
        await backlog.release(session, space.id)
        owed = await backlog.count(session, space.id)
        due = (
            (Stage.EMBED, owed.to_embed),
            (Stage.EXTRACT, owed.to_extract),
            (Stage.SEGMENT, owed.to_segment),
            (Stage.LINK, owed.to_link),
        )
        return tuple([
            await jobs.enqueue(session, space.id, str(stage), now=now, total=n)
            for stage, n in due if n
        ])  # fmt: skip


async def delete_space(services: Services, principal: Principal, name: str) -> int:
    """Erase the space and all that is in it; returns how many memories that were."""
    principal.require(Role.ADMIN)
    principal.require_spaces([name])
    async with services.database.write(principal.tenant) as session:
        return await erasure.erase_space(session, await spaces.get_space(session, name))


def _without_nulls(policies: Payload) -> Payload:
    return {name: value for name, value in policies.items() if value is not None}
