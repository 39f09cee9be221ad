"""Links new memories to what they resemble, refines their neighbours, and pairs entities."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from uuid import UUID

from consolidation.jobs import get_past
from consolidation.knowledge import beliefs
from consolidation.link import asking, kinds, refining, synonyms
from consolidation.link.asking import Decision
from consolidation.link.refining import Group, Ledger
from consolidation.link.synonyms import Compared, Merge
from consolidation.services import JobKind, Services, Work
from llm_backend.chat import ChatModel
from stores import (
    backlog,
    claims,
    entity_merging,
    graph,
    jobs,
    linking,
    memories,
    refinements,
    runs,
)
from stores.backlog import Item, Stage
from stores.database import ReadSession, WriteSession
from stores.errors import Erased, InvalidMemory, MemoryNotFound, StateConflict
from stores.graph import LinkRow
from stores.ids import MemoryId, model_id_of, new_id
from stores.linking import Near, Statement, Thing
from stores.records import Method, Space
from stores.runs import Change

#: Memories at a time.
STRETCH = 200
METHOD = Method(name="link", version="1")
#: Groups that a model is asked about at a time.
_AT_ONCE = 4
#: Texts up to which a term is rare: so many, or such a share of the space.
_RARE, _RARE_SHARE = 10, 0.03
#: Neighbours looked at for an entity; relations are among them.
_ENTITY_POOL = 60


class _Moved(Exception):
    """What was read is not so any more; it is to be read again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """New memories and entities with all that they are near."""

    #: Those that belong together.
    near: tuple[Near, ...]
    statements: Mapping[MemoryId, Statement]
    near_entities: tuple[Near, ...]
    things: Mapping[MemoryId, Thing]
    linked: tuple[tuple[MemoryId, MemoryId], ...]
    groups: tuple[Group, ...]
    rare: frozenset[str]
    ledger: Ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class _Plan:
    """What is to be written."""

    links: tuple[LinkRow, ...]
    entities: Compared
    ledger: Ledger
    notes: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not (self.links or self.entities.links or self.entities.merges or self.ledger.rows)


async def run(services: Services, work: Work) -> None:
    """Link until nothing is owed but what waits for its embedding."""
    link = partial(_link_items, services, work, services.chat)
    while items := await _next(services, work):
        await get_past(services, work, Stage.LINK, items, link)


async def _next(services: Services, work: Work) -> tuple[Item, ...]:
    async with services.database.read(work.tenant) as session:
        return await linking.next_items(session, work.space.id, STRETCH)


async def _link_items(
    services: Services, work: Work, chat: ChatModel | None, items: Sequence[Item]
) -> None:
    while True:
        started = services.clock()
        async with services.database.read(work.tenant, linking.HNSW) as session:
            read = await _read(session, services, work.space, [i for i, _ in items])
        plan = await _plan(read, chat)
        try:
            async with services.database.write(work.tenant) as session:
                await _write(session, services, work, items, read, plan, started)
        except _Moved:
            continue
        return


async def _read(
    session: ReadSession, services: Services, space: Space, ids: Sequence[MemoryId]
) -> _Read:
    model, dimensions = services.embedder.model.name, services.embedder.model.dimensions
    where = (model_id_of(model), dimensions)
    near = await linking.find_near(session, space, *where, ids, alike=kinds.NEAR)
    near_entities = await linking.find_near_entities(
        session, space.id, *where, ids, alike=synonyms.NEAR, nearest=_ENTITY_POOL
    )
    statements = await linking.statements(session, space.id, _ends(near))
    things = await linking.things(session, _ends(near_entities))
    linked = await linking.linked(session, [*statements, *things])
    rare = await _rare(session, space, statements.values())
    near = await asyncio.to_thread(kinds.belonging, near, statements, rare)
    groups = refining.groups(near, statements)
    given = await refinements.given(session, [n.id for g in groups for n in g.neighbours])
    return _Read(
        near=tuple(near),
        statements=statements,
        near_entities=tuple(near_entities),
        things=things,
        linked=tuple(linked),
        groups=tuple(groups),
        rare=rare,
        ledger=Ledger(known=given),
    )


async def _rare(
    session: ReadSession, space: Space, statements: Iterable[Statement]
) -> frozenset[str]:
    most = max(_RARE, round(_RARE_SHARE * space.parts))
    asked = sorted(frozenset[str]().union(*map(kinds.telling, statements)))
    counts = await linking.frequencies(session, space.id, asked, most=most + 1)
    return frozenset(term for term, n in counts.items() if n <= most)


async def _plan(read: _Read, chat: ChatModel | None) -> _Plan:
    """Decide; no connection is held, since a model may be asked."""
    links = kinds.choose(read.near, read.statements, read.linked)
    decisions = [Decision(asked=False)] * len(read.groups)
    if chat is not None:
        at_once = asyncio.Semaphore(_AT_ONCE)
        decisions = await asyncio.gather(*(_ask(chat, group, at_once) for group in read.groups))
    stronger: set[frozenset[MemoryId]] = set()
    for group, decision in zip(read.groups, decisions, strict=True):
        if decision.asked:
            asking.take(group, decision, read.ledger)
            stronger |= asking.strengthened(group, decision)
        else:
            refining.refine(group, read.rare, read.ledger)
    return _Plan(
        links=tuple(_weighed(link, stronger) for link in links),
        entities=synonyms.compare(read.near_entities, read.things, read.linked),
        ledger=read.ledger,
        notes=tuple(dict.fromkeys(d.note for d in decisions if d.note is not None)),
    )


async def _ask(chat: ChatModel, group: Group, at_once: asyncio.Semaphore) -> Decision:
    async with at_once:
        return await asking.ask(chat, group)


def _weighed(link: LinkRow, stronger: set[frozenset[MemoryId]]) -> LinkRow:
    if frozenset((link.memory_id, link.target_id)) not in stronger:
        return link
    return replace(link, weight=min(1.0, link.weight + asking.STRONGER))


async def _write(
    session: WriteSession,
    services: Services,
    work: Work,
    items: Sequence[Item],
    read: _Read,
    plan: _Plan,
    started: datetime,
) -> None:
    claimed = await backlog.claim(session, work.space.id, Stage.LINK, items)
    if not claimed:
        return
    await jobs.progress(session, work.job_id, len(claimed))
    if plan.empty and not plan.notes:
        return
    await _check(session, work.space, read)
    run_id, now = new_id(), services.clock()
    space = work.space.id
    merged = [await _merge(session, work.space, merge, now) for merge in plan.entities.merges]
    links = [*plan.links, *plan.entities.links]
    if links:
        version = await graph.next_version(session, space)
        await graph.add_links(session, space, links, version, now, run_id)
    await refinements.add(session, space, plan.ledger.rows, run_id, now)
    refined = {row.memory_id for row in plan.ledger.rows}
    counts = {
        "memories": len(claimed), "links": len(plan.links), "refined": len(refined),
        "synonyms": len(plan.entities.links), "merged": sum(m is not None for m in merged),
    }  # fmt: skip
    await runs.add_run(
        session, space, run_id, job_id=work.job_id, method=METHOD, counts=counts,
        notes=[*plan.notes, *(f"merged entities: run {m}" for m in merged if m is not None)],
        started_at=started, finished_at=now,
    )  # fmt: skip
    await runs.note_changes(session, run_id, [Change(memory_id=i) for i in sorted(refined)])


async def _check(session: WriteSession, space: Space, read: _Read) -> None:
    """Hold what was read until commit; raises _Moved if it says something else now, or is gone."""
    await memories.keep(session, sorted([*read.statements, *read.things]))
    now = await linking.statements(session, space.id, list(read.statements))
    things = await linking.things(session, list(read.things))
    if now != read.statements or things != read.things:
        raise _Moved


async def _merge(session: WriteSession, space: Space, merge: Merge, now: datetime) -> UUID | None:
    """The run of the merge, which can be taken back by itself; None if it cannot be any more."""
    with suppress(StateConflict, InvalidMemory, MemoryNotFound, Erased):
        return await entity_merging.merge(
            session, space, merge.entity_id, merge.into, actor="service", now=now,
            settle=partial(_settle, now),
        )  # fmt: skip
    return None


async def _settle(
    now: datetime,
    session: WriteSession,
    space: Space,
    version: int,
    entities: Sequence[MemoryId],
) -> Sequence[Change]:
    """Believe anew what is claimed of two entities that are one."""
    context = beliefs.Context(session=session, space=space, version=version, run_id=None, now=now)
    claimed = await claims.claimed_of(session, space.id, entities)
    return (await beliefs.settle(context, claimed)).changes


def _ends(near: Sequence[Near]) -> list[MemoryId]:
    return sorted({end for one in near for end in (one.memory_id, one.target_id)})


JOB = JobKind(name="link", run=run)
