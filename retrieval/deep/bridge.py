"""The bridge: who names the same thing as good evidence may hold the next step to the answer.

"Who founded the association that published the journal?" finds the journal, which names the
association; the memory of its founder shares that name, and hardly a word with the question. A name
that the question has, that nothing else has or that many have leads nowhere. Pure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.deep.evidence import Anchor
from retrieval.deep.prober import Lead
from stores.ids import MemoryId
from stores.kinds import has_parts
from stores.search import Found, Named

#: As it appears in `channels` of a hit, in `without`, in `degraded` and in `timings_ms`.
NAME = "bridge"
#: What it goes by, where a place is told.
LABEL = "a name it shares with a better hit"
#: A name leads on if it stands in so many candidates.
FEWEST, MOST = 2, 15
#: What it counts where a turn leads on: people talk of the same few names again and again.
IN_TALK = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """How a memory was led to."""

    found: Found
    lead: Lead


def steps(leads: Sequence[Lead], named: Sequence[Named], size: int) -> dict[MemoryId, Step]:
    """The best way to each memory: the evidence's weight times the rarity of the name, 0..1.

    `named` refers to the leads by number. What rests on one episode counts once, and nothing leads
    to itself.
    """
    holders: defaultdict[int, set[MemoryId]] = defaultdict(set)
    for one in named:
        holders[one.number].add(one.source or one.memory_id)
    best: dict[MemoryId, Step] = {}
    for one in named:
        lead, count = leads[one.number], len(holders[one.number])
        if not FEWEST <= count <= MOST or {one.memory_id, one.source} & lead.anchor.members:
            continue
        score = weight_of(lead.anchor) * rarity(count, size)
        known = best.get(one.memory_id)
        if known is None or score > known.found.score:
            found = Found(one.memory_id, one.version, one.text_version, one.part, score)
            best[one.memory_id] = Step(found=found, lead=lead)
    return best


def weight_of(anchor: Anchor) -> float:
    """How much is given to what good evidence leads to, 0..1."""
    return anchor.weight if has_parts(anchor.kind) else IN_TALK * anchor.weight


def joined(ways: Sequence[Mapping[MemoryId, Step]]) -> dict[MemoryId, Step]:
    """The best way of several rounds to each memory."""
    best: dict[MemoryId, Step] = {}
    for way in ways:
        for memory_id, step in way.items():
            if memory_id not in best or step.found.score > best[memory_id].found.score:
                best[memory_id] = step
    return best


def pool(ways: Mapping[MemoryId, Step]) -> list[Found]:
    """What was led to, best first."""
    return sorted((s.found for s in ways.values()), key=lambda f: (-f.score, f.memory_id))


def told(ways: Sequence[Step]) -> str | None:
    """The best of the ways to a hit, in words."""
    if not ways:
        return None
    lead = max(ways, key=lambda step: step.found.score).lead
    return f"leads on from {lead.anchor.said}: {lead.name.said}"


def rarity(count: int, size: int) -> float:
    """What a name is worth that stands in `count` of `size` parts: 1 if in two, then less."""
    size = max(size, count)
    return min(math.log1p(size / count) / math.log1p(size / FEWEST), 1.0)
