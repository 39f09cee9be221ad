"""A pattern concluded from several memories."""

from typing import Annotated

from pydantic import Field

from stores.kinds.base import Kind, KindPayload
from stores.records import MemoryType


class InsightPayload(KindPayload):
    """Why it was concluded, how it fares, and the question that it answers.

    Without a motive it is somebody's own, and keeps no score.
    """

    motive: str | None = None
    pattern: str | None = None
    #: It begins at 2, rises and falls with what comes of it, and ends at 0.
    score: int | None = None
    question: str | None = None
    confidence: Annotated[float | None, Field(ge=0, le=1)] = None
    #: Whether what it rests on has changed since.
    stale: bool | None = None


KIND = Kind(name="insight", type=MemoryType.SEMANTIC, payload=InsightPayload, half_life_days=120)
