"""Asks a space what can be asked by now, and compares what it finds with what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from statistics import fmean

from memory_service.simulation.records import Asked, Question, Workload
from memory_service.simulation.world import World
from memory_service.verbs.feedback import give_feedback
from memory_service.verbs.recall import context
from retrieval.recall import Hit, RecallRequest
from stores.ids import MemoryId
from stores.scope import DEFAULT_STATES, HISTORICAL_STATES, AsOf, Filter

_K, _BUDGET = 10, 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class _Mark:
    """How one question was answered."""

    recall: float
    stale: bool
    tokens: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Examiner:
    """The questions of a workload in the order they are taken: the same ones again and again."""

    questions: tuple[Question, ...]
    most: int

    @classmethod
    def of(cls, workload: Workload, most: int, seed: int) -> Examiner:
        """The questions in an order that follows from the seed."""
        shuffled = list(workload.questions)
        Random(seed).shuffle(shuffled)  # noqa: S311 - an order, not a secret
        return cls(questions=tuple(shuffled), most=most)

    def valid(self, at: datetime) -> list[Question]:
        """What can be asked then about what holds."""
        found = [q for q in self.questions if q.since <= at and (q.until is None or q.until > at)]
        return found[: self.most]

    def superseded(self, at: datetime) -> list[tuple[Question, datetime]]:
        """What can be asked then about what held, and the middle of the time it did."""
        found = [
            (q, q.since + (q.until - q.since) / 2)
            for q in self.questions
            if q.until is not None and q.until <= at
        ]
        return found[: self.most]

    async def ask(
        self, world: World, space: str, at: datetime, ids: Mapping[str, MemoryId]
    ) -> tuple[Asked, Asked]:
        """How well both sorts are answered; what answers what holds is said to have been used."""
        valid = [await _ask(world, space, q, at, None, ids) for q in self.valid(at)]
        past = [await _ask(world, space, q, at, then, ids) for q, then in self.superseded(at)]
        return _summed(valid), _summed(past)


async def _ask(
    world: World,
    space: str,
    question: Question,
    at: datetime,
    then: datetime | None,
    ids: Mapping[str, MemoryId],
) -> _Mark:
    states = DEFAULT_STATES if then is None else HISTORICAL_STATES
    request = RecallRequest(
        query=question.text, k=_K, reference_time=then or at,
        limits=Filter(states=states, as_of=AsOf(valid=then), recalled=True),
    )  # fmt: skip
    found = await context(world.services, world.principal, space, request, _BUDGET)
    hits = found.result.hits[:_K]
    sources = [_sources(hit) for hit in hits]
    needed = [{ids[name] for name in group if name in ids} for group in question.needed]
    outdated = {ids[name] for name in question.outdated if name in ids}
    if then is None:
        cited = {citation.memory_id for citation in found.packed.citations}
        used = [
            hit.memory.id for hit, told in zip(hits, sources, strict=True)
            if hit.memory.id in cited and any(told & group for group in needed)
        ]  # fmt: skip
        await world.services.usage.write()
        await give_feedback(
            world.services, world.principal, found.result.recall_id,
            used=used, irrelevant=(), outcome=None,
        )  # fmt: skip
    return _Mark(
        recall=fmean(any(told & group for told in sources) for group in needed),
        stale=_rank(sources, outdated) < _rank(sources, set().union(*needed)),
        tokens=found.packed.tokens,
    )


def _sources(hit: Hit) -> frozenset[MemoryId]:
    """The episodes that a hit is, or rests on."""
    evidence = (link.episode_id for link in hit.memory.provenance.evidence)
    return frozenset({hit.memory.id, *evidence})


def _rank(sources: Sequence[frozenset[MemoryId]], wanted: set[MemoryId]) -> int:
    """The place of the first hit that rests on what is wanted; behind all if none does."""
    return next((n for n, told in enumerate(sources) if told & wanted), len(sources))


def _summed(marks: Sequence[_Mark]) -> Asked:
    if not marks:
        return Asked()
    return Asked(
        asked=len(marks),
        recall=round(fmean(mark.recall for mark in marks), 4),
        stale=round(fmean(mark.stale for mark in marks), 4),
        tokens=round(fmean(mark.tokens for mark in marks), 1),
    )
