"""Remember."""

from __future__ import annotations

from fastapi import APIRouter, Response

from memory_service.api.deps import IdempotencyKey, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.episodes import Remembered, RememberIn, RememberOut
from memory_service.verbs import remember

router = APIRouter(prefix="/v1/spaces/{space}", tags=["remember"])


@router.post("/episodes", status_code=201)
async def remember_episodes(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    body: RememberIn,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RememberOut:
    """Remember episodes; what is answered 201 is stored, once, and findable by its words."""
    result = await remember.remember(
        services,
        principal,
        space,
        [episode.episode() for episode in body.episodes],
        consolidate=body.consolidate,
        idempotency_key=idempotency_key,
    )
    if result.replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return RememberOut(
        episodes=[
            Remembered.model_validate(
                {
                    "id": e.id,
                    "external_id": e.external_id,
                    "status": e.status,
                    "content_differs": e.content_differs,
                }
            )
            for e in result.episodes
        ],
        job_ids=list(result.job_ids),
    )
