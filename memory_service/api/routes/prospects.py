"""What would become of a memory: how it fades, and what its erasure would take."""

from __future__ import annotations

from fastapi import APIRouter

from memory_service.api.deps import MemoryIdPath, PrincipalDep, ServicesDep, SpaceName
from memory_service.api.schemas.prospects import Closure, Fading
from memory_service.verbs import closure, fading

router = APIRouter(prefix="/v1/spaces/{space}/memories/{memory_id}", tags=["memories"])


@router.get("/fading")
async def get_fading(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, memory_id: MemoryIdPath
) -> Fading:
    """What is left of a memory by the rules of its space, now and later if nobody uses it."""
    return Fading.of(await fading.fading(services, principal, space, memory_id))


@router.get("/closure")
async def get_closure(
    services: ServicesDep, principal: PrincipalDep, space: SpaceName, memory_id: MemoryIdPath
) -> Closure:
    """What erasing a memory would erase: itself and all that rests on it alone. Erases nothing."""
    return Closure.of(await closure.closure(services, principal, space, memory_id))
