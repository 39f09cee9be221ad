"""Recall: ask the memory; context: the answer packed for a model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from memory_service.auth import Principal
from memory_service.verbs.blocks import find_leading
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import scope_of
from retrieval.packing import Packed, disagreeing, pack
from retrieval.packing.leading import lead
from retrieval.recall import Hit, RecallRequest, RecallResult
from stores import disagreements, languages, memories, parametric
from stores.kinds import get_kind
from stores.prefixes import Prefix
from stores.scope import AsOf, Scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Context:
    """A recall, and its text for a model."""

    result: RecallResult
    packed: Packed
    #: The names of the blocks it begins with.
    blocks: tuple[str, ...] = ()


async def recall(
    services: Services, principal: Principal, spaces: Sequence[str], request: RecallRequest
) -> RecallResult:
    """The memories of these spaces that bear on the question.

    Raises SpaceNotFound, NotPermitted, UnknownKind.
    """
    scope, result = await _recall(services, principal, spaces, request)
    services.usage.shown(scope, result.recall_id, list(enumerate(result.hits, start=1)))
    return await _held(services, scope, result) if request.explain else result


async def context(
    services: Services,
    principal: Principal,
    space: str,
    request: RecallRequest,
    budget: int,
    in_view: Collection[str] = (),
    *,
    blocks: bool | Sequence[str] = False,
    prefix: Prefix | None = None,
) -> Context:
    """What a model should know for the question, in at most `budget` tokens, `k` memories.

    `in_view` are the external ids of episodes that the model sees anyway. The text begins with the
    space's `blocks`, those of these names or all; they tell of now, so the past is told without.
    It ends with which of its memories contradict each other. What the `prefix` that the model sees
    says is not said again.
    """
    wanted_blocks = blocks if request.limits.as_of == AsOf() else False
    # Packing chooses among all candidates; cut to the budget before, it could only drop some.
    wanted = replace(request, budget_tokens=None)
    scope, result = await _recall(services, principal, [space], wanted)
    told = prefix.members if prefix is not None else {}
    hits = tuple(
        h
        for h in result.hits
        if h.memory.data.get("external_id") not in in_view and h.memory.id not in told
    )
    # What is in view may be all there was to say; that is no abstention.
    result = replace(result, hits=hits)
    there = await find_leading(services, scope, wanted=wanted_blocks)
    leading = lead([b for b in there if prefix is None or b.name not in prefix.blocks], budget)
    at_odds = await _at_odds(services, principal, hits)
    left = budget - leading.tokens
    packed = pack(hits, disagreeing.left_beside(at_odds, left), request.query)
    packed = leading.before(disagreeing.told(packed, at_odds, left))
    # What did not fit was shown to nobody, so it cannot be judged either.
    cited = {citation.memory_id for citation in packed.citations}
    ranked = enumerate(result.hits, start=1)
    shown = [(rank, hit) for rank, hit in ranked if hit.memory.id in cited]
    services.usage.shown(scope, result.recall_id, shown)
    return Context(result=result, packed=packed, blocks=leading.names)


async def _at_odds(
    services: Services, principal: Principal, hits: Sequence[Hit]
) -> tuple[disagreeing.Pair, ...]:
    """Which of the hits contradict each other."""
    if len(hits) < 2:
        return ()
    async with services.database.single(principal.tenant) as session:
        return await disagreements.pairs(session, [hit.memory.id for hit in hits])


async def _recall(
    services: Services, principal: Principal, spaces: Sequence[str], request: RecallRequest
) -> tuple[Scope, RecallResult]:
    for number, kind in enumerate(request.limits.kinds):
        get_kind(kind, pointer=f"/kinds/{number}")
    scope = await scope_of(services, principal, list(dict.fromkeys(spaces)))
    await languages.prepare(request.query, *request.recent)
    with services.stopwatch.measure(principal.tenant, [s.name for s in scope.spaces], "recall"):
        result = await services.recaller.recall(scope, request)
    known = request.limits.as_of.known
    if known is not None:
        result = await _as_known(services, principal, result, known)
    return scope, result


async def _held(services: Services, scope: Scope, result: RecallResult) -> RecallResult:
    """The hits, marked where the adapter of their space has learned them."""
    adapters = [space.adapter for space in scope.spaces if space.adapter is not None]
    if not adapters or not result.hits:
        return result
    async with services.database.single(scope.tenant) as session:
        held = await parametric.learned(session, adapters, [hit.memory.id for hit in result.hits])
    hits = (replace(hit, held_by_adapter=hit.memory.id in held) for hit in result.hits)
    return replace(result, hits=tuple(hits))


async def _as_known(
    services: Services, principal: Principal, result: RecallResult, known: datetime
) -> RecallResult:
    """The hits with the evidence that was known then: later sources add to it, version or not."""
    versions = [(hit.memory.id, hit.memory.version) for hit in result.hits]
    async with services.database.read(principal.tenant) as session:
        then = await memories.find_versions(session, versions, known=known)
    hits = (replace(hit, memory=then.get(hit.memory.id, hit.memory)) for hit in result.hits)
    return replace(result, hits=tuple(hits))
