"""Finds communities of entities; between times, new ones join that of their neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from consolidation.cluster.naming import named
from consolidation.cluster.noting import note
from consolidation.community.finding import find_communities, plurality
from consolidation.services import Cadence, JobKind, Services, Work
from stores import communities, groupings, memories
from stores.communities import Tied
from stores.groupings import Grouping, Member, Subject, by_group
from stores.ids import SpaceId, new_id
from stores.records import Method

METHOD = Method(name="communities", version="1")
#: Ties that are looked at, at most: the strongest ones.
MOST = 50_000
#: Communities that are so old are found anew.
STALE = timedelta(hours=20)


async def run(services: Services, work: Work) -> None:
    """Have new entities join a community; find all anew if they are old or there are none."""
    started = services.clock()
    async with services.database.read(work.tenant) as session:
        grouping = await groupings.latest(session, work.space.id, Subject.COMMUNITIES)
        ties = await communities.ties(session, work.space.id, limit=MOST)
    if grouping is None or started - grouping.created_at >= STALE:
        await _find(services, work, grouping, ties, started)
    else:
        await _join(services, work, grouping, ties, started)


async def _find(
    services: Services,
    work: Work,
    former: Grouping | None,
    ties: Sequence[Tied],
    started: datetime,
) -> None:
    members = await asyncio.to_thread(_members, ties, former, work.space.id)
    before = former.members if former else ()
    if {m.memory_id: m.group for m in members} == {m.memory_id: m.group for m in before}:
        return
    async with services.database.write(work.tenant) as session:
        kept = await memories.keep(session, sorted(m.memory_id for m in members))
        members = [member for member in members if member.memory_id in kept]
        run_id, made, now = new_id(), new_id(), services.clock()
        space = work.space.id
        await groupings.begin(session, space, Subject.COMMUNITIES, made, run_id=run_id, now=now)
        await groupings.add(session, space, made, members, run_id=run_id)
        counts = {"entities": len(members), "communities": len(by_group(members))}
        await note(
            session, work, run_id, METHOD, counts, done=counts["entities"], started=started, now=now
        )


def _members(ties: Sequence[Tied], former: Grouping | None, space: SpaceId) -> list[Member]:
    found = find_communities(ties)
    known = {
        group: {member.memory_id for member in members}
        for group, members in (former.groups if former else {}).items()
    }
    ids = named([set(one.members) for one in found], known, space)
    return [
        Member(memory_id=entity, group=group, weight=weight)
        for group, one in zip(ids, found, strict=True)
        for entity, weight in one.members.items()
    ]


async def _join(
    services: Services, work: Work, grouping: Grouping, ties: Sequence[Tied], started: datetime
) -> None:
    known = {m.memory_id: m.group for m in grouping.members if m.group is not None}
    chosen = plurality(ties, known)
    if not chosen:
        return
    async with services.database.write(work.tenant) as session:
        kept = await memories.keep(session, sorted(chosen))
        # At the edge until the communities are found anew.
        members = [
            Member(memory_id=entity, group=group)
            for entity, group in sorted(chosen.items())
            if entity in kept
        ]
        run_id, now = new_id(), services.clock()
        await groupings.add(session, work.space.id, grouping.id, members, run_id=run_id)
        counts = {"entities": len(members)}
        await note(
            session, work, run_id, METHOD, counts, done=counts["entities"], started=started, now=now
        )


JOB = JobKind(name="communities", run=run, cadence=Cadence(every=timedelta(days=1), volume=50))
