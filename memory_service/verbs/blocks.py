"""Blocks: texts that belong in every context. Some are derived, callers write others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from consolidation.jobs.blocks import DERIVED
from memory_service.auth import Principal, Role
from memory_service.verbs.errors import TooLarge
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import blocks, erasure, prefixes, spaces
from stores.blocks import Block
from stores.database import WriteSession
from stores.errors import StateConflict, VersionMismatch
from stores.ids import SpaceId
from stores.records import Page
from stores.scope import Scope

#: Characters of a block; it is in every prompt. Blocks of a space that callers write.
LONGEST, MOST = 8_000, 50


async def list_blocks(
    services: Services, principal: Principal, space: str, *, after: str, limit: int
) -> Page[Block]:
    """The blocks of a space, by name."""
    home = (await scope_of(services, principal, [space])).spaces[0].id
    async with services.database.read(principal.tenant) as session:
        return await blocks.list_blocks(session, home, after=after, limit=limit)


async def get_block(services: Services, principal: Principal, space: str, name: str) -> Block:
    """One block; raises BlockNotFound."""
    home = (await scope_of(services, principal, [space])).spaces[0].id
    async with services.database.read(principal.tenant) as session:
        return await blocks.get_block(session, home, name)


async def put_block(
    services: Services,
    principal: Principal,
    space: str,
    name: str,
    text: str,
    *,
    expecting: int | None,
) -> Block:
    """Write a block, as its next version; what says the same already stays as it is.

    Raises StateConflict for a derived block, TooLarge, VersionMismatch.
    """
    principal.require(Role.WRITER)
    principal.require_spaces([space])
    _check_own(name)
    if len(text) > LONGEST:
        raise TooLarge(f"a block has at most {LONGEST} characters", pointer="/text")
    now = services.clock()
    async with services.database.write(principal.tenant) as session:
        if services.strict_spaces:
            await spaces.get_space(session, space)
        home = (await spaces.ensure_space(session, space, now))[0].id
        await spaces.hold(session, home)
        there = {block.name: block for block in await blocks.find_blocks(session, home)}
        before = there.get(name)
        _check_version(name, before, expecting)
        if before is not None and before.text == text:
            return before
        if before is None:
            _check_room(there.keys() | {name})
        made = _written(name, text, principal.name, now, before)
        await blocks.add(session, home, made)
        return made


async def bring_blocks(
    session: WriteSession, home: SpaceId, texts: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    """Write the blocks of these names and texts that the space has none of.

    Derived ones are left out. The space is held until commit. Raises StateConflict.
    """
    await spaces.hold(session, home)
    there = {block.name for block in await blocks.find_blocks(session, home)}
    new = [name for name in texts if name not in there | DERIVED.keys()]
    if new:
        _check_room(there.union(new))
    for name in new:
        await blocks.add(session, home, _written(name, texts[name], actor, now))


async def delete_block(
    services: Services, principal: Principal, space: str, name: str, *, expecting: int | None
) -> None:
    """Remove a block for good, with all its versions; raises BlockNotFound, StateConflict."""
    principal.require(Role.WRITER)
    _check_own(name)
    home = (await scope_of(services, principal, [space])).spaces[0]
    async with services.database.write(principal.tenant) as session:
        await spaces.hold(session, home.id)
        _check_version(name, await blocks.get_block(session, home.id, name), expecting)
        await blocks.remove(session, home.id, name)
        doomed = await prefixes.with_block(session, home.id, name)
        if doomed:
            await erasure.erase(session, home, doomed, services.clock())


async def find_leading(
    services: Services, scope: Scope, *, wanted: bool | Sequence[str]
) -> list[Block]:
    """The blocks that a context begins with: all, those of these names, or none."""
    if not wanted:
        return []
    names = None if wanted is True else list(wanted)
    async with services.database.read(scope.tenant) as session:
        return await blocks.find_blocks(session, scope.spaces[0].id, names)


def _check_own(name: str) -> None:
    if name in DERIVED:
        raise StateConflict(f"the block {name!r} is derived; change the memories it tells of")


def _check_room(names: Set[str]) -> None:
    if len(names - DERIVED.keys()) > MOST:
        raise StateConflict(f"a space has at most {MOST} blocks; delete one first")


def _written(name: str, text: str, actor: str, now: datetime, before: Block | None = None) -> Block:
    """The block as a caller writes it, as the next version of what there is."""
    version = 1 if before is None else before.version + 1
    return Block(
        name=name, version=version, text=text, origin="written", actor=actor, created_at=now
    )


def _check_version(name: str, block: Block | None, expecting: int | None) -> None:
    at = 0 if block is None else block.version
    if expecting is not None and at != expecting:
        raise VersionMismatch(f"block {name!r} is at version {at}, not {expecting}")
