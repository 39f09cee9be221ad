"""Folding: what rests on nothing but episodes already told takes no place of its own. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.ranking import Ranked
from stores.ids import MemoryId
from stores.records import MemCube, MemoryType


@dataclass(frozen=True, kw_only=True, slots=True)
class Folded:
    """Who is kept, best first; and for who is not, those that told the same before."""

    kept: tuple[Ranked, ...]
    behind: Mapping[MemoryId, tuple[MemoryId, ...]]


def fold(ranked: Sequence[Ranked], cubes: Mapping[MemoryId, MemCube]) -> Folded:
    """Without candidates that rest on nothing but episodes already represented, or are gone."""
    tellers: dict[MemoryId, MemoryId] = {}
    kept: list[Ranked] = []
    behind: dict[MemoryId, tuple[MemoryId, ...]] = {}
    for candidate in ranked:
        memory_id = candidate.face.memory_id
        if memory_id not in cubes:
            continue
        sources = _sources(cubes[memory_id])
        if sources <= tellers.keys():
            behind[memory_id] = tuple(sorted({tellers[source] for source in sources}))
        else:
            kept.append(candidate)
            tellers = {**dict.fromkeys(sources, memory_id), **tellers}
    return Folded(kept=tuple(kept), behind=behind)


def _sources(cube: MemCube) -> set[MemoryId]:
    """The episodes a memory rests on; itself, if it is one or rests on none."""
    if cube.type is MemoryType.EPISODIC:
        return {cube.id}
    return {evidence.episode_id for evidence in cube.provenance.evidence} or {cube.id}
