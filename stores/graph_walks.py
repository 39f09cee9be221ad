"""Walks over the graph of a space: what surrounds an entity, and how two of them are connected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from stores import connections, graph_views
from stores.connections import Tie
from stores.database import ReadSession
from stores.errors import MemoryNotFound
from stores.graph_views import EntityView, RelationView, Wanted
from stores.ids import MemoryId
from stores.memories import find_many
from stores.records import Evidence, MemCube, Span
from stores.scope import Filter, Scope

#: Claims and shared memories that are read at a time, at most.
_MOST = 5000
#: Entities from which a walk goes on, at most: the best connected ones.
_WIDEST = 300
#: Characters of a memory that are quoted for a step.
_QUOTED = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Subgraph:
    """Some entities, the relations between them, and which of them form a community.

    `truncated`: there was more than was asked for.
    """

    entities: tuple[EntityView, ...]
    relations: tuple[RelationView, ...]
    communities: Mapping[MemoryId, int]
    truncated: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One step of a way, over a relation or over a memory that names both."""

    source: EntityView
    target: EntityView
    relation: RelationView | None
    memory: MemCube | None
    evidence: tuple[Evidence, ...]


async def group_named(
    session: ReadSession, scope: Scope, named: str, *, pointer: str
) -> list[MemoryId]:
    """The entities an id or name stands for, with all merged into them; raises MemoryNotFound."""
    group = await graph_views.find_group(session, scope.spaces[0].id, named)
    if not group:
        raise MemoryNotFound("there is no such entity in this space", pointer=pointer)
    return group


async def resolve(
    session: ReadSession, scope: Scope, named: str, *, pointer: str
) -> tuple[MemoryId, ...]:
    """Those of the group that stand for themselves, the most mentioned first."""
    group = await group_named(session, scope, named, pointer=pointer)
    views = await graph_views.find_entities(session, group)
    roots = [view for view in views.values() if view.merged_into is None]
    if not roots:
        raise MemoryNotFound("there is no such entity in this space any more", pointer=pointer)
    ranked = sorted(roots, key=lambda view: (-view.mentions, view.id))
    return tuple(view.id for view in ranked)


async def subgraph(
    session: ReadSession,
    scope: Scope,
    shown: Filter,
    *,
    center: Sequence[MemoryId],
    depth: int,
    limit: int,
) -> Subgraph:
    """What lies within `depth` relations of the center; without one, the most mentioned."""
    if center:
        members, more = await _around(session, scope, shown, center, depth=depth, limit=limit)
    else:
        top = await graph_views.most_mentioned(session, scope.spaces[0].id, limit=limit + 1)
        members, more = list(top)[:limit], len(top) > limit
    group = await graph_views.group_of(session, scope.spaces[0].id, members)
    within = Wanted(subjects=group, objects=group)
    relations = await graph_views.bare_relations(session, scope, shown, within, limit=_MOST)
    views = await graph_views.find_entities(session, members)
    ties = [Tie(source=s, target=t, relation_id=r.id) for s, t, r in _ends(relations)]
    return Subgraph(
        entities=tuple(views[member] for member in members if member in views),
        relations=tuple(relations),
        communities=connections.communities(members, ties),
        truncated=more or len(relations) == _MOST,
    )


async def find_paths(
    session: ReadSession,
    scope: Scope,
    shown: Filter,
    source: MemoryId,
    target: MemoryId,
    *,
    longest: int,
    most: int,
) -> list[tuple[Step, ...]]:
    """The shortest ways from one entity to another, each step with what it rests on."""
    ties: dict[Tie, None] = {}
    for start, reach in ((source, (longest + 1) // 2), (target, longest // 2)):
        ties |= await _reached(session, scope, shown, start, reach)
    ways = connections.shortest(ties, source, target, longest=longest, most=most)
    return await _explained(session, scope, shown, source, ways)


async def _around(
    session: ReadSession,
    scope: Scope,
    shown: Filter,
    center: Sequence[MemoryId],
    *,
    depth: int,
    limit: int,
) -> tuple[list[MemoryId], bool]:
    """The center and its surroundings, the best connected first; and whether some were left out."""
    members = dict.fromkeys(center[:limit])
    frontier, more = list(members), len(center) > limit
    for _ in range(depth):
        group = await graph_views.group_of(session, scope.spaces[0].id, frontier)
        around = Wanted(around=group)
        found = await graph_views.bare_relations(session, scope, shown, around, limit=_MOST)
        ends = Counter(end for s, t, _ in _ends(found) for end in (s, t) if end not in members)
        ranked = sorted(ends, key=lambda end: (-ends[end], end))
        frontier = ranked[: limit - len(members)]
        more = more or len(found) == _MOST or len(frontier) < len(ranked)
        members |= dict.fromkeys(frontier)
        if not frontier:
            break
    return list(members), more


async def _reached(
    session: ReadSession, scope: Scope, shown: Filter, start: MemoryId, reach: int
) -> dict[Tie, None]:
    """The ties within so many steps of an entity, hubs cut to their latest ones."""
    ties: dict[Tie, None] = {}
    seen, frontier = {start}, [start]
    for _ in range(reach):
        group = await graph_views.group_of(session, scope.spaces[0].id, frontier)
        around = Wanted(around=group)
        related = await graph_views.bare_relations(session, scope, shown, around, limit=_MOST)
        named = await graph_views.named_together(session, scope, shown, group, limit=_MOST)
        new = [Tie(source=s, target=t, relation_id=r.id) for s, t, r in _ends(related)]
        new += [Tie(source=s, target=t, memory_id=m) for s, t, m in named]
        ties |= dict.fromkeys(new)
        ends = Counter(end for tie in new for end in (tie.source, tie.target) if end not in seen)
        frontier = sorted(ends, key=lambda end: (-ends[end], end))[:_WIDEST]
        seen |= set(frontier)
        if not frontier:
            break
    return ties


async def _explained(
    session: ReadSession,
    scope: Scope,
    shown: Filter,
    source: MemoryId,
    ways: Sequence[Sequence[Tie]],
) -> list[tuple[Step, ...]]:
    ties = {tie for way in ways for tie in way}
    views = await graph_views.find_entities(
        session, list({end for tie in ties for end in (tie.source, tie.target)})
    )
    wanted = Wanted(ids=[tie.relation_id for tie in ties if tie.relation_id is not None])
    found = await graph_views.list_relations(session, scope, shown, wanted, limit=_MOST)
    claims = {relation.id: relation for relation in found.items}
    shared = [tie.memory_id for tie in ties if tie.memory_id is not None]
    cubes = {cube.id: cube for cube in await find_many(session, shared)}
    explained = []
    for way in ways:
        at, steps = source, []
        for tie in way:
            to = tie.target if tie.source == at else tie.source
            relation = None if tie.relation_id is None else claims[tie.relation_id]
            memory = None if tie.memory_id is None else cubes[tie.memory_id]
            steps.append(
                Step(
                    source=views[at],
                    target=views[to],
                    relation=relation,
                    memory=memory,
                    evidence=relation.evidence if relation else _evidence(memory),
                )
            )
            at = to
        explained.append(tuple(steps))
    return explained


def _ends(
    relations: Iterable[RelationView],
) -> Iterable[tuple[MemoryId, MemoryId, RelationView]]:
    """Relations between two entities, from one to the other."""
    for relation in relations:
        if relation.object_id is not None:
            yield relation.subject_id, relation.object_id, relation


def _evidence(memory: MemCube | None) -> tuple[Evidence, ...]:
    """What a memory rests on; an episode rests on itself."""
    if memory is None or memory.provenance.origin != "received":
        return () if memory is None else memory.provenance.evidence
    span = Span(start=0, end=min(len(memory.content), _QUOTED))
    external_id = memory.data.get("external_id")
    return (
        Evidence(
            episode_id=memory.id,
            external_id=external_id,
            span=span,
            quote=span.of(memory.content),
        ),
    )
