"""Who is calling: API keys, their roles, and what a role may do."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from stores import keys
from stores.database import Database
from stores.ids import Clock, TenantId, new_id
from stores.keys import ApiKey

#: Seconds for which a key is believed without looking it up again; other processes notice a
#: revocation at the latest after so long.
BELIEVED_S = 5.0
_MOST_BELIEVED = 10_000


class AuthError(Exception):
    """The call may not be made."""

    code: ClassVar[str]
    status: ClassVar[int]
    retryable: ClassVar[bool] = False


class Unauthenticated(AuthError):
    """Send `Authorization: Bearer <key>` with a key that exists and has not expired."""

    code = "unauthenticated"
    status = 401


class NotPermitted(AuthError):
    """Your key's role or spaces do not allow this; ask an admin for another key."""

    code = "not-permitted"
    status = 403


class Role(StrEnum):
    """What a key may do: a writer also reads, an admin also manages keys and erases spaces."""

    READER = "reader"
    WRITER = "writer"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Higher includes lower."""
        return list(Role).index(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """The caller: tenant, role and spaces, all from the key."""

    tenant: TenantId
    key_id: UUID
    name: str
    role: Role
    spaces: tuple[str, ...] | None = None

    def require(self, role: Role) -> None:
        """Raises NotPermitted unless the caller has at least this role."""
        if self.role.rank < role.rank:
            raise NotPermitted(f"this needs a key with the role {role}, yours is {self.role}")

    def covers(self, space: str) -> bool:
        """Whether the caller's key reaches the space of that name."""
        return self.spaces is None or space in self.spaces

    def require_spaces(self, names: Sequence[str]) -> None:
        """Raises NotPermitted unless the caller's key covers every one of these spaces."""
        beyond = next((name for name in sorted(names) if not self.covers(name)), None)
        if beyond is not None:
            raise NotPermitted(f"your key does not cover the space {beyond!r}")


class Authenticator:
    """Turns the key of a request into a principal."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._believed: dict[bytes, tuple[float, ApiKey]] = {}

    async def principal(self, key: str) -> Principal:
        """The caller with this key; raises Unauthenticated."""
        found = await self._find(hash_of(key))
        if found is None or (found.expires_at and found.expires_at <= self._clock()):
            raise Unauthenticated("the API key is unknown or has expired")
        return Principal(
            tenant=found.tenant_id,
            key_id=found.key_id,
            name=found.name,
            role=Role(found.role),
            spaces=found.spaces,
        )

    def forget(self) -> None:
        """Look every key up again, after one was revoked."""
        self._believed.clear()

    async def _find(self, key_hash: bytes) -> ApiKey | None:
        believed = self._believed.get(key_hash)
        if believed is not None and believed[0] > time.monotonic():
            return believed[1]
        found = await keys.find_key(self._database, key_hash)
        if found is not None:
            if len(self._believed) >= _MOST_BELIEVED:
                self._believed.clear()
            self._believed[key_hash] = (time.monotonic() + BELIEVED_S, found)
        return found


def new_key() -> str:
    """A fresh key: 256 random bits."""
    return f"mk_{secrets.token_urlsafe(32)}"


def hash_of(key: str) -> bytes:
    """SHA-256 of a key. Keys are random, so a slow hash would protect nothing."""
    return hashlib.sha256(key.encode()).digest()


def api_key(
    tenant: TenantId,
    *,
    name: str,
    role: Role,
    now: datetime,
    spaces: Sequence[str] | None = None,
    expires_at: datetime | None = None,
) -> ApiKey:
    """The record of a new key."""
    return ApiKey(
        tenant_id=tenant,
        key_id=new_id(),
        name=name,
        role=role,
        spaces=None if spaces is None else tuple(spaces),
        expires_at=expires_at,
        created_at=now,
    )
