"""Something stated to be true, about a subject, for a stretch of time."""

from __future__ import annotations

from stores.kinds.base import Kind, KindPayload
from stores.records import MemoryType


class FactPayload(KindPayload):
    """Who or what the fact is about, where that is known, and how sure its maker was."""

    subject: str | None = None
    confidence: float | None = None


KIND = Kind(name="fact", type=MemoryType.SEMANTIC, payload=FactPayload, half_life_days=90)
