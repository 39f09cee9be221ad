"""Recall: understood, searched, ranked, folded, explained; and the courage to say nothing fits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TypeAlias
from uuid import UUID

from numpy import float32
from numpy.typing import NDArray

from llm_backend.chat import ChatModel
from llm_backend.errors import BackendError
from llm_backend.protocols import CrossEncoder, Embedder
from retrieval import gather, second_opinion
from retrieval.candidates import candidates
from retrieval.channel import Query
from retrieval.deep import bridge, llm_prober
from retrieval.deep.bridge import Step
from retrieval.deep.llm_prober import LlmProber
from retrieval.deep.prober import Prober, RuleProber
from retrieval.deep.rounds import Looked, look_further
from retrieval.deep.rounds import Rank as Order
from retrieval.explain import reason
from retrieval.folding import fold
from retrieval.fusion import Place
from retrieval.packing import choose
from retrieval.ranking import Ranked, Ranking, rank
from retrieval.rerank import MODEL
from retrieval.understanding.beliefs import without_present
from retrieval.understanding.follow_up import TURNS
from retrieval.understanding.records import Understanding
from retrieval.understanding.understand import understand
from stores.database import Database
from stores.ids import Clock, MemoryId, new_id
from stores.kinds import has_parts
from stores.lexical import words_by_term
from stores.records import Learned, MemCube, Span
from stores.scope import Filter, Scope
from stores.search import Candidate, Found, Search, model_id, query_terms

#: Candidates fetched beyond those asked for, in place of those that only repeat better ones.
SPARE = 5
#: The chat model as recalls of these spaces may use it.
ChatFor: TypeAlias = Callable[[Scope], ChatModel]
#: Something answers the question, but it was said by somebody else than the one it names.
OTHER_PERSON = "other-person"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallRequest:
    """A question, what it is limited to, and how many hits it wants."""

    query: str
    k: int = 10
    mode: str = "fast"
    limits: Filter = field(default_factory=Filter)
    #: The moment it is asked from; None is now.
    reference_time: datetime | None = None
    #: The last turns of the conversation the question belongs to, oldest first.
    recent: tuple[str, ...] = ()
    #: Channels and stages left out.
    without: frozenset[str] = frozenset()
    budget_tokens: int | None = None
    explain: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """One ranked candidate, and why it is there."""

    memory: MemCube
    score: float
    #: How likely it bears on the question, 0..1, comparable across questions.
    relevance: float
    channels: Mapping[str, Place]
    reason: str
    #: What it was ranked by: the features of the model of ranking, in its order.
    features: tuple[float, ...] = ()
    #: The part of a long memory that matched.
    passage: Span | None = None
    #: The episode said just before it in its session, where that was looked up.
    before: MemoryId | None = None
    #: Whether the space's active adapter has learned it. That changes nothing in its rank.
    held_by_adapter: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class RecallResult:
    """The hits, best first. `degraded` names what could not be asked.

    `flags` warn of what the hits are: `other-person` if they tell of somebody else than the one
    the question names.
    """

    recall_id: UUID
    hits: tuple[Hit, ...]
    abstained: bool
    degraded: tuple[str, ...]
    flags: tuple[str, ...]
    timings_ms: Mapping[str, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """A recall and how it came about: what was asked, found and ranked."""

    result: RecallResult
    search: Search
    query: Query
    pools: gather.Pools
    ranking: Ranking


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

    def __init__(
        self,
        database: Database,
        embedder: Embedder,
        clock: Clock,
        *,
        cross_encoder: CrossEncoder | None = None,
        chat: ChatFor | None = None,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._clock = clock
        self._cross_encoder = cross_encoder
        self._chat = chat

    async def recall(self, scope: Scope, request: RecallRequest) -> RecallResult:
        """The memories that bear on the question, at most `k`, none when nothing does."""
        return (await self.examine(scope, request)).result

    async def examine(self, scope: Scope, request: RecallRequest) -> Examined:
        """The same, with all that led to it."""
        watch = _Stopwatch()
        search = Search(self._database, scope, request.limits)
        query = await self._understood(search, request)
        watch.lap("understand")
        embedding, counts = await asyncio.gather(
            self._embed(query.text), search.count_terms(query.terms)
        )
        query = replace(query, embedding=embedding, counts=counts)
        watch.lap("embed")
        pools = await gather.ask(search, query, request.without)
        watch.lap("channels")
        rows = await gather.surroundings(search, query, pools)
        watch.lap("neighbours")
        order = partial(_ranked, query, request, _learned(scope))
        looked = Looked(rows=rows, pools=pools, ranking=order(rows, pools.found))
        watch.lap("rank")
        if request.mode != "fast":
            looked = await self._looked_further(search, query, request, looked, order)
            watch.lap("deep")
        pools, ranking = looked.pools, looked.ranking
        opinion = await second_opinion.ask(
            self._cross_encoder, search, query, ranking, request.without
        )
        if opinion.asked:
            ranking = opinion.ranking
            watch.lap(second_opinion.NAME)
        hits = await _hits(search, query, request, ranking, looked.ways)
        watch.lap("fetch")
        abstained = not hits or ranking.nothing_fits
        if request.budget_tokens is not None:
            hits = choose(hits, request.budget_tokens, query.text)
        result = RecallResult(
            recall_id=new_id(),
            hits=() if abstained else tuple(hits),
            abstained=abstained,
            degraded=(*pools.degraded, *opinion.degraded),
            flags=(OTHER_PERSON,) if ranking.of_somebody_else and not abstained else (),
            timings_ms={**watch.total(), **pools.timings_ms},
        )
        return Examined(result=result, search=search, query=query, pools=pools, ranking=ranking)

    async def _looked_further(
        self, search: Search, query: Query, request: RecallRequest, looked: Looked, order: Order
    ) -> Looked:
        """More rounds, where the first does not suffice or more are asked for."""
        return await look_further(
            search,
            query,
            looked,
            self._prober(search.scope, request),
            partial(self._phrased, search, query),
            order,
            always=request.mode == "deep",
            without=request.without,
        )

    def _prober(self, scope: Scope, request: RecallRequest) -> Prober:
        """Where there is a chat model, by that."""
        if self._chat is None or llm_prober.NAME in request.without:
            return RuleProber()
        return LlmProber(self._chat(scope), llm_prober.PATIENCE_S[request.mode])

    async def _phrased(self, search: Search, query: Query, texts: Sequence[str]) -> list[Query]:
        """What else is asked, as channels take it."""
        return list(await asyncio.gather(*(self._phrase(search, query, one) for one in texts)))

    async def _phrase(self, search: Search, query: Query, asked: str) -> Query:
        words = tuple(query_terms(asked))
        embedding, counts = await asyncio.gather(self._embed(asked), search.count_terms(words))
        return replace(query, text=asked, terms=words, embedding=embedding, counts=counts)

    async def _understood(self, search: Search, request: RecallRequest) -> Query:
        """The question as channels take it, but for its embedding."""
        reference = request.reference_time or self._clock()
        query = Query(
            text=request.query,
            terms=(),
            embedding=None,
            model=model_id(self._embedder.model.name),
            size=search.scope.parts,
            reference=reference,
        )
        if "understanding" not in request.without:
            understood = await _understanding(search, request, reference)
            query = replace(query, text=understood.completed, understood=understood)
        asked = without_present(query.text)
        return replace(query, terms=tuple(query_terms(asked)))

    async def _embed(self, text: str) -> NDArray[float32] | None:
        """The query's embedding; None if the model is not there, which `degraded` will tell."""
        if not self._embedder.ready:
            return None
        try:
            return await asyncio.wait_for(self._embedder.embed_query(text), gather.PATIENCE_S)
        except (BackendError, TimeoutError):
            return None


async def _understanding(
    search: Search, request: RecallRequest, reference: datetime
) -> Understanding:
    """What is asked; what leans on turns nobody gave is completed by the session it is asked of."""
    understood = understand(request.query, reference=reference, recent=request.recent)
    if not understood.follow_up or request.recent or request.limits.session_id is None:
        return understood
    turns = await search.last_turns(reference, TURNS)
    return understand(request.query, reference=reference, recent=turns)


def _learned(scope: Scope) -> Learned | None:
    """What the space has learned; what several have learned does not go together."""
    return scope.spaces[0].learned if len(scope.spaces) == 1 else None


def _ranked(
    query: Query,
    request: RecallRequest,
    learned: Learned | None,
    rows: Sequence[Candidate],
    found: Mapping[str, Sequence[Found]],
) -> Ranking:
    """All candidates in their order."""
    made = candidates(rows, query.text, query.terms, query.counts)
    return rank(made, query, found, learned=learned, without=request.without)


async def _hits(
    search: Search,
    query: Query,
    request: RecallRequest,
    ranking: Ranking,
    ways: Mapping[MemoryId, Step],
) -> list[Hit]:
    """The best `k` with their MemCubes; what only repeats the words of a better hit is left out."""
    best = ranking.ranked[: request.k + SPARE]
    cubes = await search.cubes([ranked.version for ranked in best])
    kept = fold(best, cubes).kept[: request.k]
    long = [r.version for r in kept if has_parts(cubes[r.face.memory_id].kind)]
    spans = await search.spans(long) if long else {}
    words = words_by_term(query.text)
    return [
        Hit(
            memory=cubes[ranked.face.memory_id],
            score=round(ranked.score, 6),
            relevance=round(ranked.probability, 4),
            channels=ranked.places if request.explain else {},
            reason=_reason(ranked, words, ways, cubes[ranked.face.memory_id])
            if request.explain
            else "",
            features=ranked.features,
            passage=spans.get(ranked.face.memory_id),
            before=ranked.members[0].before,
        )
        for ranked in kept
    ]


def _reason(
    ranked: Ranked, words: Mapping[str, str], ways: Mapping[MemoryId, Step], face: MemCube
) -> str:
    contributions = {
        name: weight * value
        for name, weight, value in zip(MODEL.features, MODEL.weights, ranked.features, strict=True)
    }
    shared = [words[t] for t in ranked.shared if t in words]
    led = bridge.told([ways[m.memory_id] for m in ranked.members if m.memory_id in ways])
    stale = bool(face.data.get("stale"))
    return reason(ranked.places, contributions, shared, led, stale=stale)
