"""Looks for what a model asks: each of its queries by words and by meaning, as any question is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import zip_longest
from typing import TypeAlias

from retrieval import channels, gather
from retrieval.channel import CannotAnswer, Channel, Query
from retrieval.deep.llm_prober import NAME
from stores.ids import MemoryId
from stores.search import Found, Search

#: Texts, as channels take them.
Phrase: TypeAlias = Callable[[Sequence[str]], Awaitable[Sequence[Query]]]
#: What a query is searched by.
_BY = ("dense", "lexical")
#: Of each query and channel, the first so many; what stands further down is seldom what was meant.
FIRST = 5


async def look(
    search: Search, queries: Sequence[Query], asked: Collection[str]
) -> tuple[list[Found], tuple[str, ...]]:
    """What the queries find by those of their channels that were `asked`, the first places first.

    And `llm`, if one of them was too slow.
    """
    by = [c for c in channels.load() if c.name in _BY and c.name in asked]
    looks = [(c, query) for query in queries for c in by if c.applies(query)]
    pools = await asyncio.gather(*(_one(channel, search, query) for channel, query in looks))
    return interleaved([p for p in pools if p]), (NAME,) if None in pools else ()


def interleaved(pools: Sequence[Sequence[Found]]) -> list[Found]:
    """All first places, then all second ones; every memory once, at its best place."""
    best: dict[MemoryId, Found] = {}
    for found in (found for places in zip_longest(*pools) for found in places):
        if found is not None:
            best.setdefault(found.memory_id, found)
    return list(best.values())


async def _one(channel: Channel, search: Search, query: Query) -> list[Found] | None:
    try:
        found = await asyncio.wait_for(channel.search(search, query), gather.PATIENCE_S)
    except (CannotAnswer, TimeoutError):
        return None
    return found[:FIRST]
