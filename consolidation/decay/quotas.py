"""Which memories are archived where a space holds more than its quota. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stores.ids import MemoryId


@dataclass(frozen=True, kw_only=True, slots=True)
class Support:
    """An active memory that was derived, and the active memories it rests on."""

    memory_id: MemoryId
    sources: frozenset[MemoryId]


def choose(
    ranked: Sequence[MemoryId], supports: Sequence[Support], excess: int
) -> tuple[MemoryId, ...]:
    """The first `excess` of `ranked`, least worth keeping first, that leave nothing unsupported.

    What rests on several of them keeps one; what is itself archived needs no support.
    """
    left = {one.memory_id: set(one.sources) for one in supports}
    resting: Mapping[MemoryId, list[MemoryId]] = {memory_id: [] for memory_id in ranked}
    for one in supports:
        for source in one.sources & resting.keys():
            resting[source].append(one.memory_id)
    chosen: list[MemoryId] = []
    for memory_id in ranked:
        if len(chosen) >= excess:
            break
        above = [derived for derived in resting[memory_id] if derived in left]
        if all(left[derived] != {memory_id} for derived in above):
            chosen.append(memory_id)
            left.pop(memory_id, None)
            for derived in above:
                left[derived].discard(memory_id)
    return tuple(chosen)
