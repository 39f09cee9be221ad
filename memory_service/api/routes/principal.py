"""Who is calling."""

from __future__ import annotations

from fastapi import APIRouter

from memory_service.api.deps import PrincipalDep
from memory_service.api.schemas.principal import Principal

router = APIRouter(prefix="/v1/principal", tags=["keys"])


@router.get("")
async def get_principal(principal: PrincipalDep) -> Principal:
    """The name, role and spaces of the key that the call carries."""
    return Principal.of(principal)
