"""Remember, and what came of a session."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from memory_service.api import pages
from memory_service.api.deps import (
    Cursor,
    IdempotencyKey,
    Limit,
    PrincipalDep,
    ServicesDep,
    SpaceName,
)
from memory_service.api.schemas.episodes import Remembered, RememberIn, RememberOut
from memory_service.api.schemas.memory import MemCube, MemoryList
from memory_service.verbs import memories, remember

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


@router.get("/sessions/{session_id}/derived")
async def list_derived(
    services: ServicesDep,
    principal: PrincipalDep,
    space: SpaceName,
    session_id: Annotated[str, Path(min_length=1, max_length=300, pattern=r"^[^\x00]+$")],
    cursor: Cursor = None,
    limit: Limit = 50,
) -> MemoryList:
    """Everything stored because of a session, oldest first."""
    page = await memories.derived(
        services, principal, space, session_id, after=pages.after(cursor), limit=limit
    )
    return MemoryList(
        items=[MemCube.of(cube) for cube in page.items],
        next_cursor=pages.encode(page.next_cursor),
    )
