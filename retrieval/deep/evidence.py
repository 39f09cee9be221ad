"""The evidence so far: the best candidates, how much each is leaned on, what they say and name."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from retrieval.deep.names import Name, names_in, titled
from retrieval.ranking import Ranked
from stores.ids import MemoryId
from stores.kinds import has_parts
from stores.lexical import terms
from stores.records import MemCube, Span
from stores.search import Mentioned, Search

#: The best so many lead on.
LEADING = 5
#: Units of the ranking's score in one unit of the score the bridge was measured with.
UNIT = 9.21
#: How fast what leads on loses weight behind the best: exp(FALL · (score - best) / UNIT).
FALL = 10.0
#: Characters of a text that are shown of it where it has no title.
_SHOWN = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Anchor:
    """One of the best candidates."""

    #: Who leads the candidate, and all that stand behind it.
    head: MemoryId
    members: frozenset[MemoryId]
    #: How much it is leaned on: 1 for the best.
    weight: float
    #: The place of its score, and how likely it bears on the question.
    probability: float
    kind: str
    #: The question's terms that it holds.
    shared: tuple[str, ...]
    #: What people call it.
    said: str
    text: str
    names: tuple[Name, ...]
    #: Entities it mentions, by id, where these have been resolved.
    entities: tuple[tuple[MemoryId, Name], ...] = ()


async def gathered(search: Search, best: Sequence[Ranked]) -> tuple[Anchor, ...]:
    """What the best candidates say and mention."""
    best = best[:LEADING]
    cubes, mentioned = await asyncio.gather(
        search.cubes([ranked.version for ranked in best]),
        search.mentioned([m.memory_id for ranked in best for m in ranked.members]),
    )
    there = [ranked for ranked in best if ranked.face.memory_id in cubes]
    spans = await search.spans(
        [r.version for r in there if has_parts(cubes[r.face.memory_id].kind)]
    )
    weights = weights_of([ranked.score for ranked in there])
    return tuple(
        _anchor(ranked, weight, cubes[ranked.face.memory_id], spans, mentioned)
        for ranked, weight in zip(there, weights, strict=True)
    )


def weights_of(scores: Sequence[float]) -> list[float]:
    """How much each is leaned on, best first."""
    return [math.exp(min(FALL * (score - scores[0]) / UNIT, 0.0)) for score in scores]


def _anchor(
    ranked: Ranked,
    weight: float,
    cube: MemCube,
    spans: Mapping[MemoryId, Span],
    mentioned: Sequence[Mentioned],
) -> Anchor:
    title, body = titled(cube.content)
    title = str(cube.data["title"]) if cube.data.get("title") else title
    text = spans[cube.id].of(cube.content) if cube.id in spans else body
    members = frozenset(member.memory_id for member in ranked.members)
    entities = {
        one.entity_id: Name(said=one.name, terms=tuple(dict.fromkeys(terms(one.name))))
        for one in mentioned
        if one.memory_id in members
    }
    return Anchor(
        head=ranked.members[0].memory_id,
        members=members,
        weight=weight,
        probability=ranked.probability,
        kind=cube.kind,
        shared=ranked.shared,
        said=title or _shortened(cube),
        text=text,
        names=names_in(text, title),
        entities=tuple(entities.items()),
    )


def _shortened(cube: MemCube) -> str:
    """Who said it, and how it begins."""
    words = " ".join(cube.content.split())
    shown = words if len(words) <= _SHOWN else f"{words[:_SHOWN].rsplit(' ', 1)[0]} …"
    speaker = cube.data.get("speaker")
    return f"{speaker}: “{shown}”" if speaker else f"“{shown}”"
