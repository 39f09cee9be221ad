"""The caller as it sees itself."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from memory_service import auth
from memory_service.api.schemas.base import Answer


class Principal(Answer):
    """`spaces` limits the key to these; null is every space of the tenant."""

    key_id: UUID
    name: str
    role: str
    spaces: list[str] | None

    @classmethod
    def of(cls, principal: auth.Principal) -> Self:
        """The answer for the caller."""
        return cls(
            key_id=principal.key_id,
            name=principal.name,
            role=str(principal.role),
            spaces=None if principal.spaces is None else list(principal.spaces),
        )
