"""Recall: channels in parallel, fused, folded, explained; and the courage to say nothing fits."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray

from llm_backend.errors import BackendError
from llm_backend.protocols import Embedder
from retrieval import channels
from retrieval.channel import CannotAnswer, Channel, Query
from retrieval.contiguity import candidates
from retrieval.explain import reason
from retrieval.fusion import Fused, Place, fuse
from retrieval.packing import choose
from retrieval.relevance import nothing_fits, relevance
from stores.database import Database
from stores.ids import Clock, MemoryId, new_id
from stores.kinds import has_parts
from stores.records import MemCube, MemoryType, Span
from stores.scope import Filter, Scope
from stores.search import Found, Nearby, Search, model_id, query_terms

#: Seconds after which a channel is cut off and named in `degraded`.
PATIENCE_S = 2.0
#: Candidates of each channel whose neighbours are looked at.
SEEDS = 30
_WORD = re.compile(r"[^\W_]+")
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "prof", "sir", "the"})


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallRequest:
    """A question, what it is limited to, and how many hits it wants."""

    query: str
    k: int = 10
    mode: str = "fast"
    limits: Filter = field(default_factory=Filter)
    reference_time: datetime | None = None
    budget_tokens: int | None = None
    explain: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One ranked candidate, and why it is there."""

    memory: MemCube
    score: float
    #: 0..1, comparable across queries.
    relevance: float
    channels: Mapping[str, Place]
    reason: str
    #: The part of a long memory that matched.
    passage: Span | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallResult:
    """The hits, best first. `degraded` names what could not be asked."""

    recall_id: UUID
    hits: tuple[Hit, ...]
    abstained: bool
    degraded: tuple[str, ...]
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Pools:
    """What the channels found, and what could not be asked."""

    found: Mapping[str, list[Found]]
    degraded: tuple[str, ...]


class _Stopwatch:
    """Milliseconds per stage."""

    def __init__(self) -> None:
        self._began = self._last = time.perf_counter()
        self.spent: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.spent[stage] = round((now - self._last) * 1000, 2)
        self._last = now

    def total(self) -> Mapping[str, float]:
        total = round((time.perf_counter() - self._began) * 1000, 2)
        return {**self.spent, "total": total}


class Recaller:
    """Answers questions to a memory. Holds no connection while the model is asked."""

    def __init__(self, database: Database, embedder: Embedder, clock: Clock) -> None:
        self._database = database
        self._embedder = embedder
        self._clock = clock

    async def recall(self, scope: Scope, request: RecallRequest) -> RecallResult:
        """The memories that bear on the question, at most `k`, none when nothing does."""
        watch = _Stopwatch()
        search = Search(self._database, scope, request.limits)
        embedding, size = await asyncio.gather(self._embed(request.query), search.size())
        watch.lap("embed")
        query = Query(
            text=request.query,
            terms=tuple(query_terms(request.query)),
            embedding=embedding,
            model=model_id(self._embedder.model.name),
            size=size,
        )
        pools = await _ask(search, query)
        watch.lap("channels")
        around, cosines = await _surroundings(search, query, pools)
        watch.lap("neighbours")
        bm25 = _scores(pools.found.get("lexical", []))
        found = candidates(around, cosines, bm25, _named(query.text, around))
        fused = [
            replace(f, memory_id=_face(f, cosines, bm25)) for f in fuse(found, most=request.k + 5)
        ]
        watch.lap("fusion")
        hits = await _hits(search, query, request.k, fused, _versions(pools, around))
        watch.lap("fetch")
        abstained = not hits or nothing_fits(query.terms, hits)
        if request.budget_tokens is not None:
            hits = choose(hits, request.budget_tokens)
        if not request.explain:
            hits = [replace(hit, channels={}, reason="") for hit in hits]
        degraded = (*pools.degraded, *(("deep",) if request.mode == "deep" else ()))
        return RecallResult(
            recall_id=new_id(),
            hits=() if abstained else tuple(hits),
            abstained=abstained,
            degraded=degraded,
            timings_ms=watch.total(),
        )

    async def _embed(self, text: str) -> NDArray[float32] | None:
        """The query's embedding; None if the model is not there, which `degraded` will tell."""
        if not self._embedder.ready:
            return None
        try:
            return await asyncio.wait_for(self._embedder.embed_query(text), PATIENCE_S)
        except (BackendError, TimeoutError):
            return None


async def _ask(search: Search, query: Query) -> _Pools:
    """All channels at once; a slow one is cut off, one that cannot answer is left out."""
    asked = channels.load()
    answers = await asyncio.gather(*(_ask_one(channel, search, query) for channel in asked))
    found = {c.name: pool for c, pool in zip(asked, answers, strict=True) if pool is not None}
    return _Pools(found=found, degraded=tuple(c.name for c in asked if c.name not in found))


async def _ask_one(channel: Channel, search: Search, query: Query) -> list[Found] | None:
    try:
        return await asyncio.wait_for(channel.search(search, query), PATIENCE_S)
    except (CannotAnswer, TimeoutError):
        return None


async def _surroundings(
    search: Search, query: Query, pools: _Pools
) -> tuple[list[Nearby], dict[MemoryId, float]]:
    """The best of every channel with their neighbours, and the cosines of them all."""
    seeds = sorted({i for pool in pools.found.values() for i in list(_scores(pool))[:SEEDS]})
    return await search.surroundings(
        seeds, query.embedding, query.model, _scores(pools.found.get("dense", []))
    )


def _versions(pools: _Pools, around: Sequence[Nearby]) -> dict[MemoryId, Found]:
    """Which version and part of each candidate was found; neighbours are there as a whole."""
    versions = {
        n.memory_id: Found(
            memory_id=n.memory_id,
            version=n.version,
            text_version=n.text_version,
            part=0,
            score=0.0,
        )
        for n in around
    }
    for pool in reversed(list(pools.found.values())):
        versions |= {found.memory_id: found for found in reversed(pool)}
    return versions


async def _hits(
    search: Search,
    query: Query,
    k: int,
    fused: Sequence[Fused],
    versions: Mapping[MemoryId, Found],
) -> list[Hit]:
    """The best `k` with their MemCubes; what only repeats the words of a better hit is left out."""
    cubes = await search.cubes([versions[f.memory_id] for f in fused])
    kept = _folded([f for f in fused if f.memory_id in cubes], cubes)[:k]
    long = [versions[f.memory_id] for f in kept if has_parts(cubes[f.memory_id].kind)]
    spans = await search.spans(long) if long else {}
    return [
        Hit(
            memory=cubes[f.memory_id],
            score=round(f.score, 6),
            relevance=relevance(query.terms, cubes[f.memory_id], f.places),
            channels=f.places,
            reason=reason(query.terms, cubes[f.memory_id], f.places),
            passage=spans.get(f.memory_id),
        )
        for f in kept
    ]


def _face(
    fused: Fused, cosines: Mapping[MemoryId, float], bm25: Mapping[MemoryId, float]
) -> MemoryId:
    """The memory to show: the episode, unless one that rests on it fits better in every way."""

    def fit(memory_id: MemoryId) -> tuple[float, float]:
        return cosines.get(memory_id, 0.0), bm25.get(memory_id, 0.0)

    face = fused.memory_id
    for member in fused.members:
        if all(mine > theirs for mine, theirs in zip(fit(member), fit(face), strict=True)):
            face = member
    return face


def _folded(fused: Sequence[Fused], cubes: Mapping[MemoryId, MemCube]) -> list[Fused]:
    """Without candidates that rest on nothing but episodes already represented."""
    told: set[MemoryId] = set()
    kept = []
    for candidate in fused:
        sources = _sources(cubes[candidate.memory_id])
        if not sources <= told:
            told |= sources
            kept.append(candidate)
    return kept


def _sources(cube: MemCube) -> set[MemoryId]:
    """The episodes a memory rests on; itself, if it is one or rests on none."""
    if cube.type is MemoryType.EPISODIC:
        return {cube.id}
    return {evidence.episode_id for evidence in cube.provenance.evidence} or {cube.id}


def _named(question: str, around: Sequence[Nearby]) -> set[MemoryId]:
    """Candidates said by, or about, somebody the question names by any part of the name."""
    words = set(_WORD.findall(question.lower()))
    return {n.memory_id for n in around if n.speaker and words & _names(n.speaker)}


@lru_cache(maxsize=10_000)
def _names(speaker: str) -> frozenset[str]:
    """The parts of a name, titles left out."""
    return frozenset(_WORD.findall(speaker.lower())) - _TITLES


def _scores(pool: Sequence[Found]) -> dict[MemoryId, float]:
    """Each candidate's best score, best first."""
    scores: dict[MemoryId, float] = {}
    for found in pool:
        scores.setdefault(found.memory_id, found.score)
    return scores
