"""Adapters: see what would be learned, build, list, and say which one serves a space."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from consolidation.distill import switching
from consolidation.distill.choosing import choose
from consolidation.distill.errors import BadPolicy
from consolidation.distill.policy import policy_of
from consolidation.distill.selection import Selected
from consolidation.services import Workshop
from llm_backend.errors import BackendUnavailable
from memory_service.auth import Principal, Role
from memory_service.verbs.errors import Malformed, NothingToLearn
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from stores import parametric
from stores.database import WriteSession
from stores.ids import MemoryId
from stores.parametric import AdapterRow
from stores.records import Page, Space

Switch: TypeAlias = Callable[[WriteSession, Space, MemoryId, datetime], Awaitable[AdapterRow]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Build:
    """What is learned and what is not; the adapter that is built, None for a dry run."""

    selected: Selected
    adapter: AdapterRow | None = None


async def build(
    services: Services,
    principal: Principal,
    space: str,
    *,
    alias: str,
    activate: bool,
    dry_run: bool,
) -> Build:
    """Have an adapter built from what the space's policy lets be learned.

    What it learns is fixed when its job begins. With `activate` it serves as soon as it has passed
    its gate. Raises NothingToLearn; BackendUnavailable where no base model is set.
    """
    principal.require(Role.ADMIN)
    home = (await scope_of(services, principal, [space])).spaces[0]
    try:
        policy = policy_of(home.policies)
    except BadPolicy as error:
        raise Malformed(str(error)) from error
    selected = await choose(services.database, services.clock, principal.tenant, home, policy)
    if dry_run:
        return Build(selected=selected)
    workshop = workshop_of(services)
    if not selected.chosen:
        raise NothingToLearn(f"none of {len(selected.excluded)} memories may be learned")
    async with services.database.write(principal.tenant) as session:
        adapter = await parametric.request(
            session, home, base_model=workshop.base_model, alias=alias, activate=activate,
            actor=principal.name, now=services.clock(),
        )  # fmt: skip
        made = await parametric.get_adapter(session, home.id, adapter)
    return Build(selected=selected, adapter=made)


async def list_adapters(
    services: Services, principal: Principal, space: str, *, before: UUID, limit: int
) -> Page[AdapterRow]:
    """The adapters of a space, newest first."""
    home = (await scope_of(services, principal, [space])).spaces[0]
    async with services.database.read(principal.tenant) as session:
        return await parametric.list_adapters(session, home.id, before=before, limit=limit)


async def get_adapter(
    services: Services, principal: Principal, space: str, adapter: UUID
) -> AdapterRow:
    """One adapter, with what it was made of and how it did; raises AdapterNotFound."""
    home = (await scope_of(services, principal, [space])).spaces[0]
    async with services.database.read(principal.tenant) as session:
        return await parametric.get_adapter(session, home.id, MemoryId(adapter))


async def activate(
    services: Services, principal: Principal, space: str, adapter: UUID
) -> AdapterRow:
    """Have it serve the space; the one that did is retired. Raises StateConflict."""
    return await _switch(services, principal, space, adapter, switching.activate)


async def shadow(
    services: Services, principal: Principal, space: str, adapter: UUID, share: float
) -> AdapterRow:
    """Have it serve a share of the space's requests, beside the active one."""

    async def change(
        session: WriteSession, home: Space, wanted: MemoryId, now: datetime
    ) -> AdapterRow:
        return await switching.shadow(session, home, wanted, share, now)

    return await _switch(services, principal, space, adapter, change)


async def roll_back(
    services: Services, principal: Principal, space: str, adapter: UUID
) -> AdapterRow:
    """Take the active adapter out of service; the one before it serves again, if there is one."""
    return await _switch(services, principal, space, adapter, switching.roll_back)


async def retire(services: Services, principal: Principal, space: str, adapter: UUID) -> AdapterRow:
    """Take an adapter out of service, or give up building it."""
    return await _switch(services, principal, space, adapter, switching.retire)


def workshop_of(services: Services) -> Workshop:
    """Where adapters are trained; raises BackendUnavailable where there is no base model."""
    if services.workshop is None:
        raise BackendUnavailable("no base model is set: MEMORY_TRAINING__BASE_MODEL")
    return services.workshop


async def _switch(
    services: Services, principal: Principal, space: str, adapter: UUID, switch: Switch
) -> AdapterRow:
    principal.require(Role.ADMIN)
    home = (await scope_of(services, principal, [space])).spaces[0]
    async with services.database.write(principal.tenant) as session:
        return await switch(session, home, MemoryId(adapter), services.clock())
