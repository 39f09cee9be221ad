"""The settings of a process as an admin sees them."""

from __future__ import annotations

from typing import Any, Self

from memory_service.api.schemas.base import Answer
from memory_service.effective import Setting as Record


class Setting(Answer):
    """A variable of the environment and what it stands at; a secret's value is masked."""

    name: str
    value: Any
    is_default: bool
    is_secret: bool

    @classmethod
    def of(cls, one: Record) -> Self:
        """The answer for a record."""
        return cls(
            name=one.name, value=one.value, is_default=one.is_default, is_secret=one.is_secret
        )


class SettingList(Answer):
    """`next_cursor` is always null."""

    items: list[Setting]
    next_cursor: None = None
