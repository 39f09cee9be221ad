"""Feedback on recalls, and the rankers spaces learn from it."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from memory_service.api.deps import PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.feedback import FeedbackIn, FeedbackOut, Ranker, RankerList
from memory_service.verbs import feedback
from stores.ids import MemoryId

router = APIRouter(prefix="/v1", tags=["feedback"])


@router.post("/recalls/{recall_id}/feedback", status_code=201)
async def give_feedback(
    services: ServicesDep, principal: PrincipalDep, recall_id: UUID, body: FeedbackIn
) -> FeedbackOut:
    """Tell which memories of a recall served; spaces learn their ranking from it."""
    used = await feedback.give_feedback(
        services,
        principal,
        recall_id,
        used=[MemoryId(memory_id) for memory_id in body.used],
        irrelevant=[MemoryId(memory_id) for memory_id in body.irrelevant],
        outcome=body.outcome,
    )
    return FeedbackOut(recall_id=recall_id, used=used)


@router.get("/spaces/{space}/rankers")
async def list_rankers(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName
) -> RankerList:
    """What the space has learned about ranking, newest first."""
    found = await feedback.list_rankers(services, principal, space)
    return RankerList(items=[Ranker.of(ranker) for ranker in found])


@router.post("/spaces/{space}/rankers/revert")
async def revert_ranker(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName
) -> RankerList:
    """Take the active ranker back: the one before it ranks again, or the base model."""
    found = await feedback.revert_ranker(services, principal, space)
    return RankerList(items=[Ranker.of(ranker) for ranker in found])
