"""Feedback on a recall, and what a space learned from it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field

from memory_service.api.schemas.base import Answer, Schema
from stores import rankers

_Ids = Annotated[list[UUID], Field(max_length=100)]


class FeedbackIn(Schema):
    """Which of the memories a recall showed served (were cited, say), and which were beside it.

    What is named in neither counts as not used as soon as another one is. Said again, the last word
    on a memory counts.
    """

    used: _Ids = []
    irrelevant: _Ids = []
    outcome: Literal["success", "failure"] | None = None


class FeedbackOut(Answer):
    """`used`: how many memories are now known to have served that were not before."""

    recall_id: UUID
    used: int


class Ranker(Answer):
    """One version of what a space learned: what it adds to the weights of the base model `base`.

    Only `active` ranks. `rejected` did no better on recalls held out; `retired` has a successor;
    `reverted` was taken back.
    """

    version: int
    base: str
    state: str
    weights: list[float]
    metrics: dict[str, Any]
    created_at: datetime

    @classmethod
    def of(cls, ranker: rankers.Ranker) -> Self:
        """The answer for a ranker."""
        return cls(
            version=ranker.version,
            base=ranker.base,
            state=ranker.state,
            weights=list(ranker.weights),
            metrics=dict(ranker.metrics),
            created_at=ranker.created_at,
        )


class RankerList(Answer):
    items: list[Ranker]
    next_cursor: None = None
