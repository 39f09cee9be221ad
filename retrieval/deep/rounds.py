"""The rounds: probe, gather, rank everything together, until it suffices or brings little."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from retrieval import channels, gather
from retrieval.channel import CannotAnswer, Query
from retrieval.deep import bridge, llm_prober, queries
from retrieval.deep.bridge import Step
from retrieval.deep.evidence import gathered
from retrieval.deep.prober import Prober, Probes
from retrieval.deep.queries import Phrase
from retrieval.deep.sufficiency import FIRST, LEAST_GAIN, expected_gain, sufficiency
from retrieval.ranking import Ranking
from stores.ids import MemoryId
from stores.search import Candidate, Found, Named, Search

#: Looks at the memory, the first one among them.
ROUNDS = 3
#: Candidates that one probe adds.
ADDED = 60
#: Terms in more parts than this bring no memories; a name in more memories leads nowhere. Of
#: what rests on one episode several memories may hold it.
COMMON, HELD = 500, 4 * bridge.MOST
#: Turns on either side of good evidence.
REACH = 5

T = TypeVar("T")
Rank = Callable[[Sequence[Candidate], Mapping[str, Sequence[Found]]], Ranking]


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """What a look at the memory found, and in which order."""

    rows: Sequence[Candidate]
    pools: gather.Pools
    ranking: Ranking
    #: What led to memories, by their ids.
    ways: Mapping[MemoryId, Step] = field(default_factory=dict)
    #: How many looks there were.
    rounds: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class _Brought:
    """What the probes of one round brought."""

    ways: Mapping[MemoryId, Step]
    pools: Sequence[Sequence[Found]]
    #: What a model's queries found, best first.
    asked: Sequence[Found]
    degraded: tuple[str, ...]
    bridge_ms: float


async def look_further(
    search: Search,
    query: Query,
    looked: Looked,
    prober: Prober,
    phrase: Phrase,
    rank: Rank,
    *,
    always: bool,
    without: Collection[str] = (),
) -> Looked:
    """More rounds: at least one if `always`, else only if what was found does not suffice.

    What was a candidate stays one, and where nothing fits there is nothing to lead on from.
    """
    asked: list[Probes] = []
    while looked.rounds < ROUNDS and not looked.ranking.nothing_fits:
        evidence = await gathered(search, looked.ranking.ranked)
        enough = sufficiency(query, looked.ranking.ranked, evidence)
        if enough.holds and not (always and looked.rounds == 1):
            break
        probes = await prober.propose(query, evidence, asked)
        looked = _degraded(looked, probes.degraded)
        if bridge.NAME in without:
            probes = replace(probes, leads=())
        if probes.nothing:
            break
        asked.append(probes)
        before = _first(looked.ranking)
        looked = await _round(search, query, looked, probes, phrase, rank)
        if expected_gain(before, _first(looked.ranking), enough.best) < LEAST_GAIN:
            break
    return looked


def _degraded(looked: Looked, names: Sequence[str]) -> Looked:
    """The same, with what could not be asked."""
    told = tuple(dict.fromkeys((*looked.pools.degraded, *names)))
    return replace(looked, pools=replace(looked.pools, degraded=told))


async def _round(
    search: Search, query: Query, looked: Looked, probes: Probes, phrase: Phrase, rank: Rank
) -> Looked:
    brought = await _probe(search, query, probes, phrase, looked.pools.found)
    ways = bridge.joined([looked.ways, brought.ways])
    rows = await _with_new(search, query, looked.rows, brought.pools)
    found = {**looked.pools.found, bridge.NAME: bridge.pool(ways)}
    if brought.asked:
        known = found.get(llm_prober.NAME, ())
        found[llm_prober.NAME] = queries.interleaved([known, brought.asked])
    timings = looked.pools.timings_ms
    spent = round(timings.get(bridge.NAME, 0.0) + brought.bridge_ms, 2)
    pools = gather.Pools(
        found=found,
        degraded=tuple(dict.fromkeys((*looked.pools.degraded, *brought.degraded))),
        timings_ms={**timings, bridge.NAME: spent},
    )
    ranking = replace(rank(rows, found), nothing_fits=False)
    return Looked(rows=rows, pools=pools, ranking=ranking, ways=ways, rounds=looked.rounds + 1)


async def _probe(
    search: Search,
    query: Query,
    probes: Probes,
    phrase: Phrase,
    found: Mapping[str, Sequence[Found]],
) -> _Brought:
    """All probes of a round, at once; if one is too slow, it is named as cut off."""
    (named, spent), (worded, _), (beside, _), (asked, missing) = await asyncio.gather(
        _in_time(_named(search, probes)),
        _in_time(_worded(search, query, probes.words, found)),
        _in_time(_beside(search, probes)),
        _asked(search, probes.queries, phrase, found),
    )
    ways = bridge.steps(probes.leads, named or [], query.size)
    return _Brought(
        ways=ways,
        pools=[bridge.pool(ways), worded or [], beside or [], asked],
        asked=asked,
        degraded=(*((bridge.NAME,) if None in (named, worded, beside) else ()), *missing),
        bridge_ms=spent,
    )


async def _asked(
    search: Search, texts: Sequence[str], phrase: Phrase, found: Mapping[str, Sequence[Found]]
) -> tuple[list[Found], tuple[str, ...]]:
    """What a model's queries find, and what was too slow."""
    if not texts:
        return [], ()
    return await queries.look(search, await phrase(texts), found.keys())


async def _in_time(asked: Coroutine[Any, Any, list[T]]) -> tuple[list[T] | None, float]:
    """What was found, None if it took too long; and the milliseconds it took."""
    began = time.perf_counter()
    found: list[T] | None
    try:
        found = await asyncio.wait_for(asked, gather.PATIENCE_S)
    except (CannotAnswer, TimeoutError):
        found = None
    return found, round((time.perf_counter() - began) * 1000, 2)


async def _named(search: Search, probes: Probes) -> list[Named]:
    """Where the names stand that lead on."""
    if not probes.leads:
        return []
    numbered = list(enumerate(probes.leads))
    return await search.named(
        [(n, lead.name.terms) for n, lead in numbered if lead.entity is None],
        [(n, lead.entity) for n, lead in numbered if lead.entity is not None],
        common=COMMON,
        most=HELD,
    )


async def _worded(
    search: Search, query: Query, words: Sequence[str], found: Mapping[str, Sequence[Found]]
) -> list[Found]:
    """What holds words of the question that the evidence does not, by BM25 of these alone."""
    if not words or "lexical" not in found:
        return []
    [lexical] = [channel for channel in channels.load() if channel.name == "lexical"]
    return await lexical.search(search, _only(query, words))


async def _beside(search: Search, probes: Probes) -> list[Found]:
    """More of the sessions that good evidence is in."""
    return await search.beside(probes.beside, reach=REACH) if probes.beside else []


def _only(query: Query, words: Collection[str]) -> Query:
    """The question, as far as it has these terms."""
    kept = [place for place, term in enumerate(query.terms) if term in words]
    return replace(
        query,
        terms=tuple(query.terms[place] for place in kept),
        counts=tuple(
            replace(known, counts=tuple(known.counts[place] for place in kept))
            for known in query.counts
        ),
    )


async def _with_new(
    search: Search,
    query: Query,
    rows: Sequence[Candidate],
    pools: Sequence[Sequence[Found]],
) -> list[Candidate]:
    """The candidates there were, and what the probes found with what stands beside it."""
    known = {row.memory_id: row for row in rows}
    seeds: dict[MemoryId, int] = {}
    for pool in pools:
        wanted = [f for f in pool[:ADDED] if _is_new(known.get(f.memory_id))]
        seeds = {**{f.memory_id: f.part for f in reversed(wanted)}, **seeds}
    new = await search.surroundings(
        seeds, query.embedding, query.model, contents=bool(query.understood.times)
    )
    return list(
        {**known, **{r.memory_id: r for r in new if _is_new(known.get(r.memory_id))}}.values()
    )


def _is_new(row: Candidate | None) -> bool:
    """Whether it is no candidate yet, or one whose own neighbours nobody has looked up."""
    if row is None:
        return True
    return row.session_id is not None and row.before is None and row.after is None


def _first(ranking: Ranking) -> list[MemoryId]:
    return [ranked.members[0].memory_id for ranked in ranking.ranked[:FIRST]]
