"""API keys."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from memory_service.api import pages
from memory_service.api.deps import Cursor, Limit, PartsDep, PrincipalDep, ServicesDep
from memory_service.api.schemas.operations import Key, KeyIn, KeyList, NewKey
from memory_service.verbs import keys

router = APIRouter(prefix="/v1/keys", tags=["keys"])


@router.post("", status_code=201)
async def create_key(services: ServicesDep, principal: PrincipalDep, body: KeyIn) -> NewKey:
    """A new key in your tenant. The key itself is in this answer and nowhere else."""
    record, secret = await keys.create_for(
        services.database,
        principal,
        name=body.name,
        role=body.role,
        clock=services.clock,
        spaces=body.spaces,
        expires_at=body.expires_at,
    )
    return NewKey.of(record, key=secret)


@router.get("")
async def list_keys(
    services: ServicesDep, principal: PrincipalDep, cursor: Cursor = None, limit: Limit = 50
) -> KeyList:
    """The keys of your tenant, without the keys themselves."""
    page = await keys.list_keys(
        services.database, principal, after=pages.after(cursor), limit=limit
    )
    return KeyList(
        items=[Key.of(key) for key in page.items], next_cursor=pages.encode(page.next_cursor)
    )


@router.delete("/{key_id}", status_code=204)
async def revoke_key(
    services: ServicesDep, parts: PartsDep, principal: PrincipalDep, key_id: UUID
) -> None:
    """Revoke a key; other processes notice within five seconds."""
    await keys.revoke_key(services.database, principal, key_id)
    parts.authenticator.forget()
