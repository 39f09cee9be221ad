"""A shorter telling of other memories."""

from __future__ import annotations

from datetime import datetime

from stores.kinds.base import Kind, KindPayload
from stores.records import MemoryType


class SummaryPayload(KindPayload):
    """What a summary that was made from others tells of, and what each of its lines rests on."""

    #: `day`, `month` or `space` for a stretch of time, else what it is a summary of.
    level: str | None = None
    #: The stretch by name, as `2024-05-06` or `2024-05`, and [start, end) of what is told.
    period: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    #: Of the children it was made from.
    hash: str | None = None
    #: For each line below the title, the episodes and characters it rests on: [id, start, end].
    cites: list[list[tuple[str, int, int]]] | None = None
    #: Whether what it rests on has changed since.
    stale: bool | None = None


KIND = Kind(name="summary", type=MemoryType.SEMANTIC, payload=SummaryPayload, half_life_days=365)
