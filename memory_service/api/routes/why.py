"""Why a recall brings a memory, or does not."""

from __future__ import annotations

from fastapi import APIRouter

from memory_service.api.deps import PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.why import WhyIn, WhyOut
from memory_service.verbs import why

router = APIRouter(prefix="/v1/spaces/{space}", tags=["recall"])


@router.post("/why")
async def explain_memory(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, body: WhyIn
) -> WhyOut:
    """Whether a memory is among the answer to a question, and what put it there or kept it out."""
    return WhyOut.of(await why.why(services, principal, space, body.request(), body.memory_id))
