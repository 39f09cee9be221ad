"""Tenants and their API keys; of a key only the SHA-256 hash is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from stores.database import Database, ReadSession, WriteSession
from stores.errors import KeyNotFound
from stores.ids import TenantId
from stores.records import Page

_INSERT_TENANT = text("""
    INSERT INTO tenants (tenant_id, name, created_at) VALUES (:tenant, :name, :now)
    ON CONFLICT DO NOTHING
""")
_INSERT = text("""
    INSERT INTO api_keys (tenant_id, key_id, name, role, spaces, key_hash, expires_at, created_at)
    VALUES (:tenant, :key_id, :name, :role, :spaces, :key_hash, :expires_at, :created_at)
    ON CONFLICT DO NOTHING
""")
_PRESENTED = text("SELECT * FROM api_keys WHERE key_hash = :key_hash")
_LIST = text("""
    SELECT * FROM api_keys WHERE tenant_id = :tenant AND key_id > :after
    ORDER BY key_id LIMIT :limit
""")
_ANY_ADMIN = text("""
    SELECT 1 FROM api_keys
    WHERE tenant_id = :tenant AND role = 'admin' AND spaces IS NULL
      AND (expires_at IS NULL OR expires_at > :now)
    LIMIT 1
""")
_DELETE = text("DELETE FROM api_keys WHERE tenant_id = :tenant AND key_id = :key_id")


@dataclass(frozen=True, kw_only=True, slots=True)
class ApiKey:
    """What a key allows. `spaces` are names, None is every space of the tenant."""

    tenant_id: TenantId
    key_id: UUID
    name: str
    role: str
    spaces: tuple[str, ...] | None
    expires_at: datetime | None
    created_at: datetime


async def find_key(database: Database, key_hash: bytes) -> ApiKey | None:
    """The key with that hash, whatever its tenant; no other row can be seen this way."""
    async with database.presenting(key_hash) as session:
        row = await session.row(_PRESENTED, key_hash=key_hash)
    return None if row is None else _key(row)


async def ensure_tenant(session: WriteSession, name: str, now: datetime) -> None:
    """Make the session's tenant if it is new."""
    await session.execute(_INSERT_TENANT, name=name, now=now)


async def add_key(session: WriteSession, key: ApiKey, key_hash: bytes) -> None:
    """Store a key; the same key stored twice changes nothing."""
    await session.execute(
        _INSERT,
        key_id=key.key_id,
        name=key.name,
        role=key.role,
        spaces=None if key.spaces is None else list(key.spaces),
        key_hash=key_hash,
        expires_at=key.expires_at,
        created_at=key.created_at,
    )


async def has_admin(session: ReadSession, now: datetime) -> bool:
    """Whether the tenant has an admin key that still works."""
    return await session.row(_ANY_ADMIN, now=now) is not None


async def list_keys(session: ReadSession, *, after: UUID, limit: int) -> Page[ApiKey]:
    """The tenant's keys, oldest first."""
    rows = await session.rows(_LIST, after=after, limit=limit + 1)
    items = tuple(map(_key, rows[:limit]))
    return Page(items=items, next_cursor=str(items[-1].key_id) if len(rows) > limit else None)


async def delete_key(session: WriteSession, key_id: UUID) -> None:
    """Revoke a key; raises KeyNotFound."""
    if not await session.execute(_DELETE, key_id=key_id):
        raise KeyNotFound(f"there is no key {key_id}")


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        tenant_id=row.tenant_id,
        key_id=row.key_id,
        name=row.name,
        role=row.role,
        spaces=None if row.spaces is None else tuple(row.spaces),
        expires_at=row.expires_at,
        created_at=row.created_at,
    )
