"""Asks the channels, all at once, and gathers what is beside their best finds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from retrieval import channels
from retrieval.channel import CannotAnswer, Channel, Query
from stores.ids import MemoryId
from stores.search import Candidate, Found, Search

#: Seconds after which a channel is cut off and named in `degraded`.
PATIENCE_S = 2.0
#: Candidates of each channel that are compared with each other, and whose neighbours are.
SEEDS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Pools:
    """What the channels found, what could not be asked, and how long each took."""

    found: Mapping[str, Sequence[Found]]
    degraded: tuple[str, ...]
    timings_ms: Mapping[str, float]


async def ask(search: Search, query: Query, without: Collection[str]) -> Pools:
    """Every channel the question has something for, at once.

    A slow one is cut off, one that cannot answer is left out; both are named in `degraded`.
    """
    asked = [c for c in channels.load() if c.name not in without and c.applies(query)]
    answers = await asyncio.gather(*(_ask_one(channel, search, query) for channel in asked))
    named = {channel.name: answer for channel, answer in zip(asked, answers, strict=True)}
    return Pools(
        found={name: found for name, (found, _) in named.items() if found is not None},
        degraded=tuple(name for name, (found, _) in named.items() if found is None),
        timings_ms={name: spent for name, (_, spent) in named.items()},
    )


async def surroundings(search: Search, query: Query, pools: Pools) -> list[Candidate]:
    """The best of every channel, what they rest on and what stands beside that."""
    seeds: dict[MemoryId, int] = {}
    for pool in pools.found.values():
        best: dict[MemoryId, int] = {}
        for found in pool:
            best.setdefault(found.memory_id, found.part)
            if len(best) == SEEDS:
                break
        seeds = {**best, **seeds}
    return await search.surroundings(
        seeds, query.embedding, query.model, contents=bool(query.understood.times)
    )


async def _ask_one(
    channel: Channel, search: Search, query: Query
) -> tuple[list[Found] | None, float]:
    """What it found, None if it cannot answer; and the milliseconds it took."""
    began = time.perf_counter()
    found: list[Found] | None
    try:
        found = await asyncio.wait_for(channel.search(search, query), PATIENCE_S)
    except (CannotAnswer, TimeoutError):
        found = None
    return found, round((time.perf_counter() - began) * 1000, 2)
