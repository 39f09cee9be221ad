"""API keys: make, list, revoke. A key is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from memory_service.auth import NotPermitted, Principal, Role, api_key, hash_of, new_key
from memory_service.verbs.checks import check_expiry
from stores import keys
from stores.database import Database
from stores.ids import Clock, TenantId, tenant_id_of
from stores.keys import ApiKey
from stores.records import Page

#: The tenant of the first admin key.
DEFAULT_TENANT = "default"


async def create_key(
    database: Database,
    tenant: TenantId,
    *,
    name: str,
    role: Role,
    clock: Clock,
    spaces: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """A new key of the tenant: its record, and the key itself, which is not kept."""
    now = clock()
    check_expiry(expires_at, now)
    secret = new_key()
    record = api_key(tenant, name=name, role=role, now=now, spaces=spaces, expires_at=expires_at)
    async with database.write(tenant) as session:
        await keys.add_key(session, record, hash_of(secret))
    return record, secret


async def create_for(
    database: Database,
    principal: Principal,
    *,
    name: str,
    role: Role,
    clock: Clock,
    spaces: Sequence[str] | None,
    expires_at: datetime | None,
) -> tuple[ApiKey, str]:
    """A new key in the caller's tenant; only for admins of the whole tenant."""
    _require_tenant_admin(principal)
    return await create_key(
        database,
        principal.tenant,
        name=name,
        role=role,
        clock=clock,
        spaces=spaces,
        expires_at=expires_at,
    )


async def create_tenant(database: Database, name: str, clock: Clock) -> TenantId:
    """Make the tenant if it is new."""
    tenant = tenant_id_of(name)
    async with database.write(tenant) as session:
        await keys.ensure_tenant(session, name, clock())
    return tenant


async def ensure_admin(database: Database, clock: Clock, given: str | None) -> str | None:
    """The default tenant's admin key: the one given, or a new one if it has none that works.

    Returns the new key, to be shown; None if there is nothing to show.
    """
    tenant = await create_tenant(database, DEFAULT_TENANT, clock)
    if given is None:
        async with database.read(tenant) as session:
            if await keys.has_admin(session, clock()):
                return None
    secret = given or new_key()
    record = api_key(tenant, name="admin", role=Role.ADMIN, now=clock())
    async with database.write(tenant) as session:
        await keys.add_key(session, record, hash_of(secret))
    return None if given else secret


async def list_keys(
    database: Database, principal: Principal, *, after: UUID, limit: int
) -> Page[ApiKey]:
    """The tenant's keys; only for admins of the whole tenant."""
    _require_tenant_admin(principal)
    async with database.read(principal.tenant) as session:
        return await keys.list_keys(session, after=after, limit=limit)


async def revoke_key(database: Database, principal: Principal, key_id: UUID) -> None:
    """Revoke a key; raises KeyNotFound."""
    _require_tenant_admin(principal)
    async with database.write(principal.tenant) as session:
        await keys.delete_key(session, key_id)


def _require_tenant_admin(principal: Principal) -> None:
    """An admin of some spaces must not hand out, see or revoke keys to others."""
    principal.require(Role.ADMIN)
    if principal.spaces is not None:
        raise NotPermitted("keys are managed with an admin key that is not limited to spaces")
