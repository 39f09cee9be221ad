"""Recall and context."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from memory_service.api.deps import PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.recall import (
    Citation,
    ContextIn,
    ContextOut,
    MultiRecallIn,
    RecallIn,
    RecallOut,
)
from memory_service.verbs import recall
from retrieval.recall import RecallResult

router = APIRouter(prefix="/v1", tags=["recall"])


@router.post("/spaces/{space}/recall", response_model=RecallOut)
async def recall_space(
    request: Request,
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    body: RecallIn,
) -> Response:
    """The memories of a space that bear on a question, best first, each with the reason why."""
    result = await recall.recall(services, principal, [space], body.request())
    request.app.state.runtime.observe_recall(result.timings_ms)
    return _answer(result)


@router.post("/recall", response_model=RecallOut)
async def recall_spaces(
    request: Request, services: ServicesDep, principal: PrincipalDep, body: MultiRecallIn
) -> Response:
    """The same over several spaces at once."""
    result = await recall.recall(services, principal, body.spaces, body.request())
    request.app.state.runtime.observe_recall(result.timings_ms)
    return _answer(result)


def _answer(result: RecallResult) -> Response:
    """The answer as bytes: made of our own records, it need not be validated once more."""
    return Response(RecallOut.of(result).model_dump_json(), media_type="application/json")


@router.post("/spaces/{space}/context")
async def get_context(
    request: Request,
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    body: ContextIn,
) -> ContextOut:
    """What a model should know for a question, in at most `budget_tokens`, with citations."""
    context = await recall.context(
        services, principal, space, body.request(), body.budget_tokens, blocks=body.blocks
    )
    request.app.state.runtime.observe_recall(context.result.timings_ms)
    return ContextOut(
        text=context.packed.text,
        tokens=context.packed.tokens,
        citations=[
            Citation(marker=c.marker, memory_id=c.memory_id, space=c.space)
            for c in context.packed.citations
        ],
        blocks=list(context.blocks),
        recall_id=context.result.recall_id,
        abstained=context.result.abstained,
        degraded=list(context.result.degraded),
        flags=list(context.result.flags),
    )
