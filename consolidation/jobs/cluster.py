"""Groups memories that belong together, and associates new ones with those that stand out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np

from consolidation.cluster import association
from consolidation.cluster.groups import FEWEST, assign, find_groups
from consolidation.cluster.mixture import Floats
from consolidation.cluster.naming import named
from consolidation.cluster.noting import note
from consolidation.services import Cadence, JobKind, Services, Work
from stores import clustering, graph, groupings, linking, memories
from stores.clustering import Points
from stores.graph import LinkRow
from stores.groupings import Grouping, Member, Subject, by_group
from stores.ids import MemoryId, SpaceId, model_id_of, new_id
from stores.records import Method

#: New memories at a time; memories that a grouping is made of, at most: the latest ones.
STRETCH, MOST = 200, 4_000
METHOD = Method(name="cluster", version="1")
#: A grouping that is so old is made anew: with the clusters of a day ago, new ones are not found.
STALE = timedelta(hours=20)
#: How memories of one neighbourhood are linked.
ASSOCIATED = "associated"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Grown:
    """Where new memories belong, and what they are associated with."""

    members: tuple[Member, ...]
    links: tuple[LinkRow, ...]


async def run(services: Services, work: Work) -> None:
    """Give new memories their place, then group anew if the grouping is old or there is none."""
    grouping = await _latest(services, work)
    if grouping is not None:
        await _grow(services, work, grouping)
        # With its new members, by which its groups are known again.
        grouping = await _latest(services, work)
    if grouping is None or services.clock() - grouping.created_at >= STALE:
        await _group(services, work, grouping)


async def _latest(services: Services, work: Work) -> Grouping | None:
    async with services.database.read(work.tenant) as session:
        return await groupings.latest(session, work.space.id, Subject.CLUSTERS)


async def _group(services: Services, work: Work, former: Grouping | None) -> None:
    """Make a new grouping, unless it would say what the one before says."""
    started = services.clock()
    model = model_id_of(services.embedder.model.name)
    async with services.database.read(work.tenant) as session:
        points = await clustering.latest(session, work.space.id, model, limit=MOST)
    if len(points.ids) < FEWEST:
        return
    members = await asyncio.to_thread(_members, points, former, work.space.id)
    if former is not None and _same(members, former.members):
        return
    async with services.database.write(work.tenant) as session:
        kept = await memories.keep(session, points.ids)
        members = [member for member in members if member.memory_id in kept]
        run_id, now = new_id(), services.clock()
        made = new_id()
        space = work.space.id
        await groupings.begin(session, space, Subject.CLUSTERS, made, run_id=run_id, now=now)
        await groupings.add(session, space, made, members, run_id=run_id)
        counts = {"memories": len(members), "groups": len(by_group(members))}
        await note(
            session, work, run_id, METHOD, counts, done=counts["memories"], started=started, now=now
        )


def _members(points: Points, former: Grouping | None, space: SpaceId) -> list[Member]:
    """Every memory that was looked at, with its group if it is in one."""
    found = find_groups(points.vectors)
    known = {
        group_id: {member.memory_id for member in group}
        for group_id, group in (former.groups if former else {}).items()
    }
    ids = named([{points.ids[n] for n in group.members} for group in found], known, space)
    placed = {
        points.ids[number]: Member(memory_id=points.ids[number], group=group_id, weight=weight)
        for group_id, group in zip(ids, found, strict=True)
        for number, weight in zip(group.members, group.weights, strict=True)
    }
    return [placed.get(one, Member(memory_id=one, group=None)) for one in points.ids]


def _same(members: Sequence[Member], others: Sequence[Member]) -> bool:
    return {m.memory_id: m.group for m in members} == {m.memory_id: m.group for m in others}


async def _grow(services: Services, work: Work, grouping: Grouping) -> None:
    """Look at what the grouping has not looked at yet, a stretch at a time."""
    model, space = model_id_of(services.embedder.model.name), work.space.id
    groups = {group: [m.memory_id for m in members] for group, members in grouping.groups.items()}
    while True:
        started = services.clock()
        looked = [member for group in groups.values() for member in group]
        async with services.database.read(work.tenant) as session:
            fresh = await clustering.new(session, space, model, grouping.id, limit=STRETCH)
            if not fresh.ids:
                return
            vectors = await clustering.of(session, space, model, looked)
            linked = await linking.linked(session, fresh.ids)
        grown = await asyncio.to_thread(_grown, fresh, vectors, groups, linked)
        await _write(services, work, grouping, grown, started)
        for group, members in by_group(grown.members).items():
            groups[group] += [member.memory_id for member in members]


def _grown(
    fresh: Points,
    vectors: Mapping[MemoryId, Floats],
    groups: Mapping[UUID, Sequence[MemoryId]],
    linked: Sequence[tuple[MemoryId, MemoryId]],
) -> _Grown:
    ids = list(vectors)
    known = np.array([vectors[one] for one in ids]).reshape(len(ids), fresh.vectors.shape[1])
    number = {one: place for place, one in enumerate(ids)}
    standing = {
        group: [number[m] for m in members if m in number] for group, members in groups.items()
    }
    names = [group for group, members in standing.items() if members]
    places = assign(known, [standing[group] for group in names], fresh.vectors)
    members = tuple(
        Member(memory_id=one, group=None)
        if place is None
        else Member(memory_id=one, group=names[place.group], weight=place.weight)
        for one, place in zip(fresh.ids, places, strict=True)
    )
    return _Grown(members=members, links=tuple(_links(fresh, ids, known, linked)))


def _links(
    fresh: Points,
    ids: Sequence[MemoryId],
    known: Floats,
    linked: Sequence[tuple[MemoryId, MemoryId]],
) -> list[LinkRow]:
    """From each new memory to those that stand out among its most similar ones."""
    there = {frozenset(pair) for pair in linked}
    links = []
    for one, likeness in zip(fresh.ids, fresh.vectors @ known.T, strict=True):
        nearest = np.argsort(-likeness, kind="stable")[: association.NEAREST]
        chosen = association.standing_out([float(likeness[n]) for n in nearest])
        for target, weight in ((ids[nearest[c]], likeness[nearest[c]]) for c in chosen):
            if target != one and frozenset((one, target)) not in there:
                weight = round(min(float(weight), 1.0), 4)
                links.append(
                    LinkRow(memory_id=one, target_id=target, kind=ASSOCIATED, weight=weight)
                )
    return links


async def _write(
    services: Services, work: Work, grouping: Grouping, grown: _Grown, started: datetime
) -> None:
    async with services.database.write(work.tenant) as session:
        ends = {end for link in grown.links for end in (link.memory_id, link.target_id)}
        kept = await memories.keep(session, sorted({*ends, *(m.memory_id for m in grown.members)}))
        members = [member for member in grown.members if member.memory_id in kept]
        links = [link for link in grown.links if {link.memory_id, link.target_id} <= kept]
        run_id, now = new_id(), services.clock()
        space = work.space.id
        await groupings.add(session, space, grouping.id, members, run_id=run_id)
        if links:
            version = await graph.next_version(session, space)
            await graph.add_links(session, space, links, version, now, run_id)
        placed = sum(member.group is not None for member in members)
        counts = {"memories": len(members), "placed": placed, "links": len(links)}
        await note(
            session, work, run_id, METHOD, counts, done=counts["memories"], started=started, now=now
        )


JOB = JobKind(name="cluster", run=run, cadence=Cadence(every=timedelta(days=1), volume=50))
