"""Extracts with a model, one call an event; what it cannot do, the zero-LLM extractor does."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from consolidation.extract import llm_reply
from consolidation.extract.llm_candidate import Bench
from consolidation.extract.llm_event import Event, Segment, events, pauses
from consolidation.extract.llm_item import SCHEMA, Heading
from consolidation.extract.llm_prompt import messages
from consolidation.extract.protocol import (
    Candidate,
    EntityKind,
    Extraction,
    Extractor,
    Mention,
    Utterance,
)
from consolidation.prompts import extraction
from llm_backend.chat import ChatModel
from llm_backend.errors import BackendError, BackendUnavailable, ModelNotFound

#: Texts of memories that are like what these turns tell, the nearest first.
Neighbours: TypeAlias = Callable[[Sequence[Utterance]], Awaitable[Sequence[str]]]

_AT_ONCE = 4
_NEIGHBOURS = 10
_TOO_LONG = "turn too long for the model"
_NOTHING_HOLDS = "answer that the turns do not bear out"
_TRUNCATED = "answer cut off, its complete items were kept"
#: Failures that are not of the question: whatever is asked then fails.
_AWAY = frozenset({BackendUnavailable.code, ModelNotFound.code})


@dataclass(frozen=True, kw_only=True, slots=True)
class Gist:
    """What an event was about."""

    title: str
    text: str
    episodes: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LlmExtraction(Extraction):
    """An extraction by a model, which also says what each event was about."""

    gists: tuple[Gist, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    """What came of one event; a failure says why others have to extract from it."""

    event: Event
    candidates: tuple[Candidate, ...] = ()
    rejected: Mapping[str, int]
    heading: Heading | None = None
    truncated: bool = False
    failure: str | None = None


class LlmExtractor:
    """Asks a model; believes nothing that is not in the episodes."""

    name = "llm"
    version = "1"

    def __init__(
        self,
        chat: ChatModel,
        fallback: Extractor,
        *,
        max_tokens: int,
        segment: Segment = pauses,
        neighbours: Neighbours | None = None,
    ) -> None:
        self.model = chat.name
        self.prompt = extraction.VERSION
        self._chat = chat
        self._fallback = fallback
        self._max_tokens = max_tokens
        self._segment = segment
        self._neighbours = neighbours

    def asking(self, chat: ChatModel) -> LlmExtractor:
        """The same, with another chat model."""
        return LlmExtractor(
            chat, self._fallback, max_tokens=self._max_tokens, segment=self._segment,
            neighbours=self._neighbours,
        )  # fmt: skip

    async def extract(
        self, utterances: Sequence[Utterance], before: Sequence[Utterance] = ()
    ) -> LlmExtraction:
        """What the model found, and the fallback where it found nothing that can be used."""
        # Names do not depend on the model, so that the graph is the same without one.
        plain = await self._fallback.extract(utterances, before)
        kinds = _kinds(plain.mentions)
        limit = asyncio.Semaphore(_AT_ONCE)
        outcomes = await asyncio.gather(
            *(self._outcome(event, kinds, limit) for event in events(utterances, self._segment))
        )
        failed = [o for o in outcomes if o.failure is not None]
        instead = await self._instead(utterances, before, failed)
        candidates = [c for o in outcomes for c in o.candidates] + list(instead.candidates)
        rejected = sum((Counter(o.rejected) for o in outcomes), Counter(instead.rejected))
        return LlmExtraction(
            candidates=_in_order(candidates, utterances),
            rejected=+rejected,
            mentions=plain.mentions,
            notes=(*self._notes(outcomes), *instead.notes),
            method=self._method(len(outcomes), len(failed)),
            away=any(o.failure in _AWAY for o in failed),
            gists=tuple(_gist(o.event, o.heading) for o in outcomes if o.heading),
        )

    async def _outcome(
        self, event: Event, kinds: Mapping[str, EntityKind], limit: asyncio.Semaphore
    ) -> _Outcome:
        if not event.has_person:
            return _Outcome(event=event, rejected={"not-a-person": len(event.turns)})
        if event.too_long:
            return _Outcome(event=event, rejected={}, failure=_TOO_LONG)
        async with limit:
            try:
                answer = await self._answer(event)
            except BackendError as error:
                return _Outcome(event=event, rejected={}, failure=error.code)
        return _judged(event, answer, kinds)

    async def _answer(self, event: Event) -> str:
        known = await self._neighbours(event.turns) if self._neighbours else ()
        completion = await self._chat.complete(
            messages(event, known[:_NEIGHBOURS]),
            schema=SCHEMA,
            max_tokens=self._max_tokens,
            temperature=0,
        )
        return completion.text

    async def _instead(
        self,
        utterances: Sequence[Utterance],
        before: Sequence[Utterance],
        failed: Sequence[_Outcome],
    ) -> Extraction:
        left = {turn.episode_id for outcome in failed for turn in outcome.event.turns}
        if not left:
            return Extraction(candidates=(), rejected={})
        turns = [u for u in utterances if u.episode_id in left]
        return await self._fallback.extract(turns, before)

    def _notes(self, outcomes: Sequence[_Outcome]) -> tuple[str, ...]:
        failures = Counter(o.failure for o in outcomes if o.failure is not None)
        notes = [
            f"{_of(count, len(outcomes))} left to {self._fallback.name}: {failure}"
            for failure, count in sorted(failures.items())
        ]
        if truncated := sum(o.truncated and o.failure is None for o in outcomes):
            notes.append(f"{_of(truncated, len(outcomes))}: {_TRUNCATED}")
        return tuple(notes)

    def _method(self, total: int, failed: int) -> str:
        if not failed:
            return self.name
        return self._fallback.name if failed == total else f"{self.name}+{self._fallback.name}"


def _judged(event: Event, answer: str, kinds: Mapping[str, EntityKind]) -> _Outcome:
    reply = llm_reply.read(answer)
    if isinstance(reply, llm_reply.Failure):
        return _Outcome(event=event, rejected={}, failure=reply.value)
    rejected = Counter({"malformed": reply.malformed, "too-many": reply.too_many})
    bench = Bench(event=event, kinds=kinds)
    candidates = bench.candidates(reply.items, rejected)
    if reply.items and not candidates:
        # A model that got every item wrong cannot be trusted to have found nothing.
        return _Outcome(event=event, rejected=rejected, failure=_NOTHING_HOLDS)
    return _Outcome(
        event=event,
        candidates=candidates,
        rejected=rejected,
        heading=bench.heading(reply.heading, rejected),
        truncated=reply.truncated,
    )


def _gist(event: Event, heading: Heading) -> Gist:
    episodes = tuple(turn.episode_id for turn in event.turns)
    return Gist(title=heading.title, text=heading.gist, episodes=episodes)


def _kinds(mentions: Mapping[UUID, Sequence[Mention]]) -> Mapping[str, EntityKind]:
    """What the fallback took each name for, most often."""
    votes: dict[str, Counter[EntityKind]] = {}
    for mention in (mention for named in mentions.values() for mention in named):
        votes.setdefault(mention.name.lower(), Counter())[mention.kind] += 1
    return {name: kinds.most_common(1)[0][0] for name, kinds in votes.items()}


def _in_order(
    candidates: Sequence[Candidate], utterances: Sequence[Utterance]
) -> tuple[Candidate, ...]:
    places = {utterance.episode_id: place for place, utterance in enumerate(utterances)}

    def place(candidate: Candidate) -> tuple[int, int]:
        first = candidate.evidence[0]
        return places[first.episode_id], first.start

    return tuple(sorted(candidates, key=place))


def _of(count: int, total: int) -> str:
    return f"{count} of {total} events"
