"""Recall: ask the memory; context: the answer packed for a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from memory_service.auth import Principal
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from retrieval.packing import Packed, pack
from retrieval.recall import RecallRequest, RecallResult
from stores.kinds import get_kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """A recall, and its text for a model."""

    result: RecallResult
    packed: Packed


async def recall(
    services: Services, principal: Principal, spaces: Sequence[str], request: RecallRequest
) -> RecallResult:
    """The memories of these spaces that bear on the question.

    Raises SpaceNotFound, NotPermitted, UnknownKind.
    """
    for number, kind in enumerate(request.limits.kinds):
        get_kind(kind, pointer=f"/kinds/{number}")
    scope = await scope_of(services, principal, list(dict.fromkeys(spaces)))
    result = await services.recaller.recall(scope, request)
    services.usage.shown(principal.tenant, [hit.memory.id for hit in result.hits])
    return result


async def context(
    services: Services, principal: Principal, space: str, request: RecallRequest, budget: int
) -> Context:
    """What a model should know for the question, in at most `budget` tokens."""
    result = await recall(services, principal, [space], request)
    return Context(result=result, packed=pack(result.hits, budget))
