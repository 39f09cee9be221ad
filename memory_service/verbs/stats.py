"""Figures of a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from memory_service.auth import Principal
from memory_service.verbs.errors import Malformed
from memory_service.verbs.services import Services
from stores import model_usage, spaces
from stores.model_usage import ModelUsage
from stores.records import Page

#: Days of an account whose first day is not named, the last one among them.
_DAYS = 30


async def list_model_usage(
    services: Services,
    principal: Principal,
    *,
    space: str | None,
    since: date | None,
    until: date | None,
    after: str | None,
    limit: int,
) -> Page[ModelUsage]:
    """What language models were asked for, in the spaces the caller may see, by day.

    Raises SpaceNotFound, NotPermitted, Malformed, InvalidCursor.
    """
    last = until or services.clock().date()
    first = since or max(date.min + timedelta(days=_DAYS), last) - timedelta(days=_DAYS - 1)
    if first > last:
        raise Malformed("since lies behind until", pointer="query:since")
    only: Sequence[str] | None = principal.spaces
    if space is not None:
        principal.require_spaces([space])
        only = [space]
    async with services.database.read(principal.tenant) as session:
        if space is not None:
            await spaces.get_space(session, space)
        return await model_usage.list_usage(
            session, only=only, since=first, until=last, after=after, limit=limit
        )
