"""Answers from the memory."""

from __future__ import annotations

from fastapi import APIRouter

from memory_service.api.deps import PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.answer import AnswerIn, AnswerOut
from memory_service.verbs import answer

router = APIRouter(prefix="/v1", tags=["recall"])


@router.post("/spaces/{space}/answer")
async def answer_question(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, body: AnswerIn
) -> AnswerOut:
    """What the chat model answers from the memories of a space, with citations that exist."""
    answered = await answer.answer(
        services,
        principal,
        space,
        body.request(),
        body.budget_tokens,
        check_confidence=body.check_confidence,
    )
    return AnswerOut.of(answered)
