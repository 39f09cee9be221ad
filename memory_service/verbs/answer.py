"""Answer: recall, pack, one call of the chat model, and only what can be cited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from llm_backend.abilities import Ability
from llm_backend.chat import ChatModel, Completion
from llm_backend.errors import BackendError, BackendUnavailable
from memory_service.answering import confidence, prompt, reply
from memory_service.answering.confidence import Confidence
from memory_service.answering.reply import Reply
from memory_service.auth import Principal
from memory_service.verbs.recall import Context, context
from memory_service.verbs.services import Services
from memory_service.verbs.spaces import get_space
from retrieval.recall import Hit, RecallRequest
from stores.ids import MemoryId

#: What is answered where the memory does not tell.
NOT_KNOWN = "Not known."
#: As what its calls are counted.
PURPOSE = "answer"
_MAX_TOKENS = 1_000
_BY_ITSELF_TOKENS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Cited:
    """A memory that the answer rests on, and what of it."""

    marker: str
    memory_id: MemoryId
    quote: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What the answer took of the model; nothing where it was not asked."""

    model: str
    prompt: str
    requests: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """An answer, or that there is none.

    `warnings` are codes: those of the recall; `unknown-citations`: some were cited that there are
    not; `contradicting-memories`: it rests on one that another contradicts; `model-disagrees`.
    """

    answer: str
    citations: tuple[Cited, ...]
    abstained: bool
    recall_id: UUID
    usage: Usage
    unknown_citations: int
    confidence: Confidence | None
    degraded: tuple[str, ...]
    warnings: tuple[str, ...]


async def answer(
    services: Services,
    principal: Principal,
    name: str,
    request: RecallRequest,
    budget: int,
    *,
    check_confidence: bool = False,
) -> Answered:
    """What the memory says to the question, from at most `budget` tokens of it.

    Raises SpaceNotFound, NotPermitted, UnknownKind; BackendUnavailable where there is no model,
    other BackendErrors where it does not answer, and BudgetSpent.
    """
    space = await get_space(services, principal, name)
    if services.chat is None:
        raise BackendUnavailable("no chat model is configured for this service")
    found = await context(services, principal, name, request, budget)
    asking = _Asking(
        chat=services.chat(principal.tenant, space, PURPOSE),
        question=request.query,
        recent=request.recent,
        at=request.reference_time or services.clock(),
    )
    if not found.packed.citations:
        return _answered(found, asking, Reply(), [])
    said = await asking.from_memory(found.packed.text, logprobs=check_confidence)
    held = reply.read(said, [citation.marker for citation in found.packed.citations])
    if held.text is None or not check_confidence:
        return _answered(found, asking, held, [said])
    alone = await asking.by_itself()
    if alone is None:
        return _sure(_answered(found, asking, held, [said]), None)
    sure = confidence.compare(request.query, held.text, said, alone)
    return _sure(_answered(found, asking, held, [said, alone]), sure)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asking:
    """A question as the model is asked it."""

    chat: ChatModel
    question: str
    recent: tuple[str, ...]
    at: datetime

    async def from_memory(self, told: str, *, logprobs: bool) -> Completion:
        return await self.chat.complete(
            prompt.from_memory(told, self.question, self.recent, self.at),
            schema=reply.SCHEMA,
            max_tokens=_MAX_TOKENS,
            logprobs=logprobs and self.chat.can(Ability.LOGPROBS),
        )

    async def by_itself(self) -> Completion | None:
        """What it says without the memory; None where that cannot be compared, or it failed."""
        if not self.chat.can(Ability.LOGPROBS):
            return None
        try:
            return await self.chat.complete(
                prompt.by_itself(self.question, self.recent, self.at),
                schema=confidence.SCHEMA,
                max_tokens=_BY_ITSELF_TOKENS,
                logprobs=True,
            )
        except BackendError:
            return None


def _answered(
    found: Context, asking: _Asking, held: Reply, calls: Sequence[Completion]
) -> Answered:
    result = found.result
    known = held.text is not None
    warned = {
        "unknown-citations": held.unknown > 0,
        "contradicting-memories": known and reply.at_odds(held.markers, found.packed.at_odds),
    }
    return Answered(
        answer=held.text or NOT_KNOWN,
        citations=_cited(found, asking.question, held),
        abstained=not known,
        recall_id=result.recall_id,
        usage=Usage(
            model=asking.chat.name,
            prompt=prompt.VERSION,
            requests=len(calls),
            prompt_tokens=sum(call.prompt_tokens for call in calls),
            completion_tokens=sum(call.completion_tokens for call in calls),
        ),
        unknown_citations=held.unknown,
        confidence=None,
        degraded=result.degraded,
        warnings=(*result.flags, *(code for code, holds in warned.items() if holds)),
    )


def _cited(found: Context, question: str, held: Reply) -> tuple[Cited, ...]:
    """The citations in the order of the answer, each with what of the memory it rests on."""
    ids = {citation.marker: citation.memory_id for citation in found.packed.citations}
    hits = {hit.memory.id: hit for hit in found.result.hits}
    return tuple(
        Cited(
            marker=marker,
            memory_id=ids[marker],
            quote=reply.quote(_matched(hits[ids[marker]]), held.text or "", question),
        )
        for marker in held.markers
    )


def _matched(hit: Hit) -> str:
    content = hit.memory.content
    return content if hit.passage is None else hit.passage.of(content)


def _sure(answered: Answered, sure: Confidence | None) -> Answered:
    """With how sure the model was, or that this could not be told."""
    if sure is None:
        return replace(answered, degraded=(*answered.degraded, "confidence"))
    disagrees = ("model-disagrees",) if sure.disagrees else ()
    return replace(answered, confidence=sure, warnings=(*answered.warnings, *disagrees))
