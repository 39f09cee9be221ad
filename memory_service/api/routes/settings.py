"""What the process runs with."""

from __future__ import annotations

from fastapi import APIRouter

from memory_service.api.deps import PartsDep, PrincipalDep
from memory_service.api.schemas.settings import Setting, SettingList
from memory_service.auth import Role
from memory_service.effective import effective

router = APIRouter(prefix="/v1/settings", tags=["settings"])


@router.get("")
async def list_settings(parts: PartsDep, principal: PrincipalDep) -> SettingList:
    """The effective settings of the process that answers, for admins; secrets are masked."""
    principal.require(Role.ADMIN)
    return SettingList(items=[Setting.of(one) for one in effective(parts.settings)])
