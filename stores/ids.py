"""Ids and times are made here, in the application, never by the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NewType
from uuid import UUID, uuid5

from uuid6 import uuid7

TenantId = NewType("TenantId", UUID)
SpaceId = NewType("SpaceId", UUID)
MemoryId = NewType("MemoryId", UUID)

Clock = Callable[[], datetime]

_TENANTS = UUID("6f1d4b0e-6a55-4b0c-8a55-0d3f6a9c2b11")
_MODELS = UUID("0b7b2f0e-2a0e-4c55-9b71-5f5f3d1f8a42")
#: The bits of an id behind its time, and behind its time and version.
_BEHIND_TIME, _BEHIND_VERSION = 80, 76


def now() -> datetime:
    """The system clock, in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUIDv7: unique, and later ids sort after earlier ones of the same process."""
    return UUID(int=uuid7().int)


def made_at(made: UUID) -> datetime:
    """When an id of ours was made, which it says itself."""
    return datetime.fromtimestamp((made.int >> _BEHIND_TIME) / 1000, UTC)


def first_id(moment: datetime) -> UUID:
    """Ids made from that moment on sort after this one, those made before it come first."""
    return UUID(int=int(moment.timestamp() * 1000) << _BEHIND_TIME)


def tenant_id_of(name: str) -> TenantId:
    """A tenant's id follows from its name, so no table has to be read across tenants to find it."""
    return TenantId(uuid5(_TENANTS, name))


def model_id_of(name: str) -> UUID:
    """The id of an embedding model's row follows from the model's name."""
    return uuid5(_MODELS, name)


def id_in(space: SpaceId, old: UUID) -> UUID:
    """The id that what was `old` elsewhere gets in a space: always the same one.

    Lists and ties go by id, so the time in front of a UUIDv7 stays; the rest is that of a UUIDv5.
    """
    made = uuid5(space, str(old))
    if old.version != 7:
        return made
    head = old.int >> _BEHIND_VERSION << _BEHIND_VERSION
    return UUID(int=head | made.int & ((1 << _BEHIND_VERSION) - 1))
