"""The graph channel: what a name leads to, who may see it, and that what is kept stays true."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import text

from memory_service.verbs.keys import create_tenant
from retrieval.channel import UNREAD, Query
from retrieval.channels.graph import Graph
from retrieval.graph.cache import Snapshots
from retrieval.graph.snapshot import NO_ROWS, Snapshot, build, followed
from stores import graph, graph_reading, spaces, writing
from stores.database import Database
from stores.graph import EntityRow, LinkRow, MentionRow, RelationRow
from stores.ids import MemoryId, TenantId, model_id_of, new_id, now
from stores.names import normalised
from stores.records import Method, NewMemory, Space, State
from stores.revision import revise
from stores.scope import HISTORICAL_STATES, AsOf, Filter, Scope
from stores.search import Search
from stores.vectors import IndexedVector, index
from tests.fixtures.database import MODEL
from tests.fixtures.service import until

_DAY = datetime(2024, 5, 8, 10, tzinfo=UTC)
_PLENTY = 2**30


@dataclass(frozen=True, kw_only=True)
class Place:
    """A space, and what tests put there."""

    database: Database
    tenant: TenantId
    space: Space
    channel: Graph = field(default_factory=lambda: Graph(Snapshots(_PLENTY)))

    async def entity(self, name: str) -> MemoryId:
        """Something that goes by a name."""
        entity = MemoryId(new_id())
        row = EntityRow(id=entity, name=name, kind="thing", aliases=(normalised(name),), bands=())
        async with self.database.write(self.tenant) as session:
            since = await graph.next_version(session, self.space.id)
            await graph.add_entities(session, self.space.id, [row], since, uuid4())
        return entity

    async def memory(self, *names: MemoryId, kind: str = "document", **more: object) -> MemoryId:
        """A memory that names entities."""
        memory = MemoryId(new_id())
        made = NewMemory(
            id=memory, kind=kind, content="Something", provenance_origin="received", actor="test",
            method=Method(name="remember", version="1"), created_at=_DAY, occurred_at=_DAY,
        )  # fmt: skip
        rows = [MentionRow(memory_id=memory, entity_id=e, role="named", alias="x") for e in names]
        async with self.database.write(self.tenant) as session:
            since = await graph.next_version(session, self.space.id)
            await writing.store(session, self.space, [replace(made, **more)])  # type: ignore[arg-type]
            await graph.add_mentions(session, self.space.id, rows, since, None)
        return memory

    async def relation(
        self, subject: MemoryId, target: MemoryId, *, until: datetime | None = None
    ) -> MemoryId:
        """What claims that one has to do with the other."""
        memory = await self.memory(kind="fact", occurred_at=None, valid_at=_DAY, invalid_at=until)
        claim = RelationRow(
            memory_id=memory, subject_id=subject, predicate="knows", object_id=target, object="x",
            negated=False, form="state", state="active", valid_at=_DAY, invalid_at=until,
        )  # fmt: skip
        async with self.database.write(self.tenant) as session:
            since = await graph.next_version(session, self.space.id)
            await graph.add_relations(session, self.space.id, [claim], since)
        return memory

    async def end(self, relation: MemoryId, at: datetime) -> None:
        """Have a claim superseded."""
        async with self.database.write(self.tenant) as session:
            later = await revise(
                session, self.space, relation, lambda cube: replace(
                    cube, lifecycle=replace(cube.lifecycle, state=State.SUPERSEDED),
                    time=replace(cube.time, invalid_at=at),
                ), now=at,
            )  # fmt: skip
            await graph.follow(session, self.space.id, [later])

    def search(self, *others: Space, **limits: object) -> Search:
        """A search of the space, and of others."""
        scope = Scope(tenant=self.tenant, spaces=(self.space, *others))
        return Search(self.database, scope, Filter(**limits))  # type: ignore[arg-type]

    async def asked(self, *names: str, search: Search | None = None) -> list[MemoryId]:
        """What a question leads to that holds these names."""
        found = await self.channel.search(search or self.search(), question(*names))
        assert [f.score for f in found] == sorted((f.score for f in found), reverse=True)
        assert all(0 < f.score <= 1 for f in found)
        return [f.memory_id for f in found]


def question(*names: str) -> Query:
    """A question that holds names."""
    return Query(
        text="?", terms=(), embedding=None, model=model_id_of("none"), size=0, reference=_DAY,
        understood=replace(UNREAD, names=names),
    )  # fmt: skip


async def _place(database: Database, tenant: TenantId) -> Place:
    async with database.write(tenant) as session:
        space, _ = await spaces.ensure_space(session, f"space-{uuid4()}", now())
    return Place(database=database, tenant=tenant, space=space)


@pytest.fixture
async def place(database: Database) -> Place:
    """An empty space of a new tenant."""
    return await _place(database, await create_tenant(database, f"tenant-{uuid4()}", now))


def test_a_question_without_names_is_not_for_it() -> None:
    assert not Graph().applies(question())
    assert Graph().applies(question("Meridian"))


async def test_a_name_leads_on_to_what_shares_no_name_with_the_question(place: Place) -> None:
    journal, association, founder, other = [
        await place.entity(name) for name in ("The Journal", "Association", "Founder", "Other")
    ]  # fmt: skip
    first = await place.memory(journal, association)
    second = await place.memory(association, founder)
    third = await place.memory(founder)
    await place.memory(other)
    assert await place.asked("the journal") == [first, second, third]
    assert await place.asked("nobody knows this name") == []


async def test_a_relation_leads_on_until_it_ends(place: Place) -> None:
    anna, oslo = await place.entity("Anna"), await place.entity("Oslo")
    here = await place.memory(oslo)
    claim = await place.relation(anna, oslo)
    assert await place.asked("Anna") == [here]
    await place.end(claim, _DAY + timedelta(days=9))
    assert await place.asked("Anna") == []
    assert await place.asked("Oslo") == [here]


async def test_an_end_to_come_takes_effect_without_a_change(place: Place) -> None:
    anna, oslo = await place.entity("Anna"), await place.entity("Oslo")
    here, until = await place.memory(oslo), now() + timedelta(days=1)
    await place.relation(anna, oslo, until=until)
    moment = until.timestamp() - 1
    later = replace(place, channel=Graph(Snapshots(_PLENTY, clock=lambda: moment)))
    assert await later.asked("Anna") == [here]
    moment += 1
    assert await later.asked("Anna") == []


async def test_what_is_merged_is_asked_for_by_either_name(place: Place) -> None:
    anna, annie = await place.entity("Anna"), await place.entity("Annie")
    one, other = await place.memory(anna), await place.memory(annie)
    assert await place.asked("Anna") == [one]
    await _merge(place, annie, anna)
    assert await place.asked("Anna") == await place.asked("Annie") == [one, other]


async def test_a_synonym_leads_on(place: Place) -> None:
    anna, annie = await place.entity("Anna"), await place.entity("Annie")
    other = await place.memory(annie)
    async with place.database.write(place.tenant) as session:
        since = await graph.next_version(session, place.space.id)
        link = LinkRow(memory_id=anna, target_id=annie, kind="synonym", weight=0.9)
        await graph.add_links(session, place.space.id, [link], since, _DAY, None)
    assert await place.asked("Anna") == [other]


async def test_what_is_taken_away_leads_nowhere(place: Place) -> None:
    anna, oslo = await place.entity("Anna"), await place.entity("Oslo")
    bridge, end = await place.memory(anna, oslo), await place.memory(oslo)
    assert await place.asked("Anna") == [bridge, end]
    await _unmention(place, bridge)
    assert await place.asked("Anna") == []


async def test_no_other_space_or_tenant_is_led_to_or_through(place: Place) -> None:
    elsewhere = await _place(place.database, place.tenant)
    stranger = await _place(
        place.database, await create_tenant(place.database, f"tenant-{uuid4()}", now)
    )
    found = []
    for one in (place, elsewhere, stranger):
        anna, oslo = await one.entity("Anna"), await one.entity("Oslo")
        found.append(await one.memory(oslo))
        await one.relation(anna, oslo)
    for one, own in zip((place, elsewhere, stranger), found, strict=True):
        # The same cache for all: it must keep them apart.
        assert await replace(one, channel=place.channel).asked("Anna") == [own]
    theirs = Scope(tenant=place.tenant, spaces=(stranger.space,))
    assert await place.asked("Anna", search=Search(place.database, theirs, Filter())) == []
    both = await place.asked("Anna", search=place.search(elsewhere.space))
    assert both == found[:2]


async def test_only_what_may_be_seen_is_shown(place: Place) -> None:
    anna = await place.entity("Anna")
    shown = await place.memory(anna)
    archived = await place.memory(anna, state=State.ARCHIVED)
    tagged = await place.memory(anna, tags=("green",))
    assert await place.asked("Anna") == [shown, tagged]
    assert await place.asked("Anna", search=place.search(tags=("green",))) == [tagged]
    both = place.search(states=(State.ARCHIVED,))
    assert await place.asked("Anna", search=both) == [archived]


async def test_of_a_long_memory_the_part_most_like_the_question_is_shown(place: Place) -> None:
    anna = await place.entity("Anna")
    memory = await place.memory(anna, content="Nothing is said of her here. " * 150)
    vectors = np.eye(2, 64, dtype=np.float32)
    parts = [
        IndexedVector(memory_id=memory, text_version=1, part=part, embedding=vector)
        for part, vector in enumerate(vectors)
    ]
    async with place.database.write(place.tenant) as session:
        await index(session, place.space.id, model_id_of(MODEL.name), parts)
    for part, vector in enumerate(vectors):
        asked = replace(question("Anna"), embedding=vector, model=model_id_of(MODEL.name))
        assert [f.part for f in await place.channel.search(place.search(), asked)] == [part]


async def test_a_past_time_has_the_graph_of_then(place: Place) -> None:
    anna, oslo, rome = [await place.entity(name) for name in ("Anna", "Oslo", "Rome")]
    there, end = await place.memory(oslo), _DAY + timedelta(days=9)
    await place.end(await place.relation(anna, oslo), end)
    new = await place.memory(anna, rome, occurred_at=end, created_at=end)
    await place.memory(rome, created_at=end)
    assert await place.asked("Anna") == [new, *(await place.asked("Rome"))[1:]]
    before = end - timedelta(days=1)
    known = place.search(as_of=AsOf(known=before))
    assert await place.asked("Anna", search=known) == [there]
    held = place.search(as_of=AsOf(valid=before), states=HISTORICAL_STATES)
    assert (await place.asked("Anna", search=held))[0] == there


async def test_following_changes_ends_where_reading_anew_does(place: Place) -> None:
    chance = random.Random(5)  # noqa: S311
    entities = [await place.entity(f"thing {number}") for number in range(6)]
    relations, named = [], []
    kept, known = NO_ROWS, 0
    for _ in range(25):
        what = chance.choice(["relate", "name", "end", "merge", "forget"])
        if what == "relate":
            relations.append(await place.relation(*chance.sample(entities, 2)))
        elif what == "name":
            named.append(await place.memory(*chance.sample(entities, 2)))
        elif what == "end" and relations:
            await place.end(relations.pop(chance.randrange(len(relations))), now())
        elif what == "merge" and len(entities) > 3:
            await _merge(place, entities.pop(), entities[0])
        elif what == "forget" and named:
            await _unmention(place, named.pop())
        came = await graph_reading.changes(place.search(), place.space.id, known)
        anew = await graph_reading.changes(place.search(), place.space.id, 0)
        assert came is not None
        assert anew is not None
        kept, known = followed(kept, came), came.version
        _assert_same(build(kept, 0), build(anew.rows, 0))


async def test_a_space_is_read_once_for_all_who_wait_and_then_kept(place: Place) -> None:
    await place.memory(await place.entity("Anna"))
    kept = place.channel.snapshots
    first = await asyncio.gather(*(_get(kept, place) for _ in range(5)))
    assert {id(one) for one in first} == {id(await _get(kept, place))}
    await place.memory(await place.entity("Oslo"))
    assert len(await _get(kept, place)) == 2 * len(first[0])


async def test_who_waits_no_longer_does_not_stop_the_reading(place: Place) -> None:
    await place.memory(await place.entity("Anna"))
    kept = place.channel.snapshots
    waiting = asyncio.create_task(kept.get(place.search(), place.space.id, 1))
    await asyncio.sleep(0)
    waiting.cancel()

    async def is_read() -> bool:
        return len(kept) == 1

    await until(is_read)
    assert len(await _get(kept, place)) == 2


async def test_the_graphs_used_longest_ago_make_room(place: Place) -> None:
    places = [place, *[await _place(place.database, place.tenant) for _ in range(2)]]
    for one in places:
        await one.memory(await one.entity("Anna"))
    size = (await _get(place.channel.snapshots, place)).size
    kept = Snapshots(2 * size)
    first = await _get(kept, places[0])
    second = await _get(kept, places[1])
    assert await _get(kept, places[0]) is first
    await _get(kept, places[2])
    assert (len(kept), kept.size) == (2, 2 * size)
    assert await _get(kept, places[0]) is first
    assert await _get(kept, places[1]) is not second


async def _get(kept: Snapshots, place: Place) -> Snapshot:
    search = place.search()
    changes = await graph_reading.changes(search, place.space.id, 0)
    assert changes is not None
    return await kept.get(search, place.space.id, changes.version)


async def _merge(place: Place, one: MemoryId, other: MemoryId) -> None:
    await _change(
        place, "UPDATE entities SET merged_into = :other, since = :since WHERE memory_id = :one",
        one=one, other=other,
    )  # fmt: skip


async def _unmention(place: Place, memory: MemoryId) -> None:
    await _change(place, "DELETE FROM mentions WHERE memory_id = :one AND :since > 0", one=memory)


async def _change(place: Place, sql: str, **values: MemoryId) -> None:
    async with place.database.write(place.tenant) as session:
        since = await graph.next_version(session, place.space.id, taken=True)
        assert await session.execute(text(sql), since=since, **values)


def _assert_same(one: Snapshot, other: Snapshot) -> None:
    assert one.ids.tolist() == other.ids.tolist()
    assert one.is_unit.tolist() == other.is_unit.tolist()
    assert (one.weights != other.weights).nnz == 0
