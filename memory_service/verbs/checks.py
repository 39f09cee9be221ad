"""What a call says must hold together, whichever verb it is for."""

from __future__ import annotations

from datetime import datetime

from memory_service.verbs.errors import Malformed


def check_interval(valid_at: datetime | None, invalid_at: datetime | None, *, at: str = "") -> None:
    """Raises Malformed for a stretch of time that ends before it begins."""
    if valid_at is not None and invalid_at is not None and invalid_at < valid_at:
        raise Malformed("invalid_at lies before valid_at", pointer=f"{at}/invalid_at")


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    """Raises Malformed for what would be gone as soon as it is there."""
    if expires_at is not None and expires_at <= now:
        raise Malformed("expires_at lies in the past", pointer="/expires_at")
