"""Cursors: where a list goes on, opaque to callers, checked when they come back."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from stores.errors import InvalidCursor

_FIRST = UUID(int=0)
_LAST = UUID(int=(1 << 128) - 1)


def encode(position: str | None) -> str | None:
    """The cursor for a position in a list."""
    if position is None:
        return None
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def decode(cursor: str | None) -> str | None:
    """The position a cursor stands for; raises InvalidCursor."""
    if not cursor:
        return None
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        position = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        if not position.isprintable():
            raise ValueError("not printable")  # noqa: TRY301
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor("this is no cursor of ours", pointer="query:cursor") from error
    return position


def decode_id(cursor: str | None) -> UUID | None:
    """The id a cursor stands for; raises InvalidCursor."""
    position = decode(cursor)
    if position is None:
        return None
    try:
        return UUID(position)
    except ValueError as error:
        raise InvalidCursor("this is no cursor of this list", pointer="query:cursor") from error


def after(cursor: str | None) -> UUID:
    """Where an ascending list goes on."""
    return decode_id(cursor) or _FIRST


def before(cursor: str | None) -> UUID:
    """Where a descending list goes on."""
    return decode_id(cursor) or _LAST
