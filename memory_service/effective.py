"""The settings a process runs with, as an admin may see them: without any secret."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretBytes, SecretStr

from memory_service.settings import PREFIX, Settings

_MASKED = "********"


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One variable and what it stands at; `value` is plain JSON, masked where it is a secret."""

    name: str
    value: Any
    is_default: bool
    is_secret: bool


def effective(settings: Settings) -> list[Setting]:
    """Every variable there is, in the order of the documentation."""
    return list(_each(settings, PREFIX))


def _each(model: BaseModel, prefix: str) -> Iterator[Setting]:
    plain = model.model_dump(mode="json")
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _each(value, f"{prefix}{name.upper()}__")
            continue
        is_secret = isinstance(value, SecretStr | SecretBytes)
        yield Setting(
            name=f"{prefix}{name.upper()}",
            value=_MASKED if is_secret else _without_password(plain[name]),
            is_default=value == field.get_default(call_default_factory=True),
            is_secret=is_secret,
        )


def _without_password(value: Any) -> Any:
    """A URL may carry a name and a password."""
    if not isinstance(value, str) or "://" not in value or "@" not in value:
        return value
    parts = urlsplit(value)
    return parts._replace(netloc=f"{_MASKED}@{parts.netloc.rpartition('@')[2]}").geturl()
