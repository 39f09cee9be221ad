"""Questions that a chat model answers from the memory."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from memory_service.api.schemas.base import Answer
from memory_service.api.schemas.recall import RecallIn
from memory_service.verbs.answer import Answered


class AnswerIn(RecallIn):
    """A question to be answered from at most `budget_tokens` of the memory, with citations.

    With `check_confidence` the model is also asked without the memory, where its server tells how
    probable its words were; a second call.
    """

    k: Annotated[int, Field(ge=1, le=100)] = 50
    mode: Literal["fast", "deep", "auto"] = "auto"
    budget_tokens: Annotated[int, Field(ge=1, le=200_000)] = 2000
    check_confidence: bool = False


class CitedMemory(Answer):
    """A memory the answer rests on. `marker` is what the model was shown it by."""

    marker: str
    memory_id: UUID
    quote: str


class AnswerUsage(Answer):
    """What the answer took of the chat model; `requests` is 0 where it was not asked."""

    model: str
    prompt: str
    requests: int
    prompt_tokens: int
    completion_tokens: int


class AnswerConfidence(Answer):
    """How probable the model's words were, 0..1; `gain` in nats a token by the memory."""

    with_memory: float
    without_memory: float
    gain: float


class AnswerOut(Answer):
    """`abstained`: the memory does not tell, or the model cited nothing that there is.

    `warnings`: `unknown-citations`, `contradicting-memories`, `model-disagrees`, and the flags of
    a recall. `degraded` names what could not be asked.
    """

    answer: str
    citations: list[CitedMemory]
    abstained: bool
    recall_id: UUID
    usage: AnswerUsage
    unknown_citations: int
    confidence: AnswerConfidence | None
    degraded: list[str]
    warnings: list[str]

    @classmethod
    def of(cls, answered: Answered) -> AnswerOut:
        """The answer as callers see it."""
        sure = answered.confidence
        return cls(
            answer=answered.answer,
            citations=[
                CitedMemory(marker=c.marker, memory_id=c.memory_id, quote=c.quote)
                for c in answered.citations
            ],
            abstained=answered.abstained,
            recall_id=answered.recall_id,
            usage=AnswerUsage(
                model=answered.usage.model,
                prompt=answered.usage.prompt,
                requests=answered.usage.requests,
                prompt_tokens=answered.usage.prompt_tokens,
                completion_tokens=answered.usage.completion_tokens,
            ),
            unknown_citations=answered.unknown_citations,
            confidence=None
            if sure is None
            else AnswerConfidence(
                with_memory=sure.with_memory,
                without_memory=sure.without_memory,
                gain=sure.gain,
            ),
            degraded=list(answered.degraded),
            warnings=list(answered.warnings),
        )
