"""Figures of a tenant."""

from __future__ import annotations

from datetime import date
from typing import Self

from memory_service.api.schemas.base import Answer
from stores import model_usage


class ModelUsage(Answer):
    """Answered requests and their tokens; those that were cached are among the prompt's."""

    space: str
    day: date
    purpose: str
    model: str
    requests: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int

    @classmethod
    def of(cls, line: model_usage.ModelUsage) -> Self:
        """The answer for a record."""
        return cls(
            space=line.space,
            day=line.day,
            purpose=line.purpose,
            model=line.model,
            requests=line.amount.requests,
            prompt_tokens=line.amount.prompt_tokens,
            cached_tokens=line.amount.cached_tokens,
            completion_tokens=line.amount.completion_tokens,
        )


class ModelUsageList(Answer):
    items: list[ModelUsage]
    next_cursor: str | None
